// The merchant's certificates and keys as they are pasted: read, paired, and compared with the
// merchant id that Apple issued them to.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readPem, writePem } from '../../encoding/pem.ts'
import type { ClientCertificate } from '../../ports.ts'
import { belongsTo, certificateBlocks, publicKeyHashOf } from './certificates.ts'
import type { ProcessingKey } from './decrypt.ts'
import type { FindingCode } from './findings.ts'

export type Report = (code: FindingCode, param?: string) => void

export interface MerchantIdentity {
  certificate: X509Certificate
  client: ClientCertificate
}

export interface Processing {
  certificate: X509Certificate
  key: ProcessingKey
}

const IDENTITY = '/merchant_identity_certificate'
const IDENTITY_KEY = '/merchant_identity_key'
const PROCESSING = '/processing_certificate'
const PROCESSING_KEY = '/processing_key'

/** The certificate that proves the merchant to Apple, first in its text, and its key. */
export function readIdentity(
  entered: { certificate: string; key: string },
  merchantId: string,
  report: Report,
): MerchantIdentity | undefined {
  const certificates = readCertificates(entered.certificate)
  const [certificate] = certificates ?? []
  const [key, ...more] = readPrivateKeys(entered.key) ?? []
  if (!certificate || !certificates) report('certificate_unreadable', IDENTITY)
  if (!key || more.length > 0) report('key_unreadable', IDENTITY_KEY)
  if (!certificate || !certificates || !key) return undefined
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
  if (asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    report('identity_key_kind')
  }
  if (!certificate.checkPrivateKey(key)) report('key_mismatch', IDENTITY_KEY)
  if (belongsTo(certificate, merchantId) !== true) report('certificate_other_merchant', IDENTITY)
  const client = {
    certificate: certificates.map(({ raw }) => writePem('CERTIFICATE', raw)).join(''),
    key: String(key.export({ type: 'pkcs8', format: 'pem' })),
  }
  return { certificate, client }
}

/** Every processing certificate, each with its key where the hub decrypts. */
export function readProcessing(
  entered: { certificates: string; keys: string },
  merchantId: string,
  report: Report,
): Processing[] {
  const certificates = entered.certificates === '' ? [] : readCertificates(entered.certificates)
  const keys = entered.keys === '' ? [] : readPrivateKeys(entered.keys)
  if (!certificates) report('certificate_unreadable', PROCESSING)
  if (!keys) report('key_unreadable', PROCESSING_KEY)
  if (!certificates || !keys) return []
  const merchantIdHash = createHash('sha256').update(merchantId).digest()
  const read = certificates.map((certificate) => {
    const version = versionOf(certificate)
    if (version === undefined) report('processing_key_kind')
    if (belongsTo(certificate, merchantId) !== true) {
      report('certificate_other_merchant', PROCESSING)
    }
    const key: ProcessingKey = {
      version: version ?? 'EC_v1',
      publicKeyHash: publicKeyHashOf(certificate),
      merchantIdHash,
      privateKey: keys.find((candidate) => certificate.checkPrivateKey(candidate)),
    }
    return { certificate, key }
  })
  const used = read.flatMap(({ key }) => key.privateKey ?? [])
  if (keys.some((key) => !used.includes(key))) report('key_mismatch', PROCESSING_KEY)
  return read
}

function versionOf({ publicKey }: X509Certificate): ProcessingKey['version'] | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey
  if (asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'EC_v1'
  const bits = asymmetricKeyDetails?.modulusLength ?? 0
  return asymmetricKeyType === 'rsa' && bits >= 2048 ? 'RSA_v1' : undefined
}

/** Undefined when the text holds anything but readable certificates, or none. */
export function readCertificates(text: string): X509Certificate[] | undefined {
  try {
    return certificateBlocks(text)?.map((der) => new X509Certificate(der))
  } catch {
    return undefined
  }
}

/** Parameters of a curve, which OpenSSL writes before a key, are passed over. */
function readPrivateKeys(text: string): KeyObject[] | undefined {
  const blocks = (readPem(text) ?? []).filter(({ label }) => label !== 'EC PARAMETERS')
  if (blocks.length === 0) return undefined
  try {
    return blocks.map(({ label, der }) => createPrivateKey(writePem(label, der)))
  } catch {
    return undefined
  }
}
