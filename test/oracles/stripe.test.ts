// Stripe as an acquirer against Stripe's own client, with fresh random cases in each run. A failure
// names its seed; repeat it with ORACLE_SEED=<seed>.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { Stripe } from 'stripe'
import { stripe } from '../../src/acquirers/stripe/acquirer.ts'
import { NOW, orderOf, script, stripeAccount } from '../../src/acquirers/testing.ts'
import type { OutgoingRequest } from '../../src/ports.ts'
import { type Heard, type Listener, listen } from './listener.ts'

const seed = Number(process.env.ORACLE_SEED ?? randomInt(2 ** 31))
console.log(`stripe oracle seed ${seed}`)
const runs = { seed, numRuns: 40 }

const account = stripeAccount()
let listener: Listener
let theirs: Stripe
before(async () => {
  listener = await listen()
  theirs = new Stripe(account.secretKey, {
    host: '127.0.0.1',
    port: listener.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
  })
})
after(() => listener.close())

const glyph = fc.constantFrom(...'aZ09 +-_.%&=/\\"\'<>{}[]:,?#~!*()', '咖', 'é', '🍜', '\u2028')
const text = fc.string({ unit: glyph, minLength: 1, maxLength: 30 })
const reference = fc.stringMatching(/^[0-9A-Za-z]{1,32}$/)
const id = fc.stringMatching(/^[0-9A-Za-z]{8,24}$/)
const units = fc.integer({ min: 1, max: 99_999_999 })
const currency = fc.constantFrom('USD', 'EUR', 'JPY', 'HKD')
const address = fc.webUrl({ validSchemes: ['https'], withQueryParameters: true })

const pairs = (body: string) => [...new URLSearchParams(body)].sort()

/** What our request says, against what theirs said. */
function assertSame(ours: OutgoingRequest | undefined, heard: Heard | undefined): void {
  assert(ours && heard)
  const [url, theirUrl] = [new URL(ours.url), new URL(heard.path, 'http://127.0.0.1')]
  assert.deepEqual([ours.method, url.pathname], [heard.method, theirUrl.pathname])
  assert.deepEqual([...url.searchParams].sort(), [...theirUrl.searchParams].sort())
  assert.deepEqual(pairs(String(ours.body ?? '')), pairs(heard.body))
  for (const name of ['authorization', 'stripe-version', 'accept', 'idempotency-key']) {
    assert.equal(ours.headers[name], heard.headers[name], name)
  }
  if (heard.method === 'POST') {
    assert.equal(ours.headers['content-type'], heard.headers['content-type'])
  }
}

const answered = { status: 200, body: {} }

