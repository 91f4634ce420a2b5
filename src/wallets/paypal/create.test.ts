import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkError } from '../../ports.ts'
import { scriptAt } from '../testing.ts'
import { create } from './create.ts'
import {
  accountOf,
  issue,
  NOW,
  ORDER_ID,
  orderOf,
  paypalOrder,
  REFERENCE,
  TOKEN,
  unitOf,
} from './testing.ts'

const CREATED = paypalOrder('PAYER_ACTION_REQUIRED', {}, {}, 201)

test('an order goes out under our number, and the payer is sent to PayPal', async () => {
  const { ports, sent } = scriptAt(NOW, TOKEN, CREATED)
  const told = await create(ports, accountOf(), orderOf())
  assert.equal(told.status, 'requires_action')
  assert.deepEqual(told.nextAction, {
    type: 'redirect',
    url: `https://www.sandbox.paypal.com/checkoutnow?token=${ORDER_ID}`,
  })
  assert.equal(told.memory, JSON.stringify({ order: ORDER_ID }))
  assert.equal(sent[1]?.url, 'https://api-m.sandbox.paypal.com/v2/checkout/orders')
  assert.equal(sent[1]?.headers['paypal-request-id'], REFERENCE)
  assert.equal(sent[1]?.headers.authorization, 'Bearer A21AAtoken')
  const unit = unitOf(sent[1])
  assert.deepEqual(unit?.amount, { currency_code: 'USD', value: '88.50' })
  assert.equal(unit?.custom_id, REFERENCE)
  assert.equal(unit?.invoice_id, REFERENCE)
})

test('the same order is the same bytes', async () => {
  const { ports, sent } = scriptAt(NOW, TOKEN, CREATED, paypalOrder('PAYER_ACTION_REQUIRED'))
  const account = accountOf()
  await create(ports, account, orderOf())
  const again = await create(ports, account, orderOf())
  assert.equal(again.memory, JSON.stringify({ order: ORDER_ID }))
  assert.deepEqual(sent[1], sent[2])
})

test('a title is cut to what PayPal takes, between characters', async () => {
  const { ports, sent } = scriptAt(NOW, TOKEN, CREATED)
  await create(ports, accountOf(), orderOf({ title: `a\u0000${'茶'.repeat(60)}` }))
  const unit = unitOf(sent[1])
  assert.equal(unit?.description, `a ${'茶'.repeat(41)}`)
})

test('currencies without decimals are written without, and a fraction is never sent', async () => {
  const huf = orderOf({ money: { amount: 900_000n, currency: 'HUF' } })
  const first = scriptAt(NOW, TOKEN, CREATED)
  await create(first.ports, accountOf(), huf)
  const unit = unitOf(first.sent[1])
  assert.deepEqual(unit?.amount, { currency_code: 'HUF', value: '9000' })

  const second = scriptAt(NOW)
  const half = orderOf({ money: { amount: 900_050n, currency: 'HUF' } })
  const told = await create(second.ports, accountOf(), half)
  assert.equal(told.status, 'failed')
  assert.equal(told.problem?.category, 'invalid_request')
})

test('silence, a server fault and what is no answer conclude nothing', async () => {
  const steps = [
    new NetworkError('timeout', true, 'x'),
    issue(500, 'INTERNAL_SERVER_ERROR'),
    issue(422, 'UNPROCESSABLE_ENTITY', 'AN_ISSUE_OF_TOMORROW'),
    issue(422, 'UNPROCESSABLE_ENTITY', 'DUPLICATE_INVOICE_ID'),
    { status: 201, headers: {}, body: Buffer.from('<html>') },
    paypalOrder('PAYER_ACTION_REQUIRED', { custom_id: 'another' }, {}, 201),
    paypalOrder('PAYER_ACTION_REQUIRED', {}, { links: [] }, 201),
  ]
  for (const step of steps) {
    const { ports } = scriptAt(NOW, TOKEN, step)
    const told = await create(ports, accountOf(), orderOf())
    assert.equal(told.status, 'unknown')
    assert.equal(told.memory, undefined)
  }
})

test('a page that is not PayPal is never handed to the payer', async () => {
  for (const href of [
    'https://www.sandbox.paypal.com.example/checkoutnow',
    'http://www.sandbox.paypal.com/checkoutnow',
    'https://www.paypal.com/checkoutnow',
    'javascript:alert(1)',
  ]) {
    const answer = paypalOrder('CREATED', {}, { links: [{ href, rel: 'payer-action' }] }, 201)
    const { ports } = scriptAt(NOW, TOKEN, answer)
    const told = await create(ports, accountOf(), orderOf())
    assert.equal(told.status, 'unknown', href)
    assert.equal(told.nextAction, undefined)
  }
})

test('a refusal, or a call that never left, is a failure', async () => {
  for (const [step, category] of [
    [issue(422, 'UNPROCESSABLE_ENTITY', 'CURRENCY_NOT_SUPPORTED'), 'invalid_request'],
    [issue(422, 'UNPROCESSABLE_ENTITY', 'PAYEE_ACCOUNT_RESTRICTED'), 'merchant_config'],
    [issue(403, 'NOT_AUTHORIZED', 'PERMISSION_DENIED'), 'merchant_config'],
    [issue(429, 'RATE_LIMIT_REACHED'), 'retry_same'],
    [new NetworkError('refused', false, 'x'), 'provider_down'],
  ] as const) {
    const { ports } = scriptAt(NOW, TOKEN, step)
    const told = await create(ports, accountOf(), orderOf())
    assert.equal(told.status, 'failed')
    assert.equal(told.problem?.category, category)
  }
})
