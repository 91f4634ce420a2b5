// RSA test keys in the shapes Alipay's console hands out.
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

export interface KeyPair {
  publicKey: KeyObject
  privateKey: KeyObject
}

export function newKey(): KeyPair {
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** PKCS#8 in one line of base64, without PEM armor. */
export function privateText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'der' }).toString('base64')
}

/** SPKI in one line of base64, as the console shows public keys. */
export function publicText(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64')
}

/**
 * A public key as a merchant pastes it: base64 SPKI, with or without PEM armor. Undefined when it
 * is no RSA key of 2048 bits or more (sheet section 1).
 */
export function readPublicKey(source: string): KeyObject | undefined {
  const base64 = source.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '')
  try {
    const key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
    const long = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048
    return key.asymmetricKeyType === 'rsa' && long ? key : undefined
  } catch {
    // Whatever the parser dislikes, it is not a key that can be registered.
    return undefined
  }
}
