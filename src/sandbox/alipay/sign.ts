// Signatures and content encryption of the classic gateway (sheet sections 4.1, 4.4, 4.6).
import { createCipheriv, createDecipheriv, type KeyObject, sign, verify } from 'node:crypto'

export type Parameters = Record<string, string>

/**
 * The text a signature covers: names in byte order, `name=value` joined by `&`, nothing escaped,
 * blank values and the names in `without` left out.
 */
export function signedText(parameters: Parameters, without: readonly string[]): string {
  return Object.keys(parameters)
    .filter((name) => !without.includes(name) && parameters[name]?.trim())
    .sort()
    .map((name) => `${name}=${parameters[name]}`)
    .join('&')
}

/** RSA2: RSASSA-PKCS1-v1_5 with SHA-256, in base64. */
export function rsa2(source: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(source), key).toString('base64')
}

export function rsa2Matches(source: string, signature: string, key: KeyObject): boolean {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return false
  return verify('sha256', Buffer.from(source), key, Buffer.from(signature, 'base64'))
}

/** A request's signature covers everything but `sign`. */
export function requestMatches(parameters: Parameters, key: KeyObject): boolean {
  return rsa2Matches(signedText(parameters, ['sign']), parameters.sign ?? '', key)
}

/** Rule V1, for notifications and returns: neither `sign` nor `sign_type` is covered. */
export function signMessage(parameters: Parameters, key: KeyObject): Parameters {
  const sign = rsa2(signedText(parameters, ['sign', 'sign_type']), key)
  return { ...parameters, sign_type: 'RSA2', sign }
}

const ZERO_IV = Buffer.alloc(16)

function cipherName(key: Buffer): string {
  return `aes-${key.length * 8}-cbc`
}

export function encrypt(plain: string, key: Buffer): string {
  const cipher = createCipheriv(cipherName(key), key, ZERO_IV)
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]).toString('base64')
}

/** The plain text, or undefined when `encrypted` was not made with this key. */
export function decrypt(encrypted: string, key: Buffer): string | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encrypted)) return undefined
  const decipher = createDecipheriv(cipherName(key), key, ZERO_IV)
  try {
    const plain = Buffer.concat([decipher.update(encrypted, 'base64'), decipher.final()])
    return new TextDecoder('utf-8', { fatal: true }).decode(plain)
  } catch {
    // Wrong key, wrong padding, wrong length: one answer, so that nothing is learnt from it.
    return undefined
  }
}
