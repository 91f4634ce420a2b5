// The CMS SignedData of a token (RFC 5652), as far as Apple makes one: detached, SHA-256, one signer.

import { X509Certificate } from 'node:crypto'
import { DER, integerValue, oidText } from '../../encoding/der.ts'
import { type BerNode, parts, readOne } from './ber.ts'
import { demand, refuse } from './refusal.ts'

const ID_DATA = '1.2.840.113549.1.7.1'
const ID_SIGNED_DATA = '1.2.840.113549.1.7.2'
const SHA_256 = '2.16.840.1.101.3.4.2.1'
const OCTET_STRING = 0x04
const CONTEXT_1 = 0xa1

export interface SignedData {
  certificates: X509Certificate[]
  signer: SignerInfo
}

export interface SignerInfo {
  /** The signing certificate's issuer as it is encoded there, and its number. */
  issuer: Uint8Array
  serial: bigint
  signatureAlgorithm: string
  signature: Uint8Array
  /** The values of each signed attribute by its dotted identifier; undefined without any. */
  attributes: ReadonlyMap<string, BerNode> | undefined
  /** The bytes under the signature: the attributes tagged as a set (section 5.4). */
  signedBytes: Uint8Array
}

/**
 * Reads `bytes`. Throws {@link TokenRefused}: `format` for what is no such structure, `signature`
 * for one that is signed in another way than Apple does.
 */
export function readSignedData(bytes: Uint8Array): SignedData {
  const outer = parts(readOne(bytes), DER.sequence) ?? unreadable()
  demand(idOf(outer[0]) === ID_SIGNED_DATA && outer.length === 2, 'format', 'no SignedData')
  const [body] = parts(outer[1], DER.context0) ?? unreadable()
  const [version, digests, content, ...rest] = parts(body, DER.sequence) ?? unreadable()
  demand(integerOf(version) === 1n, 'signature', 'SignedData has another version than 1')
  const digestIds = (parts(digests, DER.set) ?? unreadable()).map(algorithmOf)
  demand(isSha256(digestIds), 'signature', 'the digest is not SHA-256 alone')
  const [contentType, ...attached] = parts(content, DER.sequence) ?? unreadable()
  demand(idOf(contentType) === ID_DATA, 'signature', 'the content type is not id-data')
  demand(attached.length === 0, 'signature', 'the signature brings content of its own')

  const [certificates] = rest.filter(({ tag }) => tag === DER.context0)
  const signers = parts(rest.at(-1), DER.set) ?? unreadable()
  demand(signers.length === 1, 'signature', 'there is not exactly one signer')
  return {
    certificates: certificates ? readCertificates(certificates) : [],
    signer: readSigner(signers[0]),
  }
}

function readCertificates(node: BerNode): X509Certificate[] {
  const nodes = parts(node, DER.context0) ?? unreadable()
  return nodes.map(({ raw }) => {
    try {
      return new X509Certificate(raw)
    } catch {
      return unreadable()
    }
  })
}

function readSigner(node: BerNode | undefined): SignerInfo {
  const fields = parts(node, DER.sequence) ?? unreadable()
  const [version, sid, digest, ...rest] = fields
  demand(integerOf(version) === 1n, 'signature', 'SignerInfo has another version than 1')
  const [issuer, serial, ...more] = parts(sid, DER.sequence) ?? unreadable()
  demand(issuer?.tag === DER.sequence && more.length === 0, 'format', 'the signer is not named')
  demand(isSha256([algorithmOf(digest)]), 'signature', 'the digest is not SHA-256')

  const signed = rest[0]?.tag === DER.context0 ? rest.shift() : undefined
  const [algorithm, signature, unsigned, ...beyond] = rest
  demand(signature?.tag === OCTET_STRING, 'format', 'there is no signature')
  demand(
    beyond.length === 0 && (unsigned === undefined || unsigned.tag === CONTEXT_1),
    'format',
    'SignerInfo holds something else',
  )
  return {
    issuer: issuer.raw,
    serial: integerOf(serial) ?? unreadable(),
    signatureAlgorithm: algorithmOf(algorithm),
    signature: signature.content,
    attributes: signed && readAttributes(signed),
    signedBytes: signed ? asSet(signed) : new Uint8Array(),
  }
}

/** Each attribute with its one value; an attribute that stands twice has no value to trust. */
function readAttributes(node: BerNode): ReadonlyMap<string, BerNode> {
  const attributes = new Map<string, BerNode>()
  for (const attribute of parts(node, DER.context0) ?? unreadable()) {
    const [type, values] = parts(attribute, DER.sequence) ?? unreadable()
    const [value, ...more] = parts(values, DER.set) ?? unreadable()
    const name = idOf(type) ?? unreadable()
    demand(
      value !== undefined && more.length === 0 && !attributes.has(name),
      'signature',
      'a signed attribute has not exactly one value',
    )
    attributes.set(name, value)
  }
  return attributes
}

function asSet(node: BerNode): Uint8Array {
  demand(node.definite, 'signature', 'the signed attributes are not DER')
  return Buffer.concat([Buffer.of(DER.set), node.raw.subarray(1)])
}

function algorithmOf(node: BerNode | undefined): string {
  const [id] = parts(node, DER.sequence) ?? unreadable()
  return idOf(id) ?? unreadable()
}

function isSha256(ids: readonly string[]): boolean {
  return ids.length === 1 && ids[0] === SHA_256
}

export function idOf(node: BerNode | undefined): string | undefined {
  return node?.tag === DER.oid ? oidText(node.content) : undefined
}

function integerOf(node: BerNode | undefined): bigint | undefined {
  return node?.tag === DER.integer ? integerValue(node.content) : undefined
}

function unreadable(): never {
  return refuse('format', 'the signature is no CMS structure')
}
