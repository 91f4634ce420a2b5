// Signatures, authenticated encryption and sensitive fields of APIv3 (sheet section 4).
import {
  constants,
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomInt,
  sign,
  verify,
} from 'node:crypto'

/** RSASSA-PKCS1-v1_5 with SHA-256, in base64. */
export function rsaSign(message: string | Buffer, key: KeyObject): string {
  return sign('sha256', Buffer.from(message), key).toString('base64')
}

export function rsaMatches(message: string | Buffer, signature: string, key: KeyObject): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature) || signature.length % 4 !== 0) return false
  return verify('sha256', Buffer.from(message), key, Buffer.from(signature, 'base64'))
}

/** AEAD_AES_256_GCM: ciphertext and 16-byte tag in one base64 text. */
export function seal(
  plain: string,
  { key, nonce, associated }: { key: string; nonce: string; associated: string },
): string {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), Buffer.from(nonce))
  cipher.setAAD(Buffer.from(associated))
  const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return Buffer.concat([text, cipher.getAuthTag()]).toString('base64')
}

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }

/** A sensitive field's text, or undefined when it was not encrypted for `key`. */
export function openField(encrypted: string, key: KeyObject): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encrypted)) return undefined
  try {
    return privateDecrypt({ key, ...OAEP }, Buffer.from(encrypted, 'base64')).toString('utf8')
  } catch {
    // One answer for every way in which it can be wrong, so that nothing is learnt from it.
    return undefined
  }
}

export function sealField(plain: string, key: KeyObject): string {
  return publicEncrypt({ key, ...OAEP }, Buffer.from(plain)).toString('base64')
}

export interface KeyPair {
  publicKey: KeyObject
  privateKey: KeyObject
}

export function newKey(): KeyPair {
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

export function pairOf(privatePem: string): KeyPair {
  return { privateKey: createPrivateKey(privatePem), publicKey: createPublicKey(privatePem) }
}

export function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export function publicPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export function letters(count: number): string {
  return Array.from({ length: count }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

export function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('')
}
