// The list of platform certificates (sheet 3.8, 4.5): decrypted first, then the answer that brought
// it is verified with the keys that are known and those it brought.

import { isObject, type JsonValue, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { Milliseconds, OutgoingAnswer } from '../../ports.ts'
import { AEAD, openSealedWith } from './cipher.ts'
import { isStrongRsa, openCertificate } from './keys.ts'
import { type Keyset, keyOf, type PlatformCertificate, platformCertificate } from './keyset.ts'
import { type SignatureRefusal, verifyMessage } from './signature.ts'

export type CertificateRefusal =
  | SignatureRefusal
  | 'malformed_body'
  | 'unsupported_algorithm'
  | 'decrypt_failed'
  | 'serial_mismatch'
  | 'unusable_certificate'

export type CertificateList =
  | { outcome: 'certificates'; certificates: PlatformCertificate[] }
  /** The merchant has the public key only. */
  | { outcome: 'none' }
  | { outcome: 'refused'; reason: CertificateRefusal | 'not_answered' }

interface Holder {
  apiV3Keys: readonly Uint8Array[]
  keyset: Keyset
}

/** Reads an answer to `GET /v3/certificates`. Pure. */
export function readCertificateList(
  { apiV3Keys, keyset }: Holder,
  received: OutgoingAnswer,
  now: Milliseconds,
): CertificateList {
  if (received.status !== 200) return readRefusal(keyset, received, now)
  const read = openList(decodeUtf8(received.body) ?? '', apiV3Keys)
  if (!Array.isArray(read)) return { outcome: 'refused', reason: read }
  const known = keyOf({ ...keyset, learned: [...keyset.learned, ...read] })
  const verdict = verifyMessage(received, known, now)
  return verdict.valid
    ? { outcome: 'certificates', certificates: read }
    : { outcome: 'refused', reason: verdict.reason }
}

function readRefusal(keyset: Keyset, received: OutgoingAnswer, now: Milliseconds): CertificateList {
  const verdict = verifyMessage(received, keyOf(keyset), now)
  if (!verdict.valid) return { outcome: 'refused', reason: verdict.reason }
  const code = parseJsonObject(decodeUtf8(received.body) ?? '')?.code
  const none = received.status === 404 && (code === 'RESOURCE_NOT_EXISTS' || code === 'NOT_FOUND')
  return none ? { outcome: 'none' } : { outcome: 'refused', reason: 'not_answered' }
}

function openList(
  text: string,
  apiV3Keys: readonly Uint8Array[],
): PlatformCertificate[] | CertificateRefusal {
  const data = parseJsonObject(text)?.data
  if (!Array.isArray(data) || data.length === 0) return 'malformed_body'
  const certificates: PlatformCertificate[] = []
  for (const entry of data) {
    const certificate = openEntry(entry, apiV3Keys)
    if (typeof certificate === 'string') return certificate
    certificates.push(certificate)
  }
  return certificates
}

/** One entry of the list; published so that vectors can open theirs. */
export function openEntry(
  entry: JsonValue,
  apiV3Keys: readonly Uint8Array[],
): PlatformCertificate | CertificateRefusal {
  const sealed = isObject(entry) ? entry.encrypt_certificate : undefined
  if (!isObject(entry) || !isObject(sealed)) return 'malformed_body'
  const { serial_no: serial } = entry
  const { algorithm, nonce, ciphertext, associated_data: associatedData = '' } = sealed
  if (algorithm !== AEAD) return 'unsupported_algorithm'
  const texts =
    typeof serial === 'string' &&
    typeof nonce === 'string' &&
    typeof ciphertext === 'string' &&
    typeof associatedData === 'string'
  if (!texts) return 'malformed_body'
  const opened = openSealedWith({ nonce, ciphertext, associatedData }, apiV3Keys)
  if (!('plaintext' in opened)) return 'decrypt_failed'
  const certificate = openCertificate(opened.plaintext)
  if (certificate === undefined || !isStrongRsa(certificate.publicKey)) {
    return 'unusable_certificate'
  }
  const read = platformCertificate(certificate)
  return read.serial === serial.toUpperCase() ? read : 'serial_mismatch'
}
