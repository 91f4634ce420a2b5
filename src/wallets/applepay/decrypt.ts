// Opens a token with the key of the processing certificate (Apple, "Restoring the symmetric key" and
// "Decrypting the payment data").

import {
  constants,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto'
import { refuse } from './refusal.ts'
import type { PaymentToken, TokenVersion } from './token.ts'

/** One processing certificate's key. */
export interface ProcessingKey {
  version: TokenVersion
  /** SHA-256 of the public key. */
  publicKeyHash: Buffer
  /** SHA-256 of the merchant id. */
  merchantIdHash: Buffer
  /** Absent where the acquirer holds it. */
  privateKey: KeyObject | undefined
}

const TAG_BYTES = 16
// 16 zero bytes and not the usual 12: GCM then derives its counter from them.
const ZERO_IV = Buffer.alloc(16)

/** The key that a token names. Throws {@link TokenRefused} `recipient_key`: others are not tried. */
export function chooseKey(token: PaymentToken, keys: readonly ProcessingKey[]): ProcessingKey {
  const named = keys.find(
    ({ version, publicKeyHash }) =>
      version === token.version && publicKeyHash.equals(token.publicKeyHash),
  )
  return named ?? refuse('recipient_key', 'the token is for none of the processing certificates')
}

/** The plaintext's bytes. Every fault is the same `decrypt`, so that nobody learns which it was. */
export function decryptToken(token: PaymentToken, key: ProcessingKey): Buffer {
  const { privateKey } = key
  if (privateKey === undefined) return refuse('recipient_key', 'the acquirer holds this key')
  try {
    const symmetric =
      token.version === 'EC_v1'
        ? deriveKey(agree(privateKey, token.keyMaterial), key.merchantIdHash)
        : unwrapKey(privateKey, token.keyMaterial)
    const cipher = token.version === 'EC_v1' ? 'aes-256-gcm' : 'aes-128-gcm'
    const open = createDecipheriv(cipher, symmetric, ZERO_IV, { authTagLength: TAG_BYTES })
    open.setAuthTag(token.data.subarray(-TAG_BYTES))
    return Buffer.concat([open.update(token.data.subarray(0, -TAG_BYTES)), open.final()])
  } catch {
    return refuse('decrypt', 'the token cannot be decrypted')
  }
}

function agree(privateKey: KeyObject, ephemeral: Buffer): Buffer {
  const publicKey = createPublicKey({ key: ephemeral, format: 'der', type: 'spki' })
  if (!isP256(ephemeral, publicKey)) throw new Error('another curve')
  return diffieHellman({ privateKey, publicKey })
}

// SubjectPublicKeyInfo of P-256 in front of an uncompressed point.
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')
const P256_BYTES = P256_PREFIX.length + 65

/** Apple writes every key in one way; OpenSSL is asked for the curve of another one only. */
function isP256(der: Buffer, key: KeyObject): boolean {
  const usual = der.length === P256_BYTES && der.subarray(0, P256_PREFIX.length).equals(P256_PREFIX)
  return usual || key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}

/** NIST SP 800-56A section 5.8.1 with one round of SHA-256. */
export function deriveKey(sharedSecret: Buffer, merchantIdHash: Buffer): Buffer {
  return createHash('sha256')
    .update(Buffer.of(0, 0, 0, 1))
    .update(sharedSecret)
    .update(otherInfo(merchantIdHash))
    .digest()
}

/** Algorithm with its length, then PartyU and PartyV without. */
export function otherInfo(merchantIdHash: Buffer): Buffer {
  const algorithm = 'id-aes256-GCM'
  return Buffer.concat([
    Buffer.of(algorithm.length),
    Buffer.from(`${algorithm}Apple`, 'latin1'),
    merchantIdHash,
  ])
}

function unwrapKey(privateKey: KeyObject, wrapped: Buffer): Buffer {
  return privateDecrypt(
    { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    wrapped,
  )
}
