// For tests only: tokens that OpenSSL signs under the vectors' published test root, the accounts that
// they are for, and ports that answer from a script.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  constants,
  createCipheriv,
  createECDH,
  createHash,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readDer } from '../../encoding/der.ts'
import { NetworkError, type OutgoingAnswer, type OutgoingRequest, type Ports } from '../../ports.ts'
import type { AttemptOrder } from '../wallet.ts'

interface Pair {
  certificate_pem: string
  private_key_pem: string
}

interface MerchantKey extends Pair {
  merchant_identifier: string
  version: 'EC_v1' | 'RSA_v1'
}

interface Keys {
  trust_roots: Record<'test_root' | 'untrusted_root', { certificate_pem: string }>
  intermediate: Pair
  leaf_ecc: Pair
  leaf_rsa: Pair
  root_private_key_pem: string
  merchant_keys: Record<'m1' | 'm1_old' | 'm2' | 'm1_rsa', MerchantKey>
}

const keysFile = new URL('../../../test/vectors/applepay/keys.json', import.meta.url)
export const vectorKeys: Keys = JSON.parse(readFileSync(keysFile, 'utf8'))

export const MERCHANT_ID = vectorKeys.merchant_keys.m1.merchant_identifier
export const ROOT_PEM = vectorKeys.trust_roots.test_root.certificate_pem

export interface TokenWish {
  /** The JSON under encryption. */
  plaintext: string
  recipient?: keyof Keys['merchant_keys']
  leaf?: 'leaf_ecc' | 'leaf_rsa'
  applicationData?: Uint8Array
  /** BER with indefinite lengths, as Apple's own; else DER. */
  indefinite?: boolean
  transactionId?: string
  /** Another chain than the vectors'; the intermediate's PEM may hold more certificates. */
  chain?: { leaf: Pair; intermediate: string }
  /** More words for `openssl cms -sign`. */
  words?: readonly string[]
}

export interface MadeToken {
  /** What the sheet hands out, as the page posts it. */
  text: string
  paymentData: PaymentDataJson
}

interface PaymentDataJson {
  version: 'EC_v1' | 'RSA_v1'
  data: string
  signature: string
  header: {
    publicKeyHash: string
    transactionId: string
    ephemeralPublicKey?: string
    wrappedKey?: string
    applicationData?: string
  }
}

/** A token whose CMS is OpenSSL's, signed now. */
export function makeToken(wish: TokenWish): MadeToken {
  const recipient = vectorKeys.merchant_keys[wish.recipient ?? 'm1']
  const spki = new X509Certificate(recipient.certificate_pem).publicKey.export({
    type: 'spki',
    format: 'der',
  })
  const { data, material } = (recipient.version === 'EC_v1' ? sealEc : sealRsa)(recipient, wish)
  const transactionId = wish.transactionId ?? randomBytes(32).toString('hex')
  const applicationData =
    wish.applicationData && createHash('sha256').update(wish.applicationData).digest('hex')
  const content = Buffer.concat([
    material,
    data,
    Buffer.from(transactionId, 'hex'),
    Buffer.from(applicationData ?? '', 'hex'),
  ])
  const name = recipient.version === 'EC_v1' ? 'ephemeralPublicKey' : 'wrappedKey'
  const paymentData: PaymentDataJson = {
    version: recipient.version,
    data: data.toString('base64'),
    signature: signCms(content, wish).toString('base64'),
    header: {
      [name]: material.toString('base64'),
      publicKeyHash: createHash('sha256').update(spki).digest('base64'),
      transactionId,
      ...(applicationData !== undefined && { applicationData }),
    },
  }
  return { text: sheetText(paymentData), paymentData }
}

export function sheetText(paymentData: object): string {
  return JSON.stringify({
    paymentData,
    paymentMethod: { displayName: 'Visa 4242', network: 'Visa', type: 'credit' },
    transactionIdentifier: 'not signed',
  })
}

/** What a device writes into a token. */
export function plaintextOf(more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    applicationPrimaryAccountNumber: '4242424242424242',
    applicationExpirationDate: '291231',
    currencyCode: '840',
    transactionAmount: 1099,
    deviceManufacturerIdentifier: '040010030273',
    paymentDataType: '3DSecure',
    paymentData: { onlinePaymentCryptogram: CRYPTOGRAM, eciIndicator: '7' },
    ...more,
  })
}

export const CARD_NUMBER = '4242424242424242'
export const CRYPTOGRAM = '35u/22Do7hFY0911fs/3lHoB/D0='

interface Sealed {
  data: Buffer
  material: Buffer
}

