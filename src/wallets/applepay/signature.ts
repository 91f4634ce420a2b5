// Whether Apple signed a token: markers, chain to one pinned root, signature, time; in the order of
// Apple's "Payment token format reference", "Verify the signature".

import { createHash, timingSafeEqual, verify, type X509Certificate } from 'node:crypto'
import type { Milliseconds } from '../../ports.ts'
import { type CertificateParts, commonName, maySign, readParts } from './certificates.ts'
import { idOf, readSignedData, type SignedData, type SignerInfo } from './cms.ts'
import { demand, refuse } from './refusal.ts'
import type { PaymentToken } from './token.ts'

export interface SignaturePolicy {
  /** The only root that is trusted. What a token brings along is never. */
  root: X509Certificate
  now: Milliseconds
  /** How old a signature may be, and how far ahead of our clock; both inclusive. */
  maxAgeMs: number
  maxAheadMs: number
  /** False where a token of Apple's sandbox, which is as well signed, must not pass. */
  sandboxSigner: boolean
}

/** "A few minutes" (Apple); the same for clocks that go ahead. */
export const MAX_AGE_MS = 300_000

const LEAF = '1.2.840.113635.100.6.29'
const INTERMEDIATE = '1.2.840.113635.100.6.2.14'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_TIME = '1.2.840.113549.1.9.5'
const ID_DATA = '1.2.840.113549.1.7.1'
const OCTET_STRING = 0x04
const UTC_TIME = 0x17

// The algorithms a signer may name, by its key. RFC 3370 lets an RSA signer name the key's own.
const SIGNER_ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  ec: ['1.2.840.10045.4.3.2'],
  rsa: ['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.1'],
}
// ECDSA with SHA-256, -384 and -512, and RSA with the same: what a certificate may be signed with.
const ISSUER_ALGORITHM = /^1\.2\.840\.(10045\.4\.3\.[234]|113549\.1\.1\.1[123])$/
// Basic constraints and key usage are checked; others that demand to be understood are not.
const UNDERSTOOD = ['2.5.29.15', '2.5.29.19', LEAF, INTERMEDIATE]

/** Throws {@link TokenRefused}, or returns when Apple signed this token. */
export function verifySignature(token: PaymentToken, policy: SignaturePolicy): Milliseconds {
  const { certificates, signer } = readSignedData(token.signature)
  const leaf = theOne(certificates, LEAF)
  const intermediate = theOne(certificates, INTERMEDIATE)
  const others = certificates.filter((other) => other !== leaf && other !== intermediate)
  demand(
    leaf !== intermediate &&
      others.length <= 1 &&
      others.every(({ raw }) => raw.equals(policy.root.raw)),
    'certificate_oid',
    'a certificate stands there that is neither of the two',
  )
  const signedAt = signingTimeOf(signer)
  checkChain([leaf, intermediate, policy.root], signedAt ?? policy.now, policy.sandboxSigner)
  checkSignature({ certificates, signer }, leaf, signedBytesOf(token))
  demand(signedAt !== undefined, 'signing_time', 'the time of signing is missing')
  demand(
    signedAt >= policy.now - policy.maxAgeMs && signedAt <= policy.now + policy.maxAheadMs,
    'signing_time',
    `signed ${Math.round((policy.now - signedAt) / 1000)} s ago`,
  )
  return signedAt
}

/** What Apple signs: the parts one after another, without separators or lengths. */
export function signedBytesOf(token: PaymentToken): Buffer {
  return Buffer.concat([
    token.keyMaterial,
    token.data,
    Buffer.from(token.transactionId, 'hex'),
    token.applicationData ?? Buffer.alloc(0),
  ])
}

function theOne(certificates: readonly X509Certificate[], marker: string): X509Certificate {
  const [found, ...more] = certificates.filter((certificate) =>
    readParts(certificate)?.extensions.has(marker),
  )
  demand(
    found !== undefined && more.length === 0,
    'certificate_oid',
    `not exactly one certificate carries ${marker}`,
  )
  return found
}

