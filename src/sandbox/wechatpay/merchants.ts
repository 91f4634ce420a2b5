// Merchants of the sandbox's WeChat Pay: numbers, apps, keys, certificates and their settings.
import { createPublicKey, type KeyObject } from 'node:crypto'
import { type Books, integer, optionalText, type Row, text } from '../books.ts'
import { isObject, type JsonObject, parseObject } from '../json.ts'
import { type Certificate, certify } from './certificates.ts'
import { digits, type KeyPair, letters, newKey, pairOf, privatePem } from './crypto.ts'

/** How WeChat Pay signs: by platform certificate, by public key, or by either while it changes. */
export type Mode = 'certificate' | 'migrating' | 'public_key'
export const MODES: readonly Mode[] = ['certificate', 'migrating', 'public_key']

export type Product = 'jsapi' | 'native' | 'h5' | 'app' | 'codepay'
export const PRODUCTS: readonly Product[] = ['jsapi', 'native', 'h5', 'app', 'codepay']

export interface Apps {
  /** Official account. */
  official: string
  mini: string
  mobile: string
}

/** What can change while the merchant lives. */
export interface Settings {
  mode: Mode
  apiV3Key: string
  apiV2Key: string
  products: Product[]
  /** Hosts from which H5 payments may come. */
  h5Domains: string[]
  /** Where H5 payments must come from the address that the order named. */
  h5Address: boolean
  /** Share of notifications signed by public key while migrating, 0 to 1. */
  publicKeyShare: number
}

export interface MerchantCertificate extends Certificate {
  publicKey: KeyObject
  /** Absent where the merchant registered a key of its own. */
  privateKey?: KeyObject | undefined
}

export interface PlatformCertificate extends Certificate {
  pair: KeyPair
  /** `listed` does not sign yet, `signing` does, `old` is still listed, `retired` no more. */
  state: 'listed' | 'signing' | 'old' | 'retired'
}

export interface Merchant extends Settings {
  mchid: string
  name: string
  apps: Apps
  publicKeyId: string
  publicKey: KeyPair
}

export interface NewMerchant {
  mchid?: string | undefined
  name?: string | undefined
  apps?: Partial<Apps> | undefined
  settings?: Partial<Settings> | undefined
  /** PEM; with it the serial of the certificate it stands in. A key pair is made when absent. */
  publicKey?: string | undefined
  serial?: string | undefined
}

export interface Merchants {
  byId(mchid: string): Merchant | undefined
  byApp(appid: string): Merchant | undefined
  /** Never empty: the first question makes the first merchant. */
  list(): Merchant[]
  /** Undefined when the number is taken or the key unusable. */
  add(given: NewMerchant, now: number): Merchant | undefined
  change(mchid: string, change: Partial<Settings>): void
  /** The merchant's own certificates that are in force, oldest first. */
  certificates(mchid: string): MerchantCertificate[]
  issueCertificate(mchid: string, now: number): MerchantCertificate
  revokeCertificate(mchid: string, serial: string): void
  platformCertificates(mchid: string, now: number): PlatformCertificate[]
  /** One step of a platform certificate's rotation. */
  rotate(mchid: string, step: RotationStep, now: number): void
}

/** `issue`: a new one is listed; `use`: the newest signs; `retire`: the others leave the list. */
export type RotationStep = 'issue' | 'use' | 'retire'

const TABLES = `
  CREATE TABLE IF NOT EXISTS wechatpay_merchants (
    mchid TEXT PRIMARY KEY, name TEXT NOT NULL, official TEXT NOT NULL, mini TEXT NOT NULL,
    mobile TEXT NOT NULL, public_key_id TEXT NOT NULL, public_key TEXT NOT NULL,
    settings TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS wechatpay_merchant_certificates (
    serial TEXT NOT NULL, mchid TEXT NOT NULL, pem TEXT NOT NULL, public_key TEXT NOT NULL,
    private_key TEXT, from_at INTEGER NOT NULL, until_at INTEGER NOT NULL,
    PRIMARY KEY (mchid, serial)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS wechatpay_platform_certificates (
    serial TEXT PRIMARY KEY, mchid TEXT NOT NULL, pem TEXT NOT NULL, private_key TEXT NOT NULL,
    from_at INTEGER NOT NULL, until_at INTEGER NOT NULL, state TEXT NOT NULL
  ) STRICT;
`

