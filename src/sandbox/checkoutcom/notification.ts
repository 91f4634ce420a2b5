// Checkout.com's events and their signatures (sheet 5.3).
import { createHmac } from 'node:crypto'
import type { Charge } from '../cards/ledger.ts'
import type { Merchant } from '../cards/merchants.ts'
import type { Written } from '../cards/webhooks.ts'
import { letters } from '../cards/world.ts'
import { isObject, type JsonObject, numberMember } from '../json.ts'

export interface Told {
  type: string
  actionId: string
  amount: bigint
  /** Of the action, or of the payment where the action has none. */
  reference: string
  code: string
  summary: string
}

export function eventOf(charge: Charge, told: Told, at: number): JsonObject {
  const time = new Date(at).toISOString()
  const metadata = isObject(charge.more.metadata) ? charge.more.metadata : {}
  return {
    id: `evt_${letters(26, 'abcdefghijklmnopqrstuvwxyz234567')}`,
    type: told.type,
    version: '1.0.29',
    created_on: time,
    data: {
      id: charge.id,
      action_id: told.actionId,
      reference: told.reference,
      amount: Number(told.amount),
      currency: charge.currency,
      response_code: told.code,
      response_summary: told.summary,
      processed_on: time,
      processing_channel_id: charge.merchant,
      ...(Object.keys(metadata).length > 0 && { metadata }),
    },
    _links: { payment: { href: `https://api.sandbox.checkout.com/payments/${charge.id}` } },
  }
}

export function writeNotification(
  event: JsonObject,
  { settings }: Merchant,
  fault: string | undefined,
): Written {
  const told = fault === 'notification_wrong_amount' ? withOtherAmount(event) : event
  const body = JSON.stringify(told)
  const key = fault === 'notification_wrong_key' ? 'foreign' : (settings.signature_key ?? '')
  const signature = createHmac('sha256', key).update(body).digest('hex')
  const authorization = settings.authorization ?? ''
  return {
    headers: {
      ...(fault !== 'notification_forged' && { 'cko-signature': signature }),
      ...(authorization !== '' && {
        authorization: fault === 'notification_wrong_mode' ? 'live' : authorization,
      }),
    },
    body: fault === 'notification_tampered' ? JSON.stringify(withOtherAmount(event)) : body,
  }
}

function withOtherAmount(event: JsonObject): JsonObject {
  const data = isObject(event.data) ? event.data : {}
  return { ...event, data: { ...data, amount: (numberMember(data, 'amount') ?? 0) + 1 } }
}
