// Encryption of notifications and certificates (AES-GCM) and of single fields (RSA-OAEP).

import {
  constants,
  createDecipheriv,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto'
import { decodeBase64, encodeBase64 } from '../../encoding/base64.ts'

/** The APIv3 key is exactly this long: a shorter one would quietly mean AES-128. */
export const API_V3_KEY_BYTES = 32
export const AEAD = 'AEAD_AES_256_GCM'
const TAG_BYTES = 16

export interface Sealed {
  nonce: string
  /** May be empty or missing. */
  associatedData: string
  /** Base64 of ciphertext and tag. */
  ciphertext: string
}

export type Opened = { plaintext: Buffer } | { reason: 'bad_key_length' | 'decrypt_failed' }

/** Decrypts and authenticates (sheet 4.3). The tag is always 16 bytes and always checked. */
export function openSealed(sealed: Sealed, apiV3Key: Uint8Array): Opened {
  if (apiV3Key.length !== API_V3_KEY_BYTES) return { reason: 'bad_key_length' }
  const bytes = decodeBase64(sealed.ciphertext)
  if (bytes === undefined || bytes.length < TAG_BYTES || sealed.nonce === '') {
    return { reason: 'decrypt_failed' }
  }
  const tagAt = bytes.length - TAG_BYTES
  const nonce = Buffer.from(sealed.nonce, 'utf8')
  const decipher = createDecipheriv('aes-256-gcm', apiV3Key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(sealed.associatedData, 'utf8'))
  decipher.setAuthTag(bytes.subarray(tagAt))
  try {
    return {
      plaintext: Buffer.concat([decipher.update(bytes.subarray(0, tagAt)), decipher.final()]),
    }
  } catch {
    return { reason: 'decrypt_failed' }
  }
}

/** The same with the first key that fits: after a change the previous one may still be in use. */
export function openSealedWith(sealed: Sealed, apiV3Keys: readonly Uint8Array[]): Opened {
  let opened: Opened = { reason: 'decrypt_failed' }
  for (const key of apiV3Keys) {
    opened = openSealed(sealed, key)
    if ('plaintext' in opened) return opened
  }
  return opened
}

/** Encrypts a field for WeChat Pay: OAEP with SHA-1, at most 214 bytes for RSA-2048 (sheet 4.4). */
export function encryptField(text: string, key: KeyObject): string {
  return encodeBase64(publicEncrypt(oaep(key), Buffer.from(text, 'utf8')))
}

/** Decrypts a field that was encrypted for `key`; undefined when it was not. */
export function decryptField(ciphertext: string, key: KeyObject): string | undefined {
  const bytes = decodeBase64(ciphertext)
  if (bytes === undefined) return undefined
  try {
    return privateDecrypt(oaep(key), bytes).toString('utf8')
  } catch {
    return undefined
  }
}

function oaep(key: KeyObject) {
  return { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }
}
