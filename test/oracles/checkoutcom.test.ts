// Checkout.com as an acquirer against its own client, with fresh random cases in each run; its
// webhooks, which that client does not verify, against OpenSSL. A failure names its seed; repeat it
// with ORACLE_SEED=<seed>.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { Checkout } from 'checkout-sdk-node'
import fc from 'fast-check'
import { checkoutcom } from '../../src/acquirers/checkoutcom/acquirer.ts'
import {
  checkoutcomAccount,
  NOW,
  networkToken,
  orderOf,
  SIGNATURE_KEY,
  script,
} from '../../src/acquirers/testing.ts'
import type { OutgoingRequest } from '../../src/ports.ts'
import { type Heard, type Listener, listen } from './listener.ts'

const seed = Number(process.env.ORACLE_SEED ?? randomInt(2 ** 31))
console.log(`checkoutcom oracle seed ${seed}`)
const runs = { seed, numRuns: 40 }

/** The calls of their client that are used here; its own types leave the services out. */
interface Payments {
  request(body: object, key?: string): Promise<unknown>
  get(id: string): Promise<unknown>
  getActions(id: string): Promise<unknown>
  getPaymentList(query: object): Promise<unknown>
  capture(id: string, body: object, key?: string): Promise<unknown>
  refund(id: string, body: object, key?: string): Promise<unknown>
  void(id: string, body: object, key?: string): Promise<unknown>
}

const account = checkoutcomAccount()
let listener: Listener
let payments: Payments
let tokens: { request(body: object): Promise<unknown> }
before(async () => {
  listener = await listen()
  const theirs = new Checkout(account.secretKey, {
    pk: account.publicKey,
    subdomain: 'testpref',
    timeout: 5_000,
  })
  theirs.config.host = `http://127.0.0.1:${listener.port}`
  payments = theirs.payments
  tokens = theirs.tokens
})
after(() => listener.close())

function assertSame(ours: OutgoingRequest | undefined, heard: Heard | undefined): void {
  assert(ours && heard)
  const [url, theirUrl] = [new URL(ours.url), new URL(heard.path, 'http://127.0.0.1')]
  assert.deepEqual([ours.method, url.pathname], [heard.method, theirUrl.pathname])
  assert.deepEqual([...url.searchParams].sort(), [...theirUrl.searchParams].sort())
  assert.deepEqual(
    ours.body === undefined ? undefined : JSON.parse(String(ours.body)),
    heard.body === '' ? undefined : JSON.parse(heard.body),
  )
  for (const name of ['authorization', 'content-type', 'cko-idempotency-key']) {
    assert.equal(ours.headers[name], heard.headers[name], name)
  }
}

const glyph = fc.constantFrom(...'aZ09 +-_.%&=/\\"\'<>{}[]:,?#~!*()', '咖', 'é', '🍜', '\u2028')
const text = fc.string({ unit: glyph, minLength: 1, maxLength: 40 })
const reference = fc.stringMatching(/^[0-9A-Za-z]{1,32}$/)
const id = fc.stringMatching(/^[0-9a-z]{26}$/)
const units = fc.integer({ min: 1, max: 999_999_999 })
const currency = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD', 'HKD')
const answered = { status: 200, body: {} }
const none = { status: 200, body: [] }

