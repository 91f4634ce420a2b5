// The keys that may sign for WeChat Pay, each under its id: the public key, platform certificates,
// and during a migration both. One set per account, never shared.

import type { KeyObject, X509Certificate } from 'node:crypto'
import type { Milliseconds } from '../../ports.ts'
import type { KeyOf } from './signature.ts'

export interface PlatformCertificate {
  /** 40 hex digits in upper case. */
  serial: string
  key: KeyObject
  validFrom: Milliseconds
  validTo: Milliseconds
}

export interface Keyset {
  /** The WeChat Pay public key, which has no dates. */
  publicKey: { id: string; key: KeyObject } | undefined
  /** Entered with the account. */
  certificates: readonly PlatformCertificate[]
  /** The latest list that WeChat Pay gave. */
  learned: readonly PlatformCertificate[]
  /** No download before this moment: anybody can name a serial that is not known. */
  nextDownloadAt: Milliseconds
  pending: Promise<void> | undefined
}

export function platformCertificate(certificate: X509Certificate): PlatformCertificate {
  return {
    serial: certificate.serialNumber.toUpperCase(),
    key: certificate.publicKey,
    validFrom: certificate.validFromDate.getTime(),
    validTo: certificate.validToDate.getTime(),
  }
}

/** Looks keys up by id; what was entered stands before what was learned. */
export function keyOf(keyset: Keyset): KeyOf {
  return (serial) => {
    if (keyset.publicKey?.id === serial) return keyset.publicKey.key
    return certificatesOf(keyset).find((certificate) => certificate.serial === serial)?.key
  }
}

export function certificatesOf({ certificates, learned }: Keyset): PlatformCertificate[] {
  const entered = new Set(certificates.map(({ serial }) => serial))
  return [...certificates, ...learned.filter(({ serial }) => !entered.has(serial))]
}

/** What fields for WeChat Pay are encrypted with: the public key, or the certificate that lasts longest. */
export function encryptionKey(
  keyset: Keyset,
  now: Milliseconds,
): { id: string; key: KeyObject } | undefined {
  return keyset.publicKey ?? newest(certificatesOf(keyset), now)
}

/** Of the certificates that are valid now, the one that expires last (sheet 4.4). */
export function newest(
  certificates: readonly PlatformCertificate[],
  now: Milliseconds,
): { id: string; key: KeyObject } | undefined {
  const [last] = certificates
    .filter(({ validFrom, validTo }) => validFrom <= now && now <= validTo)
    .sort((a, b) => b.validTo - a.validTo)
  return last && { id: last.serial, key: last.key }
}
