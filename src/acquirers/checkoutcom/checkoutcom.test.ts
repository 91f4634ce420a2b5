// Checkout.com's own rules: a call is never simply repeated, "none" is no answer while a call may
// still be at work, and an event is only a reason to ask.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, test } from 'node:test'
import {
  appleToken,
  checkoutcomAccount,
  lost,
  NOW,
  networkToken,
  orderOf,
  REFERENCE,
  refusedConnection,
  response,
  SIGNATURE_KEY,
  script,
} from '../testing.ts'
import { checkoutcom } from './acquirer.ts'

const account = checkoutcomAccount()
const order = orderOf(networkToken)
const apple = orderOf({ type: 'applepay', token: appleToken })
const answer = (body: unknown) => ({ status: 200, body })
const none = answer({ data: [] })
const found = answer({ data: [{ id: 'pay_test_1' }] })
const paymentOf = (status: string, more: object = {}) =>
  answer({
    id: 'pay_test_1',
    status,
    amount: 1099,
    currency: 'USD',
    reference: REFERENCE,
    metadata: { tongbao_payment: REFERENCE },
    ...more,
  })

describe('a payment is read by its status', () => {
  const cases: [string, object, string][] = [
    ['Pending', {}, 'requires_action'],
    ['Authorized', { approved: true }, 'processing'],
    ['Authorized', { approved: false }, 'unknown'],
    ['Captured', {}, 'succeeded'],
    ['Partially Refunded', {}, 'succeeded'],
    ['Refunded', {}, 'succeeded'],
    ['Declined', { approved: false, response_code: '30043' }, 'failed'],
    ['Declined', { approved: true }, 'unknown'],
    ['Voided', {}, 'closed'],
    ['Expired', {}, 'closed'],
    ['Canceled', {}, 'closed'],
    ['Card Verified', {}, 'unknown'],
    ['Splendid', {}, 'unknown'],
    ['Captured', { reference: 'x', metadata: { tongbao_payment: 'tb_1002' } }, 'unknown'],
    ['Captured', { amount: '1099' }, 'unknown'],
  ]
  for (const [word, more, status] of cases) {
    test(`${word} ${JSON.stringify(more)} is ${status}`, async () => {
      const { ports } = script(paymentOf(word, more))
      const asked = { ...order, walletTransactionId: 'pay_test_1' }
      assert.equal((await checkoutcom.query(ports, account, asked)).status, status)
    })
  }

  test('what was captured and what went back are the amounts', async () => {
    const balances = { total_captured: 999, total_refunded: 300 }
    const { ports } = script(found, paymentOf('Partially Refunded', { balances }))
    const seen = await checkoutcom.query(ports, account, order)
    assert.deepEqual([seen.money?.amount, seen.refundedTotal?.amount], [999n, 300n])
  })

  test('declines are sorted by code, by range, and without hope', async () => {
    for (const [code, category] of [
      ['20051', 'insufficient_funds'],
      ['20154', 'payer_action'],
      ['20099', 'retry_new'],
      ['30041', 'risk_declined'],
      ['40101', 'risk_declined'],
      ['99999', 'risk_declined'],
      ['toString', 'risk_declined'],
      [undefined, 'risk_declined'],
    ] as const) {
      const { ports } = script(paymentOf('Declined', { response_code: code }))
      const seen = await checkoutcom.authorize(ports, account, order)
      assert.deepEqual([seen.status, seen.problem?.category], ['failed', category])
    }
  })
})

