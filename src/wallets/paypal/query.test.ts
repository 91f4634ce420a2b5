import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkError } from '../../ports.ts'
import { scriptAt } from '../testing.ts'
import type { AttemptOrder } from '../wallet.ts'
import { close } from './close.ts'
import { query, SETTLE_MS } from './query.ts'
import {
  accountOf,
  begun,
  CAPTURE_ID,
  captured,
  issue,
  NOW,
  ORDER_ID,
  orderOf,
  paypalOrder,
  REFERENCE,
  TOKEN,
} from './testing.ts'

type Steps = Parameters<typeof scriptAt> extends [number, ...infer Rest] ? Rest : never

async function ask(order: AttemptOrder, at: number, ...steps: Steps) {
  const { ports, sent } = scriptAt(at, TOKEN, ...steps)
  return { told: await query(ports, accountOf(), order), sent: sent.slice(1) }
}

const APPROVED = paypalOrder('APPROVED')
const COMPLETED = paypalOrder('COMPLETED', captured('COMPLETED'), {}, 201)
const CLOSED = JSON.stringify({ order: ORDER_ID, closed: true })

test('an approved order is captured under a number of its own', async () => {
  const { told, sent } = await ask(begun(), NOW, APPROVED, COMPLETED)
  assert.equal(told.status, 'succeeded')
  assert.equal(told.walletTransactionId, CAPTURE_ID)
  assert.deepEqual(told.money, { amount: 8850n, currency: 'USD' })
  assert.equal(told.paidAt, Date.parse('2026-11-20T07:59:58Z'))
  assert.ok(sent[1]?.url.endsWith(`/v2/checkout/orders/${ORDER_ID}/capture`))
  assert.equal(sent[1]?.headers['paypal-request-id'], `${REFERENCE}-capture`)
})

test('without a memory nobody was sent to PayPal: nothing is asked', async () => {
  const { ports, sent } = scriptAt(NOW)
  assert.equal((await query(ports, accountOf(), orderOf())).status, 'absent')
  assert.equal((await close(ports, accountOf(), orderOf())).status, 'absent')
  assert.equal(sent.length, 0)
})

test('the end of the order is the end of captures; one under way is waited for', async () => {
  const end = begun().expiresAt
  assert.equal((await ask(begun(), end, APPROVED)).told.status, 'processing')
  assert.equal((await ask(begun(), end + SETTLE_MS, APPROVED)).told.status, 'closed')
  const waits = paypalOrder('PAYER_ACTION_REQUIRED')
  assert.equal((await ask(begun(), end - 1, waits)).told.status, 'requires_action')
  assert.equal((await ask(begun(), end, waits)).told.status, 'closed')
  const late = paypalOrder('COMPLETED', captured('COMPLETED'))
  assert.equal((await ask(begun(), end + SETTLE_MS, late)).told.status, 'succeeded')
})

test('an order that was closed is never captured, and a payment is never hidden', async () => {
  const { ports } = scriptAt(NOW, TOKEN, paypalOrder('PAYER_ACTION_REQUIRED'))
  const told = await close(ports, accountOf(), begun())
  assert.equal(told.status, 'closed')
  assert.equal(told.memory, CLOSED)
  const after = begun({ memory: CLOSED })
  const { told: asked, sent } = await ask(after, NOW, APPROVED)
  assert.equal(asked.status, 'closed')
  assert.equal(sent.length, 1)
  assert.equal((await ask(after, NOW, COMPLETED)).told.status, 'unknown')
  const paid = paypalOrder('COMPLETED', captured('COMPLETED'))
  assert.equal((await ask(after, NOW, paid)).told.status, 'succeeded')
})

test('closing what is approved or paid says what stands', async () => {
  for (const [answer, status] of [
    [APPROVED, 'processing'],
    [paypalOrder('COMPLETED', captured('COMPLETED')), 'succeeded'],
    [paypalOrder('COMPLETED', captured('PENDING')), 'processing'],
    [issue(500, 'INTERNAL_SERVER_ERROR'), 'unknown'],
  ] as const) {
    const { ports } = scriptAt(NOW, TOKEN, answer)
    const told = await close(ports, accountOf(), begun())
    assert.equal(told.status, status)
    assert.equal(told.memory, undefined)
  }
})

test('a capture whose answer is lost is unknown, and the next question tells', async () => {
  const lost = new NetworkError('reset', true, 'x')
  const { told } = await ask(begun(), NOW, APPROVED, lost)
  assert.equal(told.status, 'unknown')
  assert.equal(told.problem?.category, 'unknown_outcome')
  const paid = paypalOrder('COMPLETED', captured('COMPLETED'))
  assert.equal((await ask(begun(), NOW, paid)).told.status, 'succeeded')
})