function sealEc({ certificate_pem, merchant_identifier }: MerchantKey, wish: TokenWish): Sealed {
  const spki = new X509Certificate(certificate_pem).publicKey.export({
    type: 'spki',
    format: 'der',
  })
  const ephemeral = createECDH('prime256v1')
  const point = ephemeral.generateKeys()
  const secret = ephemeral.computeSecret(spki.subarray(-65))
  const info = Buffer.concat([
    Buffer.from('\x0did-aes256-GCMApple', 'latin1'),
    createHash('sha256').update(merchant_identifier).digest(),
  ])
  const key = createHash('sha256')
    .update(Buffer.concat([Buffer.from('00000001', 'hex'), secret, info]))
    .digest()
  const material = Buffer.concat([spki.subarray(0, -65), point])
  return { data: seal('aes-256-gcm', key, wish.plaintext), material }
}

function sealRsa({ certificate_pem }: MerchantKey, wish: TokenWish): Sealed {
  const key = randomBytes(16)
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const to = createPublicKey(certificate_pem)
  const material = publicEncrypt({ key: to, padding, oaepHash: 'sha256' }, key)
  return { data: seal('aes-128-gcm', key, wish.plaintext), material }
}

function seal(name: 'aes-128-gcm' | 'aes-256-gcm', key: Buffer, plaintext: string): Buffer {
  const cipher = createCipheriv(name, key, Buffer.alloc(16))
  return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

function signCms(
  content: Buffer,
  { leaf = 'leaf_ecc', indefinite = true, chain, words = [] }: TokenWish,
): Buffer {
  const pair = chain?.leaf ?? vectorKeys[leaf]
  const { stdout } = withFiles(
    {
      content,
      'leaf.pem': pair.certificate_pem,
      'leaf.key': pair.private_key_pem,
      'other.pem': vectorKeys.leaf_rsa.certificate_pem,
      'other.key': vectorKeys.leaf_rsa.private_key_pem,
      'intermediate.pem': chain?.intermediate ?? vectorKeys.intermediate.certificate_pem,
    },
    (run) =>
      run(
        ...['cms', '-sign', '-binary', '-in', 'content', '-md', 'sha256', '-nosmimecap'],
        ...['-signer', 'leaf.pem', '-inkey', 'leaf.key', '-certfile', 'intermediate.pem'],
        ...['-outform', 'DER', ...words],
      ),
  )
  return indefinite ? asApple(stdout) : stdout
}

interface CertificateWish {
  issuer: Pair
  name: string
  /** Lines of an OpenSSL extension section. */
  extensions: readonly string[]
  /** `YYYYMMDDHHMMSSZ`. */
  from?: string
  to?: string
}

/** A certificate with a new P-256 key, issued by `issuer`. */
export function issue({ issuer, name, extensions, from, to }: CertificateWish): Pair {
  const config = [
    ...['[ca]', 'default_ca=x', '[x]', 'database=index', 'new_certs_dir=.', 'rand_serial=yes'],
    ...['default_md=sha256', 'policy=p', 'unique_subject=no', '[p]', 'commonName=supplied'],
    ...['[e]', ...extensions],
  ].join('\n')
  const files = {
    'ca.pem': issuer.certificate_pem,
    'ca.key': issuer.private_key_pem,
    config,
    index: '',
  }
  let key = ''
  const { stdout } = withFiles(files, (run) => {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    run('req', '-new', ...curve, '-subj', `/CN=${name}`, '-keyout', 'key', '-out', 'csr')
    key = run('pkey', '-in', 'key').stdout.toString()
    return run(
      ...[
        'ca',
        '-batch',
        '-config',
        'config',
        '-in',
        'csr',
        '-cert',
        'ca.pem',
        '-keyfile',
        'ca.key',
      ],
      ...['-extensions', 'e', '-notext', '-preserveDN'],
      ...['-startdate', from ?? '20240101000000Z', '-enddate', to ?? '20340101000000Z'],
    )
  })
  const certificate_pem = stdout.toString()
  assert.match(certificate_pem, /BEGIN CERTIFICATE/)
  return { certificate_pem, private_key_pem: key }
}

/** The same structure with the lengths that Apple leaves open: all of the envelope's. */
function asApple(der: Buffer): Buffer {
  const inside = (bytes: Uint8Array) => readDer(bytes) ?? []
  const [info] = inside(der)
  const [type, explicit] = inside(info?.content ?? der)
  const [signedData] = inside(explicit?.content ?? der)
  const parts = inside(signedData?.content ?? der).map(({ tag, content }) =>
    // Algorithms and signers stay as they are; content info and certificates do not.
    tag === 0x30 || tag === 0xa0 ? open(tag, content) : closed(tag, content),
  )
  assert.ok(type && parts.length > 3)
  const body = open(0x30, Buffer.concat(parts))
  return open(0x30, Buffer.concat([closed(type.tag, type.content), open(0xa0, body)]))
}

function open(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag, 0x80), content, Buffer.of(0, 0)])
}

function closed(tag: number, content: Uint8Array): Buffer {
  const size = content.length
  const length = size < 128 ? [size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), content])
}

/** Whether OpenSSL finds the signature right over `content`, under the vectors' root. */
export function opensslVerifies(signature: Buffer, content: Buffer, atMs: number): boolean {
  const { status } = withFiles({ content, signature, 'root.pem': ROOT_PEM }, (run) =>
    run(
      ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', 'signature'],
      ...['-content', 'content', '-CAfile', 'root.pem', '-purpose', 'any', '-out', 'out'],
      ...['-attime', String(Math.floor(atMs / 1000))],
    ),
  )
  return status === 0
}

