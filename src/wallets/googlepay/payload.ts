// What a token says once it is open. The card's data live in what this returns and nowhere else.

import { decodeBase64 } from '../../encoding/base64.ts'
import { isObject, type JsonValue, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { Milliseconds } from '../../ports.ts'
import { demand, refuse } from './refusal.ts'
import { readTime, textOf } from './token.ts'

export interface Payload {
  /** Unique; the second message with the same is a replay. */
  messageId: string
  expiresAt: Milliseconds
  gatewayMerchantId: string | undefined
  /** The card's own number with `PAN_ONLY`, the device's with `CRYPTOGRAM_3DS`. */
  number: string
  expiry: { month: number; year: number }
  auth: { method: 'PAN_ONLY' } | { method: 'CRYPTOGRAM_3DS'; cryptogram: string; eci?: string }
}

/** The decrypted JSON. Members that are not known are ignored. Throws `payload`. */
export function readPayload(plaintext: Uint8Array): Payload {
  const text = decodeUtf8(plaintext) ?? unusable('is no UTF-8')
  const fields = parseJsonObject(text) ?? unusable('is no JSON object')
  const { paymentMethodDetails: card, gatewayMerchantId } = fields
  const messageId = textOf(fields, 'messageId', 'payload')
  demand(messageId !== '' && messageId.length <= 1024, 'payload', 'there is no message id')
  // Google's own reader lets it be missing; a message that never expires is not taken here.
  const expiresAt = readTime(fields.messageExpiration)
  demand(expiresAt !== undefined, 'payload', 'there is no expiration')
  demand(fields.paymentMethod === 'CARD', 'payload', 'the payment method is not CARD')
  demand(
    gatewayMerchantId === undefined || typeof gatewayMerchantId === 'string',
    'payload',
    'gatewayMerchantId is no text',
  )
  demand(isObject(card), 'payload', 'there are no details')
  const { pan, expirationMonth: month, expirationYear: year } = card
  demand(typeof pan === 'string' && /^\d{12,19}$/.test(pan), 'payload', 'there is no card number')
  demand(isBetween(month, 1, 12) && isBetween(year, 2000, 9999), 'payload', 'there is no expiry')
  return {
    messageId,
    expiresAt,
    gatewayMerchantId,
    number: pan,
    expiry: { month, year },
    auth: readAuth(card.authMethod, card.cryptogram, card.eciIndicator),
  }
}

/** Whether a message may still be used. Throws `message_expired` or `gateway_merchant`. */
export function checkMessage(
  payload: Payload,
  { now, gatewayMerchantId }: { now: Milliseconds; gatewayMerchantId?: string },
): void {
  demand(payload.expiresAt > now, 'message_expired', 'the message has expired')
  demand(
    gatewayMerchantId === undefined || payload.gatewayMerchantId === gatewayMerchantId,
    'gateway_merchant',
    'the message is for another merchant of the gateway',
  )
}

function readAuth(
  method: JsonValue | undefined,
  cryptogram: JsonValue | undefined,
  eci: JsonValue | undefined,
): Payload['auth'] {
  if (method === 'PAN_ONLY') return { method }
  demand(method === 'CRYPTOGRAM_3DS', 'payload', 'the authentication method is not known')
  demand(
    typeof cryptogram === 'string' && cryptogram !== '' && decodeBase64(cryptogram) !== undefined,
    'payload',
    'there is no cryptogram',
  )
  if (eci === undefined) return { method, cryptogram }
  demand(typeof eci === 'string' && /^\d{1,2}$/.test(eci), 'payload', 'the indicator is no number')
  return { method, cryptogram, eci }
}

function isBetween(value: JsonValue | undefined, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

function unusable(what: string): never {
  return refuse('payload', `the plaintext ${what}`)
}