test('what a capture says other than yes', async () => {
  const unprocessable = (word: string) => issue(422, 'UNPROCESSABLE_ENTITY', word)
  for (const [answer, status, category] of [
    [unprocessable('INSTRUMENT_DECLINED'), 'failed', 'payer_action'],
    [unprocessable('PAYER_ACCOUNT_RESTRICTED'), 'failed', 'payer_action'],
    [unprocessable('TRANSACTION_REFUSED'), 'failed', 'risk_declined'],
    [unprocessable('TRANSACTION_RECEIVING_LIMIT_EXCEEDED'), 'failed', 'merchant_config'],
    [unprocessable('MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED'), 'failed', 'retry_new'],
    [unprocessable('ORDER_NOT_APPROVED'), 'requires_action', 'payer_action'],
    [unprocessable('PAYER_ACTION_REQUIRED'), 'requires_action', 'payer_action'],
    [unprocessable('ORDER_COMPLETION_IN_PROGRESS'), 'processing', 'retry_same'],
    [unprocessable('DUPLICATE_INVOICE_ID'), 'unknown', 'duplicate'],
    [unprocessable('AN_ISSUE_OF_TOMORROW'), 'unknown', 'unknown_outcome'],
    [issue(403, 'NOT_AUTHORIZED', 'PERMISSION_DENIED'), 'unknown', 'merchant_config'],
    [issue(429, 'RATE_LIMIT_REACHED'), 'unknown', 'retry_same'],
    [issue(503, 'SERVICE_UNAVAILABLE', 'INSTRUMENT_DECLINED'), 'unknown', 'unknown_outcome'],
    [{ status: 201, headers: {}, body: Buffer.from('ok') }, 'unknown', 'unknown_outcome'],
  ] as const) {
    const { told } = await ask(begun(), NOW, APPROVED, answer)
    assert.equal(told.status, status, JSON.stringify(told))
    assert.equal(told.problem?.category, category)
    assert.equal(told.memory, status === 'failed' ? CLOSED : undefined)
  }
})

test('an order that was captured already is asked for again', async () => {
  const already = issue(422, 'UNPROCESSABLE_ENTITY', 'ORDER_ALREADY_CAPTURED')
  const paid = paypalOrder('COMPLETED', captured('COMPLETED'))
  const { told, sent } = await ask(begun(), NOW, APPROVED, already, paid)
  assert.equal(told.status, 'succeeded')
  assert.equal(sent[2]?.method, 'GET')
})

test('every state of a capture means one thing for the money', async () => {
  for (const [capture, status] of [
    ['COMPLETED', 'succeeded'],
    ['PARTIALLY_REFUNDED', 'succeeded'],
    ['REFUNDED', 'succeeded'],
    ['PENDING', 'processing'],
    ['DECLINED', 'failed'],
    ['FAILED', 'failed'],
    ['A_STATE_OF_TOMORROW', 'unknown'],
  ] as const) {
    const { told } = await ask(begun(), NOW, paypalOrder('COMPLETED', captured(capture)))
    assert.equal(told.status, status, capture)
  }
  const open = paypalOrder('PAYER_ACTION_REQUIRED', captured('DECLINED'))
  assert.equal((await ask(begun(), NOW, open)).told.status, 'requires_action')
  assert.equal((await ask(begun(), NOW, paypalOrder('COMPLETED'))).told.status, 'unknown')
  assert.equal((await ask(begun(), NOW, paypalOrder('VOIDED'))).told.status, 'closed')
  assert.equal((await ask(begun(), NOW, paypalOrder('NEW_STATE'))).told.status, 'unknown')
})

test('what is told is what PayPal says: another amount, and what went back', async () => {
  const other = captured('COMPLETED', { amount: { currency_code: 'USD', value: '8.85' } })
  const { told } = await ask(begun(), NOW, paypalOrder('COMPLETED', other))
  assert.deepEqual(told.money, { amount: 885n, currency: 'USD' })
  const { payments } = captured('PARTIALLY_REFUNDED')
  const refunds = [
    { status: 'COMPLETED', amount: { currency_code: 'USD', value: '1.00' } },
    { status: 'FAILED', amount: { currency_code: 'USD', value: '5.00' } },
    { status: 'COMPLETED', amount: { currency_code: 'USD', value: '0.50' } },
  ]
  const back = paypalOrder('COMPLETED', { payments: { ...payments, refunds } })
  const { told: refunded } = await ask(begun(), NOW, back)
  assert.deepEqual(refunded.refundedTotal, { amount: 150n, currency: 'USD' })
})

test('an answer about another order is nothing, and a forgotten order is absent', async () => {
  for (const answer of [
    paypalOrder('COMPLETED', captured('COMPLETED'), { id: '0AN0THER' }),
    paypalOrder('COMPLETED', { ...captured('COMPLETED'), custom_id: 'another' }),
    paypalOrder('COMPLETED', {}, { purchase_units: [{}, {}] }),
    issue(404, 'SOMETHING_ELSE'),
  ]) {
    const { told } = await ask(begun(), NOW, answer)
    assert.equal(told.status, 'unknown')
  }
  const gone = issue(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID')
  assert.equal((await ask(begun(), NOW, gone)).told.status, 'absent')
})

test('the payer is shown masked', async () => {
  const payer = { payer_id: 'QYR5Z8XDVJNXQ', email_address: 'wren@payers.example' }
  const answer = paypalOrder('COMPLETED', captured('COMPLETED'), { payer })
  const { told } = await ask(begun(), NOW, answer)
  assert.equal(told.payerDisplay, 'w***@payers.example')
  assert.equal(told.payerId, 'QYR5Z8XDVJNXQ')
})
