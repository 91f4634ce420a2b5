// Google Pay tokens sealed without any code of the wallet: WebCrypto encrypts, the OpenSSL program
// signs.

import assert from 'node:assert/strict'
import { randomBytes, webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { withFiles } from './openssl.ts'

interface KeyPair {
  public_spki_b64: string
  private_pkcs8_b64: string
}

export interface Keys {
  root_key_sets: Record<'default' | 'rotated' | 'only_b' | 'expired', object>
  root_keys: Record<'root_a' | 'root_b' | 'rogue', KeyPair>
  intermediate_keys: Record<'int_1' | 'int_rogue', KeyPair>
  recipient_keys: Record<
    'm1' | 'm1_old' | 'm2',
    { private_key_pem: string; public_uncompressed_b64: string }
  >
}

const keysFile = new URL('../vectors/googlepay/keys.json', import.meta.url)
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
  const message = Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text)
      return [Buffer.from(Uint32Array.of(bytes.length).buffer), bytes]
    }),
  )
  const files = { message, 'key.der': Buffer.from(private_pkcs8_b64, 'base64') }
  const { status, stdout } = withFiles(files, (run) =>
    run('dgst', '-sha256', '-sign', 'key.der', '-keyform', 'DER', 'message'),
  )
  assert.equal(status, 0)
  return stdout.toString('base64')
}
