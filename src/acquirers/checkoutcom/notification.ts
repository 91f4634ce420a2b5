// Checkout.com's webhook: signature over the raw bytes, then the event (sheet 5.3). The signature
// has no time in it, so an event is only a reason to ask.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { ObservedStatus, RawNotification, RefusalReason } from '../../wallets/wallet.ts'
import type { AcquirerVerdict, ChangeObservation } from '../acquirer.ts'
import { objectOf, problem, textOf } from '../call.ts'
import type { CheckoutcomAccount } from './account.ts'
import { moneyOf, referenceOf } from './messages.ts'
import { declineProblem } from './problems.ts'

export const MAX_NOTIFICATION_BYTES = 256 * 1024

export function readNotification(
  account: CheckoutcomAccount,
  raw: RawNotification,
): AcquirerVerdict {
  if (raw.body.length > MAX_NOTIFICATION_BYTES) return refuse('too_large', 'more than 256 KiB')
  const expected = account.notificationAuthorization
  if (expected !== undefined && !sameText(raw.headers.authorization ?? '', expected)) {
    return refuse('signature', 'authorization')
  }
  if (!isGenuine(account, raw)) return refuse('signature', 'no active key made this signature')
  // It is theirs, so nothing is refused from here on: sent again, it would say the same.
  const text = decodeUtf8(raw.body)
  if (text === undefined) return quarantine('encoding', 'bytes that are not UTF-8')
  const event = parseJsonObject(text)
  if (!event) return quarantine('malformed', 'no JSON object')
  const [id, type] = [textOf(event, 'id'), textOf(event, 'type')]
  const data = objectOf(event, 'data')
  if (id === undefined || type === undefined || !data) {
    return quarantine('not_a_notification', 'id, type or data is missing')
  }
  return translate({ id, type, data })
}

function isGenuine(account: CheckoutcomAccount, raw: RawNotification): boolean {
  const signature = raw.headers['cko-signature'] ?? ''
  if (!/^[0-9A-Fa-f]{64}$/.test(signature)) return false
  const given = Buffer.from(signature, 'hex')
  return account.signatureKeys.some((key) =>
    timingSafeEqual(given, createHmac('sha256', key).update(raw.body).digest()),
  )
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

interface Event {
  id: string
  type: string
  data: JsonObject
}

const STATUSES: ReadonlyMap<string, ObservedStatus> = new Map([
  ['payment_approved', 'processing'],
  ['payment_pending', 'requires_action'],
  ['payment_captured', 'succeeded'],
  ['payment_declined', 'failed'],
  ['payment_voided', 'closed'],
  ['payment_expired', 'closed'],
  ['payment_canceled', 'closed'],
])

type ChangeKind = Pick<ChangeObservation, 'change' | 'status'>

const CHANGES: ReadonlyMap<string, ChangeKind> = new Map<string, ChangeKind>([
  ['payment_capture_pending', { change: 'capture', status: 'pending' }],
  ['payment_capture_declined', { change: 'capture', status: 'failed' }],
  ['payment_void_declined', { change: 'cancel', status: 'failed' }],
  ['payment_refund_pending', { change: 'refund', status: 'pending' }],
  ['payment_refunded', { change: 'refund', status: 'succeeded' }],
  ['payment_refund_declined', { change: 'refund', status: 'failed' }],
])

function translate({ id, type, data }: Event): AcquirerVerdict {
  const reference = referenceOf(data)
  const status = STATUSES.get(type)
  const change = CHANGES.get(type)
  if (type.startsWith('dispute_')) {
    const disputed = textOf(data, 'payment_id')
    const order = disputed === undefined ? {} : { walletTransactionId: disputed }
    return { verdict: 'ignored', reason: type.slice(0, 100), order, afterPayment: true }
  }
  // What was not made by this hub is taken and left alone.
  if (reference === undefined || !/^[A-Za-z0-9_.-]{1,80}$/.test(reference)) {
    return { verdict: 'ignored', reason: `${type.slice(0, 80)} of another reference` }
  }
  const payment = textOf(data, 'id')
  const money = moneyOf(data)
  const seen = {
    source: 'notification' as const,
    messageId: id,
    walletStatus: type.slice(0, 100),
    ...(payment !== undefined && { walletTransactionId: payment }),
  }
  if (status !== undefined) {
    // Of a void or an expiry the amount is that of the action.
    const ordered = status !== 'closed' && money ? { money } : {}
    const cause = status === 'failed' ? { problem: declined(data) } : {}
    const observation = { ...seen, status, walletReference: reference, ...ordered, ...cause }
    return { verdict: 'verified', observation, askFirst: true }
  }
  if (change !== undefined) {
    const [own, actionId] = [textOf(data, 'reference'), textOf(data, 'action_id')]
    const told: ChangeObservation = {
      ...seen,
      ...change,
      walletReference: reference,
      ...(own !== undefined && { reference: own }),
      ...(actionId !== undefined && { walletChangeId: actionId }),
      ...(money && { money }),
      ...(change.status === 'failed' && { problem: declined(data) }),
    }
    return { verdict: 'change', change: told, askFirst: true }
  }
  return { verdict: 'ignored', reason: type.slice(0, 100) }
}

function declined(data: JsonObject) {
  const code = textOf(data, 'response_code')
  return code === undefined
    ? problem('retry_new')
    : declineProblem(code, textOf(data, 'response_summary'))
}

function quarantine(
  reason: RefusalReason,
  detail: string,
): Extract<AcquirerVerdict, { verdict: 'quarantined' }> {
  return { verdict: 'quarantined', reason, detail }
}

function refuse(
  reason: RefusalReason,
  detail: string,
): Extract<AcquirerVerdict, { verdict: 'refused' }> {
  return { verdict: 'refused', reason, detail }
}
