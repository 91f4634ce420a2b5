// Apple Pay tokens against two other implementations with fresh random cases in each run: OpenSSL
// signs and verifies the CMS, and another reader decrypts. A failure names its seed; repeat it with
// ORACLE_SEED=<seed>. Both are laxer than Apple's rules; where they are, our refusal is the test.

import assert from 'node:assert/strict'
import { createPrivateKey, randomInt, X509Certificate } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { merchantIdHashOf, publicKeyHashOf } from '../../src/wallets/applepay/certificates.ts'
import { CURRENCY_NUMBERS } from '../../src/wallets/applepay/currency-numbers.ts'
import { chooseKey, decryptToken, type ProcessingKey } from '../../src/wallets/applepay/decrypt.ts'
import {
  matchApplicationData,
  matchOrder,
  readPayload,
} from '../../src/wallets/applepay/payload.ts'
import { TokenRefused } from '../../src/wallets/applepay/refusal.ts'
import { signedBytesOf, verifySignature } from '../../src/wallets/applepay/signature.ts'
import { readSheetToken } from '../../src/wallets/applepay/token.ts'
import { opensslVerifies, ROOT_PEM, vectorKeys } from './applepay-certificates.ts'
import { makeToken, plaintextOf, sheetText, type TokenWish } from './applepay-tokens.ts'

// The package is CommonJS whose exports cannot be named in an import.
const { ApplePaymentTokenContext }: typeof import('@basis-theory/apple-pay-js') = createRequire(
  import.meta.url,
)('@basis-theory/apple-pay-js')

const seed = Number(process.env.ORACLE_SEED ?? randomInt(2 ** 31))
console.log(`applepay oracle seed ${seed}`)

const root = new X509Certificate(ROOT_PEM)
const recipients = ['m1', 'm1_old', 'm2', 'm1_rsa'] as const
const keys: ProcessingKey[] = recipients.map((name) => {
  const { certificate_pem, private_key_pem, version } = vectorKeys.merchant_keys[name]
  const certificate = new X509Certificate(certificate_pem)
  const merchantIdHash = merchantIdHashOf(certificate)
  assert.ok(merchantIdHash)
  const publicKeyHash = publicKeyHashOf(certificate)
  return { version, publicKeyHash, merchantIdHash, privateKey: createPrivateKey(private_key_pem) }
})

const policy = () => ({
  root,
  now: Date.now(),
  maxAgeMs: 300_000,
  maxAheadMs: 300_000,
  sandboxSigner: false,
})

const digits = (minLength: number, maxLength: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength, maxLength })
    .map((numbers) => numbers.join(''))

interface Case {
  number: string
  month: number
  currency: string
  amount: number
  eci: string | undefined
  wish: Omit<TokenWish, 'plaintext'>
}

const cases: fc.Arbitrary<Case> = fc.record({
  number: digits(12, 19),
  month: fc.integer({ min: 1, max: 12 }),
  currency: fc.constantFrom(...CURRENCY_NUMBERS.keys()),
  amount: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  eci: fc.option(fc.constantFrom('5', '7', '05', '07'), { nil: undefined }),
  wish: fc.record({
    recipient: fc.constantFrom(...recipients),
    leaf: fc.constantFrom('leaf_ecc', 'leaf_rsa'),
    indefinite: fc.boolean(),
    applicationData: fc.uint8Array({ minLength: 1, maxLength: 60 }),
  }),
})

function plaintextFor({ number, month, currency, amount, eci }: Case): string {
  return plaintextOf({
    applicationPrimaryAccountNumber: number,
    applicationExpirationDate: `30${String(month).padStart(2, '0')}28`,
    currencyCode: CURRENCY_NUMBERS.get(currency),
    transactionAmount: amount,
    paymentData: {
      onlinePaymentCryptogram: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      ...(eci !== undefined && { eciIndicator: eci }),
    },
  })
}

test('tokens that OpenSSL signed are verified, and opened as the other reader opens them', () => {
  fc.assert(
    fc.property(cases, (one) => {
      const plaintext = plaintextFor(one)
      const made = makeToken({ ...one.wish, plaintext })
      const { token } = readSheetToken(made.text)
      const signedAt = verifySignature(token, policy())
      assert.ok(opensslVerifies(token.signature, signedBytesOf(token), signedAt))
      const opened = decryptToken(token, chooseKey(token, keys))
      assert.equal(opened.toString(), plaintext)
      const payload = readPayload(opened)
      assert.equal(payload.number, one.number)
      assert.deepEqual(payload.expiry, { month: one.month, year: 2030 })
      matchOrder(payload, { amount: BigInt(one.amount), currency: one.currency })
      matchApplicationData(token, one.wish.applicationData)

      const { certificate_pem, private_key_pem } =
        vectorKeys.merchant_keys[one.wish.recipient ?? 'm1']
      const reader = new ApplePaymentTokenContext({
        merchants: [
          {
            certificatePem: Buffer.from(certificate_pem),
            privateKeyPem: Buffer.from(private_key_pem),
          },
        ],
      })
      const { version, header, data, signature } = made.paymentData
      const { ephemeralPublicKey = '', wrappedKey = '', publicKeyHash, transactionId } = header
      const theirs = reader.decrypt(
        version === 'EC_v1'
          ? {
              version,
              data,
              signature,
              header: { ephemeralPublicKey, publicKeyHash, transactionId },
            }
          : { version, data, signature, header: { wrappedKey, publicKeyHash, transactionId } },
      )
      assert.deepEqual(theirs, JSON.parse(plaintext))
    }),
    { seed, numRuns: 24 },
  )
})

test('a byte changed anywhere in signature, data or header is never taken where OpenSSL refuses', () => {
  const made = makeToken({ plaintext: plaintextOf(), applicationData: Buffer.from('x') })
  const { paymentData } = made
  const spots = fc.record({
    part: fc.constantFrom('signature', 'data', 'ephemeralPublicKey', 'transactionId'),
    at: fc.nat(),
    bit: fc.integer({ min: 0, max: 7 }),
  })
  let refusedByUs = 0
  let refusedByOpenssl = 0
  fc.assert(
    fc.property(spots, ({ part, at, bit }) => {
      const flip = (text: string, encoding: 'base64' | 'hex') => {
        const bytes = Buffer.from(text, encoding)
        const spot = at % bytes.length
        bytes[spot] = (bytes[spot] ?? 0) ^ (1 << bit)
        return bytes.toString(encoding)
      }
      const { header } = paymentData
      const changed = { ...paymentData, header: { ...header } }
      if (part === 'signature') changed.signature = flip(paymentData.signature, 'base64')
      else if (part === 'data') changed.data = flip(paymentData.data, 'base64')
      else if (part === 'transactionId')
        changed.header.transactionId = flip(header.transactionId, 'hex')
      else changed.header.ephemeralPublicKey = flip(header.ephemeralPublicKey ?? '', 'base64')
      const { token } = readSheetToken(sheetText(changed))
      const theirs = opensslVerifies(token.signature, signedBytesOf(token), Date.now())
      if (!theirs) refusedByOpenssl += 1
      try {
        verifySignature(token, policy())
        assert.ok(theirs, `taken, though OpenSSL refuses: ${part} ${at} ${bit}`)
      } catch (error) {
        if (!(error instanceof TokenRefused)) throw error
        refusedByUs += 1
      }
    }),
    { seed, numRuns: 80 },
  )
  assert.ok(refusedByUs >= refusedByOpenssl && refusedByOpenssl > 0)
})
