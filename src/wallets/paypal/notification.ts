// Raw notification bytes in, verdict out. Pure but for the clock and the note of a certificate to fetch.

import { type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { Milliseconds } from '../../ports.ts'
import type {
  NotificationVerdict,
  Observation,
  ObservedStatus,
  RawNotification,
  RefusalReason,
} from '../wallet.ts'
import type { PaypalAccount } from './account.ts'
import { readAmount } from './amounts.ts'
import { isCertificateUrl, keyAt } from './certificates.ts'
import { listOf, readCapture, textOf } from './messages.ts'
import { isSigned } from './signature.ts'

const ALGORITHM = 'SHA256withRSA'
const MAX_BYTES = 1_048_576
/** Deliveries are repeated for three days. */
const MAX_AGE_MS = 4 * 86_400_000
const MAX_AHEAD_MS = 5 * 60_000

const ORDER_EVENTS: ReadonlySet<string> = new Set([
  'CHECKOUT.ORDER.APPROVED',
  'CHECKOUT.ORDER.COMPLETED',
])
const CAPTURE_EVENTS: ReadonlyMap<string, ObservedStatus> = new Map([
  ['PAYMENT.CAPTURE.COMPLETED', 'succeeded'],
  ['PAYMENT.CAPTURE.PENDING', 'processing'],
  ['PAYMENT.CAPTURE.DENIED', 'failed'],
  ['PAYMENT.CAPTURE.DECLINED', 'failed'],
])

/**
 * Verifies and translates. What is signed of the body is a checksum that anybody can make another
 * body fit, so a notification is never more than a reason to ask.
 */
export function readNotification(
  account: PaypalAccount,
  raw: RawNotification,
  now: Milliseconds,
): NotificationVerdict {
  const type = raw.contentType.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') return refuse('content_type', 'not application/json')
  if (raw.body.length > MAX_BYTES) return refuse('too_large', `${raw.body.length} bytes`)
  const body = Uint8Array.from(raw.body)
  const refusal = verifyDelivery(account, { ...raw, body }, now)
  if (refusal) return refusal
  const text = decodeUtf8(body)
  if (text === undefined) return refuse('encoding', 'not UTF-8')
  const event = parseJsonObject(text)
  return event ? readEvent(event) : refuse('malformed', 'no JSON object')
}

function verifyDelivery(
  account: PaypalAccount,
  { headers, body }: RawNotification,
  now: Milliseconds,
): NotificationVerdict | undefined {
  const transmissionId = headers['paypal-transmission-id'] ?? ''
  const transmissionTime = headers['paypal-transmission-time'] ?? ''
  // Shapes without the separator, so that the signed text can be cut in one way only.
  if (!/^[A-Za-z0-9-]{1,100}$/.test(transmissionId))
    return refuse('signature', 'no transmission id')
  if (!/^[0-9TZ:.+-]{20,40}$/.test(transmissionTime)) return refuse('signature', 'no time')
  if (headers['paypal-auth-algo'] !== ALGORITHM) return refuse('algorithm', `not ${ALGORITHM}`)
  const sentAt = Date.parse(transmissionTime)
  if (!(now - MAX_AGE_MS <= sentAt && sentAt <= now + MAX_AHEAD_MS)) {
    return refuse('timestamp', transmissionTime)
  }
  const url = headers['paypal-cert-url'] ?? ''
  const store = account.certificates
  if (!isCertificateUrl(store.trust, url))
    return refuse('signature', 'a certificate from elsewhere')
  const key = keyAt(store, url, now)
  if (key === undefined) return refuse('unknown_key', url)
  const { webhookId } = account
  const delivery = { transmissionId, transmissionTime, webhookId, body }
  const signed = isSigned(delivery, headers['paypal-transmission-sig'] ?? '', key)
  return signed ? undefined : refuse('signature', 'does not verify')
}

function readEvent(event: JsonObject): NotificationVerdict {
  const type = textOf(event.event_type)
  const { id, resource } = event
  if (type === undefined || typeof id !== 'string' || typeof resource !== 'object') {
    return refuse('not_a_notification', 'no event')
  }
  if (resource === null || Array.isArray(resource)) return refuse('malformed', 'no resource')
  const status = CAPTURE_EVENTS.get(type)
  if (status === undefined && !ORDER_EVENTS.has(type)) return { verdict: 'ignored', reason: type }
  const about = status === undefined ? readOrderEvent(resource) : readCaptureEvent(resource, status)
  if (!about) return refuse('malformed', `${type} without its order`)
  const walletStatus = type
  const observation = { ...about, source: 'notification', messageId: id, walletStatus } as const
  return { verdict: 'verified', observation, askFirst: true }
}

type About = Omit<Observation, 'source'>

function readOrderEvent(order: JsonObject): About | undefined {
  const [unit, ...more] = listOf(order.purchase_units)
  const walletReference = textOf(unit?.custom_id)
  const money = readAmount(unit?.amount)
  if (more.length > 0 || walletReference === undefined || !money) return undefined
  return { status: 'processing', walletReference, money }
}

function readCaptureEvent(resource: JsonObject, status: ObservedStatus): About | undefined {
  const walletReference = textOf(resource.custom_id)
  const { id, money, at } = readCapture(resource)
  if (walletReference === undefined || id === '' || !money) return undefined
  const paid = status === 'succeeded' && at !== undefined
  return {
    status,
    walletReference,
    walletTransactionId: id,
    money,
    ...(paid && { paidAt: at }),
    ...(status === 'failed' && { problem: { category: 'payer_action' } }),
  }
}

function refuse(reason: RefusalReason, detail: string): NotificationVerdict {
  return { verdict: 'refused', reason, detail: detail.slice(0, 200) }
}
