// The merchant's private key and WeChat Pay's public key as merchants paste them.

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type PemBlock, readPem, readPemOrBare } from '../../encoding/pem.ts'

export const MIN_MODULUS_BITS = 2048

export type KeyFault = 'unreadable' | 'is_public_key' | 'is_private_key' | 'is_certificate' | 'weak'

/** The one private key in `text` (PKCS#8 or PKCS#1), or why there is none. */
export function readPrivateKey(text: string): KeyObject | KeyFault {
  const block = onlyBlock(text)
  if (block === undefined) return 'unreadable'
  if (openCertificate(block.der)) return 'is_certificate'
  // First: node:crypto also makes a public key out of a private one.
  const key = openPrivateKey(block)
  if (key !== undefined) return checked(key)
  return openPublicKey(block) ? 'is_public_key' : 'unreadable'
}

/** The one public key in `text` (SPKI or PKCS#1), or why there is none. */
export function readPublicKey(text: string): KeyObject | KeyFault {
  const block = onlyBlock(text)
  if (block === undefined) return 'unreadable'
  if (openCertificate(block.der)) return 'is_certificate'
  if (openPrivateKey(block)) return 'is_private_key'
  const key = openPublicKey(block)
  return key === undefined ? 'unreadable' : checked(key)
}

/** Every certificate of a PEM text in order, or undefined when one cannot be read. */
export function readCertificates(text: string): X509Certificate[] | undefined {
  const certificates = (readPem(text) ?? []).map(({ der }) => openCertificate(der))
  return certificates.length > 0 && certificates.every((one) => one !== undefined)
    ? certificates
    : undefined
}

export function openCertificate(bytes: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes)
  } catch {
    return undefined
  }
}

/** True for a public key that WeChat Pay may sign or encrypt with. */
export function isStrongRsa(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'rsa' && modulusBits(key) >= MIN_MODULUS_BITS
}

export function samePublicKey(a: KeyObject, b: KeyObject): boolean {
  return publicHalf(a).equals(publicHalf(b))
}

function publicHalf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key
}

function onlyBlock(text: string): PemBlock | undefined {
  const blocks = readPemOrBare(text) ?? []
  return blocks.length === 1 ? blocks[0] : undefined
}

function checked(key: KeyObject): KeyObject | KeyFault {
  return isStrongRsa(key) ? key : 'weak'
}

function modulusBits(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0
}

// By content, not by label: keys arrive without armor and under the wrong one.
function openPrivateKey({ der }: PemBlock): KeyObject | undefined {
  return (
    attempt(() => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })) ??
    attempt(() => createPrivateKey({ key: der, format: 'der', type: 'pkcs1' }))
  )
}

function openPublicKey({ der }: PemBlock): KeyObject | undefined {
  return (
    attempt(() => createPublicKey({ key: der, format: 'der', type: 'spki' })) ??
    attempt(() => createPublicKey({ key: der, format: 'der', type: 'pkcs1' }))
  )
}

function attempt(read: () => KeyObject): KeyObject | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
