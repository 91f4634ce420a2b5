// Certificates with serials as WeChat Pay writes them: 40 hex digits in upper case.
import { type KeyObject, randomBytes } from 'node:crypto'
import { type Books, readSetting, writeSetting } from '../books.ts'
import { writeCertificate } from '../der.ts'
import { newKey, pairOf, privatePem } from './crypto.ts'
import { DAY_MS } from './time.ts'

export interface Certificate {
  serial: string
  pem: string
  from: number
  until: number
}

const ISSUER = {
  country: 'CN',
  organization: 'Tongbao Sandbox TEST ONLY',
  unit: 'Test Certification Authority',
  common: 'Tongbao Sandbox TEST ONLY Payment CA',
}

export const CERTIFICATE_LIFE_MS = 5 * 365 * DAY_MS

/** A certificate for `publicKey` under this sandbox's test authority, good for five years. */
export function certify(
  books: Books,
  common: string,
  publicKey: KeyObject,
  now: number,
): Certificate {
  // A first byte from 0x40 to 0x7f: a positive number of exactly 40 digits.
  const bytes = randomBytes(20)
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f)
  const serial = bytes.toString('hex').toUpperCase()
  // Certificates tell seconds only.
  const from = Math.floor(now / 1000) * 1000
  const until = from + CERTIFICATE_LIFE_MS
  const pem = writeCertificate({
    subject: { ...ISSUER, unit: 'Test Signing Key', common },
    issuer: ISSUER,
    serial: BigInt(`0x${serial}`),
    publicKey,
    issuerKey: authorityKey(books),
    from: new Date(from),
    until: new Date(until),
    authority: false,
  })
  return { serial, pem, from, until }
}

function authorityKey(books: Books): KeyObject {
  const kept = readSetting(books, 'wechatpay.authority')
  if (kept !== undefined) return pairOf(kept).privateKey
  const { privateKey } = newKey()
  writeSetting(books, 'wechatpay.authority', privatePem(privateKey))
  return privateKey
}
