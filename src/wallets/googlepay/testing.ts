// For tests only: tokens sealed without any code of the wallet (WebCrypto encrypts, the OpenSSL
// program signs) and ports that answer from a script.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes, webcrypto } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NetworkError, type OutgoingAnswer, type OutgoingRequest, type Ports } from '../../ports.ts'
import type { AttemptOrder } from '../wallet.ts'

interface KeyPair {
  public_spki_b64: string
  private_pkcs8_b64: string
}

interface Keys {
  root_key_sets: Record<'default' | 'rotated' | 'only_b' | 'expired', object>
  root_keys: Record<'root_a' | 'root_b' | 'rogue', KeyPair>
  intermediate_keys: Record<'int_1' | 'int_rogue', KeyPair>
  recipient_keys: Record<
    'm1' | 'm1_old' | 'm2',
    { private_key_pem: string; public_uncompressed_b64: string }
  >
}

const keysFile = new URL('../../../test/vectors/googlepay/keys.json', import.meta.url)
export const vectorKeys: Keys = JSON.parse(readFileSync(keysFile, 'utf8'))

/** When the vectors' root keys are valid: 2026-11-22T12:00:00Z. */
export const NOW = 1_795_348_800_000
export const RECIPIENT = 'merchant:12345678901234567890'
export const CARD_NUMBER = '4111111111111111'
export const CRYPTOGRAM = 'KresKlRzTiIgYQ/ztsM2zeAobPE='

export interface TokenWish {
  /** The JSON under encryption. */
  plaintext: string
  recipient?: keyof Keys['recipient_keys']
  recipientId?: string
  root?: keyof Keys['root_keys']
  intermediate?: keyof Keys['intermediate_keys']
  keyExpiration?: number
}

/** What Google's server writes into a token. */
export function plaintextOf(details: Record<string, unknown> = {}, more: object = {}): string {
  return JSON.stringify({
    messageExpiration: String(NOW + 7 * 86_400_000),
    messageId: randomBytes(24).toString('base64url'),
    paymentMethod: 'CARD',
    paymentMethodDetails: {
      pan: CARD_NUMBER,
      expirationMonth: 12,
      expirationYear: 2029,
      authMethod: 'CRYPTOGRAM_3DS',
      cryptogram: CRYPTOGRAM,
      eciIndicator: '05',
      ...details,
    },
    ...more,
  })
}

/** A token as Google's sheet hands it out, `=` written as six characters in the nested texts. */
export async function makeToken(wish: TokenWish): Promise<string> {
  const intermediate = vectorKeys.intermediate_keys[wish.intermediate ?? 'int_1']
  const root = vectorKeys.root_keys[wish.root ?? 'root_a']
  const signedKey = nested({
    keyValue: intermediate.public_spki_b64,
    keyExpiration: String(wish.keyExpiration ?? NOW + 86_400_000),
  })
  const signedMessage = nested(await encrypt(wish))
  const { recipientId = RECIPIENT } = wish
  return JSON.stringify({
    signature: opensslSign(intermediate, ['Google', recipientId, 'ECv2', signedMessage]),
    intermediateSigningKey: {
      signedKey,
      signatures: [opensslSign(root, ['Google', 'ECv2', signedKey])],
    },
    protocolVersion: 'ECv2',
    signedMessage,
  })
}

function nested(members: object): string {
  return JSON.stringify(members).replaceAll('=', '\\u003d')
}

async function encrypt({ plaintext, recipient = 'm1' }: TokenWish) {
  const { subtle } = webcrypto
  const curve = { name: 'ECDH', namedCurve: 'P-256' }
  const point = Buffer.from(vectorKeys.recipient_keys[recipient].public_uncompressed_b64, 'base64')
  const to = await subtle.importKey('raw', point, curve, false, [])
  const own = await subtle.generateKey(curve, true, ['deriveBits'])
  const ephemeral = Buffer.from(await subtle.exportKey('raw', own.publicKey))
  const secret = await subtle.deriveBits({ name: 'ECDH', public: to }, own.privateKey, 256)
  const ikm = Buffer.concat([ephemeral, Buffer.from(secret)])
  const base = await subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits'])
  const hkdf = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(),
    info: Buffer.from('Google'),
  }
  const derived = Buffer.from(await subtle.deriveBits(hkdf, base, 512))
  const aes = await subtle.importKey('raw', derived.subarray(0, 32), 'AES-CTR', false, ['encrypt'])
  const counter = { name: 'AES-CTR', counter: new Uint8Array(16), length: 128 }
  const sealed = Buffer.from(await subtle.encrypt(counter, aes, Buffer.from(plaintext)))
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const mac = await subtle.importKey('raw', derived.subarray(32), hmac, false, ['sign'])
  const tag = Buffer.from(await subtle.sign('HMAC', mac, sealed))
  return {
    encryptedMessage: sealed.toString('base64'),
    ephemeralPublicKey: ephemeral.toString('base64'),
    tag: tag.toString('base64'),
  }
}

function opensslSign({ private_pkcs8_b64 }: KeyPair, texts: readonly string[]): string {
  const cwd = mkdtempSync(join(tmpdir(), 'tongbao-googlepay-'))
  try {
    writeFileSync(join(cwd, 'key.der'), Buffer.from(private_pkcs8_b64, 'base64'))
    const input = Buffer.concat(
      texts.flatMap((text) => {
        const bytes = Buffer.from(text)
        return [Buffer.from(Uint32Array.of(bytes.length).buffer), bytes]
      }),
    )
    const words = ['dgst', '-sha256', '-sign', 'key.der', '-keyform', 'DER']
    const { status, stdout, stderr } = spawnSync('openssl', words, { cwd, input })
    assert.equal(status, 0, String(stderr))
    return stdout.toString('base64')
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
  const clock = { time: NOW }
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

/** keys.json as Google serves it. */
export function rootsAnswer(
  set: keyof Keys['root_key_sets'] = 'default',
  headers: Record<string, string> = { 'cache-control': 'private, max-age=3600' },
): OutgoingAnswer {
  const body = Buffer.from(JSON.stringify(vectorKeys.root_key_sets[set]))
  return { status: 200, headers, body }
}

export const ROOTS_URL = 'https://google.sandbox.example.com/keys.json'

/** The fields of a test account; Adyen charges. */
export function fieldsOf(more: Record<string, string> = {}): Record<string, string> {
  return {
    environment: 'test',
    mode: 'acquirer_decrypts',
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
  const { m1, m1_old } = vectorKeys.recipient_keys
  return fieldsOf({
    mode: 'direct',
    pci_scope_accepted: 'true',
    private_keys: m1.private_key_pem + m1_old.private_key_pem,
    root_keys_url: ROOTS_URL,
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
    expiresAt: NOW + 15 * 60_000,
    notifyUrl: 'https://pay.example.com/notify/googlepay/wac_1',
    returnUrl: 'https://pay.example.com/pay/return/1',
    quitUrl: 'https://shop.example.com/cart',
    ...more,
  }
}

export function json(body: object, status = 200): OutgoingAnswer {
  return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) }
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