describe('our requests are theirs', () => {
  test('a token of Apple Pay data', async () => {
    const property = fc.asyncProperty(text, text, id, reference, async (data, name, hex, ref) => {
      const token = JSON.stringify({ version: 'EC_v1', data, header: { transactionId: hex } })
      const { ports, sent } = script(answered)
      const credential = { type: 'applepay' as const, token, displayName: name, network: 'Visa' }
      const order = orderOf(credential, { walletReference: ref })
      await stripe.authorize(ports, account, order)
      // What Stripe's own apps send; the public reference leaves these parameters out.
      const parameters = {
        pk_token: token,
        pk_token_instrument_name: name,
        pk_token_payment_network: 'Visa',
        pk_token_transaction_id: hex,
      }
      await theirs.rawRequest('POST', '/v1/tokens', parameters, {
        idempotencyKey: `${ref}:token`,
      })
      assertSame(sent[0], listener.heard.at(-1))
    })
    await fc.assert(property, runs)
  })

  test('an intent that is created and confirmed', async () => {
    const property = fc.asyncProperty(
      fc.record({ amount: units, currency, reference, id, address, manual: fc.boolean() }),
      async (c) => {
        const token = `tok_${c.id}`
        const capture = c.manual ? ('manual' as const) : ('automatic' as const)
        const order = orderOf(
          { type: 'googlepay', token: JSON.stringify({ id: token }) },
          {
            walletReference: c.reference,
            money: { amount: BigInt(c.amount), currency: c.currency },
            returnUrl: c.address,
            capture,
          },
        )
        const { ports, sent } = script(answered)
        await stripe.authorize(ports, account, order)
        // The client's types leave a card's token out; its encoder does not.
        await theirs.rawRequest(
          'POST',
          '/v1/payment_intents',
          {
            amount: c.amount,
            currency: c.currency.toLowerCase(),
            capture_method: capture,
            confirm: true,
            allowed_payment_method_types: ['card'],
            payment_method_data: { type: 'card', card: { token } },
            metadata: { tongbao_payment: c.reference },
            return_url: c.address,
          },
          { idempotencyKey: `${c.reference}:authorise` },
        )
        assertSame(sent[0], listener.heard.at(-1))
      },
    )
    await fc.assert(property, runs)
  })

  test('search, question, capture, cancel and refund', async () => {
    const property = fc.asyncProperty(units, reference, id, async (amount, ref, number) => {
      const intent = `pi_${number}`
      const order = orderOf({ type: 'googlepay', token: '' }, { walletReference: ref })
      const known = { ...order, walletTransactionId: intent }
      const money = { amount: BigInt(amount), currency: 'USD' }
      const change = { order: known, reference: `c${ref}`.slice(0, 32), money }
      const { idempotencyKey } = { idempotencyKey: change.reference }

      const looked = script(answered)
      await stripe.query(looked.ports, account, order)
      await theirs.paymentIntents.search({ query: `metadata['tongbao_payment']:'${ref}'` })
      assertSame(looked.sent[0], listener.heard.at(-1))

      const asked = script(answered)
      await stripe.query(asked.ports, account, known)
      await theirs.paymentIntents.retrieve(intent, { expand: ['latest_charge'] })
      assertSame(asked.sent[0], listener.heard.at(-1))

      const captured = script(answered)
      await stripe.capture(captured.ports, account, change)
      await theirs.paymentIntents.capture(intent, { amount_to_capture: amount }, { idempotencyKey })
      assertSame(captured.sent[0], listener.heard.at(-1))

      const refunded = script(answered)
      await stripe.refund(refunded.ports, account, change)
      await theirs.refunds.create(
        {
          payment_intent: intent,
          amount,
          reason: 'requested_by_customer',
          metadata: { tongbao_refund: change.reference },
        },
        { idempotencyKey },
      )
      assertSame(refunded.sent[0], listener.heard.at(-1))

      const held = {
        status: 200,
        body: { id: intent, status: 'processing', metadata: { tongbao_payment: ref } },
      }
      const canceled = script(held, answered)
      await stripe.cancel(canceled.ports, account, known)
      await theirs.paymentIntents.cancel(
        intent,
        { cancellation_reason: 'abandoned' },
        { idempotencyKey: `${ref}:cancel` },
      )
      assertSame(canceled.sent[1], listener.heard.at(-1))
    })
    await fc.assert(property, runs)
  })
})

describe('errors mean what they mean to their client', () => {
  /** Their class of error, and what an authorization comes to. */
  const MEANINGS: Record<string, string> = {
    StripeCardError: 'failed',
    StripeInvalidRequestError: 'failed',
    StripeAuthenticationError: 'failed',
    StripePermissionError: 'failed',
    StripeRateLimitError: 'failed',
    StripeIdempotencyError: 'unknown',
    StripeAPIError: 'unknown',
    StripeUnknownError: 'unknown',
  }
  const types = ['card_error', 'invalid_request_error', 'idempotency_error', 'api_error']
  const statuses = [400, 401, 402, 403, 404, 409, 429, 500, 502, 503]

  test('for every status and type that Stripe documents', async () => {
    for (const [status, type] of statuses.flatMap((s) => types.map((t) => [s, t] as const))) {
      const documented =
        type === 'api_error'
          ? status >= 500
          : type === 'idempotency_error'
            ? status === 400
            : (type === 'card_error') === (status === 402) && status < 500 && status !== 409
      if (!documented) continue
      const body = { error: { type, code: 'some_code', message: 'words' } }
      listener.answer = { status, body }
      const caught = await theirs.paymentIntents
        .create({ amount: 1, currency: 'usd' })
        .then(() => 'none')
        .catch((error: unknown) => (error instanceof Error ? error.constructor.name : 'odd'))
      listener.answer = answered
      const token = JSON.stringify({ id: 'tok_1' })
      const { ports } = script({ status, body }, { status, body })
      const seen = await stripe.authorize(ports, account, orderOf({ type: 'googlepay', token }))
      assert.equal(seen.status, MEANINGS[caught], `${status} ${type} is ${caught}`)
    }
  })
})

