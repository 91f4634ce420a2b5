// Apple Pay tokens and validation addresses against the vectors in ./applepay: four tokens that
// Apple signed, and generated ones that OpenSSL verified and Ruby libraries decrypted.

import assert from 'node:assert/strict'
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  X509Certificate,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parseJson, parseJsonObject } from '../../src/encoding/json.ts'
import { APPLE_ROOT_CA_G3 } from '../../src/wallets/applepay/apple-root.ts'
import {
  belongsTo,
  merchantIdHashOf,
  publicKeyHashOf,
} from '../../src/wallets/applepay/certificates.ts'
import {
  chooseKey,
  decryptToken,
  deriveKey,
  otherInfo,
  type ProcessingKey,
} from '../../src/wallets/applepay/decrypt.ts'
import {
  matchApplicationData,
  matchOrder,
  readPayload,
} from '../../src/wallets/applepay/payload.ts'
import { TokenRefused } from '../../src/wallets/applepay/refusal.ts'
import { signedBytesOf, verifySignature } from '../../src/wallets/applepay/signature.ts'
import {
  readPaymentData,
  readSheetToken,
  type TokenVersion,
} from '../../src/wallets/applepay/token.ts'
import { isValidationUrl } from '../../src/wallets/applepay/validation-url.ts'

function load<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`applepay/${file}.json`, import.meta.url), 'utf8'))
}

interface MerchantKey {
  merchant_identifier: string
  version: TokenVersion
  certificate_pem: string
  private_key_pem: string
  public_key_hash_b64: string
  merchant_id_sha256_hex: string
}

interface Keys {
  trust_roots: Record<string, { certificate_pem: string }>
  merchant_keys: Record<string, MerchantKey>
}

interface TokenVector {
  id: string
  description: string
  now_epoch_s: number
  policy: { max_age_s: number; max_future_skew_s: number }
  trust_root: string
  merchant_keys: string[]
  order: { currency: string; amount_minor: number; application_data_b64?: string }
  seen_transaction_ids: string[]
  token: object
  expect: {
    result: 'accept' | 'reject'
    stage?: string
    plaintext_utf8?: string
    derived?: Record<string, string | number>
  }
}

interface Published {
  apple_root_ca_g3_pem: string
  apple_root_ca_g3_sha256_fingerprint: string
  vectors: {
    id: string
    now_epoch_s: number
    token: object
    outer: { transactionIdentifier?: string }
    processing_certificate_pem: string
    private_key_pem: string
    signed_bytes_sha256_hex: string
    expect: { decrypted: Record<string, unknown> }
  }[]
}

const keys = load<Keys>('keys')

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined)
  return value
}

function processingKey(
  certificate: string,
  privateKey: string,
  version: TokenVersion,
): ProcessingKey {
  const parsed = new X509Certificate(certificate)
  return {
    version,
    publicKeyHash: publicKeyHashOf(parsed),
    merchantIdHash: must(merchantIdHashOf(parsed)),
    privateKey: createPrivateKey(privateKey),
  }
}

const keyOf = (name: string) => {
  const { certificate_pem, private_key_pem, version } = must(keys.merchant_keys[name])
  return processingKey(certificate_pem, private_key_pem, version)
}

/** The stage that refuses the token, or its plaintext: every step in the product's order. */
function run(vector: TokenVector): { stage: string } | { plaintext: string } {
  try {
    const token = readPaymentData(parseJson(JSON.stringify(vector.token)))
    verifySignature(token, {
      root: new X509Certificate(must(keys.trust_roots[vector.trust_root]).certificate_pem),
      now: vector.now_epoch_s * 1000,
      maxAgeMs: vector.policy.max_age_s * 1000,
      maxAheadMs: vector.policy.max_future_skew_s * 1000,
      sandboxSigner: false,
    })
    const plaintext = decryptToken(token, chooseKey(token, vector.merchant_keys.map(keyOf)))
    const payload = readPayload(plaintext)
    // Only payments knows which tokens were taken: a wallet names a token's identity.
    if (vector.seen_transaction_ids.includes(token.transactionId)) return { stage: 'replay' }
    const { currency, amount_minor, application_data_b64: data } = vector.order
    matchOrder(payload, { amount: BigInt(amount_minor), currency })
    matchApplicationData(token, data === undefined ? undefined : Buffer.from(data, 'base64'))
    return { plaintext: plaintext.toString() }
  } catch (error) {
    assert.ok(error instanceof TokenRefused, String(error))
    return { stage: error.stage }
  }
}

for (const file of ['tokens_ec', 'tokens_rsa']) {
  describe(file, () => {
    for (const vector of load<TokenVector[]>(file)) {
      test(`${vector.id}: ${vector.description}`, () => {
        const { result, stage, plaintext_utf8 } = vector.expect
        assert.deepEqual(
          run(vector),
          result === 'accept' ? { plaintext: plaintext_utf8 } : { stage },
        )
      })
    }
  })
}

