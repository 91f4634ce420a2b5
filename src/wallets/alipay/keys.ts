// Keys as merchants paste them: PKCS#1 or PKCS#8, SPKI or certificate, with or without armor.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { children, DER, readDer } from '../../encoding/der.ts'
import { type PemBlock, readPemOrBare } from '../../encoding/pem.ts'

export const MIN_MODULUS_BITS = 2048

export type KeyFault =
  | 'unreadable'
  | 'encrypted'
  | 'is_public_key'
  | 'is_private_key'
  | 'is_certificate'
  | 'not_rsa'
  | 'too_short'

type Kind = 'pkcs8' | 'pkcs1' | 'spki' | 'pkcs1_public' | 'certificate'

/** The merchant's private key, or why the text is not one. */
export function readPrivateKey(text: string): KeyObject | KeyFault {
  const blocks = readPemOrBare(text)
  const [block] = blocks ?? []
  if (block === undefined || blocks?.length !== 1) return 'unreadable'
  if (block.label === 'ENCRYPTED PRIVATE KEY') return 'encrypted'
  const kind = kindOf(block)
  if (kind === 'spki' || kind === 'pkcs1_public') return 'is_public_key'
  if (kind === 'certificate') return 'is_certificate'
  if (kind === undefined) return 'unreadable'
  return checked(() => createPrivateKey({ key: block.der, format: 'der', type: kind }))
}

/** One or several public keys of Alipay's, or the first fault. */
export function readPublicKeys(text: string): KeyObject[] | KeyFault {
  const blocks = readPemOrBare(text)
  if (blocks === undefined || blocks.length === 0) return 'unreadable'
  const keys: KeyObject[] = []
  for (const block of blocks) {
    const key = readPublicKey(block)
    if (typeof key === 'string') return key
    keys.push(key)
  }
  return keys
}

export function samePublicKey(a: KeyObject, b: KeyObject): boolean {
  return createPublicKeyOf(a).equals(createPublicKeyOf(b))
}

function createPublicKeyOf(key: KeyObject): KeyObject {
  return key.type === 'private' ? createPublicKey(key) : key
}

function readPublicKey(block: PemBlock): KeyObject | KeyFault {
  const kind = kindOf(block)
  if (kind === 'pkcs8' || kind === 'pkcs1') return 'is_private_key'
  if (kind === 'certificate') return 'is_certificate'
  if (kind === undefined) return 'unreadable'
  const type = kind === 'spki' ? 'spki' : 'pkcs1'
  return checked(() => createPublicKey({ key: block.der, format: 'der', type }))
}

function checked(read: () => KeyObject): KeyObject | KeyFault {
  try {
    const key = read()
    if (key.asymmetricKeyType !== 'rsa') return 'not_rsa'
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return bits < MIN_MODULUS_BITS ? 'too_short' : key
  } catch {
    return 'unreadable'
  }
}

// By structure, not by label: keys arrive without armor and under the wrong one.
function kindOf({ der }: PemBlock): Kind | undefined {
  const [outer] = readDer(der) ?? []
  const tags = children(outer, DER.sequence)?.map(({ tag }) => tag)
  if (tags === undefined) return undefined
  const integers = tags.filter((tag) => tag === DER.integer).length
  if (integers === tags.length) return tags.length === 2 ? 'pkcs1_public' : 'pkcs1'
  if (tags[0] === DER.integer && tags[1] === DER.sequence) return 'pkcs8'
  if (tags[0] === DER.sequence && tags.length === 2) return 'spki'
  return tags[0] === DER.sequence && tags[1] === DER.sequence ? 'certificate' : undefined
}