describe('webhooks', () => {
  const secret = account.webhookSecrets[0] ?? ''
  const event = fc.record({
    id: id.map((part) => `evt_${part}`),
    object: fc.constant('event'),
    type: fc.constantFrom('payment_intent.succeeded', 'charge.refunded', 'something.new'),
    livemode: fc.constant(false),
    data: fc.record({
      object: fc.record({
        id: id.map((part) => `pi_${part}`),
        object: fc.constant('payment_intent'),
        status: fc.constant('succeeded'),
        amount: units,
        amount_received: units,
        currency: fc.constant('usd'),
        description: text,
        metadata: fc.record({ tongbao_payment: reference }),
      }),
    }),
  })
  const age = fc.integer({ min: -700, max: 700 })

  function ours(body: string, header: string): string {
    const raw = {
      contentType: 'application/json',
      headers: { 'stripe-signature': header },
      body: Buffer.from(body),
    }
    const verdict = stripe.readNotification(account, raw, NOW)
    return verdict.verdict === 'refused' ? verdict.reason : 'taken'
  }

  function taken(body: string, header: string): boolean {
    try {
      theirs.webhooks.constructEvent(body, header, secret, 300, undefined, NOW)
      return true
    } catch (error) {
      assert(error instanceof Stripe.errors.StripeSignatureVerificationError, String(error))
      return false
    }
  }

  test('what they sign we take, but for the future', () => {
    const property = fc.property(event, age, (message, seconds) => {
      const payload = JSON.stringify(message)
      const timestamp = NOW / 1000 - seconds
      const header = theirs.webhooks.generateTestHeaderString({ payload, secret, timestamp })
      assert.equal(taken(payload, header), seconds <= 300)
      assert.equal(ours(payload, header), Math.abs(seconds) <= 300 ? 'taken' : 'timestamp')
    })
    fc.assert(property, { ...runs, numRuns: 200 })
  })

  test('what they refuse we refuse: altered bodies, headers and secrets', () => {
    const property = fc.property(
      event,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('body', 'signature', 'time', 'secret', 'scheme'),
      (message, at, flip, what) => {
        const payload = JSON.stringify(message)
        const timestamp = NOW / 1000
        const used = what === 'secret' ? `${secret}0` : secret
        const scheme = what === 'scheme' ? 'v0' : 'v1'
        const signed = { payload, secret: used, timestamp, scheme }
        let header = theirs.webhooks.generateTestHeaderString(signed)
        let body = payload
        if (what === 'body') {
          const index = at % payload.length
          const letter = String.fromCharCode(32 + (flip % 90))
          body = payload.slice(0, index) + letter + payload.slice(index + 1)
        }
        if (what === 'signature') {
          const start = header.indexOf('v1=') + 3 + (at % 64)
          const digit = (
            (Number.parseInt(header[start] ?? '0', 16) + (flip % 15) + 1) %
            16
          ).toString(16)
          header = header.slice(0, start) + digit + header.slice(start + 1)
        }
        if (what === 'time') header = header.replace(`t=${timestamp}`, `t=${timestamp + 1}`)
        const same = body === payload && what === 'body'
        assert.equal(taken(body, header), same)
        const verdict = ours(body, header)
        assert.equal(verdict, same ? 'taken' : what === 'scheme' ? 'malformed' : 'signature')
      },
    )
    fc.assert(property, { ...runs, numRuns: 300 })
  })
})
