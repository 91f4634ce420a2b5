// X.509 certificates for test keys: just enough DER to write RSA-SHA256 certificates.
import { type KeyObject, sign } from 'node:crypto'
import { bits, element, integer, sequence, time } from './asn1.ts'

export interface Name {
  country: string
  organization: string
  unit: string
  common: string
}

export interface CertificateRequest {
  subject: Name
  issuer: Name
  /** Positive, at most 20 octets (RFC 5280 section 4.1.2.2). */
  serial: bigint
  publicKey: KeyObject
  issuerKey: KeyObject
  from: Date
  until: Date
  authority: boolean
}

/** One certificate as PEM text (RFC 5280, version 3, signed RSA-SHA256). */
export function writeCertificate(request: CertificateRequest): string {
  const body = sequence(
    element(0xa0, integer(2n)),
    integer(request.serial),
    RSA_SHA256,
    name(request.issuer),
    sequence(time(request.from), time(request.until)),
    name(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(...extensions(request.authority))),
  )
  const signature = sign('sha256', body, request.issuerKey)
  const der = sequence(body, RSA_SHA256, bits(signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function identifier(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'))
}

function name(parts: Name): Buffer {
  const attribute = (oid: string, tag: number, value: string) =>
    element(0x31, sequence(identifier(oid), element(tag, Buffer.from(value))))
  return sequence(
    attribute('550406', 0x13, parts.country),
    attribute('55040a', 0x0c, parts.organization),
    attribute('55040b', 0x0c, parts.unit),
    attribute('550403', 0x0c, parts.common),
  )
}

// basicConstraints and keyUsage, both critical: an authority signs certificates, a leaf messages.
function extensions(authority: boolean): Buffer[] {
  const yes = element(0x01, Buffer.from([0xff]))
  const constraints = authority ? sequence(yes) : sequence()
  const usage = authority ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7)
  return [
    sequence(identifier('551d13'), yes, element(0x04, constraints)),
    sequence(identifier('551d0f'), yes, element(0x04, usage)),
  ]
}

// sha256WithRSAEncryption, 1.2.840.113549.1.1.11
const RSA_SHA256 = sequence(identifier('2a864886f70d01010b'), element(0x05))
