// An ECv2 token as Google hands it out, read strictly (Google, "Payment data cryptography for
// merchants"). Nested texts stay as they are: their very bytes are signed.

import { decodeBase64 } from '../../encoding/base64.ts'
import { isObject, type JsonObject, type JsonValue, parseJsonObject } from '../../encoding/json.ts'
import { demand, refuse, type Stage } from './refusal.ts'

export interface PaymentToken {
  /** ECDSA in DER, over `signedMessage`. */
  signature: Buffer
  signedMessage: string
  intermediate: {
    /** JSON text with `keyValue` and `keyExpiration`. */
    signedKey: string
    /** Each by one root key; a signature that is no base64 matches nothing. */
    signatures: readonly Buffer[]
  }
}

export interface EncryptedMessage {
  encryptedMessage: Buffer
  /** An uncompressed point. */
  ephemeralPublicKey: Buffer
  tag: Buffer
}

/** Genuine tokens have about 1.2 KB (sheet section 8). */
export const MAX_TOKEN_BYTES = 16 * 1024
export const PROTOCOL_VERSION = 'ECv2'

/** The outer envelope. Throws {@link TokenRefused} `format` or `version`. */
export function readToken(text: string): PaymentToken {
  demand(Buffer.byteLength(text) <= MAX_TOKEN_BYTES, 'format', 'the token is too long')
  const envelope = parseJsonObject(text) ?? refuse('format', 'the token is no JSON object')
  const { protocolVersion } = envelope
  demand(typeof protocolVersion === 'string', 'format', 'there is no version')
  demand(protocolVersion === PROTOCOL_VERSION, 'version', 'the version is not ECv2')
  hasExactly(envelope, ['protocolVersion', 'signature', 'intermediateSigningKey', 'signedMessage'])
  const { intermediateSigningKey: key } = envelope
  demand(isObject(key), 'format', 'intermediateSigningKey is no object')
  hasExactly(key, ['signedKey', 'signatures'])
  demand(Array.isArray(key.signatures), 'format', 'signatures is no list')
  return {
    signature: signatureOf(envelope.signature),
    signedMessage: textOf(envelope, 'signedMessage'),
    intermediate: {
      signedKey: textOf(key, 'signedKey'),
      signatures: key.signatures.map(signatureOf),
    },
  }
}

/** What `signedMessage` holds, once its signature was verified. Throws `decrypt` or `format`. */
export function readSignedMessage(text: string): EncryptedMessage {
  const message = parseJsonObject(text) ?? refuse('format', 'signedMessage is no JSON object')
  hasExactly(message, ['encryptedMessage', 'ephemeralPublicKey', 'tag'])
  return {
    encryptedMessage: base64Of(message, 'encryptedMessage'),
    ephemeralPublicKey: base64Of(message, 'ephemeralPublicKey'),
    tag: base64Of(message, 'tag'),
  }
}

/** Milliseconds since 1970 as Google writes them: a text of digits. */
export function readTime(value: JsonValue | undefined): number | undefined {
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) return undefined
  return Number(value)
}

export function textOf(object: JsonObject, name: string, stage: Stage = 'format'): string {
  const value = object[name]
  return typeof value === 'string' ? value : refuse(stage, `${name} is no text`)
}

function hasExactly(object: JsonObject, names: readonly string[]): void {
  const found = Object.keys(object)
  demand(
    found.length === names.length && names.every((name) => Object.hasOwn(object, name)),
    'format',
    `there are other members than ${names.join(', ')}`,
  )
}

function base64Of(object: JsonObject, name: string): Buffer {
  return decodeBase64(textOf(object, name)) ?? refuse('format', `${name} is no base64`)
}

/** A signature that cannot be read is one that does not match, and no fault of the form. */
function signatureOf(value: JsonValue | undefined): Buffer {
  demand(typeof value === 'string', 'format', 'a signature is no text')
  return decodeBase64(value) ?? Buffer.alloc(0)
}
