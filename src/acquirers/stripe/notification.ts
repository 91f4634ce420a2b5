// Stripe's webhook: signature over the raw bytes, then the event (sheet 4.3).

import { createHmac, timingSafeEqual } from 'node:crypto'
import { type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { Milliseconds } from '../../ports.ts'
import type { RawNotification, RefusalReason } from '../../wallets/wallet.ts'
import type { AcquirerVerdict } from '../acquirer.ts'
import { objectOf, textOf } from '../call.ts'
import type { StripeAccount } from './account.ts'
import { readIntent, readRefund, referenceOf } from './messages.ts'

export const MAX_NOTIFICATION_BYTES = 256 * 1024
const TOLERANCE_S = 300

/** States of an intent that it never leaves; every other one is asked about. */
const FINAL = ['succeeded', 'canceled']

export function readNotification(
  account: StripeAccount,
  raw: RawNotification,
  now: Milliseconds,
): AcquirerVerdict {
  if (raw.body.length > MAX_NOTIFICATION_BYTES) return refuse('too_large', 'more than 256 KiB')
  const header = readHeader(raw.headers['stripe-signature'] ?? '')
  if (!header) return refuse('malformed', 'Stripe-Signature without t or v1')
  if (!isGenuine(account, header, raw.body)) {
    return refuse('signature', 'no active secret made this signature')
  }
  // Stripe's own client takes events from the future; a replay could wait there.
  if (Math.abs(Math.floor(now / 1000) - Number(header.time)) > TOLERANCE_S) {
    return refuse('timestamp', 'signed more than 300 s from now')
  }
  // It is Stripe's, so nothing is refused from here on: sent again, it would say the same.
  const text = decodeUtf8(raw.body)
  const event = text === undefined ? undefined : parseJsonObject(text)
  if (event?.object !== 'event') return quarantine('not_a_notification', 'no event')
  if (event.livemode !== account.live) {
    return quarantine('wrong_account', 'environment: livemode is not that of this account')
  }
  if (event.account !== undefined && event.account !== null) {
    return quarantine('wrong_account', 'account: an event of a connected account')
  }
  return translate(event)
}

interface Header {
  time: string
  signatures: string[]
}

/** Pairs parted by `,` without trimming, as Stripe's own clients read them. */
function readHeader(text: string): Header | undefined {
  const pairs = text.split(',').map((part) => part.split('='))
  const of = (name: string) =>
    pairs.flatMap(([key, value, ...more]) =>
      key === name && value !== undefined && more.length === 0 ? [value] : [],
    )
  const [time, ...others] = of('t')
  const signatures = of('v1')
  const shaped = time !== undefined && others.length === 0 && /^\d{1,12}$/.test(time)
  return shaped && signatures.length > 0 ? { time, signatures } : undefined
}

function isGenuine(account: StripeAccount, header: Header, body: Uint8Array): boolean {
  const given = header.signatures
    .filter((signature) => /^[0-9a-f]{64}$/.test(signature))
    .map((signature) => Buffer.from(signature, 'hex'))
  return account.webhookSecrets.some((secret) => {
    const expected = createHmac('sha256', secret).update(`${header.time}.`).update(body).digest()
    return given.some((signature) => timingSafeEqual(signature, expected))
  })
}

function translate(event: JsonObject): AcquirerVerdict {
  const type = textOf(event, 'type') ?? 'no type'
  const object = objectOf(objectOf(event, 'data'), 'object')
  const messageId = textOf(event, 'id')
  if (!object || messageId === undefined) return quarantine('not_a_notification', 'no object')
  if (type.startsWith('payment_intent.') && referenceOf(object) !== undefined) {
    const observation = { ...readIntent(object, 'notification'), messageId }
    const askFirst = !FINAL.includes(textOf(object, 'status') ?? '')
    return { verdict: 'verified', observation, askFirst }
  }
  if (/^(?:refund\.|charge\.refund\.updated$)/.test(type)) {
    const change = { ...readRefund(object, 'notification'), messageId }
    return { verdict: 'change', change, askFirst: true }
  }
  const order = orderOf(object)
  if (isAfterPayment(type, order)) {
    return { verdict: 'ignored', reason: type.slice(0, 100), order, afterPayment: true }
  }
  // What was not made by this hub, and what its intent tells as well.
  return { verdict: 'ignored', reason: type.slice(0, 100) }
}

/** A dispute names its intent and not our number; a charge has copied what its intent was given. */
function orderOf(object: JsonObject): { walletReference?: string; walletTransactionId?: string } {
  const [walletReference, intent] = [referenceOf(object), textOf(object, 'payment_intent')]
  return {
    ...(walletReference !== undefined && { walletReference }),
    ...(intent !== undefined && { walletTransactionId: intent }),
  }
}

function isAfterPayment(type: string, order: { walletReference?: string }): boolean {
  if (type === 'charge.refunded') return order.walletReference !== undefined
  return /^(?:charge\.dispute|radar\.early_fraud_warning)\./.test(type)
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
