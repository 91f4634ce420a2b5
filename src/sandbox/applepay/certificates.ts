// X.509 certificates as Apple issues them: elliptic or RSA keys, marker extensions, merchant ids.
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, element, integer, octets, oid, sequence, set, TAG, time, utf8 } from '../asn1.ts'

export interface Subject {
  common: string
  unit?: string
  organization: string
  country: string
  /** The merchant id, in certificates of merchants. */
  user?: string
}

export interface Issuer {
  subject: Subject
  privateKey: KeyObject
  publicKey: KeyObject
}

export interface CertificateOrder {
  subject: Subject
  publicKey: KeyObject
  issuer: Issuer
  from: Date
  until: Date
  kind: 'authority' | 'signer' | 'server' | 'client' | 'encryption'
  /** Extensions of Apple by their dotted number, with the value inside the octets. */
  marks?: Record<string, Uint8Array>
}

const ALGORITHMS: Record<string, { hash: string; id: Buffer }> = {
  // ecdsa-with-SHA256, ecdsa-with-SHA384
  prime256v1: { hash: 'sha256', id: sequence(oid('1.2.840.10045.4.3.2')) },
  secp384r1: { hash: 'sha384', id: sequence(oid('1.2.840.10045.4.3.3')) },
}

/** One certificate in DER (RFC 5280, version 3). */
export function issueCertificate(order: CertificateOrder): Buffer {
  const curve = order.issuer.privateKey.asymmetricKeyDetails?.namedCurve ?? ''
  const algorithm = ALGORITHMS[curve]
  if (!algorithm) throw new TypeError(`no authority here has a key on ${curve}`)
  const body = sequence(
    element(0xa0, integer(2n)),
    // Positive and not longer than 20 bytes (section 4.1.2.2).
    integer(BigInt(`0x1${randomBytes(8).toString('hex')}`)),
    algorithm.id,
    nameOf(order.issuer.subject),
    sequence(time(order.from), time(order.until)),
    nameOf(order.subject),
    spki(order.publicKey),
    element(0xa3, sequence(...extensionsOf(order))),
  )
  const signature = sign(algorithm.hash, body, order.issuer.privateKey)
  return sequence(body, algorithm.id, bits(signature))
}

export function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' })
}

export function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

export function nameOf({ user, common, unit, organization, country }: Subject): Buffer {
  const part = (id: string, value: string | undefined) =>
    value === undefined ? [] : [set(sequence(oid(id), utf8(value)))]
  return sequence(
    ...part('0.9.2342.19200300.100.1.1', user),
    ...part('2.5.4.3', common),
    ...part('2.5.4.11', unit),
    ...part('2.5.4.10', organization),
    set(sequence(oid('2.5.4.6'), element(TAG.printable, Buffer.from(country)))),
  )
}

const YES = element(TAG.boolean, Buffer.from([0xff]))
// keyUsage: certificates and revocation lists; signatures; signatures and keys; agreement of keys.
const USAGES = {
  authority: bits(Buffer.from([0x06]), 1),
  signer: bits(Buffer.from([0x80]), 7),
  server: bits(Buffer.from([0xa0]), 5),
  client: bits(Buffer.from([0x80]), 7),
  encryption: bits(Buffer.from([0x28]), 3),
}
const PURPOSES: Record<string, string> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
}

function extensionsOf({ kind, publicKey, issuer, marks = {} }: CertificateOrder): Buffer[] {
  const plain = (id: string, value: Uint8Array) => sequence(oid(id), octets(value))
  const critical = (id: string, value: Uint8Array) => sequence(oid(id), YES, octets(value))
  const purpose = PURPOSES[kind]
  return [
    critical('2.5.29.19', kind === 'authority' ? sequence(YES) : sequence()),
    plain('2.5.29.14', octets(keyId(publicKey))),
    plain('2.5.29.35', sequence(element(0x80, keyId(issuer.publicKey)))),
    critical('2.5.29.15', USAGES[kind]),
    ...(purpose === undefined ? [] : [plain('2.5.29.37', sequence(oid(purpose)))]),
    ...(kind === 'server' ? [plain('2.5.29.17', OWN_NAMES)] : []),
    ...Object.entries(marks).map(([id, value]) => plain(id, value)),
  ]
}

// The names of this machine: the server of a sandbox has no other.
const OWN_NAMES = sequence(
  element(0x82, Buffer.from('localhost')),
  element(0x87, Buffer.from([127, 0, 0, 1])),
)

function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(spki(key)).digest()
}
