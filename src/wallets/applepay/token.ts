// The payment token as Apple's sheet hands it out, read strictly (Apple, "Payment token format
// reference"). Nothing of it is believed here.

import { decodeBase64 } from '../../encoding/base64.ts'
import {
  isObject,
  type JsonObject,
  type JsonValue,
  parseJsonObject,
  scanObject,
} from '../../encoding/json.ts'
import { demand, refuse } from './refusal.ts'

/** EC_v1 agrees on a key by P-256; RSA_v1, of merchants in China, wraps one. */
export type TokenVersion = 'EC_v1' | 'RSA_v1'

export interface PaymentToken {
  version: TokenVersion
  /** Ciphertext with the tag of 16 bytes at its end. */
  data: Buffer
  /** A detached CMS signature. */
  signature: Buffer
  /** EC_v1: the ephemeral public key as SubjectPublicKeyInfo. RSA_v1: the wrapped key. */
  keyMaterial: Buffer
  /** SHA-256 of our public key, as SubjectPublicKeyInfo. */
  publicKeyHash: Buffer
  /** 64 hexadecimal digits in lower case. */
  transactionId: string
  /** SHA-256 of the request's `applicationData`. */
  applicationData: Buffer | undefined
}

export interface SheetToken {
  /** The text of `paymentData` as it came, for an acquirer. */
  paymentDataText: string
  token: PaymentToken
  /** What the browser says of the card, for display; nobody signed it. */
  card: { displayName?: string; network?: string }
}

/** Genuine tokens have 4 to 5 KB (sheet section 3.2). */
export const MAX_TOKEN_BYTES = 32 * 1024
const TAG_BYTES = 16

/**
 * The JSON text of `payment.token`: `{paymentData, paymentMethod, transactionIdentifier}`. Only
 * `paymentData` is signed. Throws {@link TokenRefused}.
 */
export function readSheetToken(text: string): SheetToken {
  demand(Buffer.byteLength(text) <= MAX_TOKEN_BYTES, 'format', 'the token is too long')
  const outer = parseJsonObject(text) ?? refuse('format', 'the token is no JSON object')
  return {
    token: readPaymentData(outer.paymentData),
    paymentDataText: scanObject(text)?.get('paymentData') ?? '',
    card: readCard(outer.paymentMethod),
  }
}

function readCard(value: JsonValue | undefined): SheetToken['card'] {
  if (!isObject(value)) return {}
  const { displayName, network } = value
  return {
    ...(isShort(displayName) && { displayName }),
    ...(isShort(network) && { network }),
  }
}

function isShort(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && /^[^\p{Cc}]{1,64}$/u.test(value)
}

/** `paymentData` alone. Throws {@link TokenRefused} `format` or `version`. */
export function readPaymentData(value: JsonValue | undefined): PaymentToken {
  demand(isObject(value), 'format', 'paymentData is no object')
  const { version, header } = value
  demand(version === 'EC_v1' || version === 'RSA_v1', 'version', 'the version is not known')
  demand(isObject(header), 'format', 'the header is no object')
  const [own, foreign] =
    version === 'EC_v1'
      ? ['ephemeralPublicKey', 'wrappedKey']
      : ['wrappedKey', 'ephemeralPublicKey']
  demand(header[foreign] === undefined, 'format', `${foreign} does not belong to ${version}`)
  const data = base64Of(value, 'data')
  demand(data.length > TAG_BYTES, 'format', 'data is shorter than its tag')
  const publicKeyHash = base64Of(header, 'publicKeyHash')
  demand(publicKeyHash.length === 32, 'format', 'publicKeyHash is no SHA-256')
  return {
    version,
    data,
    signature: base64Of(value, 'signature'),
    keyMaterial: base64Of(header, own),
    publicKeyHash,
    transactionId: digestOf(header, 'transactionId').toString('hex'),
    applicationData:
      header.applicationData === undefined ? undefined : digestOf(header, 'applicationData'),
  }
}

function base64Of(object: JsonObject, name: string): Buffer {
  const value = object[name]
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined
  demand(bytes !== undefined && bytes.length > 0, 'format', `${name} is no base64`)
  return bytes
}

// Without a fixed length, cutting the last digit off would make the same bytes under a new name.
function digestOf(object: JsonObject, name: string): Buffer {
  const value = object[name]
  demand(
    typeof value === 'string' && /^[0-9a-fA-F]{64}$/.test(value),
    'format',
    `${name} is not 64 hexadecimal digits`,
  )
  return Buffer.from(value, 'hex')
}
