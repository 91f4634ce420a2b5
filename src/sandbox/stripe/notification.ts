// Stripe's events and their signatures (sheet 4.3).
import { createHmac } from 'node:crypto'
import type { Merchant } from '../cards/merchants.ts'
import type { Written } from '../cards/webhooks.ts'
import { letters } from '../cards/world.ts'
import { isObject, type JsonObject, numberMember } from '../json.ts'

export const API_VERSION = '2026-10-28.endive'
const STALE_S = 600

export function eventOf(type: string, object: JsonObject, at: number): JsonObject {
  return {
    id: `evt_${letters(24)}`,
    object: 'event',
    api_version: API_VERSION,
    created: Math.floor(at / 1000),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  }
}

/**
 * Headers and body of one delivery. The signature tells the machine's time: merchants hold it against
 * their own clocks.
 */
export function writeNotification(
  event: JsonObject,
  { settings }: Merchant,
  options: { fault: string | undefined; now: number },
): Written {
  const { fault, now } = options
  const told = fault === 'notification_wrong_amount' ? withOtherAmount(event) : event
  const body = JSON.stringify(
    fault === 'notification_wrong_mode' ? { ...told, livemode: true } : told,
  )
  if (fault === 'notification_forged') return { headers: {}, body }
  const time = Math.floor(now / 1000) - (fault === 'notification_stale' ? STALE_S : 0)
  const secret =
    fault === 'notification_wrong_key' ? 'whsec_foreign' : (settings.webhook_secret ?? '')
  const signature = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')
  const shown = fault === 'notification_tampered' ? JSON.stringify(withOtherAmount(event)) : body
  return { headers: { 'stripe-signature': `t=${time},v1=${signature}` }, body: shown }
}

function withOtherAmount(event: JsonObject): JsonObject {
  const data = isObject(event.data) ? event.data : {}
  const object = isObject(data.object) ? data.object : {}
  const amounts = ['amount', 'amount_received'].map((name) => [
    name,
    (numberMember(object, name) ?? 0) + 1,
  ])
  return { ...event, data: { ...data, object: { ...object, ...Object.fromEntries(amounts) } } }
}