describe('authorize', () => {
  test('3-D Secure is asked for unless a device confirmed the card', async () => {
    for (const [token_format, threeDs] of [
      ['cryptogram_3ds', { enabled: false }],
      ['pan_only', { enabled: true, attempt_n3d: false }],
      ['brand_new', { enabled: true, attempt_n3d: false }],
      [undefined, { enabled: true, attempt_n3d: false }],
    ] as const) {
      const { ports, sent } = script(
        { status: 201, body: { token: 'tok_1', token_format } },
        paymentOf('Authorized'),
      )
      await checkoutcom.authorize(ports, account, apple)
      const body = JSON.parse(String(sent[1]?.body))
      assert.deepEqual(body['3ds'], threeDs)
      assert.equal(body.success_url, threeDs.enabled ? apple.returnUrl : undefined)
      assert.equal(body.capture, true)
    }
  })

  test('after silence it is asked by our reference and never repeated', async () => {
    for (const step of [lost, response('checkout-bad-gateway')]) {
      const { ports, sent } = script(step, found, paymentOf('Captured'))
      const seen = await checkoutcom.authorize(ports, account, order)
      assert.equal(seen.status, 'succeeded')
      assert.deepEqual(
        sent.map(({ method }) => method),
        ['POST', 'GET', 'GET'],
      )
    }
  })

  test('"none" is no answer while the call may still be at work', async () => {
    const { ports, clock } = script(lost, none, none, none)
    const seen = await checkoutcom.authorize(ports, account, order)
    assert.deepEqual([seen.status, seen.source], ['unknown', 'response'])
    assert(seen.memory)
    const asked = { ...order, memory: seen.memory }
    clock.time += 119_999
    assert.equal((await checkoutcom.query(ports, account, asked)).status, 'unknown')
    clock.time += 1
    assert.equal((await checkoutcom.query(ports, account, asked)).status, 'absent')
  })

  test('what never left, and a token that cannot be made, charge nothing', async () => {
    const unsent = await checkoutcom.authorize(script(refusedConnection).ports, account, order)
    assert.deepEqual([unsent.status, unsent.problem?.category], ['failed', 'provider_down'])
    const { ports, sent } = script(lost)
    const untold = await checkoutcom.authorize(ports, account, apple)
    assert.deepEqual([untold.status, untold.problem?.category], ['failed', 'provider_down'])
    assert.equal(sent.length, 1)
  })

  test('an answer that could mean anything leaves the outcome open', async () => {
    for (const status of [302, 409, 418]) {
      const { ports } = script({ status, body: {} })
      assert.equal((await checkoutcom.authorize(ports, account, order)).status, 'unknown')
    }
  })
})

describe('query', () => {
  test('two payments of one attempt are left to a person', async () => {
    const two = answer({ data: [{ id: 'pay_1' }, { id: 'pay_2' }] })
    assert.equal((await checkoutcom.query(script(two).ports, account, order)).status, 'unknown')
  })
  test('an answer without a list is none', async () => {
    const { ports } = script(answer({}))
    assert.equal((await checkoutcom.query(ports, account, order)).status, 'unknown')
  })
})

describe('cancel', () => {
  const held = paymentOf('Authorized')
  const accepted = { status: 202, body: { action_id: 'act_1' } }

  test('is done when the payment says so', async () => {
    const { ports } = script(found, held, accepted, paymentOf('Voided'))
    assert.equal((await checkoutcom.cancel(ports, account, order)).status, 'closed')
    const slow = script(found, held, accepted, held)
    assert.equal((await checkoutcom.cancel(slow.ports, account, order)).status, 'unknown')
  })

  test('never hides what was taken', async () => {
    const taken = script(found, paymentOf('Captured'))
    assert.equal((await checkoutcom.cancel(taken.ports, account, order)).status, 'succeeded')
    const raced = script(found, held, { status: 403, body: {} }, paymentOf('Captured'))
    assert.equal((await checkoutcom.cancel(raced.ports, account, order)).status, 'succeeded')
  })
})

describe('refund', () => {
  const change = {
    order: { ...order, walletTransactionId: 'pay_test_1' },
    reference: 'tb_rf_1',
    money: { amount: 300n, currency: 'USD' },
  }

  test('one that was carried out before is not carried out again', async () => {
    for (const [approved, status] of [
      [true, 'succeeded'],
      [false, 'failed'],
      [undefined, 'pending'],
    ] as const) {
      const action = { id: 'act_4', type: 'Refund', reference: 'tb_rf_1', approved }
      const { ports, sent } = script(answer([action]))
      const seen = await checkoutcom.refund(ports, account, change)
      assert.deepEqual([seen.status, seen.walletChangeId, sent.length], [status, 'act_4', 1])
    }
  })

  test('nothing is sent where it is not known what was done', async () => {
    for (const step of [lost, response('checkout-not-found')]) {
      const { ports, sent } = script(step)
      assert.equal((await checkoutcom.refund(ports, account, change)).status, 'unknown')
      assert.equal(sent.length, 1)
    }
  })
})

