// Apple Pay tokens made without any code of the wallet: OpenSSL signs them under the vectors'
// published test chain.

import assert from 'node:assert/strict'
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
import { readDer } from '../../src/encoding/der.ts'
import { type Keys, type MerchantKey, type Pair, vectorKeys } from './applepay-certificates.ts'
import { withFiles } from './openssl.ts'

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
