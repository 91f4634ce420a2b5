// Certificate mode (sheet 4.5): the chain to the pinned root, and platform certificates that appear
// while we run.

import { type KeyObject, X509Certificate } from 'node:crypto'
import { decodeBase64 } from '../../encoding/base64.ts'
import type { Milliseconds } from '../../ports.ts'
import { certificateBlocks, RSA_SIGNATURES, readFacts, snOf } from './certificate-number.ts'

/** A key that may sign for Alipay. Key mode knows neither number nor validity. */
export interface PlatformKey {
  key: KeyObject
  sn?: string
  validFrom?: Milliseconds
  validTo?: Milliseconds
}

const ECDSA_SIGNATURES = '1.2.840.10045.4.'
const MAX_CHAIN = 5

/** The certificates of a file that node:crypto can verify with; SM2 ones are left out. */
export function readCertificates(pem: string): X509Certificate[] {
  return certificateBlocks(pem)
    .filter(({ der }) => {
      const oid = readFacts(der)?.signatureOid ?? ''
      return oid.startsWith(RSA_SIGNATURES) || oid.startsWith(ECDSA_SIGNATURES)
    })
    .flatMap(({ der }) => openCertificate(der) ?? [])
}

function openCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der)
  } catch {
    return undefined
  }
}

/** The `CN` of a certificate's subject. */
export function commonName(certificate: X509Certificate): string | undefined {
  return /(?:^|\n)CN=([^\n]*)/.exec(certificate.subject)?.[1]
}

/**
 * True when `leaf` is valid at `now`, is no authority itself, and hangs by valid signatures and
 * authorities from one of `roots`.
 */
export function chainsToRoot(
  leaf: X509Certificate,
  trust: { roots: readonly X509Certificate[]; intermediates: readonly X509Certificate[] },
  now: Milliseconds,
): boolean {
  if (leaf.ca) return false
  let current = leaf
  for (let depth = 0; depth < MAX_CHAIN; depth += 1) {
    if (!isValidAt(current, now)) return false
    const subject = current
    if (trust.roots.some((root) => isValidAt(root, now) && issued(root, subject))) return true
    const issuer = trust.intermediates.find((authority) => issued(authority, subject))
    if (issuer === undefined) return false
    current = issuer
  }
  return false
}

export function platformKey(certificate: X509Certificate): PlatformKey | undefined {
  const sn = snOf(certificate.raw)
  if (sn === undefined || certificate.publicKey.asymmetricKeyType !== 'rsa') return undefined
  return {
    key: certificate.publicKey,
    sn,
    validFrom: certificate.validFromDate.getTime(),
    validTo: certificate.validToDate.getTime(),
  }
}

/** What certificate mode pins, and what it has learned since. */
export interface PlatformTrust {
  roots: readonly X509Certificate[]
  intermediates: readonly X509Certificate[]
  /** The `CN` of Alipay's certificate for this merchant; a renewal keeps it. */
  name: string | undefined
  /** Downloaded and proven keys. */
  learned: PlatformKey[]
  /** No download before this moment: the number in an answer is not signed. */
  nextDownloadAt: Milliseconds
  pending: Promise<PlatformKey | undefined> | undefined
}

const DOWNLOAD_INTERVAL_MS = 60_000

/**
 * Learns the platform certificate numbered `sn` from `ask`, at most once a minute; callers that
 * come while a download is under way share it.
 */
export function learnPlatformKey(
  trust: PlatformTrust,
  sn: string,
  now: Milliseconds,
  ask: () => Promise<string | undefined>,
): Promise<PlatformKey | undefined> {
  if (trust.pending) return trust.pending.then(() => learnedKey(trust, sn))
  if (now < trust.nextDownloadAt) return Promise.resolve(undefined)
  trust.nextDownloadAt = now + DOWNLOAD_INTERVAL_MS
  trust.pending = ask()
    .then((content) => {
      const key = content === undefined ? undefined : proveDownload(content, { trust, sn, now })
      if (key) trust.learned.push(key)
      return key
    })
    .finally(() => {
      trust.pending = undefined
    })
  return trust.pending
}

function learnedKey(trust: PlatformTrust, sn: string): PlatformKey | undefined {
  return trust.learned.find((key) => key.sn === sn)
}

/**
 * The key of a downloaded certificate (`alipay_cert_content`, base64 of a PEM file) when it bears
 * the number asked for, the name of Alipay's certificate, and chains to the pinned root. The name
 * matters: Alipay's authorities also sign every merchant's application certificate.
 */
export function proveDownload(
  content: string,
  { trust, sn, now }: { trust: PlatformTrust; sn: string; now: Milliseconds },
): PlatformKey | undefined {
  const pem = decodeBase64(content.replace(/\s+/g, ''))?.toString('latin1') ?? ''
  const [leaf, ...rest] = readCertificates(pem)
  if (leaf === undefined || snOf(leaf.raw) !== sn) return undefined
  if (trust.name === undefined || commonName(leaf) !== trust.name) return undefined
  const intermediates = [...trust.intermediates, ...rest.filter((certificate) => certificate.ca)]
  return chainsToRoot(leaf, { roots: trust.roots, intermediates }, now)
    ? platformKey(leaf)
    : undefined
}

function isValidAt(certificate: X509Certificate, now: Milliseconds): boolean {
  return certificate.validFromDate.getTime() <= now && now <= certificate.validToDate.getTime()
}

function issued(authority: X509Certificate, subject: X509Certificate): boolean {
  return authority.ca && subject.checkIssued(authority) && subject.verify(authority.publicKey)
}
