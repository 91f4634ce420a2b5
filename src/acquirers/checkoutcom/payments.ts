// Checkout.com's operations. It keeps no answer of a call that failed there, so that a repeated call
// could charge twice: after silence it is asked by our reference, and never simply repeated.

import type { JsonObject } from '../../encoding/json.ts'
import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Finding, Problem } from '../../wallets/wallet.ts'
import { finding } from '../account-fields.ts'
import type { CardObservation, CardOrder, ChangeObservation, ChangeOrder } from '../acquirer.ts'
import { toUnits } from '../amounts.ts'
import { type Answer, call, mayHaveActed, objectOf, problem, textOf, wordOf } from '../call.ts'
import type { CheckoutcomAccount } from './account.ts'
import {
  amountRules,
  networkTokenSource,
  paymentBody,
  readPayment,
  referenceOf,
  type Source,
  tokenBody,
  tokenSource,
} from './messages.ts'
import { declineProblem, faultOf } from './problems.ts'

/** A call that had no answer may still be at work for this time; until then "none" is no answer. */
const AT_WORK_MS = 120_000

export async function authorize(
  ports: Ports,
  account: CheckoutcomAccount,
  order: CardOrder,
): Promise<CardObservation> {
  const source = await sourceOf(ports, account, order)
  if ('category' in source) return { ...about(order), status: 'failed', problem: source }
  const body = paymentBody(account, order, source)
  if (!body) {
    const cause = problem('invalid_request', 'amount', 'Checkout.com cannot take this amount')
    return { ...about(order), status: 'failed', problem: cause }
  }
  const silentAt = ports.clock.now()
  const answer = await post(ports, account, '/payments', {
    body,
    key: `${order.walletReference}:authorise`,
  })
  if (isDone(answer)) return ours(order, answer.body, 'response')
  if (mayHaveActed(answer)) {
    const asked = await query(ports, account, { ...order, memory: memoryOf(silentAt) })
    return asked.status === 'unknown'
      ? { ...asked, source: 'response', memory: memoryOf(silentAt) }
      : { ...asked, source: 'response' }
  }
  const fault = faultOf(answer)
  return {
    ...about(order),
    status: fault.done === 'unknown' ? 'unknown' : 'failed',
    problem: fault.problem,
  }
}

/** Making a token moves no money, so that nothing about it stays open. */
async function sourceOf(
  ports: Ports,
  account: CheckoutcomAccount,
  { credential }: CardOrder,
): Promise<Source | Problem> {
  if (credential.type === 'network_token') return networkTokenSource(credential)
  const body = tokenBody(credential)
  if (!body) return problem('invalid_request', 'token', 'the token is no JSON object')
  const answer = await post(ports, account, '/tokens', { body })
  const source = isDone(answer) ? tokenSource(answer.body) : undefined
  if (source) return source
  const cause = faultOf(answer).problem
  return cause.category === 'unknown_outcome' ? { ...cause, category: 'provider_down' } : cause
}

function memoryOf(silentAt: number): string {
  return `silent:${silentAt}`
}

/** True while a call without an answer may still arrive. */
function mayArrive(ports: Ports, { memory }: AttemptOrder): boolean {
  const silentAt = /^silent:(\d{1,15})$/.exec(memory ?? '')?.[1]
  return silentAt !== undefined && ports.clock.now() < Number(silentAt) + AT_WORK_MS
}

/** Asks by the payment's number; without it by ours. */
export async function query(
  ports: Ports,
  account: CheckoutcomAccount,
  order: AttemptOrder,
): Promise<CardObservation> {
  const id = order.walletTransactionId ?? (await find(ports, account, order))
  if (typeof id !== 'string') return id
  const answer = await get(ports, account, paymentPath(id))
  return isDone(answer) ? ours(order, answer.body, 'query') : unanswered(order, answer)
}