describe('our requests are theirs', () => {
  test('a token, and a payment with it', async () => {
    const property = fc.asyncProperty(
      fc.record({
        reference,
        units,
        currency,
        data: text,
        id,
        manual: fc.boolean(),
        device: fc.boolean(),
        wallet: fc.constantFrom('applepay' as const, 'googlepay' as const),
      }),
      async (c) => {
        const tokenData = { signature: c.data, signedMessage: JSON.stringify({ tag: c.data }) }
        const order = orderOf(
          { type: c.wallet, token: JSON.stringify(tokenData) },
          {
            walletReference: c.reference,
            money: { amount: BigInt(c.units), currency: c.currency },
            capture: c.manual ? 'manual' : 'automatic',
          },
        )
        const token = `tok_${c.id}`
        const token_format = c.device ? 'cryptogram_3ds' : 'pan_only'
        const { ports, sent } = script({ status: 201, body: { token, token_format } }, answered)
        await checkoutcom.authorize(ports, account, order)
        await tokens.request({ type: c.wallet, token_data: tokenData })
        assertSame(sent[0], listener.heard.at(-1))
        await payments.request(
          {
            source: { type: 'token', token },
            amount: c.units,
            currency: c.currency,
            capture: !c.manual,
            reference: c.reference,
            processing_channel_id: 'pc_test',
            ...(c.device
              ? { '3ds': { enabled: false } }
              : {
                  '3ds': { enabled: true, attempt_n3d: false },
                  success_url: order.returnUrl,
                  failure_url: order.returnUrl,
                }),
            metadata: { tongbao_payment: c.reference },
          },
          `${c.reference}:authorise`,
        )
        assertSame(sent[1], listener.heard.at(-1))
      },
    )
    await fc.assert(property, runs)
  })

  test('questions, capture, refund and void', async () => {
    const property = fc.asyncProperty(reference, id, units, async (ref, number, amount) => {
      const payment = `pay_${number}`
      const order = orderOf(networkToken, { walletReference: ref })
      const known = { ...order, walletTransactionId: payment }
      const money = { amount: BigInt(amount), currency: 'USD' }
      const change = { order: known, reference: ref, money }

      const looked = script(answered)
      await checkoutcom.query(looked.ports, account, order)
      await payments.getPaymentList({ limit: 10, skip: 0, reference: ref })
      assertSame(looked.sent[0], listener.heard.at(-1))

      const captured = script(none, answered)
      await checkoutcom.capture(captured.ports, account, change)
      await payments.getActions(payment)
      assertSame(captured.sent[0], listener.heard.at(-1))
      await payments.capture(payment, { amount, reference: ref, capture_type: 'Final' }, ref)
      assertSame(captured.sent[1], listener.heard.at(-1))

      const refunded = script(none, answered)
      await checkoutcom.refund(refunded.ports, account, change)
      await payments.refund(payment, { amount, reference: ref }, ref)
      assertSame(refunded.sent[1], listener.heard.at(-1))

      const held = { status: 200, body: { id: payment, status: 'Authorized', reference: ref } }
      const voided = script(held, answered, held)
      await checkoutcom.cancel(voided.ports, account, known)
      await payments.get(payment)
      assertSame(voided.sent[0], listener.heard.at(-1))
      await payments.void(payment, { reference: ref }, `${ref}:void`)
      assertSame(voided.sent[1], listener.heard.at(-1))
    })
    await fc.assert(property, runs)
  })
})

describe('errors mean what they mean to their client', () => {
  const MEANINGS: Record<string, string> = {
    AuthenticationError: 'failed',
    ActionNotAllowed: 'failed',
    NotFoundError: 'failed',
    ValidationError: 'failed',
    TooManyRequestsError: 'failed',
    UrlAlreadyRegistered: 'unknown',
    'Bad gateway': 'unknown',
    'API Error': 'unknown',
  }
  for (const status of [401, 403, 404, 409, 422, 429, 500, 502, 503]) {
    test(`status ${status}`, async () => {
      listener.answer = { status, body: { error_type: 'some_error' } }
      const caught = await payments
        .request({ source: { type: 'token', token: 'tok_1' }, amount: 1, currency: 'USD' })
        .then(() => 'none')
        .catch((error: unknown) => (error instanceof Error ? error.name : 'odd'))
      listener.answer = answered
      const step = { status, body: { error_type: 'some_error' } }
      const { ports } = script(step, { status: 200, body: { data: [] } })
      const seen = await checkoutcom.authorize(ports, account, orderOf(networkToken))
      assert.equal(seen.status, MEANINGS[caught], caught)
    })
  }
})

test('what OpenSSL signs we take, and nothing else', () => {
  const property = fc.property(text, reference, fc.nat(), (words, ref, at) => {
    const event = {
      id: 'evt_1',
      type: 'payment_captured',
      data: { id: 'pay_1', reference: ref, amount: 1099, currency: 'USD', words },
    }
    const body = Buffer.from(JSON.stringify(event))
    const made = spawnSync('openssl', ['dgst', '-sha256', '-hmac', SIGNATURE_KEY, '-r'], {
      input: body,
    })
    const signature = made.stdout.toString().slice(0, 64)
    assert.match(signature, /^[0-9a-f]{64}$/)
    const read = (bytes: Buffer, given: string) => {
      const headers = { 'cko-signature': given }
      const raw = { contentType: 'application/json', headers, body: bytes }
      return checkoutcom.readNotification(account, raw, NOW).verdict
    }
    assert.equal(read(body, signature), 'verified')
    const altered = Buffer.from(body)
    altered[at % body.length] = ((altered[at % body.length] ?? 0) + 1) % 256
    assert.equal(read(altered, signature), 'refused')
    const turned = signature.replace(/./, (digit) => (digit === '0' ? '1' : '0'))
    assert.equal(read(body, turned), 'refused')
  })
  fc.assert(property, { ...runs, numRuns: 25 })
})
