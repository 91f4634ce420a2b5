// Stripe's own rules: the same key repeats, the search never proves absence, and a cancel shuts a
// lost request out.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  appleToken,
  loadVectors,
  lost,
  NOW,
  networkToken,
  orderOf,
  REFERENCE,
  refusedConnection,
  response,
  script,
  stripeAccount,
  WEBHOOK_SECRET,
} from '../testing.ts'
import { stripe } from './acquirer.ts'

const account = stripeAccount()
const order = orderOf(networkToken)
const { resources } = loadVectors<{ resources: Record<string, object> }>('stripe_fixtures')

const intentOf = (more: object) => ({
  ...resources.payment_intent,
  id: 'pi_test_1',
  metadata: { tongbao_payment: REFERENCE },
  last_payment_error: null,
  ...more,
})
const answer = (body: object) => ({ status: 200, body })
const none = answer({ data: [] })
const found = answer({ data: [{ id: 'pi_test_1' }] })
const succeeded = intentOf({ status: 'succeeded', amount_received: 1099 })

describe('an intent is read by its status', () => {
  const redirect = {
    type: 'redirect_to_url',
    redirect_to_url: { url: 'https://hooks.stripe.com/3d' },
  }
  const cases: [object, string][] = [
    [{ status: 'succeeded', amount_received: 1099 }, 'succeeded'],
    [{ status: 'requires_capture', amount_capturable: 1099 }, 'processing'],
    [{ status: 'processing' }, 'processing'],
    [{ status: 'requires_action', next_action: redirect }, 'requires_action'],
    [{ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } }, 'unknown'],
    [{ status: 'requires_payment_method' }, 'failed'],
    [{ status: 'canceled' }, 'closed'],
    [{ status: 'requires_confirmation' }, 'unknown'],
    [{ status: 'splendid' }, 'unknown'],
    [{ status: 'succeeded', amount_received: 10.99 }, 'unknown'],
    [{ status: 'succeeded', amount_received: 1099, metadata: {} }, 'unknown'],
  ]
  for (const [more, status] of cases) {
    test(`${JSON.stringify(more)} is ${status}`, async () => {
      const seen = await stripe.authorize(script(answer(intentOf(more))).ports, account, order)
      assert.equal(seen.status, status)
    })
  }

  test('what was received is the amount, not what was ordered', async () => {
    const part = answer(intentOf({ status: 'succeeded', amount_received: 500 }))
    const seen = await stripe.authorize(script(part).ports, account, order)
    assert.deepEqual(seen.money, { amount: 500n, currency: 'USD' })
  })

  test('what went back stands beside it', async () => {
    const charge = { ...resources.charge, amount_refunded: 300 }
    const { ports } = script(answer({ ...succeeded, latest_charge: charge }))
    const seen = await stripe.query(ports, account, { ...order, walletTransactionId: 'pi_test_1' })
    assert.deepEqual(seen.refundedTotal, { amount: 300n, currency: 'USD' })
  })
})

describe('authorize', () => {
  test('after silence or a fault the same request goes out once more with the same key', async () => {
    for (const step of [lost, response('stripe-api-error')]) {
      const { ports, sent } = script(step, answer(succeeded))
      const seen = await stripe.authorize(ports, account, order)
      assert.equal(seen.status, 'succeeded')
      assert.deepEqual(sent[0], sent[1])
    }
  })

  test('a refusal after a silence says nothing about the first request', async () => {
    for (const id of ['stripe-unauthorised', 'stripe-rate-limit', 'stripe-invalid-param']) {
      const seen = await stripe.authorize(script(lost, response(id)).ports, account, order)
      assert.equal(seen.status, 'unknown', id)
    }
  })

  test('a decline after a silence is the answer to both', async () => {
    const { ports } = script(lost, response('stripe-declined'))
    const seen = await stripe.authorize(ports, account, order)
    assert.deepEqual([seen.status, seen.walletTransactionId], ['failed', 'pi_test_2'])
  })

  test('a decline of an unknown code gives no hope, and 402 alone is no decline', async () => {
    const error = { type: 'card_error', code: 'card_declined', decline_code: 'brand_new' }
    const declined = await stripe.authorize(
      script({ status: 402, body: { error } }).ports,
      account,
      order,
    )
    assert.deepEqual([declined.status, declined.problem?.category], ['failed', 'risk_declined'])
    const odd = await stripe.authorize(script({ status: 402, body: {} }).ports, account, order)
    assert.equal(odd.status, 'unknown')
  })

  test('a token that cannot be made charges nothing', async () => {
    const apple = orderOf({ type: 'applepay', token: appleToken })
    for (const [steps, category] of [
      [[lost, lost], 'provider_down'],
      [[refusedConnection], 'provider_down'],
      [[response('stripe-unauthorised')], 'merchant_config'],
      [[answer({})], 'provider_down'],
    ] as const) {
      const seen = await stripe.authorize(script(...steps).ports, account, apple)
      assert.deepEqual([seen.status, seen.problem?.category], ['failed', category])
    }
  })

  test('what is no token of Stripe is refused before anything is sent', async () => {
    for (const token of ['{}', 'tok_1', '{"id":"pm_1"}', '{"id":"tok_1","id":"tok_2"}']) {
      const { ports, sent } = script()
      const seen = await stripe.authorize(ports, account, orderOf({ type: 'googlepay', token }))
      assert.deepEqual([seen.status, sent.length], ['failed', 0])
    }
  })
})