async function find(
  ports: Ports,
  account: CheckoutcomAccount,
  order: AttemptOrder,
): Promise<string | CardObservation> {
  const reference = encodeURIComponent(order.walletReference)
  const answer = await get(ports, account, `/payments?limit=10&skip=0&reference=${reference}`)
  const data = isDone(answer) ? answer.body.data : undefined
  if (!Array.isArray(data)) return unanswered(order, answer)
  const ids = data.map((entry) => textOf(objectOf({ entry }, 'entry'), 'id'))
  const [id] = ids
  if (ids.length === 1 && id !== undefined) return id
  const seen = { ...about(order), source: 'query' as const }
  if (ids.length === 0 && !mayArrive(ports, order)) return { ...seen, status: 'absent' }
  const walletMessage = ids.length === 0 ? 'not found (yet)' : 'several payments of one attempt'
  const cause = problem('unknown_outcome', 'reference', walletMessage)
  return { ...seen, status: 'unknown', problem: cause }
}

/** Voids what is authorized; the payment's own state says whether it is over. */
export async function cancel(
  ports: Ports,
  account: CheckoutcomAccount,
  order: AttemptOrder,
): Promise<CardObservation> {
  const before = await query(ports, account, order)
  const id = before.walletTransactionId
  if (id === undefined || before.walletStatus !== 'Authorized') return before
  const answer = await post(ports, account, `${paymentPath(id)}/voids`, {
    body: { reference: order.walletReference },
    key: `${order.walletReference}:void`,
  })
  // Accepted is not done, and a refusal tells that the payment has moved on.
  const after = await query(ports, account, { ...order, walletTransactionId: id })
  if (after.walletStatus !== 'Authorized') return after
  const accepted = isDone(answer)
  return {
    ...after,
    status: 'unknown',
    problem: accepted
      ? problem('unknown_outcome', 'void_accepted', 'the webhook tells the end')
      : faultOf(answer).problem,
  }
}

export async function capture(
  ports: Ports,
  account: CheckoutcomAccount,
  change: ChangeOrder,
): Promise<ChangeObservation> {
  return act(ports, account, change, {
    change: 'capture',
    path: 'captures',
    more: { capture_type: 'Final' },
  })
}

export async function refund(
  ports: Ports,
  account: CheckoutcomAccount,
  change: ChangeOrder,
): Promise<ChangeObservation> {
  return act(ports, account, change, { change: 'refund', path: 'refunds', more: {} })
}

interface Action {
  change: 'capture' | 'refund'
  path: string
  more: JsonObject
}

async function act(
  ports: Ports,
  account: CheckoutcomAccount,
  { order, reference, money }: ChangeOrder,
  { change, path, more }: Action,
): Promise<ChangeObservation> {
  const seen = { source: 'response' as const, change, reference }
  const units = toUnits(amountRules, money)
  const id = order.walletTransactionId
  if (units === undefined || id === undefined) {
    return { ...seen, status: 'failed', problem: problem('invalid_request', path) }
  }
  const about = { ...seen, walletTransactionId: id }
  // A call that failed there is carried out anew when it is repeated, so what was done comes first.
  const known = await get(ports, account, `${paymentPath(id)}/actions`)
  if (!isDone(known)) return { ...about, status: 'unknown', problem: faultOf(known).problem }
  const done = known.list.find((action) => textOf(action, 'reference') === reference)
  if (done) return { ...about, ...readAction(done) }
  const body = { amount: Number(units), reference, ...more }
  const answer = await post(ports, account, `${paymentPath(id)}/${path}`, { body, key: reference })
  if (isDone(answer)) {
    const actionId = textOf(answer.body, 'action_id')
    return {
      ...about,
      status: 'pending',
      walletStatus: 'accepted',
      ...(actionId !== undefined && { walletChangeId: actionId }),
      money,
    }
  }
  const fault = faultOf(answer)
  const status = fault.done === 'unknown' ? 'unknown' : 'failed'
  return { ...about, status, problem: fault.problem }
}

