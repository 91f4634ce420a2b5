// Whether Google signed a token for us: a root key signs a key of a few days, that key the message.

import { type KeyObject, verify } from 'node:crypto'
import { type JsonValue, parseJsonObject } from '../../encoding/json.ts'
import type { Milliseconds } from '../../ports.ts'
import { demand, refuse } from './refusal.ts'
import { type RootKey, readPublicKey, unexpired } from './root-keys.ts'
import { type PaymentToken, PROTOCOL_VERSION, readTime } from './token.ts'

export interface SignaturePolicy {
  roots: readonly RootKey[]
  /** Whom the message has to be for, e.g. `merchant:12345678901234567890`. */
  recipientId: string
  now: Milliseconds
}

const SENDER_ID = 'Google'

/** Throws {@link TokenRefused}, or returns when Google signed this token for the recipient. */
export function verifySignature(token: PaymentToken, policy: SignaturePolicy): void {
  const roots = unexpired(policy.roots, policy.now)
  demand(roots.length > 0, 'root_keys', 'no root key can be trusted now')
  const { signedKey, signatures } = token.intermediate
  const keyBytes = keyBytesOf(token)
  demand(
    signatures.some((signature) =>
      roots.some(({ key }) => verify('sha256', keyBytes, key, signature)),
    ),
    'intermediate_signature',
    'no root key signed the intermediate key',
  )
  const intermediate = readIntermediate(signedKey, policy.now)
  const messageBytes = messageBytesOf(token, policy.recipientId)
  demand(
    verify('sha256', messageBytes, intermediate, token.signature),
    'signature',
    'the message is not signed, or for another recipient',
  )
}

/** What the intermediate key signs. */
export function messageBytesOf(token: PaymentToken, recipientId: string): Buffer {
  return lengthValue(SENDER_ID, recipientId, PROTOCOL_VERSION, token.signedMessage)
}

/** What a root key signs. */
export function keyBytesOf(token: PaymentToken): Buffer {
  return lengthValue(SENDER_ID, PROTOCOL_VERSION, token.intermediate.signedKey)
}

/** Each text behind the count of its bytes: four bytes, the lowest first. */
function lengthValue(...texts: string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text)
      const length = Buffer.alloc(4)
      length.writeUInt32LE(bytes.length)
      return [length, bytes]
    }),
  )
}

function readIntermediate(signedKey: string, now: Milliseconds): KeyObject {
  const fields = parseJsonObject(signedKey) ?? refuse('format', 'signedKey is no JSON object')
  const expiresAt = readTime(fields.keyExpiration)
  demand(expiresAt !== undefined, 'format', 'the intermediate key has no expiration')
  demand(expiresAt > now, 'intermediate_expired', 'the intermediate key has expired')
  return importedKey(fields.keyValue) ?? refuse('format', 'the intermediate key is no P-256 key')
}

// One key signs for days, and reading it costs as much as a verification. What stands here was signed
// by a root key; whether it still may be used is asked each time.
const imported = new Map<string, KeyObject>()
const MAX_IMPORTED = 16

function importedKey(value: JsonValue | undefined): KeyObject | undefined {
  const known = typeof value === 'string' ? imported.get(value) : undefined
  const key = known ?? readPublicKey(value)
  if (known || !key || typeof value !== 'string') return key
  if (imported.size >= MAX_IMPORTED) imported.clear()
  imported.set(value, key)
  return key
}