/** Opens the merchants kept in the books. Keys are parsed once. */
export function openMerchants(books: Books, now: () => number): Merchants {
  books.define(TABLES)
  const known = new Map<string, Merchant>()
  const own = new Map<string, MerchantCertificate[]>()
  const platform = new Map<string, PlatformCertificate[]>()
  for (const row of books.all('SELECT * FROM wechatpay_merchants ORDER BY rowid')) {
    const merchant = readMerchant(row)
    known.set(merchant.mchid, merchant)
  }

  function certificates(mchid: string): MerchantCertificate[] {
    const kept = own.get(mchid) ?? readOwn(books, mchid)
    own.set(mchid, kept)
    return kept
  }

  function keepOwn(mchid: string, certificate: MerchantCertificate): MerchantCertificate {
    books.run(
      'INSERT INTO wechatpay_merchant_certificates VALUES (?, ?, ?, ?, ?, ?, ?)',
      certificate.serial,
      mchid,
      certificate.pem,
      certificate.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      certificate.privateKey ? privatePem(certificate.privateKey) : null,
      certificate.from,
      certificate.until,
    )
    own.delete(mchid)
    return certificate
  }

  function issueOwn(mchid: string, at: number): MerchantCertificate {
    const pair = newKey()
    const certificate = certify(books, mchid, pair.publicKey, at)
    return keepOwn(mchid, { ...certificate, ...pair })
  }

  function issuePlatform(mchid: string, at: number, state: PlatformCertificate['state']): void {
    const pair = newKey()
    const { serial, pem, from, until } = certify(
      books,
      `TEST platform ${mchid}`,
      pair.publicKey,
      at,
    )
    books.run(
      'INSERT INTO wechatpay_platform_certificates VALUES (?, ?, ?, ?, ?, ?, ?)',
      serial,
      mchid,
      pem,
      privatePem(pair.privateKey),
      from,
      until,
      state,
    )
    platform.delete(mchid)
  }

  function platformCertificates(mchid: string, at: number): PlatformCertificate[] {
    let kept = platform.get(mchid) ?? readPlatform(books, mchid)
    if (kept.length === 0) {
      issuePlatform(mchid, at, 'signing')
      kept = readPlatform(books, mchid)
    }
    platform.set(mchid, kept)
    return kept
  }

  function setState(serial: string, state: PlatformCertificate['state']): void {
    books.run(
      'UPDATE wechatpay_platform_certificates SET state = ? WHERE serial = ?',
      state,
      serial,
    )
  }

  function add(given: NewMerchant, at: number): Merchant | undefined {
    const mchid = given.mchid ?? `19${digits(8)}`
    if (!/^\d{8,10}$/.test(mchid) || known.has(mchid)) return undefined
    const registered = given.publicKey === undefined ? undefined : readPublic(given.publicKey)
    if (given.publicKey !== undefined && !registered) return undefined
    const merchant: Merchant = {
      ...DEFAULTS,
      apiV3Key: letters(32),
      apiV2Key: letters(32),
      ...given.settings,
      mchid,
      name: given.name ?? 'Qingshan Tea 青山茶铺',
      apps: { official: newAppid(), mini: newAppid(), mobile: newAppid(), ...given.apps },
      publicKeyId: `PUB_KEY_ID_01${mchid.padStart(10, '0')}${digits(16)}`,
      publicKey: newKey(),
    }
    books.atomically(() => {
      writeMerchant(books, merchant)
      if (!registered) return issueOwn(mchid, at)
      const made = certify(books, mchid, registered, at)
      return keepOwn(mchid, { ...made, serial: given.serial ?? made.serial, publicKey: registered })
    })
    known.set(mchid, merchant)
    return merchant
  }

  return {
    byId: (mchid) => known.get(mchid),
    byApp: (appid) => [...known.values()].find(({ apps }) => Object.values(apps).includes(appid)),
    list() {
      if (known.size === 0) add({}, now())
      return [...known.values()]
    },
    add,
    change(mchid, change) {
      const merchant = known.get(mchid)
      if (!merchant) return
      Object.assign(merchant, change)
      const settings = JSON.stringify(settingsOf(merchant))
      books.run('UPDATE wechatpay_merchants SET settings = ? WHERE mchid = ?', settings, mchid)
    },
    certificates,
    issueCertificate: issueOwn,
    revokeCertificate(mchid, serial) {
      books.run(
        'DELETE FROM wechatpay_merchant_certificates WHERE mchid = ? AND serial = ?',
        mchid,
        serial,
      )
      own.delete(mchid)
    },
    platformCertificates,
    rotate: (mchid, step, at) =>
      books.atomically(() => {
        const listed = platformCertificates(mchid, at).filter(({ state }) => state !== 'retired')
        const newest = listed.at(-1)
        if (step === 'issue') issuePlatform(mchid, at, 'listed')
        if (step === 'use') {
          for (const each of listed) setState(each.serial, each === newest ? 'signing' : 'old')
        }
        if (step === 'retire') {
          for (const { serial, state } of listed) if (state === 'old') setState(serial, 'retired')
        }
        platform.delete(mchid)
      }),
  }
}

