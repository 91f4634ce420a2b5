// The acquirers against the processor vectors: requests as the official clients send them, sample
// answers, and signed webhooks with the stage at which each forgery is refused.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AcquirerVerdict, CardOrder } from '../../src/acquirers/acquirer.ts'
import { adyen } from '../../src/acquirers/adyen/acquirer.ts'
import { cancelRequest } from '../../src/acquirers/adyen/payments.ts'
import { checkoutcom } from '../../src/acquirers/checkoutcom/acquirer.ts'
import { stripe } from '../../src/acquirers/stripe/acquirer.ts'
import {
  adyenAccount,
  appleToken,
  checkoutcomAccount,
  googleToken,
  loadVectors,
  NOW,
  networkToken,
  orderOf,
  REFERENCE,
  response,
  type SdkRequest,
  script,
  sdkRequest,
  stripeAccount,
} from '../../src/acquirers/testing.ts'
import type { OutgoingRequest } from '../../src/ports.ts'

const apple = orderOf({
  type: 'applepay',
  token: appleToken,
  displayName: 'Visa 4242',
  network: 'Visa',
})
const google = orderOf({ type: 'googlepay', token: googleToken })
const direct = orderOf(networkToken)
const manual = (order: CardOrder): CardOrder => ({ ...order, capture: 'manual' })
const charged = (id: string) => ({ ...apple, walletTransactionId: id })
const changeOf = (id: string, reference: string, amount: bigint) => ({
  order: charged(id),
  reference,
  money: { amount, currency: 'USD' },
})

/** Our request says what the client's says; the vectors' keys are free but for their shape. */
function assertSame(
  sent: OutgoingRequest | undefined,
  id: string,
  { more = {}, key }: { more?: Record<string, unknown>; key?: string } = {},
): void {
  const expected: SdkRequest['request'] = sdkRequest(id)
  assert(sent, 'nothing was sent')
  const url = new URL(sent.url)
  assert.equal(sent.method, expected.method)
  assert.equal(url.host, expected.host)
  const theirs = new URL(`https://${expected.host}${expected.path}`)
  assert.equal(url.pathname, theirs.pathname)
  assert.deepEqual([...url.searchParams].sort(), [...theirs.searchParams].sort())
  const keyName = id.startsWith('checkout') ? 'cko-idempotency-key' : 'idempotency-key'
  const { [keyName]: theirKey, ...headers } = expected.headers
  const { [keyName]: ourKey, ...ours } = sent.headers
  assert.deepEqual(ours, headers)
  assert.equal(ourKey, key ?? theirKey)
  const body = String(sent.body ?? '')
  if (expected.headers['content-type'] === 'application/json') {
    const parsed = expected.body === '' ? {} : JSON.parse(expected.body)
    assert.deepEqual(body === '' ? {} : JSON.parse(body), { ...parsed, ...more })
  } else {
    const pairs = Object.fromEntries(renamed(new URLSearchParams(expected.body)))
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), { ...pairs, ...more })
  }
}

/**
 * The vectors name the version 2026-10-28 and a parameter that left it in 2026-09-30 (changelog of
 * the official library, 23.0.0): the client that made them passes on whatever it is given.
 */
function renamed(pairs: URLSearchParams): [string, string][] {
  return [...pairs].map(([name, value]) => [
    name.replace(/^payment_method_types/, 'allowed_$&'),
    value,
  ])
}

const authorizeKey = { key: `${REFERENCE}:authorise` }
const answered = { status: 200, body: {} }

