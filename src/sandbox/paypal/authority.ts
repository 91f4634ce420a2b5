// Who signs the sandbox's notifications: a root, an intermediate and a signer with PayPal's name for
// it. Made at first start and kept.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { type Books, readSetting, writeSetting } from '../books.ts'
import { type Name, writeCertificate } from '../der.ts'
import { parseTexts } from '../json.ts'

export interface Signer {
  /** The last part of its certificate's address. */
  certificateId: string
  /** What stands at that address: the certificate and those above it, in PEM. */
  chain: string
  key: KeyObject
}

export interface Authority {
  /** In PEM: what a hub has to trust in place of the world's authorities. */
  root: string
  signer: Signer
  /** The right name, signed by itself: what a forger can make. */
  forger: Signer
}

const YEAR_MS = 365 * 86_400_000
const SIGNER = 'messageverificationcerts.sandbox.paypal.com'

export function openAuthority(books: Books, now: number): Authority {
  const kept = parseTexts(readSetting(books, 'paypal.authority') ?? '')
  const texts = kept.root === undefined ? make(now) : kept
  if (texts !== kept) writeSetting(books, 'paypal.authority', JSON.stringify(texts))
  return {
    root: texts.root ?? '',
    signer: signerOf(texts.signer_chain ?? '', texts.signer_key ?? ''),
    forger: signerOf(texts.forger_chain ?? '', texts.forger_key ?? ''),
  }
}

function signerOf(chain: string, key: string): Signer {
  const hash = createHash('sha256').update(chain).digest('hex')
  const certificateId = `CERT-${hash.slice(0, 8)}-${hash.slice(8, 16)}-${hash.slice(16, 24)}`
  return { certificateId, chain, key: createPrivateKey(key) }
}

interface Part {
  name: Name
  key: KeyObject
}

function make(now: number): Record<string, string> {
  const root = part('Tongbao Sandbox Root for PayPal')
  const middle = part('Tongbao Sandbox Issuer for PayPal')
  const signer = part(SIGNER)
  const forger = part(SIGNER)
  const issue = (of: Part, by: Part, serial: bigint, authority: boolean) =>
    writeCertificate({
      subject: of.name,
      issuer: by.name,
      serial,
      publicKey: createPublicKey(of.key),
      issuerKey: by.key,
      from: new Date(now - 86_400_000),
      until: new Date(now + 10 * YEAR_MS),
      authority,
    })
  return {
    root: issue(root, root, 1n, true),
    signer_chain: issue(signer, middle, 3n, false) + issue(middle, root, 2n, true),
    signer_key: pemOf(signer.key),
    forger_chain: issue(forger, forger, 4n, false),
    forger_key: pemOf(forger.key),
  }
}

function part(common: string): Part {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    name: { country: 'US', organization: 'Sandbox', unit: 'PayPal', common },
    key: privateKey,
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
