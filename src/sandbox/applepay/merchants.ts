// Merchants registered with the sandbox's Apple: domains, the identity certificate, and the keys that
// tokens are encrypted to, each held by an acquirer or by the merchant's hub.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { type Books, type Row, text } from '../books.ts'
import type { AcquirerName } from '../cards/merchants.ts'
import { letters } from '../cards/world.ts'
import { type Authority, privatePem } from './authority.ts'
import { spki } from './certificates.ts'

export interface AppleMerchant {
  id: string
  domains: readonly string[]
  /** In PEM. */
  identityCertificate: string
  identityKey: string
  acquirer: AcquirerName
  /** The account at the acquirer. */
  account: string
}

export type TokenVersion = 'EC_v1' | 'RSA_v1'
export type Holder = 'acquirer' | 'merchant'

export interface Processing {
  merchant: string
  version: TokenVersion
  holder: Holder
  certificate: string
  privateKey: KeyObject
}

export interface AppleMerchants {
  add(given: {
    acquirer: AcquirerName
    account: string
    domains: readonly string[]
    holder: Holder
  }): AppleMerchant
  list(): AppleMerchant[]
  byId(id: string): AppleMerchant | undefined
  byAccount(acquirer: AcquirerName, account: string): AppleMerchant | undefined
  setDomains(id: string, domains: readonly string[]): void
  /** Another processing key; new tokens are encrypted to it, older ones still open. */
  renew(id: string, version: TokenVersion, holder: Holder): Processing
  /** Newest first. */
  processing(id: string): Processing[]
  byKeyHash(publicKeyHash: string): Processing | undefined
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS applepay_merchants (
    id TEXT PRIMARY KEY, domains TEXT NOT NULL, certificate TEXT NOT NULL,
    private_key TEXT NOT NULL, acquirer TEXT NOT NULL, account TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS applepay_processing (
    hash TEXT PRIMARY KEY, merchant TEXT NOT NULL, version TEXT NOT NULL, holder TEXT NOT NULL,
    certificate TEXT NOT NULL, private_key TEXT NOT NULL
  ) STRICT;
`

export function openAppleMerchants(books: Books, authority: Authority): AppleMerchants {
  books.define(TABLES)

  function renew(id: string, version: TokenVersion, holder: Holder): Processing {
    const { privateKey } =
      version === 'EC_v1'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
    const publicKey = createPublicKey(privateKey)
    const certificate = authority.issueToMerchant(id, publicKey, 'encryption')
    books.run(
      'INSERT INTO applepay_processing VALUES (?, ?, ?, ?, ?, ?)',
      createHash('sha256').update(spki(publicKey)).digest('base64'),
      id,
      version,
      holder,
      certificate,
      privatePem(privateKey),
    )
    return { merchant: id, version, holder, certificate, privateKey }
  }

  return {
    add({ acquirer, account, domains, holder }) {
      const id = `merchant.sandbox.${letters(8, 'abcdefghijkmnpqrstuvwxyz23456789')}`
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const identityCertificate = authority.issueToMerchant(id, publicKey, 'client')
      const identityKey = privatePem(privateKey)
      books.run(
        'INSERT INTO applepay_merchants VALUES (?, ?, ?, ?, ?, ?)',
        id,
        domains.join(' '),
        identityCertificate,
        identityKey,
        acquirer,
        account,
      )
      renew(id, 'EC_v1', holder)
      return { id, domains, identityCertificate, identityKey, acquirer, account }
    },
    list: () => books.all('SELECT * FROM applepay_merchants ORDER BY rowid').map(readMerchant),
    byId(id) {
      const row = books.get('SELECT * FROM applepay_merchants WHERE id = ?', id)
      return row && readMerchant(row)
    },
    byAccount(acquirer, account) {
      const row = books.get(
        `SELECT * FROM applepay_merchants WHERE acquirer = ? AND account = ? ORDER BY rowid LIMIT 1`,
        acquirer,
        account,
      )
      return row && readMerchant(row)
    },
    setDomains(id, domains) {
      books.run('UPDATE applepay_merchants SET domains = ? WHERE id = ?', domains.join(' '), id)
    },
    renew,
    processing: (id) =>
      books
        .all('SELECT * FROM applepay_processing WHERE merchant = ? ORDER BY rowid DESC', id)
        .map(readProcessing),
    byKeyHash(publicKeyHash) {
      const row = books.get('SELECT * FROM applepay_processing WHERE hash = ?', publicKeyHash)
      return row && readProcessing(row)
    },
  }
}

function readMerchant(row: Row): AppleMerchant {
  const acquirer = text(row, 'acquirer')
  if (acquirer !== 'adyen' && acquirer !== 'stripe' && acquirer !== 'checkoutcom') {
    throw new TypeError(`the books hold the acquirer ${acquirer}`)
  }
  return {
    id: text(row, 'id'),
    domains: text(row, 'domains').split(' '),
    identityCertificate: text(row, 'certificate'),
    identityKey: text(row, 'private_key'),
    acquirer,
    account: text(row, 'account'),
  }
}

function readProcessing(row: Row): Processing {
  return {
    merchant: text(row, 'merchant'),
    version: text(row, 'version') === 'RSA_v1' ? 'RSA_v1' : 'EC_v1',
    holder: text(row, 'holder') === 'merchant' ? 'merchant' : 'acquirer',
    certificate: text(row, 'certificate'),
    privateKey: createPrivateKey(text(row, 'private_key')),
  }
}
