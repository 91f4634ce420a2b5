// Google Pay tokens with fresh random cases in each run: WebCrypto and the OpenSSL program seal them
// by Google's specification, another reader of npm decrypts them too. That reader checks no signature
// and no expiry; where it is lax, our refusal is the test. A failure names its seed; repeat it with
// ORACLE_SEED=<seed>.

import assert from 'node:assert/strict'
import { createPrivateKey, randomInt } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { decryptMessage } from '../../src/wallets/googlepay/decrypt.ts'
import { checkMessage, readPayload } from '../../src/wallets/googlepay/payload.ts'
import { TokenRefused } from '../../src/wallets/googlepay/refusal.ts'
import { readRootKeys } from '../../src/wallets/googlepay/root-keys.ts'
import { verifySignature } from '../../src/wallets/googlepay/signature.ts'
import { readSignedMessage, readToken } from '../../src/wallets/googlepay/token.ts'
import { makeToken, NOW, plaintextOf, RECIPIENT, vectorKeys } from './googlepay-tokens.ts'

// The package is CommonJS whose exports cannot be named in an import.
const { GooglePaymentMethodTokenContext }: typeof import('@basis-theory/google-pay-js') =
  createRequire(import.meta.url)('@basis-theory/google-pay-js')

const seed = Number(process.env.ORACLE_SEED ?? randomInt(2 ** 31))
console.log(`googlepay oracle seed ${seed}`)

const recipients = ['m1', 'm1_old', 'm2'] as const
const pemOf = (name: (typeof recipients)[number]) => vectorKeys.recipient_keys[name].private_key_pem
const privateKeys = recipients.map((name) => createPrivateKey(pemOf(name)))
const theirs = new GooglePaymentMethodTokenContext({
  // It reads keys in the older form of OpenSSL only.
  merchants: privateKeys.map((key) => ({
    privateKeyPem: Buffer.from(key.export({ type: 'sec1', format: 'pem' })),
  })),
})

function open(text: string, recipientId = RECIPIENT): string {
  const token = readToken(text)
  const roots = readRootKeys(JSON.stringify(vectorKeys.root_key_sets.default)) ?? []
  verifySignature(token, { roots, recipientId, now: NOW })
  const plaintext = decryptMessage(readSignedMessage(token.signedMessage), privateKeys)
  checkMessage(readPayload(plaintext), { now: NOW })
  return plaintext.toString()
}

function stageOf(text: string): string {
  try {
    open(text)
    return 'taken'
  } catch (error) {
    assert.ok(error instanceof TokenRefused, String(error))
    return error.stage
  }
}

const details = fc.record({
  pan: fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 19 })
    .map((numbers) => numbers.join('')),
  expirationMonth: fc.integer({ min: 1, max: 12 }),
  expirationYear: fc.integer({ min: 2026, max: 2099 }),
  eciIndicator: fc.option(fc.constantFrom('05', '06', '07'), { nil: undefined }),
  // Lengths are counted in bytes: a character of three bytes must not disturb them.
  note: fc.string({ unit: 'grapheme', maxLength: 40 }),
})
const recipientIds = fc.oneof(
  fc.constant(RECIPIENT),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((name) => `merchant:${name}宝`),
)

test('tokens sealed elsewhere are taken, and opened as the other reader opens them', async () => {
  await fc.assert(
    fc.asyncProperty(
      details,
      fc.constantFrom(...recipients),
      recipientIds,
      async (card, recipient, recipientId) => {
        const plaintext = plaintextOf(card)
        const token = await makeToken({ plaintext, recipient, recipientId })
        assert.equal(open(token, recipientId), plaintext)
        assert.deepEqual(theirs.decrypt(JSON.parse(token)), JSON.parse(plaintext))
        const payload = readPayload(Buffer.from(plaintext))
        assert.equal(payload.number, card.pan)
        assert.deepEqual(payload.expiry, { month: card.expirationMonth, year: card.expirationYear })
      },
    ),
    { seed, numRuns: 40 },
  )
})

test('a character changed anywhere in a token is never taken', async () => {
  const token = await makeToken({ plaintext: plaintextOf() })
  assert.equal(stageOf(token), 'taken')
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom('A', 'b', '9', ' ', '"'), (at, put) => {
      const changed = token.slice(0, at) + put + token.slice(at + 1)
      if (changed === token) return
      const stage = stageOf(changed)
      assert.notEqual(stage, 'taken', `character ${at}`)
    }),
    { seed, numRuns: 400 },
  )
})

test('what the other reader takes without asking is refused here', async () => {
  const plaintext = plaintextOf()
  const cases: [string, Parameters<typeof makeToken>[0]][] = [
    ['intermediate_signature', { plaintext, root: 'rogue' }],
    ['intermediate_signature', { plaintext, root: 'root_b' }],
    ['intermediate_expired', { plaintext, keyExpiration: NOW }],
    ['signature', { plaintext, recipientId: 'merchant:1' }],
    ['message_expired', { plaintext: plaintextOf({}, { messageExpiration: String(NOW) }) }],
  ]
  for (const [stage, wish] of cases) {
    const token = await makeToken(wish)
    assert.ok(theirs.decrypt(JSON.parse(token)))
    assert.equal(stageOf(token), stage)
  }
})
