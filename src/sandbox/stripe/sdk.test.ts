// The sandbox's Stripe as Stripe's own client sees it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Stripe } from 'stripe'
import { type CardSetup, cardSetup } from '../cards/test-support.ts'
import { isObject, type JsonObject } from '../json.ts'
import { orderNumber } from '../test-support.ts'

let world: CardSetup
let fields: Record<string, string>
let stripe: Stripe
before(async () => {
  world = await cardSetup('stripe')
  fields = await world.account('applepay')
  stripe = client(fields.acquirer_secret_key ?? '')
})
after(() => world[Symbol.asyncDispose]())

/** Their client; only the address is another, which it does not let one choose with a path. */
function client(key: string): Stripe {
  const here = (url: string) =>
    url.replace('https://api.stripe.com', fields.acquirer_base_url ?? '')
  return new Stripe(key, {
    maxNetworkRetries: 0,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient((url: string | URL | Request, init?: RequestInit) =>
      fetch(here(String(url)), init),
    ),
  })
}

async function token(card = 'approve', version = 'EC_v1'): Promise<string> {
  const paymentData = await world.apple({ card, version })
  const header = isObject(paymentData.header) ? paymentData.header : {}
  // The parameters are not in their types: their own app sends them (sheet 4.1).
  const made: unknown = await stripe.rawRequest('POST', '/v1/tokens', {
    pk_token: JSON.stringify(paymentData),
    pk_token_instrument_name: 'Visa 3478',
    pk_token_payment_network: 'Visa',
    pk_token_transaction_id: String(header.transactionId),
  })
  return isObject(made) ? String(made.id) : ''
}

/** The token is not in their types either. */
const withToken = (token: string) => ({ type: 'card' as const, card: { token } })

async function pay(reference: string, more: { card?: string; manual?: boolean; id?: string } = {}) {
  const id = more.id ?? (await token(more.card))
  return stripe.paymentIntents.create(
    {
      amount: 1099,
      currency: 'usd',
      capture_method: more.manual ? 'manual' : 'automatic',
      confirm: true,
      allowed_payment_method_types: ['card'],
      payment_method_data: withToken(id),
      metadata: { tongbao_payment: reference },
      return_url: 'https://shop.example/return?x=1',
    },
    { idempotencyKey: `${reference}:authorise` },
  )
}

const told = (type: string, reference: string) =>
  world.hooks.next(
    ({ json, body }) => json.type === type && body.includes(`"tongbao_payment":"${reference}"`),
  )

function objectIn(json: JsonObject): JsonObject {
  const data = isObject(json.data) ? json.data : {}
  return isObject(data.object) ? data.object : {}
}

const errorOf = (type: string, code?: string) => (error: unknown) => {
  assert(error instanceof Stripe.errors.StripeError, String(error))
  assert.equal(error.type, type)
  if (code !== undefined) assert.equal(error.decline_code ?? error.code, code)
  return true
}

test('a token is opened and charged, and the event is signed', async () => {
  const reference = orderNumber()
  const intent = await pay(reference)
  assert.equal(intent.status, 'succeeded')
  assert.equal(intent.amount_received, 1099)
  const hook = await told('payment_intent.succeeded', reference)
  const signature = String(hook.headers['stripe-signature'])
  const secret = fields.acquirer_webhook_secrets ?? ''
  const event = stripe.webhooks.constructEvent(hook.body, signature, secret)
  assert.equal(event.type, 'payment_intent.succeeded')
  assert.throws(() => stripe.webhooks.constructEvent(hook.body, signature, 'whsec_other'))
  const read = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge'] })
  assert(typeof read.latest_charge === 'object' && read.latest_charge !== null)
  assert.equal(read.latest_charge.payment_method_details?.card?.wallet?.type, 'apple_pay')
})

test('each card is declined by its code, and a token is used once', async () => {
  const cards = {
    insufficient_funds: 'insufficient_funds',
    declined: 'generic_decline',
    fraud: 'fraudulent',
    expired: 'expired_card',
    unavailable: 'issuer_not_available',
  }
  for (const [card, code] of Object.entries(cards)) {
    const reference = orderNumber()
    await assert.rejects(pay(reference, { card }), errorOf('StripeCardError', code))
    assert.equal(
      objectIn((await told('payment_intent.payment_failed', reference)).json).status,
      'requires_payment_method',
    )
  }
  const id = await token()
  await pay(orderNumber(), { id })
  await assert.rejects(
    pay(orderNumber(), { id }),
    errorOf('StripeInvalidRequestError', 'resource_missing'),
  )
})

test('what Google hands out is a token of Stripe', async () => {
  const own = await world.account('googlepay')
  const key = own.acquirer_publishable_key ?? ''
  const parameters = { gateway: 'stripe', 'stripe:version': '2018-10-31' }
  const text = await world.google({ ...parameters, 'stripe:publishableKey': key })
  const { id } = JSON.parse(text)
  const intent = await client(own.acquirer_secret_key ?? '').paymentIntents.create({
    amount: 1099,
    currency: 'usd',
    confirm: true,
    payment_method_data: withToken(id),
  })
  assert.equal(intent.status, 'succeeded')
})