describe('query', () => {
  test('finding nothing proves nothing', async () => {
    const seen = await stripe.query(script(none).ports, account, order)
    assert.equal(seen.status, 'unknown')
  })

  test('two intents of one attempt are left to a person', async () => {
    const two = answer({ data: [{ id: 'pi_1' }, { id: 'pi_2' }] })
    assert.equal((await stripe.query(script(two).ports, account, order)).status, 'unknown')
  })

  test('an intent of another attempt is not believed', async () => {
    const other = answer({ ...succeeded, metadata: { tongbao_payment: 'tb_1002' } })
    const asked = { ...order, walletTransactionId: 'pi_test_1' }
    assert.equal((await stripe.query(script(other).ports, account, asked)).status, 'unknown')
  })
})

describe('cancel', () => {
  test('ends what is held', async () => {
    const held = answer(intentOf({ status: 'requires_capture', amount_capturable: 1099 }))
    const { ports } = script(found, held, answer(intentOf({ status: 'canceled' })))
    assert.equal((await stripe.cancel(ports, account, order)).status, 'closed')
  })

  test('never hides what was taken', async () => {
    const { ports, sent } = script(found, answer(succeeded))
    assert.equal((await stripe.cancel(ports, account, order)).status, 'succeeded')
    assert(sent.every(({ method }) => method === 'GET'))
    const held = answer(intentOf({ status: 'processing' }))
    const raced = script(found, held, response('stripe-already-captured'), answer(succeeded))
    assert.equal((await stripe.cancel(raced.ports, account, order)).status, 'succeeded')
  })

  test('shuts a request out that never arrived', async () => {
    const inert = answer(intentOf({ status: 'requires_payment_method' }))
    const { ports, sent } = script(none, inert, answer(intentOf({ status: 'canceled' })))
    assert.equal((await stripe.cancel(ports, account, order)).status, 'closed')
    const fence = sent[1]
    assert.equal(fence?.headers['idempotency-key'], `${REFERENCE}:authorise`)
    assert.deepEqual(Object.fromEntries(new URLSearchParams(String(fence?.body))), {
      amount: '1099',
      currency: 'usd',
      'metadata[tongbao_payment]': REFERENCE,
    })
  })

  test('learns from its own key that the request did arrive', async () => {
    for (const id of ['stripe-idempotency-conflict', 'stripe-idempotency-in-flight']) {
      const { ports } = script(none, response(id))
      assert.equal((await stripe.cancel(ports, account, order)).status, 'unknown')
    }
  })

  test('does nothing where it could not ask', async () => {
    const { ports, sent } = script(lost)
    assert.equal((await stripe.cancel(ports, account, order)).status, 'unknown')
    assert.equal(sent.length, 1)
  })
})

describe('capture and refund', () => {
  const change = {
    order: { ...order, walletTransactionId: 'pi_test_1' },
    reference: 'tb_x',
    money: { amount: 300n, currency: 'USD' },
  }

  test('a capture that was done before is told by the intent', async () => {
    for (const [amount, status] of [
      [300, 'succeeded'],
      [400, 'failed'],
    ] as const) {
      const state = answer(intentOf({ status: 'succeeded', amount_received: amount }))
      const { ports } = script(response('stripe-already-captured'), state)
      assert.equal((await stripe.capture(ports, account, change)).status, status)
    }
  })

  test('a refund is what its status says', async () => {
    for (const [status, expected] of [
      ['succeeded', 'succeeded'],
      ['pending', 'pending'],
      ['requires_action', 'pending'],
      ['failed', 'failed'],
      ['canceled', 'failed'],
      ['splendid', 'unknown'],
    ] as const) {
      const { ports } = script(answer({ ...resources.refund, amount: 300, status }))
      const seen = await stripe.refund(ports, account, change)
      assert.deepEqual([seen.status, seen.reference], [expected, 'tb_x'])
    }
  })

  test('silence leaves a refund open', async () => {
    const { ports, sent } = script(lost, lost)
    assert.equal((await stripe.refund(ports, account, change)).status, 'unknown')
    assert.deepEqual(sent[0], sent[1])
  })
})