describe('steps', () => {
  for (const { id, token: data, expect, merchant_keys } of [
    ...load<TokenVector[]>('tokens_ec'),
    ...load<TokenVector[]>('tokens_rsa'),
  ]) {
    const { derived } = expect
    if (derived === undefined) continue
    test(`${id}: signed bytes and keys are those of other implementations`, () => {
      const token = readPaymentData(parseJson(JSON.stringify(data)))
      const bytes = signedBytesOf(token)
      assert.equal(bytes.length, derived.signed_bytes_length)
      const digest = createHash('sha256').update(bytes).digest('hex')
      assert.equal(digest, derived.signed_bytes_sha256_hex)
      if (derived.shared_secret_hex === undefined) return
      const key = chooseKey(token, merchant_keys.map(keyOf))
      const publicKey = createPublicKey({ key: token.keyMaterial, format: 'der', type: 'spki' })
      const secret = diffieHellman({ privateKey: must(key.privateKey), publicKey })
      assert.equal(secret.toString('hex'), derived.shared_secret_hex)
      assert.equal(otherInfo(key.merchantIdHash).toString('hex'), derived.kdf_other_info_hex)
      assert.equal(deriveKey(secret, key.merchantIdHash).toString('hex'), derived.symmetric_key_hex)
    })
  }
})

describe('merchant certificates', () => {
  for (const [name, key] of Object.entries(keys.merchant_keys)) {
    test(`${name}: hash of the key, hash of the merchant id, owner`, () => {
      const certificate = new X509Certificate(key.certificate_pem)
      assert.equal(publicKeyHashOf(certificate).toString('base64'), key.public_key_hash_b64)
      assert.equal(merchantIdHashOf(certificate)?.toString('hex'), key.merchant_id_sha256_hex)
      assert.equal(belongsTo(certificate, key.merchant_identifier), true)
      assert.equal(belongsTo(certificate, `${key.merchant_identifier}x`), false)
    })
  }
})

describe('tokens that Apple signed', () => {
  const published = load<Published>('published')

  test('the built-in root is the published one', () => {
    assert.equal(
      APPLE_ROOT_CA_G3.fingerprint256.replaceAll(':', ''),
      published.apple_root_ca_g3_sha256_fingerprint,
    )
    assert.ok(APPLE_ROOT_CA_G3.raw.equals(new X509Certificate(published.apple_root_ca_g3_pem).raw))
  })

  for (const vector of published.vectors) {
    const text = JSON.stringify({ paymentData: vector.token, ...vector.outer })
    const policy = {
      root: APPLE_ROOT_CA_G3,
      now: vector.now_epoch_s * 1000,
      maxAgeMs: 300_000,
      maxAheadMs: 300_000,
      sandboxSigner: true,
    }

    test(`${vector.id} is verified and decrypted`, () => {
      const { token } = readSheetToken(text)
      assert.equal(verifySignature(token, policy), vector.now_epoch_s * 1000)
      const digest = createHash('sha256').update(signedBytesOf(token)).digest('hex')
      assert.equal(digest, vector.signed_bytes_sha256_hex)
      const { transactionIdentifier = token.transactionId } = vector.outer
      assert.equal(token.transactionId, transactionIdentifier.toLowerCase())
      const { processing_certificate_pem, private_key_pem } = vector
      const key = processingKey(processing_certificate_pem, private_key_pem, token.version)
      const plaintext = decryptToken(token, chooseKey(token, [key]))
      assert.deepEqual(parseJsonObject(plaintext.toString()), vector.expect.decrypted)
      const payload = readPayload(plaintext)
      assert.equal(payload.number, vector.expect.decrypted.applicationPrimaryAccountNumber)
      matchOrder(payload, { amount: 100n, currency: 'USD' })
    })

    test(`${vector.id} is refused when it is old, and under another root`, () => {
      const { token } = readSheetToken(text)
      assert.throws(
        () => verifySignature(token, { ...policy, now: policy.now + 300_001 }),
        (error) => error instanceof TokenRefused && error.stage === 'signing_time',
      )
      const root = new X509Certificate(must(keys.trust_roots.test_root).certificate_pem)
      assert.throws(
        () => verifySignature(token, { ...policy, root }),
        (error) => error instanceof TokenRefused && error.stage === 'chain',
      )
    })
  }
})

describe('validation addresses', () => {
  interface UrlVector {
    id: string
    url: string
    environment: 'production' | 'sandbox'
    expect: 'allow' | 'deny'
  }
  for (const { id, url, environment, expect } of load<UrlVector[]>('validation_urls')) {
    test(`${expect} ${id}`, () => {
      assert.equal(isValidationUrl(url, environment), expect === 'allow')
    })
  }
})
