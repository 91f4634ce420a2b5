// A merchant's Alipay connection: what is entered, how it is read, and what is refused at once.

import type { KeyObject, X509Certificate } from 'node:crypto'
import type { Milliseconds } from '../../ports.ts'
import type { AccountField, Finding } from '../wallet.ts'
import { rootCertificateSn, snOf } from './certificate-number.ts'
import {
  commonName,
  type PlatformKey,
  type PlatformTrust,
  platformKey,
  readCertificates,
} from './certificates.ts'
import { readContentKey } from './encryption.ts'
import { type FindingCode, finding } from './findings.ts'
import { type KeyFault, readPrivateKey, readPublicKeys, samePublicKey } from './keys.ts'

export interface AlipayAccount {
  appId: string
  /** The merchant's PID, where the money lands. */
  sellerId: string
  gatewayUrl: string
  /** Alipay's own gateways tell; for another one the merchant does. */
  realMoney: boolean
  privateKey: KeyObject
  appAuthToken: string | undefined
  contentKey: Buffer | undefined
  /** Configured keys of Alipay's; what was learned since stands in `certificates.trust`. */
  platformKeys: readonly PlatformKey[]
  /** Only in certificate mode. */
  certificates: CertificateMode | undefined
}

export interface CertificateMode {
  /** One, or two while a renewal takes effect; the newest that is valid signs. */
  applications: readonly ApplicationCertificate[]
  rootSn: string
  trust: PlatformTrust
  platformCertificate: X509Certificate
}

export interface ApplicationCertificate {
  sn: string
  validFrom: Milliseconds
  validTo: Milliseconds
}

const GATEWAYS: Readonly<Record<string, string>> = {
  production: 'https://openapi.alipay.com/gateway.do',
  sandbox: 'https://openapi-sandbox.dl.alipaydev.com/gateway.do',
}

// Each active key may cost a forged notification's reader four verifications.
const MAX_PLATFORM_KEYS = 4

export const accountFields: readonly AccountField[] = [
  fixed('app_id', 'Application number, 16 to 32 digits (console: application details).'),
  fixed('seller_id', 'Merchant PID: 16 digits starting 2088. The money lands here.'),
  field('mode', true, '`key` (public key mode) or `certificate`; one per application.'),
  secret('private_key', true, 'Application private key, RSA 2048 or longer, PKCS#1 or PKCS#8.'),
  field(
    'alipay_public_key',
    false,
    'Mode `key`: the Alipay public key; several during a rotation.',
  ),
  field(
    'app_cert',
    false,
    'Mode `certificate`: appCertPublicKey_<app_id>.crt; old and new may both stand here.',
  ),
  field('alipay_cert', false, 'Mode `certificate`: alipayCertPublicKey_RSA2.crt.'),
  field('alipay_root_cert', false, 'Mode `certificate`: alipayRootCert.crt, whole.'),
  secret('content_key', false, 'AES key of content encryption, base64 of 16 bytes.'),
  secret('app_auth_token', false, 'Token of the merchant when acting as a service provider.'),
  field('gateway', false, '`production` (default), `sandbox`, or the address of another gateway.'),
  field(
    'environment',
    false,
    'Of another gateway: `live` (default) or `test`; `test` allows one on this machine.',
  ),
]

/** Every fault of the account at once, or the account. Certificates' dates are checked by `check`. */
export function readAccount(
  entered: Record<string, string>,
): { account: AlipayAccount } | { findings: Finding[] } {
  const findings: Finding[] = []
  const report = (code: FindingCode, param?: string) => {
    findings.push(finding(code, param === undefined ? {} : { param }))
  }
  for (const name of Object.keys(entered)) {
    if (!accountFields.some((known) => known.name === name)) report('unknown_field', `/${name}`)
  }
  const read = (name: string) => (Object.hasOwn(entered, name) ? (entered[name]?.trim() ?? '') : '')

  const appId = read('app_id')
  if (!/^\d{16,32}$/.test(appId)) report('app_id_shape')
  const sellerId = read('seller_id')
  if (!/^2088\d{12}$/.test(sellerId)) report('seller_id_shape')
  const gatewayUrl = readGateway(read('gateway'), read('environment'))
  if (!['', 'live', 'test'].includes(read('environment'))) report('environment_unknown')
  else if (gatewayUrl === undefined) report('gateway_refused')
  const privateKey = readPrivateKey(read('private_key'))
  if (typeof privateKey === 'string') report(PRIVATE_KEY_FAULTS[privateKey])
  const contentKey = readContentKey(read('content_key'))
  if (read('content_key') !== '' && contentKey === undefined) report('content_key_shape')
  if (!/^[A-Za-z0-9_-]{0,40}$/.test(read('app_auth_token'))) report('app_auth_token_shape')

  const application = { appId, key: typeof privateKey === 'string' ? undefined : privateKey }
  const platform = readPlatform(read, application, report)
  if (
    findings.length > 0 ||
    platform === undefined ||
    gatewayUrl === undefined ||
    typeof privateKey === 'string'
  ) {
    return { findings }
  }
  const appAuthToken = read('app_auth_token') || undefined
  const realMoney =
    gatewayUrl === GATEWAYS.production ||
    (gatewayUrl !== GATEWAYS.sandbox && read('environment') !== 'test')
  const own = { appId, sellerId, gatewayUrl, realMoney, privateKey, appAuthToken, contentKey }
  return { account: { ...own, ...platform } }
}

