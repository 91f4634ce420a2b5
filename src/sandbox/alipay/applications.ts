// Merchants' applications: identity, keys or certificates, content key, product settings.
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  randomInt,
} from 'node:crypto'
import { type Books, optionalText, type Row, text } from '../books.ts'
import { type Authority, type Certificate, certify } from './certificates.ts'
import { newKey, privateText, publicText, readPublicKey } from './keys.ts'

export interface Application {
  appId: string
  sellerId: string
  name: string
  mode: 'key' | 'certificate'
  appPublicKey: KeyObject
  /** Absent where the merchant registered a public key of its own. */
  appPrivateKey?: KeyObject | undefined
  alipayKey: KeyObject
  contentKey?: Buffer | undefined
  appCertificate?: Certificate | undefined
  alipayCertificate?: Certificate | undefined
  /** Trade states that are notified; `TRADE_SUCCESS` always is. */
  notified: readonly string[]
  /** False for products without refund rights: they pay straight into `TRADE_FINISHED`. */
  refundable: boolean
}

export interface NewApplication {
  mode: 'key' | 'certificate'
  name?: string | undefined
  appId?: string | undefined
  sellerId?: string | undefined
  /** Base64 SPKI; a key pair is made when absent. */
  appPublicKey?: string | undefined
  contentKey?: boolean | undefined
  notified?: readonly string[] | undefined
  refundable?: boolean | undefined
}

export interface Applications {
  byId(appId: string): Application | undefined
  list(): Application[]
  /** Registers an application. Undefined when the id is taken or the public key unusable. */
  add(given: NewApplication, now: number): Application | undefined
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS alipay_applications (
    app_id TEXT PRIMARY KEY, seller_id TEXT NOT NULL, name TEXT NOT NULL, mode TEXT NOT NULL,
    app_public TEXT NOT NULL, app_private TEXT, alipay_private TEXT NOT NULL, content_key TEXT,
    app_certificate TEXT, app_sn TEXT, alipay_certificate TEXT, alipay_sn TEXT,
    notified TEXT NOT NULL, refundable INTEGER NOT NULL
  ) STRICT;
`

/** Opens the applications kept in the books; keys are parsed once, here. */
export function openApplications(books: Books, authority: Authority): Applications {
  books.define(TABLE)
  const known = new Map<string, Application>()
  for (const row of books.all('SELECT * FROM alipay_applications')) {
    const application = readRow(row)
    known.set(application.appId, application)
  }
  return {
    byId: (appId) => known.get(appId),
    list: () => [...known.values()],
    add(given, now) {
      const application = create(given, authority, now)
      if (!application || known.has(application.appId)) return undefined
      write(books, application)
      known.set(application.appId, application)
      return application
    },
  }
}

function create(given: NewApplication, authority: Authority, now: number): Application | undefined {
  const own = given.appPublicKey === undefined ? undefined : readPublicKey(given.appPublicKey)
  if (given.appPublicKey !== undefined && !own) return undefined
  const pair = own ? undefined : newKey()
  const appPublicKey = own ?? pair?.publicKey
  if (!appPublicKey) return undefined
  const appId = given.appId ?? `9021${digits(12)}`
  const alipay = newKey()
  const certificates = given.mode === 'certificate'
  return {
    appId,
    sellerId: given.sellerId ?? `2088${digits(12)}`,
    name: given.name ?? 'Qingshan Tea 青山茶铺',
    mode: given.mode,
    appPublicKey,
    appPrivateKey: pair?.privateKey,
    alipayKey: alipay.privateKey,
    contentKey: given.contentKey ? randomBytes(16) : undefined,
    appCertificate: certificates
      ? certify(authority, `TEST application ${appId}`, appPublicKey, now)
      : undefined,
    alipayCertificate: certificates
      ? certify(authority, `TEST platform for ${appId}`, alipay.publicKey, now)
      : undefined,
    notified: given.notified ?? ['TRADE_SUCCESS'],
    refundable: given.refundable ?? true,
  }
}

function digits(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('')
}

function write(books: Books, application: Application): void {
  books.run(
    'INSERT INTO alipay_applications VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    application.appId,
    application.sellerId,
    application.name,
    application.mode,
    publicText(application.appPublicKey),
    application.appPrivateKey ? privateText(application.appPrivateKey) : null,
    privateText(application.alipayKey),
    application.contentKey?.toString('base64') ?? null,
    application.appCertificate?.pem ?? null,
    application.appCertificate?.sn ?? null,
    application.alipayCertificate?.pem ?? null,
    application.alipayCertificate?.sn ?? null,
    application.notified.join(','),
    application.refundable ? 1 : 0,
  )
}

function readRow(row: Row): Application {
  const appPrivate = optionalText(row, 'app_private')
  const contentKey = optionalText(row, 'content_key')
  return {
    appId: text(row, 'app_id'),
    sellerId: text(row, 'seller_id'),
    name: text(row, 'name'),
    mode: text(row, 'mode') === 'certificate' ? 'certificate' : 'key',
    appPublicKey: createPublicKey({
      key: Buffer.from(text(row, 'app_public'), 'base64'),
      format: 'der',
      type: 'spki',
    }),
    appPrivateKey: appPrivate === undefined ? undefined : readPrivate(appPrivate),
    alipayKey: readPrivate(text(row, 'alipay_private')),
    contentKey: contentKey === undefined ? undefined : Buffer.from(contentKey, 'base64'),
    appCertificate: readCertificate(row, 'app'),
    alipayCertificate: readCertificate(row, 'alipay'),
    notified: text(row, 'notified').split(','),
    refundable: row.refundable === 1n,
  }
}

function readPrivate(base64: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'pkcs8' })
}

function readCertificate(row: Row, whose: 'app' | 'alipay'): Certificate | undefined {
  const pem = optionalText(row, `${whose}_certificate`)
  const sn = optionalText(row, `${whose}_sn`)
  return pem !== undefined && sn !== undefined ? { pem, sn } : undefined
}

/** What a merchant would copy from the console. Test keys, all of it. */
export function credentials(application: Application, authority: Authority, gateway: string) {
  return {
    test: true,
    gateway_url: gateway,
    app_id: application.appId,
    seller_id: application.sellerId,
    name: application.name,
    mode: application.mode,
    app_private_key: application.appPrivateKey && privateText(application.appPrivateKey),
    alipay_public_key: publicText(createPublicKey(application.alipayKey)),
    content_key: application.contentKey?.toString('base64'),
    app_certificate: application.appCertificate?.pem,
    alipay_certificate: application.alipayCertificate?.pem,
    root_certificate: application.mode === 'certificate' ? authority.root.pem : undefined,
  }
}
