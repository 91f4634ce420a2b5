// What a token says once it is open, and whether it was given for this order. The card's data live
// in what this returns and nowhere else.

import { createHash } from 'node:crypto'
import { decodeBase64 } from '../../encoding/base64.ts'
import { isObject, type JsonValue, parseJsonObject, scanObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { Money } from '../../money.ts'
import { CURRENCY_NUMBERS } from './currency-numbers.ts'
import { demand, refuse } from './refusal.ts'
import type { PaymentToken } from './token.ts'

export interface Payload {
  /** The device account number. */
  number: string
  expiry: { month: number; year: number }
  holderName: string | undefined
  /** ISO 4217 number, three digits. */
  currencyNumber: string
  /** Minor units. */
  amount: bigint
  secret: ThreeDSecure | Emv
}

export interface ThreeDSecure {
  type: '3DSecure'
  /** Standard base64. */
  cryptogram: string
  /** As Apple gave it; absent stays absent. */
  eci: string | undefined
}

export interface Emv {
  type: 'EMV'
  /** Standard base64. */
  data: string
  encryptedPin: string | undefined
}

/** The decrypted JSON. Throws {@link TokenRefused} `payload`. */
export function readPayload(plaintext: Uint8Array): Payload {
  const text = decodeUtf8(plaintext) ?? unusable('is no UTF-8')
  const fields = parseJsonObject(text) ?? unusable('is no JSON object')
  const number = fields.applicationPrimaryAccountNumber
  demand(typeof number === 'string' && /^\d{12,19}$/.test(number), 'payload', 'no account number')
  const currencyNumber = fields.currencyCode
  demand(
    typeof currencyNumber === 'string' && /^\d{3}$/.test(currencyNumber),
    'payload',
    'no currency code',
  )
  // JSON.parse would let 1099.0 and 1.099e3 pass for the integer that Apple writes.
  const amount = scanObject(text)?.get('transactionAmount') ?? ''
  demand(/^(0|[1-9]\d{0,15})$/.test(amount), 'payload', 'no amount in minor units')
  return {
    number,
    expiry: readExpiry(fields.applicationExpirationDate),
    holderName: readHolder(fields.cardholderName),
    currencyNumber,
    amount: BigInt(amount),
    secret: readSecret(fields.paymentDataType, fields.paymentData),
  }
}

/** Whether the payer agreed to this sum and this order; in Apple's order of checks. */
export function matchOrder(payload: Payload, money: Money): void {
  demand(
    CURRENCY_NUMBERS.get(money.currency) === payload.currencyNumber,
    'currency',
    'the token is for another currency',
  )
  demand(payload.amount === money.amount, 'amount', 'the token is for another amount')
}

/** Whether the token carries what the sheet was opened with: its hash, or nothing for nothing. */
export function matchApplicationData(token: PaymentToken, expected: Uint8Array | undefined): void {
  const hash = expected && createHash('sha256').update(expected).digest()
  const same = hash ? token.applicationData?.equals(hash) : token.applicationData === undefined
  demand(same === true, 'application_data', 'the token is for another order')
}

function readExpiry(value: JsonValue | undefined): Payload['expiry'] {
  const digits = typeof value === 'string' ? /^(\d\d)(\d\d)\d\d$/.exec(value) : null
  const month = Number(digits?.[2] ?? 0)
  demand(month >= 1 && month <= 12, 'payload', 'no expiration date')
  return { month, year: 2000 + Number(digits?.[1]) }
}

function readHolder(value: JsonValue | undefined): string | undefined {
  demand(value === undefined || typeof value === 'string', 'payload', 'the name is no text')
  return value?.trim() || undefined
}

function readSecret(type: JsonValue | undefined, data: JsonValue | undefined): Payload['secret'] {
  demand(isObject(data), 'payload', 'no payment data')
  switch (type) {
    case '3DSecure': {
      const eci = data.eciIndicator
      demand(
        eci === undefined || (typeof eci === 'string' && /^\d{1,2}$/.test(eci)),
        'payload',
        'the indicator is no number',
      )
      return { type, cryptogram: base64Text(data.onlinePaymentCryptogram), eci }
    }
    case 'EMV': {
      const pin = data.encryptedPINData
      demand(
        pin === undefined || (typeof pin === 'string' && /^([0-9a-fA-F]{2})+$/.test(pin)),
        'payload',
        'the PIN block is not hexadecimal',
      )
      return { type, data: base64Text(data.emvData), encryptedPin: pin }
    }
    default:
      return unusable('has an unknown kind of data')
  }
}

function base64Text(value: JsonValue | undefined): string {
  const sound = typeof value === 'string' && value !== '' && decodeBase64(value) !== undefined
  return sound ? value : unusable('has no cryptogram')
}

function unusable(what: string): never {
  return refuse('payload', `the plaintext ${what}`)
}