describe('webhooks', () => {
  const read = (event: object, { time = NOW / 1000, header = '' } = {}) => {
    const body = JSON.stringify(event)
    const mac = createHmac('sha256', WEBHOOK_SECRET).update(`${time}.${body}`).digest('hex')
    return stripe.readNotification(
      account,
      {
        contentType: 'application/json',
        headers: { 'stripe-signature': header || `t=${time},v1=${mac}` },
        body: Buffer.from(body),
      },
      NOW,
    )
  }
  const eventOf = (type: string, object: object, more: object = {}) => ({
    ...resources.event,
    id: 'evt_1',
    type,
    livemode: false,
    data: { object },
    ...more,
  })

  test('a final state is taken, any other is a reason to ask', () => {
    for (const [object, status, askFirst] of [
      [succeeded, 'succeeded', false],
      [intentOf({ status: 'canceled' }), 'closed', false],
      [intentOf({ status: 'requires_payment_method' }), 'failed', true],
      [intentOf({ status: 'processing' }), 'processing', true],
    ] as const) {
      const verdict = read(eventOf('payment_intent.any', object))
      assert(verdict.verdict === 'verified')
      assert.deepEqual([verdict.observation.status, verdict.askFirst], [status, askFirst])
      assert.equal(verdict.observation.messageId, 'evt_1')
    }
  })

  test('a refund is a change, and names itself', () => {
    const refund = { ...resources.refund, amount: 300, metadata: { tongbao_refund: 'tb_rf_1' } }
    const verdict = read(eventOf('refund.updated', refund))
    assert(verdict.verdict === 'change')
    assert.deepEqual(
      [verdict.change.reference, verdict.change.status, verdict.change.money?.amount],
      ['tb_rf_1', 'succeeded', 300n],
    )
  })

  test('what is not about a payment of ours is left alone', () => {
    assert.equal(read(eventOf('charge.refunded', resources.charge ?? {})).verdict, 'ignored')
    const foreign = { ...succeeded, metadata: {} }
    assert.equal(read(eventOf('payment_intent.succeeded', foreign)).verdict, 'ignored')
  })

  test('the future is refused like the past, and the edge is taken', () => {
    const event = eventOf('payment_intent.succeeded', succeeded)
    for (const [offset, verdict] of [
      [300, 'verified'],
      [-300, 'verified'],
      [301, 'refused'],
      [-301, 'refused'],
    ] as const) {
      assert.equal(read(event, { time: NOW / 1000 + offset }).verdict, verdict, String(offset))
    }
  })

  test('an event of a connected account or of the other mode is kept for a person', () => {
    for (const more of [{ account: 'acct_1' }, { livemode: true }, { livemode: 'false' }]) {
      const verdict = read(eventOf('payment_intent.succeeded', succeeded, more))
      assert(verdict.verdict === 'quarantined')
      assert.equal(verdict.reason, 'wrong_account')
    }
  })

  test('what Stripe signed and nobody here understands is kept for a person', () => {
    for (const event of [{}, [], eventOf('payment_intent.any', succeeded, { data: null })]) {
      assert.equal(read(event).verdict, 'quarantined')
      assert.equal(
        read(event, { header: `t=${NOW / 1000},v1=${'0'.repeat(64)}` }).verdict,
        'refused',
      )
    }
  })

  test('money that moved after a payment is not passed over', () => {
    const dispute = { object: 'dispute', payment_intent: 'pi_test_1' }
    const charge = { ...dispute, object: 'charge', metadata: { tongbao_payment: REFERENCE } }
    for (const [type, object, walletReference] of [
      ['charge.dispute.created', dispute, undefined],
      ['radar.early_fraud_warning.created', dispute, undefined],
      ['charge.refunded', charge, REFERENCE],
    ] as const) {
      const verdict = read(eventOf(type, object))
      assert(verdict.verdict === 'ignored')
      assert.equal(verdict.afterPayment, true)
      assert.equal(verdict.order?.walletReference, walletReference)
      assert.equal(verdict.order?.walletTransactionId, 'pi_test_1')
    }
  })

  test('a header of another shape is refused', () => {
    const v1 = '0'.repeat(64)
    for (const header of [
      'x',
      't=1',
      `v1=${v1}`,
      `t=1,t=2,v1=${v1}`,
      `t=a,v1=${v1}`,
      `t=1, v1=${v1}`,
    ]) {
      const verdict = read(eventOf('x', {}), { header })
      assert(verdict.verdict === 'refused')
      assert.equal(verdict.reason, 'malformed', header)
    }
  })
})

test('the browser brings the number of the intent, and it is only a reason to ask', async () => {
  assert.equal(stripe.verifyReturn(account, '?payment_intent=pi_1&redirect_status=succeeded'), true)
  assert.equal(stripe.verifyReturn(account, '?redirect_status=succeeded'), false)
  const { ports, sent } = script(found, answer(succeeded))
  const seen = await stripe.continueFromReturn(ports, account, order, '?payment_intent=pi_other')
  assert.equal(seen.status, 'succeeded')
  assert(sent.every(({ url }) => !url.includes('pi_other')))
})
