// Adyen's operations: authorize, go on after 3-D Secure, end, capture, refund. Adyen has no question
// by our number: what silence leaves open is told by its webhooks, or ended by a cancel.

import { createHash } from 'node:crypto'
import { parseForm } from '../../encoding/form.ts'
import type { JsonObject } from '../../encoding/json.ts'
import { parseJsonObject } from '../../encoding/json.ts'
import type { Milliseconds, Ports } from '../../ports.ts'
import type { AttemptOrder, Finding, Problem } from '../../wallets/wallet.ts'
import { finding } from '../account-fields.ts'
import type {
  AppleSessionRequest,
  CardObservation,
  CardOrder,
  ChangeObservation,
  ChangeOrder,
} from '../acquirer.ts'
import { type Answer, call, mayHaveActed, problem, textOf } from '../call.ts'
import type { AdyenAccount } from './account.ts'
import { amountBody, moneyOf, paymentBody, readPayment } from './messages.ts'
import { faultOf } from './problems.ts'

/** Authorizes; after silence once more with the same key, which Adyen answers as the first time. */
export async function authorize(
  ports: Ports,
  account: AdyenAccount,
  order: CardOrder,
): Promise<CardObservation> {
  if (order.capture !== account.capture) {
    const walletMessage = `the merchant account captures ${account.capture}`
    return failed(order, problem('merchant_config', 'capture', walletMessage))
  }
  const body = paymentBody(account, order)
  if (typeof body === 'string') {
    return failed(order, problem('invalid_request', undefined, body))
  }
  const send = () => post(ports, account, '/payments', body, `${order.walletReference}:authorise`)
  const first = await send()
  if (!mayHaveActed(first)) return releasePart(ports, account, order, first)
  const second = await send()
  const read = await releasePart(ports, account, order, second)
  // Only a refusal of the content speaks for the first call too; one of the door does not.
  const doubtful = read.status === 'failed' && (second.kind === 'silent' || second.status !== 200)
  return doubtful && read.problem?.category !== 'invalid_request'
    ? { ...read, status: 'unknown', problem: problem('unknown_outcome') }
    : read
}

/** A part was never asked for: what is held of it is let go, and the webhook tells the end. */
async function releasePart(
  ports: Ports,
  account: AdyenAccount,
  order: CardOrder,
  answer: Answer,
): Promise<CardObservation> {
  const read = readAnswer(account, order, answer)
  const { walletStatus, walletTransactionId } = read
  if (walletStatus !== 'PartiallyAuthorised') return read
  const known = walletTransactionId === undefined ? order : { ...order, walletTransactionId }
  return { ...read, ...(await cancel(ports, account, known)) }
}

/** Hands over what the browser brought back from 3-D Secure; the answer decides. */
export async function continueFromReturn(
  ports: Ports,
  account: AdyenAccount,
  order: AttemptOrder,
  query: string,
): Promise<CardObservation> {
  const redirectResult = redirectResultOf(query)
  if (redirectResult === undefined) return ask(order, ports.clock.now())
  // A reload repeats its answer; another result, e.g. a stranger's, cannot take its place.
  const digest = createHash('sha256').update(redirectResult).digest('hex').slice(0, 12)
  const key = `${order.walletReference}:details:${digest}`
  const body = { details: { redirectResult } }
  const send = () => post(ports, account, '/payments/details', body, key)
  const first = await send()
  const answer = mayHaveActed(first) ? await send() : first
  if (answer.kind === 'answer' && answer.status === 200) {
    return readPayment(account, order, answer.body)
  }
  // That this result is not taken says nothing about the payment.
  return { ...about(order), status: 'unknown', problem: faultOf(answer).problem }
}

export function redirectResultOf(query: string): string | undefined {
  const form = parseForm(Buffer.from(query.replace(/^\?/, ''), 'utf8'))
  const value = 'fields' in form ? form.fields.get('redirectResult') : undefined
  return value === undefined || value === '' || value.length > 20_000 ? undefined : value
}

/**
 * How long after a cancel that Adyen received a payment of which nothing was ever heard is absent.
 * Adyen repeats a webhook at once and then after 2, 5, 10, 15 and 30 minutes (sheet section 2): by now
 * what it had to tell has come, even if this hub was away for the first hour.
 */
const SILENT_AFTER_CANCEL_MS = 2 * 3_600_000
/**
 * The same where no cancel was received, after the order's end: Adyen's repetitions of the first day,
 * after another 1, 2, 4 and 8 hours, are over. Money that is told later still is late money.
 */