type Chain = readonly [leaf: X509Certificate, intermediate: X509Certificate, root: X509Certificate]

function checkChain(chain: Chain, at: Milliseconds, sandboxSigner: boolean): void {
  const [leaf, intermediate, root] = chain
  for (const certificate of chain) {
    demand(
      certificate.validFromDate.getTime() <= at && at <= certificate.validToDate.getTime(),
      'chain',
      `${commonName(certificate)} was not valid at the time of signing`,
    )
  }
  checkIssued(leaf, intermediate)
  checkIssued(intermediate, root)
  demand(root.ca && intermediate.ca && !leaf.ca, 'chain', 'a certificate is in the wrong place')
  demand(maySign(partsOf(leaf)), 'chain', 'the signing certificate may not sign')
  demand(
    sandboxSigner || !commonName(leaf)?.endsWith('-SANDBOX'),
    'chain',
    "the token is one of Apple's sandbox",
  )
}

function checkIssued(certificate: X509Certificate, issuer: X509Certificate): void {
  const { signatureAlgorithm, extensions } = partsOf(certificate)
  demand(
    certificate.checkIssued(issuer) &&
      ISSUER_ALGORITHM.test(signatureAlgorithm) &&
      certificate.verify(issuer.publicKey),
    'chain',
    `${commonName(certificate)} was not issued by ${commonName(issuer)}`,
  )
  for (const [name, { critical }] of extensions) {
    demand(!critical || UNDERSTOOD.includes(name), 'chain', `extension ${name} is not understood`)
  }
}

function checkSignature({ signer }: SignedData, leaf: X509Certificate, content: Buffer): void {
  const { issuer, serial } = partsOf(leaf)
  demand(
    serial === signer.serial && Buffer.compare(issuer, signer.issuer) === 0,
    'signature',
    'the signer is not the signing certificate',
  )
  const { attributes } = signer
  demand(attributes !== undefined, 'signature', 'there are no signed attributes')
  demand(idOf(attributes.get(CONTENT_TYPE)) === ID_DATA, 'signature', 'the content type differs')
  const digest = createHash('sha256').update(content).digest()
  const stated = attributes.get(MESSAGE_DIGEST)
  demand(
    stated?.tag === OCTET_STRING &&
      stated.content.length === digest.length &&
      timingSafeEqual(stated.content, digest),
    'signature',
    'the digest is that of another message',
  )
  const key = leaf.publicKey
  const known = SIGNER_ALGORITHMS[key.asymmetricKeyType ?? ''] ?? []
  demand(known.includes(signer.signatureAlgorithm), 'signature', 'the algorithm is not allowed')
  demand(
    verify('sha256', signer.signedBytes, key, signer.signature),
    'signature',
    'the signature does not match',
  )
}

/** UTCTime in seconds and UTC, as RFC 5652 section 11.3 demands until 2049. */
function signingTimeOf({ attributes }: SignerInfo): Milliseconds | undefined {
  const node = attributes?.get(SIGNING_TIME)
  if (node === undefined) return undefined
  const text = node.tag === UTC_TIME ? Buffer.from(node.content).toString('latin1') : ''
  const digits = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!digits) return undefined
  const [year = 0, month = 0, ...rest] = digits.slice(1).map(Number)
  const [day = 0, hour = 0, minute = 0, second = 0] = rest
  const at = Date.UTC(year < 50 ? 2000 + year : 1900 + year, month - 1, day, hour, minute, second)
  // A month 13 or a 31 February would roll over into another date.
  const again = new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)
  return again === text.slice(0, 12) ? at : undefined
}

function partsOf(certificate: X509Certificate): CertificateParts {
  return readParts(certificate) ?? refuse('chain', 'a certificate cannot be read')
}
