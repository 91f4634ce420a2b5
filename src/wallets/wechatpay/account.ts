// A merchant's WeChat Pay connection: what is entered, how it is read, and what is refused at once.

import type { KeyObject } from 'node:crypto'
import type { Milliseconds } from '../../ports.ts'
import type { AccountField, Finding } from '../wallet.ts'
import { accountFields } from './account-fields.ts'
import { API_V3_KEY_BYTES } from './cipher.ts'
import { type FindingCode, finding } from './findings.ts'
import { type Gateway, readGateway } from './hosts.ts'
import {
  isStrongRsa,
  type KeyFault,
  readCertificates,
  readPrivateKey,
  readPublicKey,
  samePublicKey,
} from './keys.ts'
import { type Keyset, type PlatformCertificate, platformCertificate } from './keyset.ts'

export interface WechatPayAccount {
  mchid: string
  appId: string
  /** Of a mini program, where orders are made for one. */
  miniAppId: string | undefined
  /** Of a mobile app, where orders are made for one. */
  appAppId: string | undefined
  privateKey: KeyObject
  merchantSerial: string
  /** When the merchant's certificate is valid. */
  merchantValidity: { validFrom: Milliseconds; validTo: Milliseconds }
  /** The current one and, for a while after a change, the previous. */
  apiV3Keys: readonly Buffer[]
  keyset: Keyset
  storeId: string
  h5Domain: string | undefined
  /** Shown codes go the old way (APIv2), for merchants who only have that product. */
  v2: V2Account | undefined
  gateway: Gateway
}

export interface V2Account {
  key: string
  /** PEM of the merchant's certificate and key: V2 gives money back only to who shows them in TLS. */
  client: { certificate: string; key: string }
}

type Report = (code: FindingCode, param?: string) => void
type Read = (name: string) => string

export { accountFields }

/** Every fault of the account at once, or the account. Dates of certificates are `check`'s business. */
export function readAccount(
  entered: Record<string, string>,
): { account: WechatPayAccount } | { findings: Finding[] } {
  const findings: Finding[] = []
  const report: Report = (code, param) => {
    findings.push(finding(code, param === undefined ? {} : { param }))
  }
  for (const name of Object.keys(entered)) {
    if (!isField(name)) report('unknown_field', `/${name}`)
  }
  const read: Read = (name) => (Object.hasOwn(entered, name) ? (entered[name]?.trim() ?? '') : '')

  const mchid = read('mchid')
  if (!/^\d{8,10}$/.test(mchid)) report('mchid_shape')
  const appIds = readAppIds(read, report)
  const merchant = readMerchant(read, mchid, report)
  const apiV3Keys = readApiV3Keys(read, report)
  const keyset = readKeyset(read, merchant, report)
  const v2 = readV2(read, report)
  const storeId = read('store_id') || DEFAULT_STORE
  if (!/^[\x21-\x7e]{1,32}$/.test(storeId)) report('store_id_shape')
  const h5Domain = read('h5_domain').toLowerCase() || undefined
  if (h5Domain !== undefined && !DOMAIN.test(h5Domain)) report('h5_domain_shape')
  const gateway = readGateway(read('gateway'), read('environment'))
  if (!['', 'live', 'test'].includes(read('environment'))) report('environment_unknown')
  else if (gateway === undefined) report('gateway_refused')

  if (findings.length > 0 || !merchant || !keyset || !gateway) return { findings }
  const { certificatePem, ...own } = merchant
  const client = { certificate: certificatePem, key: read('private_key') }
  return {
    account: {
      mchid,
      ...appIds,
      ...own,
      apiV3Keys,
      keyset,
      storeId,
      h5Domain,
      v2: v2 === undefined ? undefined : { key: v2, client },
      gateway,
    },
  }
}

const DEFAULT_STORE = 'main'
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$|^localhost$/

function isField(name: string): boolean {
  return accountFields.some((field: AccountField) => field.name === name)
}

function readAppIds(read: Read, report: Report) {
  const optional = (name: string) => {
    const value = read(name) || undefined
    if (value !== undefined && !isAppId(value)) report('appid_shape', `/${name}`)
    return value
  }
  if (!isAppId(read('appid'))) report('appid_shape', '/appid')
  return {
    appId: read('appid'),
    miniAppId: optional('mini_appid'),
    appAppId: optional('app_appid'),
  }
}

function isAppId(text: string): boolean {
  return /^wx[0-9a-f]{16}$/.test(text)
}

type Merchant = Pick<WechatPayAccount, 'privateKey' | 'merchantSerial' | 'merchantValidity'> & {
  certificatePem: string
}