interface Ran {
  status: number | null
  stdout: Buffer
}

function withFiles(
  files: Record<string, string | Buffer>,
  use: (run: (...words: string[]) => Ran) => Ran,
): Ran {
  const cwd = mkdtempSync(join(tmpdir(), 'tongbao-applepay-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content)
    return use((...words) => spawnSync('openssl', words, { cwd }))
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

/** A certificate as Apple would issue it to `merchantId`, self-signed, and its key. */
export function makeIdentity(
  merchantId: string,
  { days = 700, address }: { days?: number; address?: string } = {},
): Pair {
  const cwd = mkdtempSync(join(tmpdir(), 'tongbao-applepay-'))
  const hash = createHash('sha256').update(merchantId).digest('hex').toUpperCase()
  try {
    const { status, stderr } = spawnSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', String(days)],
        ...['-subj', `/UID=${merchantId}/CN=Apple Pay Merchant Identity:${merchantId}`],
        ...['-addext', `1.2.840.113635.100.6.32=ASN1:UTF8String:${hash}`],
        ...(address ? ['-addext', `subjectAltName=IP:${address}`] : []),
        ...['-keyout', 'key', '-out', 'crt'],
      ],
      { cwd, encoding: 'utf8' },
    )
    assert.equal(status, 0, stderr)
    const read = (name: string) => readFileSync(join(cwd, name), 'utf8')
    return { certificate_pem: read('crt'), private_key_pem: read('key') }
  } finally {
    rmSync(cwd, { recursive: true })
  }
}

type Step = OutgoingAnswer | NetworkError | ((request: OutgoingRequest) => OutgoingAnswer)

export interface Script {
  ports: Ports
  sent: OutgoingRequest[]
  /** Everything that was logged. */
  logged: unknown[]
  clock: { time: number }
}

/** Ports whose network gives these answers in their order. */
export function script(...steps: Step[]): Script {
  const sent: OutgoingRequest[] = []
  const logged: unknown[] = []
  const clock = { time: Date.now() }
  const keep = (...words: unknown[]) => void logged.push(words)
  const ports: Ports = {
    clock: { now: () => clock.time },
    random: { bytes: (size) => randomBytes(size) },
    log: { debug: keep, info: keep, warn: keep, error: keep },
    network: {
      async send(request) {
        const step = steps[sent.length]
        sent.push(request)
        assert.ok(step, `no answer prepared for ${request.url}`)
        if (step instanceof NetworkError) throw step
        return typeof step === 'function' ? step(request) : step
      },
    },
  }
  return { ports, sent, logged, clock }
}

export function json(body: object, status = 200): OutgoingAnswer {
  return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) }
}

/** The fields of a test account that trusts the vectors' root; Adyen charges. */
export function fieldsOf(more: Record<string, string> = {}): Record<string, string> {
  return {
    merchant_id: MERCHANT_ID,
    environment: 'test',
    mode: 'acquirer_decrypts',
    domains: 'pay.example.com, shop.example.com',
    gateway: 'https://apple.sandbox.example.com',
    root_certificate: ROOT_PEM,
    acquirer: 'adyen',
    acquirer_merchant_account: 'ShopECOM',
    acquirer_environment: 'test',
    acquirer_api_key: 'AQExample',
    acquirer_hmac_keys: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
    acquirer_base_url: 'https://adyen.sandbox.example.com/v72',
    ...more,
  }
}

export function directFields(more: Record<string, string> = {}): Record<string, string> {
  const { m1, m1_old } = vectorKeys.merchant_keys
  return fieldsOf({
    mode: 'direct',
    pci_scope_accepted: 'true',
    processing_certificate: m1.certificate_pem + m1_old.certificate_pem,
    processing_key: m1_old.private_key_pem + m1.private_key_pem,
    ...more,
  })
}

export function orderOf(more: Partial<AttemptOrder> = {}): AttemptOrder {
  return {
    paymentId: 'pay_1',
    walletReference: 'TB20270101000001',
    surface: 'desktop',
    money: { amount: 1_099n, currency: 'USD' },
    title: 'Coffee beans 1kg',
    expiresAt: Date.now() + 15 * 60_000,
    notifyUrl: 'https://pay.example.com/notify/applepay/wac_1',
    returnUrl: 'https://pay.example.com/pay/return/1',
    quitUrl: 'https://shop.example.com/cart',
    ...more,
  }
}

/** What Adyen answers when the issuer agreed. */
export function authorised(order: AttemptOrder): OutgoingAnswer {
  return json({
    pspReference: 'QFQTPCQ8HXSKGK82',
    resultCode: 'Authorised',
    merchantReference: order.walletReference,
    amount: { currency: order.money.currency, value: Number(order.money.amount) },
  })
}