function readAction(
  action: JsonObject,
): Pick<ChangeObservation, 'status' | 'walletChangeId' | 'problem' | 'walletStatus'> {
  const [id, code] = [textOf(action, 'id'), wordOf(action, 'response_code')]
  const seen = {
    ...(id !== undefined && { walletChangeId: id }),
    ...(code !== undefined && { walletStatus: code }),
  }
  if (action.approved === true) return { ...seen, status: 'succeeded' }
  if (action.approved !== false) return { ...seen, status: 'pending' }
  const cause = declineProblem(code, textOf(action, 'response_summary'))
  return { ...seen, status: 'failed', problem: cause }
}

/** Payments of a reference that nobody has: moves nothing, and needs the key to be right. */
export async function check(ports: Ports, account: CheckoutcomAccount): Promise<Finding[]> {
  const answer = await get(ports, account, '/payments?limit=1&skip=0&reference=tongbao-check')
  if (answer.kind === 'silent') return [finding('unreachable', UNREACHABLE, { level: 'warning' })]
  switch (answer.status) {
    case 200:
      return [finding('connected', CONNECTED, { level: 'ok' })]
    case 401:
    case 403:
      return [finding('secret_key_refused', KEY_REFUSED, { param: '/secret_key' })]
    default:
      return [finding('unclear_answer', UNCLEAR, { level: 'warning' })]
  }
}

/** A payment is believed about this order only when it names it. */
function ours(
  order: AttemptOrder,
  payment: JsonObject,
  source: CardObservation['source'],
): CardObservation {
  if (referenceOf(payment) === order.walletReference) return readPayment(payment, source)
  const walletMessage = 'the payment is about another order'
  return {
    ...about(order),
    source,
    status: 'unknown',
    problem: problem('unknown_outcome', 'reference', walletMessage),
  }
}

function unanswered(order: AttemptOrder, answer: Answer): CardObservation {
  return { ...about(order), source: 'query', status: 'unknown', problem: faultOf(answer).problem }
}

function about(order: AttemptOrder): Pick<CardObservation, 'source' | 'walletReference'> {
  return { source: 'response', walletReference: order.walletReference }
}

function isDone(answer: Answer): answer is Extract<Answer, { kind: 'answer' }> {
  return answer.kind === 'answer' && [200, 201, 202].includes(answer.status)
}

function paymentPath(id: string): string {
  return `/payments/${encodeURIComponent(id)}`
}

function get(ports: Ports, account: CheckoutcomAccount, path: string): Promise<Answer> {
  return call(ports, {
    method: 'GET',
    url: `${account.baseUrl}${path}`,
    headers: { authorization: `Bearer ${account.secretKey}`, 'content-type': 'application/json' },
  })
}

/** Tokens are made with the bare public key, everything else is done with the secret one. */
function post(
  ports: Ports,
  account: CheckoutcomAccount,
  path: string,
  { body, key }: { body: JsonObject; key?: string },
): Promise<Answer> {
  const secret = path !== '/tokens'
  return call(ports, {
    method: 'POST',
    url: `${account.baseUrl}${path}`,
    headers: {
      authorization: secret ? `Bearer ${account.secretKey}` : account.publicKey,
      'content-type': 'application/json',
      ...(key !== undefined && { 'cko-idempotency-key': key }),
    },
    body: JSON.stringify(body),
  })
}

const CONNECTED = {
  en: 'Checkout.com took the key.',
  'zh-CN': 'Checkout.com 接受了密钥。',
}
const KEY_REFUSED = {
  en: 'Checkout.com refused the secret key. Check the key, its permissions and the prefix.',
  'zh-CN': 'Checkout.com 拒绝了密钥，请检查密钥、权限和 prefix。',
}
const UNREACHABLE = {
  en: 'Checkout.com could not be reached. Check the network and the prefix, then try again.',
  'zh-CN': '无法连接 Checkout.com，请检查网络和 prefix 后重试。',
}
const UNCLEAR = {
  en: 'Checkout.com gave an answer that is not understood. Try again later.',
  'zh-CN': 'Checkout.com 的回答无法识别，请稍后重试。',
}
