// The types of events that an endpoint can choose.

export const EVENT_TYPES = [
  'payment.created',
  'payment.requires_action',
  'payment.processing',
  'payment.authorized',
  'payment.succeeded',
  'payment.failed',
  'payment.canceled',
  'payment.expired',
  'payment.overpaid',
  'payment.quarantined',
  'wallet_account.expiring',
  'webhook_endpoint.disabled',
] as const

/** Sent on demand to the one endpoint that is tested; nobody chooses it. */
export const TEST_EVENT_TYPE = 'webhook_endpoint.test'

export type EventType = (typeof EVENT_TYPES)[number]

/** `*` stands for every type, also those that come later. */
export type EventFilter = readonly EventType[] | readonly ['*']

export function isEventType(text: string): text is EventType {
  return EVENT_TYPES.some((type) => type === text)
}