test('capture takes a part once, cancel lets go, refunds stop at what was taken', async () => {
  const reference = orderNumber()
  const held = await pay(reference, { manual: true })
  assert.deepEqual([held.status, held.amount_capturable], ['requires_capture', 1099])
  const taken = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 999 })
  assert.deepEqual([taken.status, taken.amount_received], ['succeeded', 999])
  await assert.rejects(
    stripe.paymentIntents.capture(held.id),
    errorOf('StripeInvalidRequestError', 'payment_intent_unexpected_state'),
  )
  await assert.rejects(stripe.paymentIntents.cancel(held.id), errorOf('StripeInvalidRequestError'))
  const refund = await stripe.refunds.create({ payment_intent: held.id, amount: 300 })
  assert.equal(refund.status, 'succeeded')
  assert.equal((await stripe.refunds.retrieve(refund.id)).amount, 300)
  await assert.rejects(
    stripe.refunds.create({ payment_intent: held.id, amount: 700 }),
    errorOf('StripeInvalidRequestError'),
  )
  await stripe.refunds.create({ payment_intent: held.id })
  await assert.rejects(
    stripe.refunds.create({ payment_intent: held.id }),
    errorOf('StripeInvalidRequestError', 'charge_already_refunded'),
  )
  const lines = await stripe.balanceTransactions.list({ limit: 3 })
  assert.deepEqual(
    lines.data.map(({ amount }) => amount),
    [-699, -300, 999],
  )

  const other = await pay(orderNumber(), { manual: true })
  const canceled = await stripe.paymentIntents.cancel(other.id, {
    cancellation_reason: 'abandoned',
  })
  assert.equal(canceled.status, 'canceled')
})

test('the same key repeats the answer, declines too; with other content it is refused', async () => {
  const reference = orderNumber()
  const id = await token('declined')
  await assert.rejects(pay(reference, { id }), errorOf('StripeCardError'))
  await assert.rejects(pay(reference, { id }), errorOf('StripeCardError'))
  const { payments } = await world.control(`stripe/payments?reference=${reference}`)
  assert(Array.isArray(payments))
  assert.equal(payments.length, 1)
  await assert.rejects(pay(reference, { id: 'tok_other' }), errorOf('StripeIdempotencyError'))
})

test('3-D Secure: the bank asks, and the intent concludes with the answer', async () => {
  for (const [answer, status, redirect] of [
    ['confirm', 'succeeded', 'succeeded'],
    ['refuse', 'requires_payment_method', 'failed'],
  ] as const) {
    const reference = orderNumber()
    const intent = await pay(reference, { card: 'challenge' })
    assert.equal(intent.status, 'requires_action')
    assert.equal(intent.next_action?.type, 'redirect_to_url')
    const back = await world.answerBank(reference, answer)
    assert.equal(back.searchParams.get('redirect_status'), redirect)
    assert.equal(back.searchParams.get('payment_intent'), intent.id)
    assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, status)
  }
})

test('the search finds by metadata, or does not find it yet', async () => {
  const reference = orderNumber()
  const intent = await pay(reference)
  const query = `metadata['tongbao_payment']:'${reference}'`
  const ids = async () => (await stripe.paymentIntents.search({ query })).data.map(({ id }) => id)
  assert.deepEqual(await ids(), [intent.id])
  await world.control('faults', { wallet: 'stripe', kind: 'search_late', order: reference })
  assert.deepEqual(await ids(), [])
  assert.deepEqual(await ids(), [intent.id])
})

test('a server error that was told is told again under its key', async () => {
  const reference = orderNumber()
  await world.control('faults', { wallet: 'stripe', kind: 'api_5xx_after', order: reference })
  const id = await token()
  await assert.rejects(pay(reference, { id }), errorOf('StripeAPIError'))
  await assert.rejects(pay(reference, { id }), errorOf('StripeAPIError'))
  const query = `metadata['tongbao_payment']:'${reference}'`
  assert.equal((await stripe.paymentIntents.search({ query })).data[0]?.status, 'succeeded')
})

test('refuses a wrong key, unknown and missing parameters, what is not there', async () => {
  await assert.rejects(
    client('sk_test_wrong').balanceTransactions.list(),
    errorOf('StripeAuthenticationError'),
  )
  await assert.rejects(
    stripe.rawRequest('POST', '/v1/payment_intents', { amount: 1, currency: 'usd', colour: 'red' }),
    errorOf('StripeInvalidRequestError', 'parameter_unknown'),
  )
  await assert.rejects(
    stripe.rawRequest('POST', '/v1/payment_intents', { currency: 'usd' }),
    errorOf('StripeInvalidRequestError', 'parameter_missing'),
  )
  await assert.rejects(
    stripe.paymentIntents.retrieve('pi_missing'),
    errorOf('StripeInvalidRequestError', 'resource_missing'),
  )
})

test('stale and foreign signatures do not pass', async () => {
  for (const kind of ['notification_stale', 'notification_wrong_key', 'notification_tampered']) {
    const reference = orderNumber()
    await world.control('faults', { wallet: 'stripe', kind, order: reference })
    await pay(reference)
    const hook = await told('payment_intent.succeeded', reference)
    const signature = String(hook.headers['stripe-signature'])
    const secret = fields.acquirer_webhook_secrets ?? ''
    assert.throws(() => stripe.webhooks.constructEvent(hook.body, signature, secret), kind)
  }
})