describe('webhooks', () => {
  const read = (type: string, more: object = {}, key = SIGNATURE_KEY) => {
    const data = {
      id: 'pay_test_1',
      action_id: 'act_1',
      reference: REFERENCE,
      amount: 1099,
      currency: 'USD',
      metadata: { tongbao_payment: REFERENCE },
      ...more,
    }
    const body = Buffer.from(JSON.stringify({ id: 'evt_1', type, data }))
    const signature = createHmac('sha256', key).update(body).digest('hex')
    const headers = { 'cko-signature': signature }
    return checkoutcom.readNotification(
      account,
      { contentType: 'application/json', headers, body },
      NOW,
    )
  }

  const told: [string, string][] = [
    ['payment_approved', 'processing'],
    ['payment_pending', 'requires_action'],
    ['payment_captured', 'succeeded'],
    ['payment_declined', 'failed'],
    ['payment_voided', 'closed'],
    ['payment_expired', 'closed'],
    ['payment_canceled', 'closed'],
    ['payment_capture_pending', 'capture pending'],
    ['payment_capture_declined', 'capture failed'],
    ['payment_void_declined', 'cancel failed'],
    ['payment_refund_pending', 'refund pending'],
    ['payment_refunded', 'refund succeeded'],
    ['payment_refund_declined', 'refund failed'],
    ['dispute_received', 'ignored'],
    ['something_new', 'ignored'],
  ]
  for (const [type, expected] of told) {
    test(`${type} is ${expected}, and a reason to ask`, () => {
      const verdict = read(type)
      assert('askFirst' in verdict ? verdict.askFirst : verdict.verdict === 'ignored')
      const text =
        verdict.verdict === 'verified'
          ? verdict.observation.status
          : verdict.verdict === 'change'
            ? `${verdict.change.change} ${verdict.change.status}`
            : verdict.verdict
      assert.equal(text, expected)
    })
  }

  test('a refund names itself, and its payment through the metadata', () => {
    const verdict = read('payment_refunded', { reference: 'tb_rf_1', amount: 300 })
    assert(verdict.verdict === 'change')
    assert.deepEqual(
      [verdict.change.reference, verdict.change.walletTransactionId, verdict.change.money?.amount],
      ['tb_rf_1', 'pay_test_1', 300n],
    )
    const voided = read('payment_voided', { reference: 'tb_void_1' })
    assert(voided.verdict === 'verified')
    assert.equal(voided.observation.walletReference, REFERENCE)
  })

  test('a dispute is not passed over', () => {
    const verdict = read('dispute_received', { id: 'dsp_1', payment_id: 'pay_test_1' })
    assert(verdict.verdict === 'ignored')
    assert.deepEqual(
      [verdict.afterPayment, verdict.order],
      [true, { walletTransactionId: 'pay_test_1' }],
    )
  })

  test('what was signed and nobody here understands is kept for a person', () => {
    for (const text of ['[]', '{', '{"id":"evt_1","type":"payment_captured"}']) {
      const body = Buffer.from(text)
      const readBytes = (signature: string) =>
        checkoutcom.readNotification(
          account,
          { contentType: '', headers: { 'cko-signature': signature }, body },
          NOW,
        ).verdict
      const genuine = createHmac('sha256', SIGNATURE_KEY).update(body).digest('hex')
      assert.equal(readBytes(genuine), 'quarantined')
      assert.equal(readBytes('0'.repeat(64)), 'refused')
    }
  })

  test('any active key may have signed, and no other', () => {
    const rolling = checkoutcomAccount({ signature_keys: `${SIGNATURE_KEY}-new ${SIGNATURE_KEY}` })
    assert.equal(rolling.signatureKeys.length, 2)
    const verdict = read('payment_captured', {}, 'another-signature-key-00')
    assert(verdict.verdict === 'refused')
    assert.equal(verdict.reason, 'signature')
  })
})