describe('requests are those of the official clients', () => {
  test('Adyen authorizes an Apple Pay token, in test and live', async () => {
    for (const [account, id] of [
      [adyenAccount(), 'adyen-payments-apple'],
      [
        adyenAccount({
          environment: 'live',
          live_prefix: '0123456789abcdef-tongbaotest',
          api_key: 'AQElive',
        }),
        'adyen-payments-apple-live',
      ],
    ] as const) {
      const { ports, sent } = script(answered)
      await adyen.authorize(ports, account, apple)
      assertSame(sent[0], id, authorizeKey)
    }
  })

  test('Adyen authorizes a Google Pay token and a network token', async () => {
    for (const [order, id] of [
      [google, 'adyen-payments-google'],
      [direct, 'adyen-payments-decrypted'],
    ] as const) {
      const { ports, sent } = script(answered)
      await adyen.authorize(ports, adyenAccount(), order)
      assertSame(sent[0], id, authorizeKey)
    }
  })

  test('Adyen goes on after 3-D Secure, captures, refunds and cancels', async () => {
    const account = adyenAccount()
    const id = 'PSP0000000000001'
    const { ports, sent } = script(answered, answered, answered, answered, answered)
    const query = `redirectResult=${encodeURIComponent('X6XtfGC3!Y...')}`
    await adyen.continueFromReturn(ports, account, apple, query)
    const key = sent[0]?.headers['idempotency-key'] ?? ''
    assert.match(key, /^tb_1001:details:[0-9a-f]{12}$/)
    assertSame(sent[0], 'adyen-payments-details', { key })
    await adyen.capture(ports, account, changeOf(id, 'tb_cap_1', 999n))
    assertSame(sent[1], 'adyen-capture')
    await adyen.refund(ports, account, changeOf(id, 'tb_rf_1', 300n))
    assertSame(sent[2], 'adyen-refund')
    await adyen.cancel(ports, account, charged(id))
    const cancelKey = { key: `${REFERENCE}:cancel`, more: { reference: REFERENCE } }
    assertSame(sent[3], 'adyen-cancel', cancelKey)
    await adyen.cancel(ports, account, apple)
    assertSame(sent[4], 'adyen-cancel-by-reference', cancelKey)
    assert.deepEqual(
      cancelRequest(account, apple, 'tb_void_2').body,
      JSON.parse(sdkRequest('adyen-cancel-by-reference').body),
    )
  })

  test('Adyen opens the session of Apple with its own merchant identity', async () => {
    const { ports, sent } = script(response('adyen-applepay-session'))
    const account = adyenAccount({ apple_merchant_id: '000000000200001' })
    const request = { domain: 'pay.example.test', merchantName: 'Tongbao Test' }
    const opened = await adyen.appleSession?.(ports, account, request)
    assertSame(sent[0], 'adyen-applepay-session', {
      key: '000102030405060708090a0b0c0d0e0f',
    })
    assert.deepEqual(opened, { session: { epochTimestamp: 1795348800000 } })
    assert.equal(adyen.appleSession?.(ports, adyenAccount(), request), undefined)
  })

  test('Stripe makes a token of Apple Pay data and confirms an intent with it', async () => {
    const { ports, sent } = script({ status: 200, body: { id: 'tok_test_1' } }, answered)
    await stripe.authorize(ports, stripeAccount(), manual(apple))
    assertSame(sent[0], 'stripe-token-apple', { key: `${REFERENCE}:token` })
    assertSame(sent[1], 'stripe-pi-token', authorizeKey)
  })

  test('Stripe takes the number of its own token from the sheet of Google Pay', async () => {
    const { ports, sent } = script(answered)
    const token = JSON.stringify({ id: 'tok_test_1', object: 'token' })
    const order = orderOf({ type: 'googlepay', token }, { capture: 'manual' })
    await stripe.authorize(ports, stripeAccount(), order)
    assertSame(sent[0], 'stripe-pi-token', authorizeKey)
  })

  test('Stripe authorizes a network token', async () => {
    const { ports, sent } = script(answered)
    await stripe.authorize(ports, stripeAccount(), manual(direct))
    assertSame(sent[0], 'stripe-pi-network-token', {
      ...authorizeKey,
      more: { 'metadata[tongbao_payment]': REFERENCE, return_url: direct.returnUrl },
    })
  })

  test('Stripe captures, refunds, asks, searches and cancels', async () => {
    const account = stripeAccount()
    const intent = {
      status: 200,
      body: {
        id: 'pi_test_1',
        status: 'requires_capture',
        metadata: { tongbao_payment: REFERENCE },
      },
    }
    const found = { status: 200, body: { data: [{ id: 'pi_test_1' }] } }
    const { ports, sent } = script(intent, answered, intent, intent, found, intent, intent)
    await stripe.capture(ports, account, changeOf('pi_test_1', 'tb_cap_1', 999n))
    assertSame(sent[0], 'stripe-capture')
    await stripe.refund(ports, account, changeOf('pi_test_1', 'tb_rf_1', 300n))
    assertSame(sent[1], 'stripe-refund')
    await stripe.cancel(ports, account, charged('pi_test_1'))
    assertSame(sent[2], 'stripe-get-pi')
    assertSame(sent[3], 'stripe-cancel', { key: `${REFERENCE}:cancel` })
    await stripe.query(ports, account, apple)
    assertSame(sent[4], 'stripe-search-metadata')
    assertSame(sent[5], 'stripe-get-pi')
  })

  test('Checkout.com makes a token and authorizes with it', async () => {
    for (const [order, id] of [
      [apple, 'checkout-token-apple'],
      [google, 'checkout-token-google'],
    ] as const) {
      const { ports, sent } = script(response('checkout-token-created'), answered)
      await checkoutcom.authorize(ports, checkoutcomAccount(), manual(order))
      assertSame(sent[0], id)
      assertSame(sent[1], 'checkout-payment-token', authorizeKey)
    }
  })

  test('Checkout.com authorizes a network token', async () => {
    const { ports, sent } = script(answered)
    await checkoutcom.authorize(ports, checkoutcomAccount(), manual(direct))
    assertSame(sent[0], 'checkout-payment-network-token', {
      ...authorizeKey,
      more: { metadata: { tongbao_payment: REFERENCE } },
    })
  })

  test('Checkout.com captures, refunds, asks and voids, after looking at what was done', async () => {
    const account = checkoutcomAccount()
    const none = { status: 200, body: [] }
    const held = {
      status: 200,
      body: { id: 'pay_test_1', status: 'Authorized', reference: REFERENCE },
    }
    const { ports, sent } = script(none, answered, none, answered, held, answered, held)
    await checkoutcom.capture(ports, account, changeOf('pay_test_1', 'tb_cap_1', 999n))
    assertSame(sent[0], 'checkout-actions')
    assertSame(sent[1], 'checkout-capture')
    await checkoutcom.refund(ports, account, changeOf('pay_test_1', 'tb_rf_1', 300n))
    assertSame(sent[3], 'checkout-refund')
    await checkoutcom.cancel(ports, account, charged('pay_test_1'))
    assertSame(sent[4], 'checkout-get')
    assertSame(sent[5], 'checkout-void', {
      key: `${REFERENCE}:void`,
      more: { reference: REFERENCE },
    })
  })
})

