// What the acquirers open, against published and generated tokens; what Apple's and Google's side
// make, against OpenSSL and against the acquirers.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isObject, type JsonObject, parseObject, stringMember } from '../json.ts'
import { setup } from '../test-support.ts'
import { openAppleToken } from './apple-token.ts'
import { type CardData, isUnopened, type Unopened } from './card-data.ts'
import { openGoogleToken } from './google-token.ts'
import { cardSetup } from './test-support.ts'

function load(file: string): unknown {
  const url = new URL(`../../../test/vectors/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8'))
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function at(object: JsonObject, ...names: string[]): JsonObject {
  let found = object
  for (const name of names) {
    const next = found[name]
    if (!isObject(next)) throw new TypeError(`no ${name}`)
    found = next
  }
  return found
}

/** What an acquirer refuses; amount, order and replay are the hub's to compare. */
const OPENING = [
  'version',
  'certificate_oid',
  'chain',
  'signature',
  'signing_time',
  'recipient_key',
  'decrypt',
]

const appleKeys = at({ keys: load('applepay/keys') }, 'keys')
for (const file of ['tokens_ec', 'tokens_rsa']) {
  for (const vector of objects(load(`applepay/${file}`))) {
    const expect = at(vector, 'expect')
    const stage = String(expect.stage)
    const accepted = expect.result === 'accept'
    if (!accepted && !OPENING.includes(stage)) continue
    test(`${vector.id}: ${accepted ? 'opened' : `refused (${stage})`}`, () => {
      const opened = openApple(vector)
      if (!accepted) return assert('reason' in opened, JSON.stringify(opened))
      assert(!isUnopened(opened), JSON.stringify(opened))
      const plain = parseObject(String(expect.plaintext_utf8)) ?? {}
      assert.equal(opened.number, plain.applicationPrimaryAccountNumber)
    })
  }
}

function openApple(vector: JsonObject): CardData | Unopened {
  const names = Array.isArray(vector.merchant_keys) ? vector.merchant_keys.map(String) : []
  const root = at(appleKeys, 'trust_roots', String(vector.trust_root))
  return openAppleToken(at(vector, 'token'), {
    root: String(root.certificate_pem),
    now: Number(vector.now_epoch_s) * 1000,
    keyOf(hash) {
      for (const name of names) {
        const key = at(appleKeys, 'merchant_keys', name)
        const privateKey = createPrivateKey(String(key.private_key_pem))
        const der = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
        if (createHash('sha256').update(der).digest('base64') === hash) {
          return { merchantId: String(key.merchant_identifier), privateKey }
        }
      }
      return undefined
    },
  })
}

const googleKeys = at({ keys: load('googlepay/keys') }, 'keys')
for (const vector of objects(load('googlepay/tokens_ecv2'))) {
  const expect = at(vector, 'expect')
  const stage = String(expect.stage)
  const accepted = expect.result === 'accept'
  const checked = ['intermediate_signature', 'signature', 'decrypt', 'root_keys']
  if (!accepted && !checked.includes(stage)) continue
  test(`${vector.id}: ${accepted ? 'opened' : `refused (${stage})`}`, () => {
    const now = Number(vector.now_epoch_ms)
    const sets = at(googleKeys, 'root_key_sets')
    const roots = objects(at(sets, String(vector.root_keys)).keys)
      .filter((key) => key.protocolVersion === 'ECv2' && Number(key.keyExpiration) > now)
      .map((key) => {
        const der = Buffer.from(String(key.keyValue), 'base64')
        return createPublicKey({ key: der, format: 'der', type: 'spki' })
      })
    const names = Array.isArray(vector.recipient_keys) ? vector.recipient_keys.map(String) : []
    const opened = openGoogleToken(parseObject(String(vector.token)) ?? {}, {
      roots,
      now,
      recipientId: String(vector.recipient_id),
      privateKeys: names.map((name) =>
        createPrivateKey(String(at(googleKeys, 'recipient_keys', name).private_key_pem)),
      ),
    })
    if (!accepted) return assert('reason' in opened, JSON.stringify(opened))
    assert(!isUnopened(opened), JSON.stringify(opened))
    const plain = parseObject(String(expect.plaintext_utf8)) ?? {}
    assert.equal(opened.number, at(plain, 'paymentMethodDetails').pan)
  })
}

test('OpenSSL verifies the signature of both versions down to the root', async () => {
  await using world = await cardSetup('adyen')
  const { merchant_id } = await world.account('applepay')
  const { root_certificate } = await world.control('applepay/authority')
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-cms-'))
  try {
    for (const version of ['EC_v1', 'RSA_v1']) {
      await world.control(`applepay/merchants/${merchant_id}`, { new_processing_key: version })
      const token = await world.apple({ version })
      const header = at(token, 'header')
      const wrapped = header[version === 'EC_v1' ? 'ephemeralPublicKey' : 'wrappedKey']
      const signed = [
        Buffer.from(String(wrapped), 'base64'),
        Buffer.from(String(token.data), 'base64'),
        Buffer.from(String(header.transactionId), 'hex'),
      ]
      const file = (name: string, content: string | Buffer) => {
        writeFileSync(join(folder, name), content)
        return join(folder, name)
      }
      const words = ['cms', '-verify', '-binary', '-inform', 'DER', '-purpose', 'any']
      const { status, stderr } = spawnSync('openssl', [
        ...words,
        ...['-in', file('signature', Buffer.from(String(token.signature), 'base64'))],
        ...['-content', file('content', Buffer.concat(signed))],
        ...['-CAfile', file('root.pem', String(root_certificate))],
        ...['-out', join(folder, 'out')],
      ])
      assert.equal(status, 0, `${version}: ${stderr}`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('the authority is kept over a restart, and its certificates carry the markers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-authority-'))
  try {
    const roots: string[] = []
    const gateways: string[] = []
    for (let start = 0; start < 2; start += 1) {
      await using world = await setup({ folder })
      const told = await world.control('applepay/authority')
      roots.push(String(told.root_certificate))
      gateways.push(String(told.gateway))
    }
    assert.equal(roots[0], roots[1])
    assert.equal(gateways[0], gateways[1])
    const root = new X509Certificate(roots[0] ?? '')
    assert(root.ca && root.verify(root.publicKey))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('an acquirer opens only tokens for its own merchant', async () => {
  await using world = await cardSetup('adyen')
  const fresh = 'applepay/hub-account?acquirer=adyen&new=1'
  const { fields } = await world.control(fresh)
  const other = isObject(fields) ? fields : {}
  const token = await world.apple()
  const body = {
    merchantAccount: other.acquirer_merchant_account,
    amount: { currency: 'USD', value: 1099 },
    reference: 'x',
    returnUrl: 'https://shop.example/',
    paymentMethod: {
      type: 'applepay',
      applePayToken: Buffer.from(JSON.stringify(token)).toString('base64'),
    },
  }
  const answer = await fetch(`${stringMember(other, 'acquirer_base_url')}/payments`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': stringMember(other, 'acquirer_api_key') ?? '',
    },
    body: JSON.stringify(body),
  })
  assert.equal(answer.status, 422)
})