const DEFAULTS: Omit<Settings, 'apiV3Key' | 'apiV2Key'> = {
  mode: 'public_key',
  products: [...PRODUCTS],
  h5Domains: ['127.0.0.1', 'localhost'],
  h5Address: false,
  publicKeyShare: 0.5,
}

function newAppid(): string {
  return `wx${[...letters(16)].map((letter) => (letter.charCodeAt(0) % 16).toString(16)).join('')}`
}

/** A merchant's RSA key of 2048 bits, or undefined (sheet section 1.1). */
function readPublic(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem)
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= 2048 ? key : undefined
  } catch {
    // Whatever the parser dislikes, it is not a key that can be registered.
    return undefined
  }
}

function settingsOf(merchant: Merchant): Settings {
  const { mode, apiV3Key, apiV2Key, products, h5Domains, h5Address, publicKeyShare } = merchant
  return { mode, apiV3Key, apiV2Key, products, h5Domains, h5Address, publicKeyShare }
}

function writeMerchant(books: Books, merchant: Merchant): void {
  books.run(
    'INSERT INTO wechatpay_merchants VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    merchant.mchid,
    merchant.name,
    merchant.apps.official,
    merchant.apps.mini,
    merchant.apps.mobile,
    merchant.publicKeyId,
    privatePem(merchant.publicKey.privateKey),
    JSON.stringify(settingsOf(merchant)),
  )
}

function readMerchant(row: Row): Merchant {
  const settings = readSettings(parseObject(text(row, 'settings')) ?? {})
  return {
    ...DEFAULTS,
    apiV3Key: '',
    apiV2Key: '',
    ...settings,
    mchid: text(row, 'mchid'),
    name: text(row, 'name'),
    apps: { official: text(row, 'official'), mini: text(row, 'mini'), mobile: text(row, 'mobile') },
    publicKeyId: text(row, 'public_key_id'),
    publicKey: pairOf(text(row, 'public_key')),
  }
}

/** The settings that `given` names and spells right; anything else is left out. */
export function readSettings(given: JsonObject): Partial<Settings> {
  const settings: Partial<Settings> = {}
  const mode = MODES.find((each) => each === given.mode)
  if (mode) settings.mode = mode
  for (const name of ['apiV3Key', 'apiV2Key'] as const) {
    const key = given[name]
    if (typeof key === 'string' && Buffer.byteLength(key) === 32) settings[name] = key
  }
  const { products, h5Domains, h5Address, publicKeyShare } = given
  if (Array.isArray(products)) {
    settings.products = PRODUCTS.filter((product) => products.includes(product))
  }
  if (Array.isArray(h5Domains)) {
    settings.h5Domains = h5Domains.filter((domain) => typeof domain === 'string')
  }
  if (typeof h5Address === 'boolean') settings.h5Address = h5Address
  if (typeof publicKeyShare === 'number' && publicKeyShare >= 0 && publicKeyShare <= 1) {
    settings.publicKeyShare = publicKeyShare
  }
  return settings
}

/** The apps that `given` names. */
export function readApps(given: unknown): Partial<Apps> {
  if (!isObject(given)) return {}
  const apps: Partial<Apps> = {}
  for (const kind of ['official', 'mini', 'mobile'] as const) {
    const appid = given[kind]
    if (typeof appid === 'string') apps[kind] = appid
  }
  return apps
}

function readOwn(books: Books, mchid: string): MerchantCertificate[] {
  return books
    .all('SELECT * FROM wechatpay_merchant_certificates WHERE mchid = ? ORDER BY rowid', mchid)
    .map((row) => {
      const kept = optionalText(row, 'private_key')
      return {
        ...readCertificate(row),
        publicKey: createPublicKey(text(row, 'public_key')),
        privateKey: kept === undefined ? undefined : pairOf(kept).privateKey,
      }
    })
}

function readPlatform(books: Books, mchid: string): PlatformCertificate[] {
  return books
    .all('SELECT * FROM wechatpay_platform_certificates WHERE mchid = ? ORDER BY rowid', mchid)
    .map((row) => {
      const state = text(row, 'state')
      return {
        ...readCertificate(row),
        pair: pairOf(text(row, 'private_key')),
        state: state === 'listed' || state === 'signing' || state === 'old' ? state : 'retired',
      }
    })
}

function readCertificate(row: Row): Certificate {
  return {
    serial: text(row, 'serial'),
    pem: text(row, 'pem'),
    from: integer(row, 'from_at'),
    until: integer(row, 'until_at'),
  }
}