const SILENT_AFTER_EXPIRY_MS = 24 * 3_600_000

/** Adyen answers no question about a payment; only its webhooks tell, or their long silence. */
export function ask(order: AttemptOrder, now: Milliseconds): CardObservation {
  if (isSilent(order, now)) {
    return { ...about(order), source: 'query', status: 'absent', walletStatus: 'nothing heard' }
  }
  const walletMessage = 'Adyen has no question by reference; its webhook tells'
  return {
    ...about(order),
    source: 'query',
    status: 'unknown',
    problem: problem('unknown_outcome', undefined, walletMessage),
  }
}

function isSilent(order: AttemptOrder, now: Milliseconds): boolean {
  if (order.walletTransactionId !== undefined) return false
  const canceledAt = canceledAtOf(order)
  if (canceledAt !== undefined && now >= canceledAt + SILENT_AFTER_CANCEL_MS) return true
  return now >= order.expiresAt + SILENT_AFTER_EXPIRY_MS
}

/** When Adyen first received our cancel, as {@link cancel} wrote it into the memory. */
function canceledAtOf({ memory }: AttemptOrder): Milliseconds | undefined {
  const at = /^cancel (\d{1,15})$/.exec(memory ?? '')?.[1]
  return at === undefined ? undefined : Number(at)
}

/**
 * Asks Adyen to cancel. Its answer only says that the wish was received: the webhook CANCELLATION or
 * TECHNICAL_CANCEL ends the authorization, or says that it could not be ended.
 */
export async function cancel(
  ports: Ports,
  account: AdyenAccount,
  order: AttemptOrder,
): Promise<CardObservation> {
  const { path, body } = cancelRequest(account, order)
  const answer = await post(ports, account, path, body, `${order.walletReference}:cancel`)
  const received = isReceived(answer)
  const first = received && order.walletTransactionId === undefined && order.memory === undefined
  return {
    ...about(order),
    status: 'unknown',
    ...(received && { walletStatus: 'cancel received' }),
    ...(first && { memory: `cancel ${ports.clock.now()}` }),
    problem: received
      ? problem('unknown_outcome', 'cancel_received', 'the webhook tells the end')
      : faultOf(answer).problem,
  }
}

/** By Adyen's number where it is known; the webhook repeats `reference`, so it is the payment's. */
export function cancelRequest(
  account: AdyenAccount,
  order: AttemptOrder,
  reference: string = order.walletReference,
): { path: string; body: JsonObject } {
  const { merchantAccount } = account
  const id = order.walletTransactionId
  return id !== undefined
    ? { path: `${paymentPath(id)}/cancels`, body: { merchantAccount, reference } }
    : {
        path: '/cancels',
        body: { merchantAccount, paymentReference: order.walletReference, reference },
      }
}

export async function capture(
  ports: Ports,
  account: AdyenAccount,
  change: ChangeOrder,
): Promise<ChangeObservation> {
  return modify(ports, account, change, { change: 'capture', path: 'captures', more: {} })
}

export async function refund(
  ports: Ports,
  account: AdyenAccount,
  change: ChangeOrder,
): Promise<ChangeObservation> {
  const more = { merchantRefundReason: 'CUSTOMER REQUEST' }
  return modify(ports, account, change, { change: 'refund', path: 'refunds', more })
}

interface Modification {
  change: 'capture' | 'refund'
  path: string
  more: JsonObject
}

async function modify(
  ports: Ports,
  account: AdyenAccount,
  { order, reference, money }: ChangeOrder,
  { change, path, more }: Modification,
): Promise<ChangeObservation> {
  const seen = { source: 'response' as const, change, reference }
  const id = order.walletTransactionId
  const amount = amountBody(money)
  if (id === undefined || !amount) {
    const walletMessage = id === undefined ? 'pspReference is not known' : 'amount'
    return { ...seen, status: 'failed', problem: problem('invalid_request', path, walletMessage) }
  }
  const { merchantAccount } = account
  const body = { merchantAccount, amount, reference, ...more }
  const answer = await post(ports, account, `${paymentPath(id)}/${path}`, body, reference)
  if (answer.kind === 'answer' && isReceived(answer)) {
    const walletChangeId = textOf(answer.body, 'pspReference')
    const told = moneyOf(body.amount)
    return {
      ...seen,
      status: 'pending',
      walletTransactionId: id,
      walletStatus: 'received',
      ...(walletChangeId !== undefined && { walletChangeId }),
      ...(told && { money: told }),
    }
  }
  const fault = faultOf(answer)
  return {
    ...seen,
    status: fault.done === 'nothing' ? 'failed' : 'unknown',
    problem: fault.problem,
  }
}