/** The keys that may have signed for Alipay at `now`, or ever when `now` is not given. */
export function activeKeys(account: AlipayAccount, now?: Milliseconds): PlatformKey[] {
  const all = [...account.platformKeys, ...(account.certificates?.trust.learned ?? [])]
  if (now === undefined) return all
  return all.filter(({ validFrom = now, validTo = now }) => validFrom <= now && now <= validTo)
}

type Report = (code: FindingCode, param?: string) => void
type Read = (name: string) => string
type Platform = Pick<AlipayAccount, 'platformKeys' | 'certificates'>

interface Application {
  appId: string
  key: KeyObject | undefined
}

function readPlatform(read: Read, application: Application, report: Report): Platform | undefined {
  if (read('mode') === 'key') return readKeyMode(read, application, report)
  if (read('mode') === 'certificate') return readCertificateMode(read, application, report)
  report('mode_unknown')
  return undefined
}

function readKeyMode(read: Read, application: Application, report: Report): Platform | undefined {
  const keys = readPublicKeys(read('alipay_public_key'))
  if (typeof keys === 'string') {
    report(PUBLIC_KEY_FAULTS[keys])
    return undefined
  }
  if (keys.length > MAX_PLATFORM_KEYS) report('alipay_key_too_many')
  const own = application.key
  if (own && keys.some((key) => samePublicKey(key, own))) report('application_key_as_alipay_key')
  return { platformKeys: keys.map((key) => ({ key })), certificates: undefined }
}

function readCertificateMode(
  read: Read,
  application: Application,
  report: Report,
): Platform | undefined {
  const own = readCertificates(read('app_cert'))
  const theirs = readCertificates(read('alipay_cert'))
  const roots = readCertificates(read('alipay_root_cert'))
  const rootSn = rootCertificateSn(read('alipay_root_cert'))
  const applications = readApplicationCertificates(own, application, report)
  const [platformCertificate] = theirs
  const key = platformCertificate && platformKey(platformCertificate)
  if (rootSn === undefined || !roots.some((root) => root.ca)) report('root_cert_unreadable')
  if (platformCertificate?.ca) report('root_cert_as_alipay_cert')
  else if (key === undefined) report('alipay_cert_unreadable')
  else if (application.key && samePublicKey(key.key, application.key)) {
    report('application_cert_as_alipay_cert')
  }
  if (platformCertificate === undefined || key === undefined || rootSn === undefined)
    return undefined
  const trust: PlatformTrust = {
    roots: roots.filter((root) => root.ca && root.checkIssued(root)),
    intermediates: [...roots, ...theirs, ...own].filter((certificate) => certificate.ca),
    name: commonName(platformCertificate),
    learned: [],
    nextDownloadAt: 0,
    pending: undefined,
  }
  return {
    platformKeys: [key],
    certificates: { applications, rootSn, trust, platformCertificate },
  }
}

function readApplicationCertificates(
  file: readonly X509Certificate[],
  application: Application,
  report: Report,
): ApplicationCertificate[] {
  const leaves = file.filter((certificate) => !certificate.ca)
  if (leaves.length === 0) report('app_cert_unreadable')
  const { key, appId } = application
  if (key && leaves.some((leaf) => !samePublicKey(leaf.publicKey, key))) {
    report('app_cert_key_mismatch')
  }
  // Alipay names an application certificate `<PID>-<app_id>`.
  const owners = leaves.map((leaf) => /^\d{16}-(\d+)$/.exec(commonName(leaf) ?? '')?.[1])
  if (owners.some((owner) => owner !== undefined && owner !== appId)) {
    report('app_cert_other_application')
  }
  return leaves
    .map((leaf) => ({
      sn: snOf(leaf.raw) ?? '',
      validFrom: leaf.validFromDate.getTime(),
      validTo: leaf.validToDate.getTime(),
    }))
    .sort((a, b) => b.validFrom - a.validFrom)
}

function readGateway(entered: string, environment: string): string | undefined {
  const name = entered === '' ? 'production' : entered
  if (Object.hasOwn(GATEWAYS, name)) return GATEWAYS[name]
  if (!URL.canParse(entered)) return undefined
  const url = new URL(entered)
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === ''
  if (!plain) return undefined
  if (url.protocol === 'https:') return url.href
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  return url.protocol === 'http:' && loopback && environment === 'test' ? url.href : undefined
}

const PRIVATE_KEY_FAULTS: Record<KeyFault, FindingCode> = {
  unreadable: 'private_key_unreadable',
  encrypted: 'private_key_unreadable',
  not_rsa: 'private_key_unreadable',
  is_private_key: 'private_key_unreadable',
  is_public_key: 'private_key_is_public',
  is_certificate: 'private_key_is_public',
  too_short: 'private_key_too_short',
}

const PUBLIC_KEY_FAULTS: Record<KeyFault, FindingCode> = {
  unreadable: 'alipay_key_unreadable',
  encrypted: 'alipay_key_unreadable',
  not_rsa: 'alipay_key_unreadable',
  is_public_key: 'alipay_key_unreadable',
  is_private_key: 'alipay_key_is_private',
  is_certificate: 'alipay_key_is_certificate',
  too_short: 'alipay_key_too_short',
}

function field(name: string, required: boolean, description: string): AccountField {
  return { name, secret: false, required, description }
}

function fixed(name: string, description: string): AccountField {
  return { ...field(name, true, description), fixed: true }
}

function secret(name: string, required: boolean, description: string): AccountField {
  return { name, secret: true, required, description }
}