function readMerchant(read: Read, mchid: string, report: Report): Merchant | undefined {
  const privateKey = readPrivateKey(read('private_key'))
  if (typeof privateKey === 'string') report(PRIVATE_KEY_FAULTS[privateKey])
  const certificates = readCertificates(read('merchant_cert'))
  const [certificate] = certificates ?? []
  if (certificate === undefined || certificates?.length !== 1) {
    report('merchant_cert_unreadable')
    return undefined
  }
  // The Tenpay authority names a merchant's certificate by its number.
  const owner = /(?:^|\n)CN=(\d+)(?:\n|$)/.exec(certificate.subject)?.[1]
  if (owner !== undefined && owner !== mchid) report('merchant_cert_other_merchant')
  if (typeof privateKey === 'string') return undefined
  if (!samePublicKey(certificate.publicKey, privateKey)) report('key_pair_mismatch')
  return {
    privateKey,
    merchantSerial: certificate.serialNumber.toUpperCase(),
    merchantValidity: {
      validFrom: certificate.validFromDate.getTime(),
      validTo: certificate.validToDate.getTime(),
    },
    certificatePem: certificate.toString(),
  }
}

function readApiV3Keys(read: Read, report: Report): Buffer[] {
  const keys: Buffer[] = []
  for (const name of ['api_v3_key', 'previous_api_v3_key']) {
    const key = Buffer.from(read(name), 'utf8')
    const wanted = name === 'api_v3_key' || key.length > 0
    if (wanted && key.length !== API_V3_KEY_BYTES) report('api_v3_key_length', `/${name}`)
    if (wanted) keys.push(key)
  }
  return keys
}

function readKeyset(
  read: Read,
  merchant: Merchant | undefined,
  report: Report,
): Keyset | undefined {
  const publicKey = readWechatKey(read, merchant, report)
  const certificates = readPlatformCertificates(read, merchant, report)
  if (publicKey === 'refused' || certificates === undefined) return undefined
  return { publicKey, certificates, learned: [], nextDownloadAt: 0, pending: undefined }
}

function readWechatKey(
  read: Read,
  merchant: Merchant | undefined,
  report: Report,
): Keyset['publicKey'] | 'refused' {
  const id = read('public_key_id')
  if (id === '' && read('public_key') === '') return undefined
  if (!/^PUB_KEY_ID_\d{16,64}$/.test(id)) report('public_key_id_shape')
  const key = readPublicKey(read('public_key'))
  if (typeof key === 'string') {
    report(PUBLIC_KEY_FAULTS[key])
    return 'refused'
  }
  if (merchant && samePublicKey(key, merchant.privateKey)) report('merchant_key_as_public_key')
  return { id, key }
}

function readPlatformCertificates(
  read: Read,
  merchant: Merchant | undefined,
  report: Report,
): PlatformCertificate[] | undefined {
  if (read('platform_certs') === '') return []
  const certificates = readCertificates(read('platform_certs'))
  if (!certificates?.every(({ publicKey }) => isStrongRsa(publicKey))) {
    report('platform_certs_unreadable')
    return undefined
  }
  const own = certificates.some(
    (one) =>
      one.serialNumber.toUpperCase() === merchant?.merchantSerial ||
      (merchant !== undefined && samePublicKey(one.publicKey, merchant.privateKey)),
  )
  if (own) report('merchant_cert_as_platform_cert')
  return certificates.map(platformCertificate)
}

function readV2(read: Read, report: Report): string | undefined {
  const key = read('api_v2_key')
  if (key !== '' && !/^[\x21-\x7e]{32}$/.test(key)) report('api_v2_key_length')
  const codePay = read('code_pay') || 'v3'
  if (codePay !== 'v2' && codePay !== 'v3') report('code_pay_unknown')
  if (codePay !== 'v2') return undefined
  if (key === '') report('api_v2_key_missing')
  return key
}

const PRIVATE_KEY_FAULTS: Record<KeyFault, FindingCode> = {
  unreadable: 'private_key_unreadable',
  is_private_key: 'private_key_unreadable',
  is_public_key: 'private_key_is_public',
  is_certificate: 'private_key_is_public',
  weak: 'private_key_unreadable',
}

const PUBLIC_KEY_FAULTS: Record<KeyFault, FindingCode> = {
  unreadable: 'public_key_unreadable',
  is_public_key: 'public_key_unreadable',
  is_private_key: 'public_key_is_private',
  is_certificate: 'public_key_is_certificate',
  weak: 'public_key_unreadable',
}