describe('sample answers are read', () => {
  const cases: [string, string, string | undefined][] = [
    ['adyen-payments-authorised', 'succeeded', undefined],
    ['adyen-payments-refused', 'failed', 'insufficient_funds'],
    ['adyen-payments-3ds-redirect', 'requires_action', undefined],
    ['adyen-payments-error-issuer-unavailable', 'failed', 'provider_down'],
    ['adyen-payments-pending', 'processing', undefined],
    ['adyen-validation-error', 'failed', 'invalid_request'],
    ['adyen-unauthorised', 'failed', 'merchant_config'],
    ['adyen-idempotency-in-progress', 'unknown', 'retry_same'],
    ['stripe-declined', 'failed', 'insufficient_funds'],
    ['stripe-expired-card', 'failed', 'payer_action'],
    ['stripe-authentication-required', 'failed', 'payer_action'],
    ['stripe-idempotency-conflict', 'unknown', 'invalid_request'],
    ['stripe-idempotency-in-flight', 'unknown', 'retry_same'],
    ['stripe-invalid-param', 'failed', 'invalid_request'],
    ['stripe-rate-limit', 'failed', 'retry_same'],
    ['stripe-unauthorised', 'failed', 'merchant_config'],
    ['stripe-already-captured', 'unknown', 'duplicate'],
    ['checkout-authorised', 'processing', undefined],
    ['checkout-declined', 'failed', 'insufficient_funds'],
    ['checkout-3ds', 'requires_action', undefined],
    ['checkout-validation', 'failed', 'invalid_request'],
    ['checkout-unauthorised', 'failed', 'merchant_config'],
    ['checkout-rate-limit', 'failed', 'retry_same'],
  ]
  for (const [id, status, category] of cases) {
    test(`${id} is ${status}`, async () => {
      const { ports } = script(response(id))
      const seen = id.startsWith('adyen')
        ? await adyen.authorize(ports, adyenAccount(), apple)
        : id.startsWith('stripe')
          ? await stripe.authorize(ports, stripeAccount(), direct)
          : await checkoutcom.authorize(ports, checkoutcomAccount(), direct)
      assert.equal(seen.status, status)
      assert.equal(seen.problem?.category, category)
      assert.equal(seen.walletReference, REFERENCE)
    })
  }

  test('a redirect to 3-D Secure is handed to the browser', async () => {
    const first = await adyen.authorize(
      script(response('adyen-payments-3ds-redirect')).ports,
      adyenAccount(),
      apple,
    )
    assert.deepEqual(first.nextAction, {
      type: 'redirect',
      url: 'https://checkoutshopper-test.adyen.com/checkoutshopper/threeDS/redirect?MD=example',
    })
    const second = await checkoutcom.authorize(
      script(response('checkout-3ds')).ports,
      checkoutcomAccount(),
      direct,
    )
    assert.equal(second.nextAction?.type, 'redirect')
  })

  test('what is accepted is pending, and not done', async () => {
    const captured = await adyen.capture(
      script(response('adyen-capture-received')).ports,
      adyenAccount(),
      changeOf('QFQTPCQ8HXSKGK82', 'tb_cap_1', 999n),
    )
    assert.deepEqual(
      [captured.status, captured.walletChangeId, captured.money],
      ['pending', 'B7PV8KDS5WWQZC82', { amount: 999n, currency: 'USD' }],
    )
    const refunded = await checkoutcom.refund(
      script({ status: 200, body: [] }, response('checkout-refund-accepted')).ports,
      checkoutcomAccount(),
      changeOf('pay_test_1', 'tb_rf_1', 300n),
    )
    assert.deepEqual([refunded.status, refunded.walletChangeId], ['pending', 'act_test_4'])
    for (const id of ['adyen-cancel-received', 'adyen-cancel-by-reference-received']) {
      const canceled = await adyen.cancel(script(response(id)).ports, adyenAccount(), apple)
      assert.deepEqual([canceled.status, canceled.walletStatus], ['unknown', 'cancel received'])
    }
  })

  test('after a lost answer or a fault of the server the outcome is open', async () => {
    const fault = response('stripe-api-error')
    const open = await stripe.authorize(script(fault, fault).ports, stripeAccount(), direct)
    assert.equal(open.status, 'unknown')
    const step = response('checkout-bad-gateway')
    const seen = await checkoutcom.authorize(
      script(step, { status: 200, body: { data: [] } }).ports,
      checkoutcomAccount(),
      direct,
    )
    assert.deepEqual([seen.status, seen.source], ['unknown', 'response'])
  })

  test('a refused refund is failed, and what is not there is not found', async () => {
    const tooMuch = await stripe.refund(
      script(response('stripe-refund-too-much')).ports,
      stripeAccount(),
      changeOf('pi_test_1', 'tb_rf_1', 300n),
    )
    assert.deepEqual([tooMuch.status, tooMuch.problem?.category], ['failed', 'duplicate'])
    const refused = await checkoutcom.refund(
      script({ status: 200, body: [] }, response('checkout-refund-not-allowed')).ports,
      checkoutcomAccount(),
      changeOf('pay_test_1', 'tb_rf_1', 300n),
    )
    assert.equal(refused.status, 'failed')
    const missing = await stripe.query(
      script(response('stripe-not-found')).ports,
      stripeAccount(),
      charged('pi_missing'),
    )
    assert.deepEqual([missing.status, missing.problem?.category], ['unknown', 'not_found'])
    const gone = await checkoutcom.query(
      script(response('checkout-not-found')).ports,
      checkoutcomAccount(),
      charged('pay_missing'),
    )
    assert.deepEqual([gone.status, gone.problem?.category], ['unknown', 'not_found'])
  })

  test('3-D Secure that succeeded pays', async () => {
    const seen = await adyen.continueFromReturn(
      script(response('adyen-details-authorised')).ports,
      adyenAccount(),
      apple,
      'redirectResult=X6XtfGC3',
    )
    assert.deepEqual(
      [seen.status, seen.money, seen.walletTransactionId],
      ['succeeded', { amount: 1_099n, currency: 'USD' }, 'QFQTPCQ8HXSKGK93'],
    )
  })
})

