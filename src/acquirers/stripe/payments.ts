// Stripe's operations. An intent is created and confirmed in one call; its number is kept with the
// attempt, and when the answer was lost it is found by our number in its metadata.

import type { JsonObject } from '../../encoding/json.ts'
import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Finding, Problem } from '../../wallets/wallet.ts'
import { finding } from '../account-fields.ts'
import type {
  CardObservation,
  CardOrder,
  ChangeObservation,
  ChangeOrder,
  NetworkToken,
} from '../acquirer.ts'
import { toUnits } from '../amounts.ts'
import { type Answer, mayHaveActed, objectOf, problem, textOf } from '../call.ts'
import type { StripeAccount } from './account.ts'
import { get, type Pairs, post } from './gateway.ts'
import {
  amountPairs,
  amountRules,
  appleTokenPairs,
  googleTokenId,
  intentPairs,
  METADATA,
  moneyOf,
  REFUND_METADATA,
  readIntent,
  readRefund,
  referenceOf,
} from './messages.ts'
import { faultOf } from './problems.ts'

const INTENTS = '/v1/payment_intents'

/** Authorizes; after silence once more with the same key, which Stripe answers as the first time. */
export async function authorize(
  ports: Ports,
  account: StripeAccount,
  order: CardOrder,
): Promise<CardObservation> {
  const card = await cardOf(ports, account, order)
  if ('category' in card) return { ...about(order), status: 'failed', problem: card }
  const pairs = intentPairs(order, card)
  if (!pairs) {
    const cause = problem('invalid_request', 'amount', 'Stripe cannot take this amount')
    return { ...about(order), status: 'failed', problem: cause }
  }
  const { answer, repeated } = await twice(() =>
    post(ports, account, INTENTS, { pairs, key: authorizeKey(order) }),
  )
  if (answer.kind === 'answer' && answer.status === 200) {
    return ours(order, answer.body, 'response')
  }
  const fault = faultOf(answer)
  if (fault.done === 'declined') {
    const error = answer.kind === 'answer' ? objectOf(answer.body, 'error') : undefined
    const id = textOf(objectOf(error, 'payment_intent'), 'id')
    return {
      ...about(order),
      status: 'failed',
      problem: fault.problem,
      ...(id !== undefined && { walletTransactionId: id }),
    }
  }
  // What was refused at the door the second time may have been let in the first time.
  const nothing = fault.done === 'nothing' && !repeated
  return { ...about(order), status: nothing ? 'failed' : 'unknown', problem: fault.problem }
}

async function twice(send: () => Promise<Answer>): Promise<{ answer: Answer; repeated: boolean }> {
  const first = await send()
  return mayHaveActed(first)
    ? { answer: await send(), repeated: true }
    : { answer: first, repeated: false }
}

/** Making a token moves no money, so that nothing about it stays open. */
async function cardOf(
  ports: Ports,
  account: StripeAccount,
  order: CardOrder,
): Promise<{ tokenId: string } | NetworkToken | Problem> {
  const { credential } = order
  switch (credential.type) {
    case 'network_token':
      return credential
    case 'googlepay': {
      const tokenId = googleTokenId(credential.token)
      return tokenId === undefined
        ? problem('invalid_request', 'token', 'the token is not one of Stripe')
        : { tokenId }
    }
    case 'applepay': {
      const pairs = appleTokenPairs(credential)
      if (!pairs) return problem('invalid_request', 'token', 'the token is no payment data')
      const key = `${order.walletReference}:token`
      const { answer } = await twice(() => post(ports, account, '/v1/tokens', { pairs, key }))
      const id = answer.kind === 'answer' ? textOf(answer.body, 'id') : undefined
      if (answer.kind === 'answer' && answer.status === 200 && id !== undefined) {
        return { tokenId: id }
      }
      const cause = faultOf(answer).problem
      return cause.category === 'unknown_outcome' ? { ...cause, category: 'provider_down' } : cause
    }
  }
}

/** Asks by the intent's number; without it by ours, which is found about a minute later. */
export async function query(
  ports: Ports,
  account: StripeAccount,
  order: AttemptOrder,
): Promise<CardObservation> {
  const found = await find(ports, account, order)
  return 'intent' in found ? ours(order, found.intent, 'query') : found.observation
}

type Found = { intent: JsonObject } | { observation: CardObservation; none: boolean }

