// Google Pay tokens against the vectors in ./googlepay: tokens that Google signed for its test
// environment, and generated ones that Google's own Tink sealed or read.

import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { decryptMessage, deriveKeys, publicPointOf } from '../../src/wallets/googlepay/decrypt.ts'
import { checkMessage, type Payload, readPayload } from '../../src/wallets/googlepay/payload.ts'
import { TokenRefused } from '../../src/wallets/googlepay/refusal.ts'
import { type RootKey, readRootKeys } from '../../src/wallets/googlepay/root-keys.ts'
import {
  keyBytesOf,
  messageBytesOf,
  verifySignature,
} from '../../src/wallets/googlepay/signature.ts'
import { readSignedMessage, readToken } from '../../src/wallets/googlepay/token.ts'

function load<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`googlepay/${file}.json`, import.meta.url), 'utf8'))
}

interface Keys {
  root_key_sets: Record<string, object>
  recipient_keys: Record<string, { private_key_pem: string; public_uncompressed_b64: string }>
}

interface TokenVector {
  id: string
  description: string
  now_epoch_ms: number
  recipient_id: string
  root_keys: string
  recipient_keys: string[]
  seen_message_ids: string[]
  policy?: { gateway_merchant_id?: string }
  token: string
  expect: {
    result: 'accept' | 'reject'
    stage?: string
    plaintext_utf8?: string
    auth_method?: string
    needs_3ds?: boolean
    derived?: Record<string, string>
  }
}

interface Published {
  google_test_root_keys: object
  vectors: {
    id: string
    now_epoch_ms?: number
    recipient_id: string
    root_keys?: object
    private_key_pem?: string
    private_key_pkcs8_b64?: string
    token: string
    expect: { result: string; stage?: string; plaintext_utf8?: string }
  }[]
}

const keys = load<Keys>('keys')

function must<T>(value: T | undefined): T {
  assert.ok(value !== undefined)
  return value
}

const rootsOf = (set: object): RootKey[] => must(readRootKeys(JSON.stringify(set)))
const privateKeyOf = (name: string) =>
  createPrivateKey(must(keys.recipient_keys[name]).private_key_pem)

interface Setting {
  token: string
  roots: RootKey[]
  recipientId: string
  privateKeys: ReturnType<typeof privateKeyOf>[]
  now: number
  gatewayMerchantId?: string
  seen: string[]
}

/** The stage that refuses the token, or what it holds: every step in the product's order. */
function run(setting: Setting): { stage: string } | { plaintext: string; payload: Payload } {
  try {
    const token = readToken(setting.token)
    verifySignature(token, setting)
    const plaintext = decryptMessage(readSignedMessage(token.signedMessage), setting.privateKeys)
    const payload = readPayload(plaintext)
    checkMessage(payload, setting)
    // Only payments knows which tokens were taken: a wallet names a token's identity.
    if (setting.seen.includes(payload.messageId)) return { stage: 'replay' }
    return { plaintext: plaintext.toString(), payload }
  } catch (error) {
    assert.ok(error instanceof TokenRefused, String(error))
    return { stage: error.stage }
  }
}

describe('tokens_ecv2', () => {
  for (const vector of load<TokenVector[]>('tokens_ecv2')) {
    test(`${vector.id}: ${vector.description}`, () => {
      const gatewayMerchantId = vector.policy?.gateway_merchant_id
      const result = run({
        token: vector.token,
        roots: rootsOf(must(keys.root_key_sets[vector.root_keys])),
        recipientId: vector.recipient_id,
        privateKeys: vector.recipient_keys.map(privateKeyOf),
        now: vector.now_epoch_ms,
        seen: vector.seen_message_ids,
        ...(gatewayMerchantId === undefined ? {} : { gatewayMerchantId }),
      })
      const { expect } = vector
      if (expect.result === 'reject') return assert.deepEqual(result, { stage: expect.stage })
      assert.ok('payload' in result, JSON.stringify(result))
      assert.equal(result.plaintext, expect.plaintext_utf8)
      assert.equal(result.payload.auth.method, expect.auth_method)
      assert.equal(result.payload.auth.method === 'PAN_ONLY', expect.needs_3ds)
    })

    const { derived } = vector.expect
    if (derived === undefined) continue
    test(`${vector.id}: signed bytes and keys are those of another implementation`, () => {
      const token = readToken(vector.token)
      assert.equal(keyBytesOf(token).toString('hex'), derived.signed_key_bytes_hex)
      assert.equal(
        messageBytesOf(token, vector.recipient_id).toString('hex'),
        derived.signed_message_bytes_hex,
      )
      const { ephemeralPublicKey } = readSignedMessage(token.signedMessage)
      const secret = Buffer.from(must(derived.shared_secret_hex), 'hex')
      const { aesKey, macKey } = deriveKeys(ephemeralPublicKey, secret)
      assert.equal(aesKey.toString('hex'), derived.aes_key_hex)
      assert.equal(macKey.toString('hex'), derived.mac_key_hex)
      const ikm = Buffer.concat([ephemeralPublicKey, secret]).toString('hex')
      assert.equal(ikm, derived.ikm_hex)
    })
  }
})

test('our public key is named by its uncompressed point', () => {
  for (const [name, { public_uncompressed_b64 }] of Object.entries(keys.recipient_keys)) {
    assert.equal(publicPointOf(privateKeyOf(name)), public_uncompressed_b64)
  }
})

describe('published tokens', () => {
  const published = load<Published>('published')
  const settingOf = (vector: Published['vectors'][number]): Setting => ({
    token: vector.token,
    roots: rootsOf(vector.root_keys ?? published.google_test_root_keys),
    recipientId: vector.recipient_id,
    privateKeys: [
      vector.private_key_pem
        ? createPrivateKey(vector.private_key_pem)
        : createPrivateKey({
            key: Buffer.from(must(vector.private_key_pkcs8_b64), 'base64'),
            format: 'der',
            type: 'pkcs8',
          }),
    ],
    now: vector.now_epoch_ms ?? 0,
    seen: [],
  })
  for (const vector of published.vectors) {
    test(`${vector.id} is ${vector.expect.result}ed`, () => {
      const result = run(settingOf(vector))
      if (vector.expect.result === 'reject') {
        return assert.deepEqual(result, { stage: vector.expect.stage })
      }
      assert.ok('payload' in result, JSON.stringify(result))
      assert.equal(result.plaintext, vector.expect.plaintext_utf8)
      const other = run({ ...settingOf(vector), recipientId: 'merchant:1' })
      assert.deepEqual(other, { stage: 'signature' })
    })
  }
})