interface Expectation {
  result: 'accept' | 'reject'
  stage?: string
}

function stageOf(verdict: AcquirerVerdict): string {
  if (verdict.verdict !== 'refused' && verdict.verdict !== 'quarantined') return 'accept'
  if (verdict.reason === 'wrong_account') return verdict.detail.split(':')[0] ?? ''
  return ['signature', 'timestamp'].includes(verdict.reason) ? verdict.reason : 'format'
}

const rawOf = (body: string, headers: Record<string, string> = {}) => ({
  contentType: 'application/json',
  headers,
  body: Buffer.from(body),
})

const expectedStage = (expect: Expectation) =>
  expect.result === 'accept' ? 'accept' : expect.stage

describe('webhooks', () => {
  interface AdyenCase {
    id: string
    hmac_keys_hex: string[]
    body: string
    expect: Expectation
  }
  for (const { id, hmac_keys_hex, body, expect } of loadVectors<AdyenCase[]>('adyen_webhooks')) {
    test(`Adyen: ${id}`, () => {
      const account = adyenAccount({ hmac_keys: hmac_keys_hex.join(' ') })
      const verdict = adyen.readNotification(account, rawOf(body), NOW)
      assert.equal(stageOf(verdict), expectedStage(expect))
    })
  }

  interface StripeCase {
    id: string
    secrets: string[]
    header: string
    now_epoch_s: number
    body: string
    expect: Expectation
  }
  for (const vector of loadVectors<StripeCase[]>('stripe_webhooks')) {
    test(`Stripe: ${vector.id}`, () => {
      const account = stripeAccount({ webhook_secrets: vector.secrets.join(' ') })
      const raw = rawOf(vector.body, { 'stripe-signature': vector.header })
      const verdict = stripe.readNotification(account, raw, vector.now_epoch_s * 1000)
      assert.equal(stageOf(verdict), expectedStage(vector.expect))
    })
  }

  interface CheckoutCase {
    id: string
    signature_key: string
    headers: Record<string, string>
    expected_authorization: string
    body: string
    expect: Expectation
  }
  for (const vector of loadVectors<CheckoutCase[]>('checkout_webhooks')) {
    test(`Checkout.com: ${vector.id}`, () => {
      const account = checkoutcomAccount({
        signature_keys: vector.signature_key,
        notification_authorization: vector.expected_authorization,
      })
      const raw = rawOf(vector.body, vector.headers)
      const verdict = checkoutcom.readNotification(account, raw, NOW)
      assert.equal(stageOf(verdict), expectedStage(vector.expect))
    })
  }
})
