// Secrets at rest and in hand: sealed with AES-256-GCM for one field of one row, and never printed.

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'

/** Where a sealed value belongs. It opens nowhere else. */
export interface SealContext {
  merchantId: string
  /** The row's id, e.g. `whe_…`. */
  object: string
  /** The column's name. */
  field: string
  /** Counts what was sealed for this field, so that an older value cannot be put back. */
  version: number
}

export interface Sealer {
  /** `plaintext` encrypted under a data key of its own, which is wrapped by the master key. */
  seal(plaintext: Uint8Array | string, context: SealContext): Buffer
  /** What was sealed. Throws {@link SealError} when the value was moved, altered or cut. */
  open(sealed: Uint8Array, context: SealContext): Buffer
}

export type SealErrorCode =
  /** Not something that `seal` made. */
  | 'seal_malformed'
  /** Sealed with another master key. */
  | 'seal_other_key'
  /** The value was altered, or belongs to another merchant, row, field or version. */
  | 'seal_broken'

export class SealError extends Error {
  readonly code: SealErrorCode

  constructor(code: SealErrorCode, message: string) {
    super(message)
    this.name = 'SealError'
    this.code = code
  }
}

// 1 format, 8 master key's id, 12 + 32 + 16 data key, 12 + n + 16 value. Every key is used for one
// value only, so random nonces cannot meet (NIST SP 800-38D, 8.2.2).
const FORMAT = 1
const NONCE = 12
const KEY = 32
const TAG = 16
const KEY_ID_END = 9
const WRAPPED_END = KEY_ID_END + NONCE + KEY + TAG

/** A sealer under `masterKey`, 32 bytes that never stand in the database. */
export function createSealer(masterKey: Uint8Array): Sealer {
  if (masterKey.length !== KEY) throw new RangeError(`a master key has ${KEY} bytes`)
  const master = Buffer.from(masterKey)
  const head = Buffer.concat([Buffer.of(FORMAT), keyId(master)])
  return {
    seal(plaintext, context) {
      const bytes = typeof plaintext === 'string' ? Buffer.from(plaintext, 'utf8') : plaintext
      const dataKey = randomBytes(KEY)
      const wrapped = encrypt(master, dataKey, authenticated('key', context))
      return Buffer.concat([
        head,
        wrapped,
        encrypt(dataKey, bytes, authenticated('value', context)),
      ])
    },
    open(sealed, context) {
      if (sealed.length < WRAPPED_END + NONCE + TAG || sealed[0] !== FORMAT) {
        throw new SealError('seal_malformed', 'this is no sealed value')
      }
      if (!head.equals(sealed.subarray(0, KEY_ID_END))) {
        throw new SealError('seal_other_key', 'the value was sealed with another master key')
      }
      const wrapped = sealed.subarray(KEY_ID_END, WRAPPED_END)
      const dataKey = decrypt(master, wrapped, authenticated('key', context))
      return decrypt(dataKey, sealed.subarray(WRAPPED_END), authenticated('value', context))
    },
  }
}

/** A text that prints as `[redacted]` in logs, errors and JSON. */
export interface Secret {
  /** The text itself, at the one place that needs it. */
  reveal(): string
  toString(): string
  toJSON(): string
}

export function secret(text: string): Secret {
  const redacted = () => '[redacted]'
  return Object.freeze({
    reveal: () => text,
    toString: redacted,
    toJSON: redacted,
    [inspect.custom]: redacted,
  })
}

// Says which master key was used without telling anything about it.
function keyId(masterKey: Buffer): Buffer {
  return createHash('sha256')
    .update('tongbao master key id')
    .update(masterKey)
    .digest()
    .subarray(0, 8)
}

function authenticated(purpose: 'key' | 'value', context: SealContext): Buffer {
  const { merchantId, object, field, version } = context
  return Buffer.from(JSON.stringify([purpose, merchantId, object, field, version]), 'utf8')
}

function encrypt(key: Buffer, plaintext: Uint8Array, aad: Buffer): Buffer {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad)
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

function decrypt(key: Buffer, sealed: Uint8Array, aad: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG })
  decipher.setAAD(aad).setAuthTag(sealed.subarray(-TAG))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()])
  } catch (cause) {
    throw new SealError(
      'seal_broken',
      `the sealed value was altered or does not belong here (${cause instanceof Error ? cause.message : cause})`,
    )
  }
}
