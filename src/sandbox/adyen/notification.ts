// Adyen's standard webhook: one item in an envelope, signed over eight of its fields (sheet 3.3).
import { createHmac } from 'node:crypto'
import type { Charge } from '../cards/ledger.ts'
import type { Merchant } from '../cards/merchants.ts'
import type { Written } from '../cards/webhooks.ts'
import { isObject, type JsonObject, numberMember, stringMember } from '../json.ts'

export interface Event {
  eventCode: string
  success: boolean
  pspReference: string
  originalReference?: string
  /** Of the payment or of the change. */
  reference: string
  amount: bigint
  reason?: string
  operations?: readonly string[]
}

const FOREIGN_KEY = '00'.repeat(32)

/** The item, unsigned, as the books keep it. */
export function itemOf(charge: Charge, event: Event, at: number): JsonObject {
  return {
    amount: { currency: charge.currency, value: Number(event.amount) },
    eventCode: event.eventCode,
    eventDate: new Date(at).toISOString().replace(/\.\d+Z$/, '+00:00'),
    merchantAccountCode: charge.merchant,
    merchantReference: event.reference,
    ...(event.originalReference !== undefined && { originalReference: event.originalReference }),
    ...(event.operations && { operations: event.operations }),
    paymentMethod: stringMember(charge.more, 'paymentMethod') ?? 'visa',
    pspReference: event.pspReference,
    reason: event.reason ?? '',
    success: String(event.success),
  }
}

/** Headers and body of one delivery. */
export function writeNotification(
  item: JsonObject,
  { settings }: Merchant,
  fault: string | undefined,
): Written {
  const told = fault === 'notification_wrong_amount' ? withOtherAmount(item) : item
  const key = fault === 'notification_wrong_key' ? FOREIGN_KEY : (settings.hmac_key ?? '')
  const signature = createHmac('sha256', Buffer.from(key, 'hex'))
    .update(signedText(told))
    .digest('base64')
  const shown = fault === 'notification_tampered' ? withOtherAmount(told) : told
  const additionalData = fault === 'notification_forged' ? {} : { hmacSignature: signature }
  const body = JSON.stringify({
    live: fault === 'notification_wrong_mode' ? 'true' : 'false',
    notificationItems: [{ NotificationRequestItem: { additionalData, ...shown } }],
  })
  const user = settings.notification_user ?? ''
  const basic = Buffer.from(`${user}:${settings.notification_password ?? ''}`).toString('base64')
  return { headers: user === '' ? {} : { authorization: `Basic ${basic}` }, body }
}

function signedText(item: JsonObject): string {
  const amount = isObject(item.amount) ? item.amount : {}
  return [
    item.pspReference,
    item.originalReference,
    item.merchantAccountCode,
    item.merchantReference,
    amount.value,
    amount.currency,
    item.eventCode,
    item.success,
  ]
    .map((field) => (field === undefined || field === null ? '' : String(field)))
    .join(':')
}

function withOtherAmount(item: JsonObject): JsonObject {
  const amount = isObject(item.amount) ? item.amount : {}
  return { ...item, amount: { ...amount, value: (numberMember(amount, 'value') ?? 0) + 1 } }
}
