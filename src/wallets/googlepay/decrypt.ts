// Opens a token with one of our keys: ECIES with HKDF-SHA256, AES-256-CTR and HMAC-SHA256 (Google,
// "Payment data cryptography for merchants", "Encryption scheme specification").

import {
  createDecipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { refuse } from './refusal.ts'
import type { EncryptedMessage } from './token.ts'

const POINT_BYTES = 65
const UNCOMPRESSED = 0x04
const ZERO_IV = Buffer.alloc(16)
// SubjectPublicKeyInfo of P-256 in front of the point.
const SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')

/** The plaintext's bytes; the tag tells which of our keys the message is for. */
export function decryptMessage(message: EncryptedMessage, keys: readonly KeyObject[]): Buffer {
  const ephemeral = pointKey(message.ephemeralPublicKey)
  for (const privateKey of ephemeral ? keys : []) {
    const plaintext = ephemeral && open(message, privateKey, ephemeral)
    if (plaintext) return plaintext
  }
  return refuse('decrypt', 'the message is for none of our keys')
}

function open(
  message: EncryptedMessage,
  privateKey: KeyObject,
  publicKey: KeyObject,
): Buffer | undefined {
  const secret = diffieHellman({ privateKey, publicKey })
  const { aesKey, macKey } = deriveKeys(message.ephemeralPublicKey, secret)
  const tag = createHmac('sha256', macKey).update(message.encryptedMessage).digest()
  if (message.tag.length !== tag.length || !timingSafeEqual(message.tag, tag)) return undefined
  const decipher = createDecipheriv('aes-256-ctr', aesKey, ZERO_IV)
  return Buffer.concat([decipher.update(message.encryptedMessage), decipher.final()])
}

export function deriveKeys(
  ephemeralPoint: Uint8Array,
  sharedSecret: Uint8Array,
): { aesKey: Buffer; macKey: Buffer } {
  const material = Buffer.concat([ephemeralPoint, sharedSecret])
  const keys = Buffer.from(hkdfSync('sha256', material, Buffer.alloc(32), 'Google', 64))
  return { aesKey: keys.subarray(0, 32), macKey: keys.subarray(32) }
}

/** The key of an uncompressed point on P-256, or undefined for anything else. */
function pointKey(point: Buffer): KeyObject | undefined {
  if (point.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) return undefined
  try {
    const der = Buffer.concat([SPKI_PREFIX, point])
    return createPublicKey({ key: der, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** Our public key as the request names it: base64 of the uncompressed point. */
export function publicPointOf(privateKey: KeyObject): string {
  const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return der.subarray(SPKI_PREFIX.length).toString('base64')
}