async function find(ports: Ports, account: StripeAccount, order: AttemptOrder): Promise<Found> {
  const id = order.walletTransactionId ?? (await search(ports, account, order))
  if (typeof id !== 'string') return id
  const answer = await get(ports, account, intentPath(id), [['expand[0]', 'latest_charge']])
  if (answer.kind === 'answer' && answer.status === 200) return { intent: answer.body }
  return { observation: unanswered(order, answer), none: false }
}

/**
 * The search lags behind, so that finding nothing proves nothing: it is never "absent". Two intents
 * of one attempt cannot be, and are left to a person.
 */
async function search(
  ports: Ports,
  account: StripeAccount,
  order: AttemptOrder,
): Promise<string | { observation: CardObservation; none: boolean }> {
  const text = `metadata['${METADATA}']:'${order.walletReference}'`
  const answer = await get(ports, account, `${INTENTS}/search`, [['query', text]])
  const data = answer.kind === 'answer' && answer.status === 200 ? answer.body.data : undefined
  if (!Array.isArray(data)) return { observation: unanswered(order, answer), none: false }
  const ids = data.map((entry) => textOf(objectOf({ entry }, 'entry'), 'id'))
  const [id] = ids
  if (ids.length === 1 && id !== undefined) return id
  const walletMessage = ids.length === 0 ? 'not found (yet)' : 'several intents of one attempt'
  return {
    observation: {
      ...about(order),
      source: 'query',
      status: 'unknown',
      problem: problem('unknown_outcome', 'search', walletMessage),
    },
    none: ids.length === 0,
  }
}

/**
 * Ends an authorization. One that cannot be found is shut out: a harmless request takes its
 * idempotency key, so that the lost one can not act any more, or Stripe says that it already did.
 */
export async function cancel(
  ports: Ports,
  account: StripeAccount,
  order: AttemptOrder,
): Promise<CardObservation> {
  const found = await find(ports, account, order)
  if ('observation' in found && !found.none) return found.observation
  const fenced = 'intent' in found ? found : await shutOut(ports, account, order)
  if ('observation' in fenced) return fenced.observation
  const seen = ours(order, fenced.intent, 'query')
  const id = seen.walletTransactionId
  if (id === undefined || seen.status === 'succeeded' || seen.status === 'closed') return seen
  const answer = await post(ports, account, `${intentPath(id)}/cancel`, {
    pairs: [['cancellation_reason', 'abandoned']],
    key: `${order.walletReference}:cancel`,
  })
  if (answer.kind === 'answer' && answer.status === 200) {
    return ours(order, answer.body, 'response')
  }
  return faultOf(answer).done === 'earlier'
    ? query(ports, account, { ...order, walletTransactionId: id })
    : unanswered(order, answer)
}

async function shutOut(
  ports: Ports,
  account: StripeAccount,
  order: AttemptOrder,
): Promise<{ intent: JsonObject } | { observation: CardObservation }> {
  const metadata: Pairs = [[`metadata[${METADATA}]`, order.walletReference]]
  const pairs = [...(amountPairs(order) ?? []), ...metadata]
  const answer = await post(ports, account, INTENTS, { pairs, key: authorizeKey(order) })
  return answer.kind === 'answer' && answer.status === 200
    ? { intent: answer.body }
    : { observation: unanswered(order, answer) }
}

export async function capture(
  ports: Ports,
  account: StripeAccount,
  { order, reference, money }: ChangeOrder,
): Promise<ChangeObservation> {
  const seen = { source: 'response' as const, change: 'capture' as const, reference }
  const units = toUnits(amountRules, money)
  const id = order.walletTransactionId
  if (units === undefined || id === undefined) {
    return { ...seen, status: 'failed', problem: problem('invalid_request', 'capture') }
  }
  const { answer, repeated } = await twice(() =>
    post(ports, account, `${intentPath(id)}/capture`, {
      pairs: [['amount_to_capture', units.toString()]],
      key: reference,
    }),
  )
  const fault = answer.kind === 'answer' && answer.status === 200 ? undefined : faultOf(answer)
  // An intent is captured once: when it has moved on, its own amount tells whether by this call.
  const state =
    fault?.done === 'earlier'
      ? await get(ports, account, intentPath(id), [['expand[0]', 'latest_charge']])
      : answer
  if (state.kind === 'answer' && state.status === 200 && state.body.status === 'succeeded') {
    const taken = moneyOf(state.body, 'amount_received')
    const same = taken?.amount === money.amount && taken.currency === money.currency
    if (same) return { ...seen, status: 'succeeded', walletTransactionId: id, money }
  }
  const nothing = fault?.done === 'earlier' || (fault?.done === 'nothing' && !repeated)
  return {
    ...seen,
    status: nothing ? 'failed' : 'unknown',
    walletTransactionId: id,
    problem: fault?.problem ?? problem('unknown_outcome', 'capture'),
  }
}

