// Serial numbers as Alipay counts them (sheet 4.5): MD5 over the issuer's name, most specific part
// first, and the serial number in decimal.

import { createHash } from 'node:crypto'
import {
  children,
  DER,
  type DerNode,
  integerValue,
  oidText,
  readDer,
  stringValue,
} from '../../encoding/der.ts'
import { type PemBlock, readPem } from '../../encoding/pem.ts'

interface CertificateFacts {
  issuer: string
  serial: bigint
  signatureOid: string
}

export const RSA_SIGNATURES = '1.2.840.113549.1.1.'
const NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'EMAILADDRESS',
}

/** `app_cert_sn` and `alipay_cert_sn`: of the first certificate in the file. */
export function certificateSn(pem: string): string | undefined {
  const [first] = certificateBlocks(pem)
  return first && snOf(first.der)
}

/** `alipay_root_cert_sn`: of every certificate in the bundle that is signed with RSA, joined by `_`. */
export function rootCertificateSn(pem: string): string | undefined {
  const numbers: string[] = []
  for (const { der } of certificateBlocks(pem)) {
    const facts = readFacts(der)
    if (facts === undefined) return undefined
    if (facts.signatureOid.startsWith(RSA_SIGNATURES)) numbers.push(hashOf(facts))
  }
  return numbers.length > 0 ? numbers.join('_') : undefined
}

export function certificateBlocks(pem: string): PemBlock[] {
  return (readPem(pem) ?? []).filter(({ label }) => label === 'CERTIFICATE')
}

export function snOf(der: Uint8Array): string | undefined {
  const facts = readFacts(der)
  return facts && hashOf(facts)
}

function hashOf({ issuer, serial }: CertificateFacts): string {
  return createHash('md5').update(`${issuer}${serial}`, 'utf8').digest('hex')
}

// node:crypto escapes names and hides the signature algorithm, so both are read from the DER.
export function readFacts(der: Uint8Array): CertificateFacts | undefined {
  const [certificate, ...after] = readDer(der) ?? []
  const [body, algorithm] = children(certificate, DER.sequence) ?? []
  const fields = children(body, DER.sequence)
  const oid = children(algorithm, DER.sequence)?.[0]
  if (after.length > 0 || fields === undefined || oid?.tag !== DER.oid) return undefined
  const [serial, , issuer] = fields[0]?.tag === DER.context0 ? fields.slice(1) : fields
  const name = distinguishedName(issuer)
  if (serial?.tag !== DER.integer || name === undefined) return undefined
  return { issuer: name, serial: integerValue(serial.content), signatureOid: oidText(oid.content) }
}

function distinguishedName(node: DerNode | undefined): string | undefined {
  const parts: string[] = []
  for (const set of children(node, DER.sequence) ?? []) {
    for (const attribute of children(set, DER.set) ?? []) {
      const [type, value] = children(attribute, DER.sequence) ?? []
      if (type?.tag !== DER.oid || value === undefined) return undefined
      const oid = oidText(type.content)
      parts.push(`${NAMES[oid] ?? oid}=${stringValue(value)}`)
    }
  }
  return parts.length > 0 ? parts.reverse().join(',') : undefined
}
