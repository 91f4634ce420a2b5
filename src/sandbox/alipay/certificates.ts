// The sandbox's certificate chain: a test root, and under it the platform's and each application's.
import { createHash, createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { type Books, readSetting, writeSetting } from '../books.ts'
import { type Name, writeCertificate } from '../der.ts'
import { parseTexts } from '../json.ts'
import { newKey } from './keys.ts'

export interface Certificate {
  pem: string
  /** How Alipay names a certificate: md5 of issuer and decimal serial (sheet section 4.5). */
  sn: string
}

export interface Authority {
  key: KeyObject
  root: Certificate
}

const YEAR_MS = 365 * 86_400_000
const ROOT: Name = {
  country: 'CN',
  organization: 'Tongbao Sandbox TEST ONLY',
  unit: 'Test Certification Authority',
  common: 'Tongbao Sandbox TEST ONLY Root R1',
}

/** The root of this sandbox, made at the first start and kept in the books. */
export function openAuthority(books: Books, now: number): Authority {
  const kept = parseTexts(readSetting(books, 'alipay.authority') ?? '{}')
  if (kept.key && kept.pem && kept.sn) {
    return { key: createPrivateKey(kept.key), root: { pem: kept.pem, sn: kept.sn } }
  }
  const pair = newKey()
  const root = issue({
    subject: ROOT,
    publicKey: pair.publicKey,
    issuerKey: pair.privateKey,
    now,
    years: 30,
    authority: true,
  })
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  writeSetting(books, 'alipay.authority', JSON.stringify({ key, ...root }))
  return { key: pair.privateKey, root }
}

/** A certificate under the root for a signing key. */
export function certify(
  authority: Authority,
  common: string,
  publicKey: KeyObject,
  now: number,
): Certificate {
  const subject = { ...ROOT, unit: 'Test Signing Key', common }
  return issue({ subject, publicKey, issuerKey: authority.key, now, years: 5, authority: false })
}

interface Issue {
  subject: Name
  publicKey: KeyObject
  issuerKey: KeyObject
  now: number
  years: number
  authority: boolean
}

function issue({ subject, publicKey, issuerKey, now, years, authority }: Issue): Certificate {
  const serial = BigInt(`0x01${randomBytes(9).toString('hex')}`)
  const pem = writeCertificate({
    subject,
    issuer: ROOT,
    serial,
    publicKey,
    issuerKey,
    from: new Date(now - 86_400_000),
    until: new Date(now + years * YEAR_MS),
    authority,
  })
  return { pem, sn: serialName(ROOT, serial) }
}

function serialName(issuer: Name, serial: bigint): string {
  const name = `CN=${issuer.common},OU=${issuer.unit},O=${issuer.organization},C=${issuer.country}`
  return createHash('md5')
    .update(name + serial.toString(10))
    .digest('hex')
}