/** Repeating is safe for a day, as long as Stripe keeps the key. */
export async function refund(
  ports: Ports,
  account: StripeAccount,
  { order, reference, money }: ChangeOrder,
): Promise<ChangeObservation> {
  const seen = { source: 'response' as const, change: 'refund' as const, reference }
  const units = toUnits(amountRules, money)
  const id = order.walletTransactionId
  if (units === undefined || id === undefined) {
    return { ...seen, status: 'failed', problem: problem('invalid_request', 'refund') }
  }
  const pairs: Pairs = [
    ['payment_intent', id],
    ['amount', units.toString()],
    ['reason', 'requested_by_customer'],
    [`metadata[${REFUND_METADATA}]`, reference],
  ]
  const { answer, repeated } = await twice(() =>
    post(ports, account, '/v1/refunds', { pairs, key: reference }),
  )
  if (answer.kind === 'answer' && answer.status === 200) {
    return { ...readRefund(answer.body, 'response'), reference }
  }
  const fault = faultOf(answer)
  const nothing = fault.done !== 'unknown' && !repeated
  return { ...seen, status: nothing ? 'failed' : 'unknown', problem: fault.problem }
}

/** The newest line of the balance: moves nothing, and needs the key to be right. */
export async function check(ports: Ports, account: StripeAccount): Promise<Finding[]> {
  const answer = await get(ports, account, '/v1/balance_transactions', [['limit', '1']])
  if (answer.kind === 'silent') return [finding('unreachable', UNREACHABLE, { level: 'warning' })]
  switch (answer.status) {
    case 200:
      return [finding('connected', CONNECTED, { level: 'ok' })]
    case 401:
      return [finding('secret_key_refused', KEY_REFUSED, { param: '/secret_key' })]
    case 403:
      return [finding('key_restricted', RESTRICTED, { level: 'warning', param: '/secret_key' })]
    default:
      return [finding('unclear_answer', UNCLEAR, { level: 'warning' })]
  }
}

/** An intent is believed about this order only when its metadata names it. */
function ours(
  order: AttemptOrder,
  intent: JsonObject,
  source: CardObservation['source'],
): CardObservation {
  if (referenceOf(intent) === order.walletReference) return readIntent(intent, source)
  const walletMessage = 'the intent is about another payment'
  return {
    ...about(order),
    source,
    status: 'unknown',
    problem: problem('unknown_outcome', 'metadata', walletMessage),
  }
}

function unanswered(order: AttemptOrder, answer: Answer): CardObservation {
  return {
    ...about(order),
    source: 'query',
    status: 'unknown',
    problem: faultOf(answer).problem,
  }
}

function about(order: AttemptOrder): Pick<CardObservation, 'source' | 'walletReference'> {
  return { source: 'response', walletReference: order.walletReference }
}

function authorizeKey(order: AttemptOrder): string {
  return `${order.walletReference}:authorise`
}

function intentPath(id: string): string {
  return `${INTENTS}/${encodeURIComponent(id)}`
}

const CONNECTED = {
  en: 'Stripe took the key.',
  'zh-CN': 'Stripe 接受了密钥。',
}
const KEY_REFUSED = {
  en: 'Stripe refused the secret key. Check that it was not rolled or deleted.',
  'zh-CN': 'Stripe 拒绝了密钥，请确认密钥未被轮换或删除。',
}
const RESTRICTED = {
  en: 'The restricted key may not read the balance. Payments work if it may write tokens, payment intents and refunds.',
  'zh-CN': '受限密钥无权读取余额；若可写 tokens、payment intents 和 refunds，付款仍可进行。',
}
const UNREACHABLE = {
  en: 'Stripe could not be reached. Check the network, then try again.',
  'zh-CN': '无法连接 Stripe，请检查网络后重试。',
}
const UNCLEAR = {
  en: 'Stripe gave an answer that is not understood. Try again later.',
  'zh-CN': 'Stripe 的回答无法识别，请稍后重试。',
}
