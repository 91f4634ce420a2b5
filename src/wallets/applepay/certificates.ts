// What node:crypto does not tell of a certificate: extensions by their number, its use, its issuer's
// exact bytes, and the merchant whom Apple issued it to.

import { createHash, type X509Certificate } from 'node:crypto'
import { DER, integerValue, oidText, stringValue } from '../../encoding/der.ts'
import { readPem } from '../../encoding/pem.ts'
import { type BerNode, parts, readOne } from './ber.ts'

export interface Extension {
  critical: boolean
  value: Uint8Array
}

export interface CertificateParts {
  serial: bigint
  /** The issuer's name as encoded. */
  issuer: Uint8Array
  /** Dotted number of the algorithm that the issuer signed with. */
  signatureAlgorithm: string
  extensions: ReadonlyMap<string, Extension>
}

const KEY_USAGE = '2.5.29.15'
const MERCHANT_ID_HASH = '1.2.840.113635.100.6.32'
const BOOLEAN = 0x01
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const UTF8_STRING = 0x0c
const CONTEXT_3 = 0xa3

/** The parts of a certificate (RFC 5280 section 4.1), or undefined for one that is not X.509 v3. */
export function readParts(certificate: X509Certificate): CertificateParts | undefined {
  const [body, algorithm] = parts(readOne(certificate.raw), DER.sequence) ?? []
  const [version, serial, _algorithm, issuer, ...rest] = parts(body, DER.sequence) ?? []
  const [signatureId] = parts(algorithm, DER.sequence) ?? []
  if (version?.tag !== DER.context0 || serial?.tag !== DER.integer) return undefined
  if (issuer?.tag !== DER.sequence || signatureId?.tag !== DER.oid) return undefined
  const extensions = readExtensions(rest.find(({ tag }) => tag === CONTEXT_3))
  return (
    extensions && {
      serial: integerValue(serial.content),
      issuer: issuer.raw,
      signatureAlgorithm: oidText(signatureId.content),
      extensions,
    }
  )
}

function readExtensions(node: BerNode | undefined): Map<string, Extension> | undefined {
  const found = new Map<string, Extension>()
  if (node === undefined) return found
  const [list] = parts(node, CONTEXT_3) ?? []
  for (const extension of parts(list, DER.sequence) ?? []) {
    const [id, ...rest] = parts(extension, DER.sequence) ?? []
    const value = rest.at(-1)
    if (id?.tag !== DER.oid || value?.tag !== OCTET_STRING) return undefined
    const name = oidText(id.content)
    if (found.has(name)) return undefined
    const critical = rest[0]?.tag === BOOLEAN && rest[0].content[0] !== 0
    found.set(name, { critical, value: value.content })
  }
  return found
}

/** Whether the key may sign messages: the first bit of keyUsage. */
export function maySign({ extensions }: CertificateParts): boolean {
  const usage = readOne(extensions.get(KEY_USAGE)?.value ?? new Uint8Array())
  return usage?.tag === BIT_STRING && ((usage.content[1] ?? 0) & 0x80) !== 0
}

/** SHA-256 of the merchant id, as Apple writes it into both of a merchant's certificates. */
export function merchantIdHashOf(certificate: X509Certificate): Buffer | undefined {
  const extension = readParts(certificate)?.extensions.get(MERCHANT_ID_HASH)
  const text = extension && readOne(extension.value)
  if (text?.tag !== UTF8_STRING) return undefined
  const hex = stringValue(text)
  return /^[0-9A-F]{64}$/.test(hex) ? Buffer.from(hex, 'hex') : undefined
}

/**
 * Whether Apple issued the certificate to this merchant id: the hash in the extension or the user
 * id in the subject, and neither names another. Undefined where neither is there.
 */
export function belongsTo(certificate: X509Certificate, merchantId: string): boolean | undefined {
  const hash = merchantIdHashOf(certificate)
  const named = /^UID=(.+)$/m.exec(certificate.subject)?.[1]
  if (hash === undefined && named === undefined) return undefined
  const own = createHash('sha256').update(merchantId).digest()
  return (hash === undefined || hash.equals(own)) && (named === undefined || named === merchantId)
}

/** `CN` of the subject. */
export function commonName(certificate: X509Certificate): string | undefined {
  return /^CN=(.+)$/m.exec(certificate.subject)?.[1]
}

/** SHA-256 of the public key as SubjectPublicKeyInfo, which names our key in a token. */
export function publicKeyHashOf(certificate: X509Certificate): Buffer {
  const der = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest()
}

/** The DER of every certificate in a PEM text; undefined when something in it is no certificate. */
export function certificateBlocks(text: string): Buffer[] | undefined {
  const blocks = readPem(text)
  if (!blocks || blocks.length === 0) return undefined
  return blocks.every(({ label }) => label === 'CERTIFICATE')
    ? blocks.map(({ der }) => der)
    : undefined
}
