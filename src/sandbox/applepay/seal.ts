// Makes payment tokens as Apple's servers do: encrypted to a processing certificate and signed
// (sheet section 4).
import {
  createCipheriv,
  createHash,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  sign,
} from 'node:crypto'
import {
  element,
  endless,
  inside,
  integer,
  octets,
  oid,
  readAll,
  sequence,
  set,
  TAG,
  time,
} from '../asn1.ts'
import type { JsonObject } from '../json.ts'
import type { Authority, Signer } from './authority.ts'
import { spki } from './certificates.ts'

export interface SealOrder {
  merchantId: string
  /** Of the processing certificate: P-256 makes EC_v1, RSA makes RSA_v1. */
  publicKey: KeyObject
  plaintext: JsonObject
  /** The request's `applicationData`, decoded. */
  applicationData?: Buffer | undefined
  transactionId: Buffer
  signedAt: Date
}

/** `paymentData` of a token. */
export function sealToken(authority: Authority, order: SealOrder): JsonObject {
  const { key, wrapped } = agree(order)
  const cipher = createCipheriv(`aes-${key.length === 32 ? 256 : 128}-gcm`, key, Buffer.alloc(16))
  const plaintext = Buffer.from(JSON.stringify(order.plaintext))
  const data = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  const hash = order.applicationData && createHash('sha256').update(order.applicationData).digest()
  const signed = Buffer.concat([wrapped, data, order.transactionId, hash ?? Buffer.alloc(0)])
  const rsa = order.publicKey.asymmetricKeyType === 'rsa'
  const signer = rsa ? authority.rsa() : authority.elliptic
  return {
    version: rsa ? 'RSA_v1' : 'EC_v1',
    data: data.toString('base64'),
    signature: signDetached(authority, signer, signed, order.signedAt).toString('base64'),
    header: {
      [rsa ? 'wrappedKey' : 'ephemeralPublicKey']: wrapped.toString('base64'),
      publicKeyHash: createHash('sha256').update(spki(order.publicKey)).digest('base64'),
      transactionId: order.transactionId.toString('hex'),
      ...(hash && { applicationData: hash.toString('hex') }),
    },
  }
}

/** The key for the plaintext, and what lets the owner of the processing key find it. */
function agree({ publicKey, merchantId }: SealOrder): { key: Buffer; wrapped: Buffer } {
  if (publicKey.asymmetricKeyType === 'rsa') {
    const key = randomBytes(16)
    return { key, wrapped: publicEncrypt({ key: publicKey, oaepHash: 'sha256' }, key) }
  }
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = diffieHellman({ privateKey: own.privateKey, publicKey })
  return { key: deriveKey(secret, merchantId), wrapped: spki(own.publicKey) }
}

/** One round of the key derivation of NIST SP 800-56A section 5.8.1. */
export function deriveKey(secret: Buffer, merchantId: string): Buffer {
  return createHash('sha256')
    .update(Buffer.from([0, 0, 0, 1]))
    .update(secret)
    .update('\x0did-aes256-GCMApple')
    .update(createHash('sha256').update(merchantId).digest())
    .digest()
}

const SHA256 = '2.16.840.1.101.3.4.2.1'
const SIGNED_DATA = oid('1.2.840.113549.1.7.2')
const DATA = oid('1.2.840.113549.1.7.1')
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const RSA_SHA256 = sequence(oid('1.2.840.113549.1.1.11'), element(TAG.null))

/** A detached CMS signature with lengths left open, as genuine tokens have it (RFC 5652). */
export function signDetached(
  authority: Authority,
  signer: Signer,
  content: Buffer,
  signedAt: Date,
): Buffer {
  const rsa = signer.privateKey.asymmetricKeyType === 'rsa'
  const algorithm = rsa ? RSA_SHA256 : ECDSA_SHA256
  const digest = sequence(oid(SHA256))
  const attribute = (id: string, value: Buffer) => sequence(oid(id), element(TAG.set, value))
  const protection = sequence(digest, element(0xa1, contentOf(algorithm)))
  const attributes = set(
    attribute('1.2.840.113549.1.9.3', DATA),
    attribute('1.2.840.113549.1.9.5', time(signedAt)),
    attribute('1.2.840.113549.1.9.52', protection),
    attribute('1.2.840.113549.1.9.4', octets(createHash('sha256').update(content).digest())),
  )
  const info = sequence(
    integer(1n),
    signerId(signer.certificate),
    digest,
    element(0xa0, contentOf(attributes)),
    algorithm,
    octets(sign('sha256', attributes, signer.privateKey)),
  )
  return endless(
    TAG.sequence,
    SIGNED_DATA,
    endless(
      0xa0,
      endless(
        TAG.sequence,
        integer(1n),
        element(TAG.set, digest),
        endless(TAG.sequence, DATA),
        endless(0xa0, signer.certificate, authority.intermediate),
        element(TAG.set, info),
      ),
    ),
  )
}

/** Issuer and serial number of a certificate, as they stand in it. */
function signerId(certificate: Buffer): Buffer {
  const [body] = inside(readAll(certificate)[0])
  const [, serial, , issuer] = inside(body)
  if (!serial || !issuer) throw new TypeError('this is no certificate')
  return sequence(issuer.raw, serial.raw)
}

/** What stands behind tag and length: another tag can take their place. */
function contentOf(encoded: Buffer): Buffer {
  const [node] = readAll(encoded)
  if (!node) throw new TypeError('nothing is encoded here')
  return node.content
}