/** Adyen's own merchant identity opens Apple's session (sheet 3.2). */
export async function appleSession(
  ports: Ports,
  account: AdyenAccount,
  merchantIdentifier: string,
  request: AppleSessionRequest,
): Promise<{ session: Record<string, unknown> } | { problem: Problem }> {
  const body = {
    displayName: request.merchantName.slice(0, 64),
    domainName: request.domain,
    merchantIdentifier,
  }
  const key = Buffer.from(ports.random.bytes(16)).toString('hex')
  const answer = await post(ports, account, '/applePay/sessions', body, key)
  if (answer.kind === 'silent' || answer.status !== 200) {
    const { category, walletCode, walletMessage } = faultOf(answer).problem
    // No money moves here, so nothing can be open.
    return {
      problem: problem(
        category === 'unknown_outcome' ? 'provider_down' : category,
        walletCode,
        walletMessage,
      ),
    }
  }
  const data = textOf(answer.body, 'data') ?? ''
  const session = parseJsonObject(Buffer.from(data, 'base64').toString('utf8'))
  return session ? { session } : { problem: problem('provider_down', 'session_unreadable') }
}

/** Which payment methods the account has: moves nothing, and needs key and account to be right. */
export async function check(ports: Ports, account: AdyenAccount): Promise<Finding[]> {
  const body = { merchantAccount: account.merchantAccount }
  const answer = await post(ports, account, '/paymentMethods', body)
  if (answer.kind === 'silent') return [finding('unreachable', UNREACHABLE, { level: 'warning' })]
  switch (answer.status) {
    case 200:
      return [finding('connected', CONNECTED, { level: 'ok' })]
    case 401:
      return [finding('api_key_refused', KEY_REFUSED, { param: '/api_key' })]
    case 403:
    case 422:
      return [finding('merchant_account_refused', ACCOUNT_REFUSED, { param: '/merchant_account' })]
    default:
      return [finding('unclear_answer', UNCLEAR, { level: 'warning' })]
  }
}

function readAnswer(account: AdyenAccount, order: CardOrder, answer: Answer): CardObservation {
  if (answer.kind === 'answer' && answer.status === 200) {
    return readPayment(account, order, answer.body)
  }
  const fault = faultOf(answer)
  return fault.done === 'nothing'
    ? failed(order, fault.problem)
    : { ...about(order), status: 'unknown', problem: fault.problem }
}

function failed(order: AttemptOrder, cause: Problem): CardObservation {
  return { ...about(order), status: 'failed', problem: cause }
}

function about(order: AttemptOrder): Pick<CardObservation, 'source' | 'walletReference'> {
  return { source: 'response', walletReference: order.walletReference }
}

function isReceived(answer: Answer): boolean {
  return answer.kind === 'answer' && answer.status === 201 && answer.body.status === 'received'
}

function paymentPath(id: string): string {
  return `/payments/${encodeURIComponent(id)}`
}

function post(
  ports: Ports,
  account: AdyenAccount,
  path: string,
  body: JsonObject,
  idempotencyKey?: string,
): Promise<Answer> {
  return call(ports, {
    method: 'POST',
    url: `${account.baseUrl}${path}`,
    headers: {
      'content-type': 'application/json',
      'x-api-key': account.apiKey,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    body: JSON.stringify(body),
  })
}

const CONNECTED = {
  en: 'Adyen took the key and knows the merchant account.',
  'zh-CN': 'Adyen 接受了密钥并认得该商户账户。',
}
const KEY_REFUSED = {
  en: 'Adyen refused the API key. Check that it belongs to this environment and is active.',
  'zh-CN': 'Adyen 拒绝了 API key，请确认它属于该环境且已启用。',
}
const ACCOUNT_REFUSED = {
  en: 'Adyen does not let this key use this merchant account. Check the name and the role of the key.',
  'zh-CN': 'Adyen 不允许该密钥使用此商户账户，请检查账户名和密钥权限。',
}
const UNREACHABLE = {
  en: 'Adyen could not be reached. Check the network and the live prefix, then try again.',
  'zh-CN': '无法连接 Adyen，请检查网络和 live_prefix 后重试。',
}
const UNCLEAR = {
  en: 'Adyen gave an answer that is not understood. Try again later.',
  'zh-CN': 'Adyen 的回答无法识别，请稍后重试。',
}
