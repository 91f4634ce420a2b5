// The sandbox's certificate authority, in the shape of Apple's: a root, an intermediate and signers
// with the marker extensions, and one that issues to merchants. Made at first start and kept.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { element, TAG, utf8 } from '../asn1.ts'
import { type Books, readSetting, writeSetting } from '../books.ts'
import { parseTexts } from '../json.ts'
import {
  type CertificateOrder,
  type Issuer,
  issueCertificate,
  pemOf,
  type Subject,
} from './certificates.ts'

export interface Signer {
  certificate: Buffer
  privateKey: KeyObject
}

export interface Authority {
  /** In PEM: what a merchant's hub has to trust in place of Apple's root. */
  root: string
  intermediate: Buffer
  /** Signs tokens of version EC_v1. */
  elliptic: Signer
  /** Signs tokens of version RSA_v1; made when first asked for, since RSA keys take their time. */
  rsa(): Signer
  /** For the listener that Apple's gateway is played on, in PEM. */
  server: { certificate: string; privateKey: string }
  /** In PEM: issues to merchants. The listener knows clients by it. */
  merchantAuthority: string
  /** A merchant's certificate in PEM. */
  issueToMerchant(merchantId: string, publicKey: KeyObject, kind: 'client' | 'encryption'): string
}

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
const NULL = element(TAG.null)
/** Presence of these is what makes a signer and its intermediate Apple's (sheet section 4.2). */
export const LEAF_MARK = '1.2.840.113635.100.6.29'
export const INTERMEDIATE_MARK = '1.2.840.113635.100.6.2.14'
const MERCHANT_MARK = '1.2.840.113635.100.6.32'

const NAMES = {
  root: subject('Tongbao Sandbox Root CA - G3', 'Sandbox Certification Authority'),
  intermediate: subject(
    'Tongbao Sandbox Application Integration CA - G3',
    'Sandbox Certification Authority',
  ),
  developers: subject('Tongbao Sandbox Developer Relations CA - G2', 'Sandbox Developer Relations'),
  elliptic: subject('ecc-smp-broker-sign_UC4-SANDBOX', 'Sandbox Systems'),
  server: subject('localhost', 'Sandbox Systems'),
}

function subject(common: string, unit: string): Subject {
  return { common, unit, organization: 'Tongbao Sandbox', country: 'US' }
}

const RSA_NAME = subject('rsa-smp-broker-sign_UC4-SANDBOX', 'Sandbox Systems')

type Part = keyof typeof NAMES

/** Opens the authority kept in the books; `now` is the machine's time, which certificates tell. */
export function openAuthority(books: Books, now: () => number): Authority {
  const kept = parseTexts(readSetting(books, 'applepay.authority') ?? '')
  const texts = kept.root_certificate === undefined ? make(now()) : kept
  if (texts !== kept) writeSetting(books, 'applepay.authority', JSON.stringify(texts))

  const text = (name: string) => texts[name] ?? ''
  const key = (part: Part) => createPrivateKey(text(`${part}_key`))
  const signer = (part: Part): Signer => ({
    certificate: derOf(text(`${part}_certificate`)),
    privateKey: key(part),
  })
  const developers = issuerOf('developers', key('developers'))

  function readRsa(): Signer {
    const name = 'applepay.rsa_signer'
    const known = parseTexts(readSetting(books, name) ?? '')
    const read = known.certificate === undefined ? makeRsa(key('intermediate'), now()) : known
    if (read !== known) writeSetting(books, name, JSON.stringify(read))
    return {
      certificate: derOf(read.certificate ?? ''),
      privateKey: createPrivateKey(read.private_key ?? ''),
    }
  }

  return {
    root: text('root_certificate'),
    intermediate: derOf(text('intermediate_certificate')),
    elliptic: signer('elliptic'),
    rsa: () => readRsa(),
    server: { certificate: text('server_certificate'), privateKey: text('server_key') },
    merchantAuthority: text('developers_certificate'),
    issueToMerchant(merchantId, publicKey, kind) {
      const purpose = kind === 'client' ? 'Merchant Identity' : 'Payment Processing'
      const hash = createHash('sha256').update(merchantId).digest('hex').toUpperCase()
      const order: CertificateOrder = {
        subject: {
          common: `Sandbox ${purpose}:${merchantId}`.slice(0, 64),
          organization: 'Tongbao Sandbox',
          country: 'US',
          user: merchantId,
        },
        publicKey,
        issuer: developers,
        from: new Date(now() - DAY_MS),
        // 25 months, as Apple's have (sheet section 1).
        until: new Date(now() + 760 * DAY_MS),
        kind,
        marks: { [MERCHANT_MARK]: utf8(hash) },
      }
      return pemOf(issueCertificate(order))
    },
  }
}

function make(now: number): Record<string, string> {
  const keys: Record<Part, KeyObject> = {
    root: elliptic('P-384'),
    intermediate: elliptic('P-256'),
    developers: elliptic('P-256'),
    elliptic: elliptic('P-256'),
    server: elliptic('P-256'),
  }
  const from = new Date(now - DAY_MS)
  const issue = (
    part: Part,
    by: Part,
    kind: CertificateOrder['kind'],
    years: number,
    marks: Record<string, Uint8Array> = {},
  ) =>
    pemOf(
      issueCertificate({
        subject: NAMES[part],
        publicKey: createPublicKey(keys[part]),
        issuer: issuerOf(by, keys[by]),
        from,
        until: new Date(now + years * YEAR_MS),
        kind,
        marks,
      }),
    )
  const certificates: Record<Part, string> = {
    root: issue('root', 'root', 'authority', 25),
    intermediate: issue('intermediate', 'root', 'authority', 15, { [INTERMEDIATE_MARK]: NULL }),
    developers: issue('developers', 'root', 'authority', 15),
    elliptic: issue('elliptic', 'intermediate', 'signer', 5, { [LEAF_MARK]: NULL }),
    server: issue('server', 'root', 'server', 5),
  }
  const names = Object.entries(keys)
  return Object.fromEntries([
    ...names.map(([part, key]) => [`${part}_key`, privatePem(key)]),
    ...Object.entries(certificates).map(([part, pem]) => [`${part}_certificate`, pem]),
  ])
}

function makeRsa(intermediateKey: KeyObject, now: number): Record<string, string> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const certificate = issueCertificate({
    subject: RSA_NAME,
    publicKey,
    issuer: issuerOf('intermediate', intermediateKey),
    from: new Date(now - DAY_MS),
    until: new Date(now + 5 * YEAR_MS),
    kind: 'signer',
    marks: { [LEAF_MARK]: NULL },
  })
  return { certificate: pemOf(certificate), private_key: privatePem(privateKey) }
}

function issuerOf(part: Part, privateKey: KeyObject): Issuer {
  return { subject: NAMES[part], privateKey, publicKey: createPublicKey(privateKey) }
}

function elliptic(namedCurve: string): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey
}

export function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64')
}
