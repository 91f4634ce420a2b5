// The body of a webhook: its members, and what becomes of an object that is too large.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_BODY_BYTES, webhookBody } from './body.ts'

const event = {
  type: 'payment.succeeded',
  createdAt: Date.UTC(2025, 0, 1, 0, 0, 0, 5),
  sequence: 3,
}

test('a body is type, timestamp, data and sequence', () => {
  assert.equal(
    webhookBody({ ...event, data: { id: 'pay_1', amount: 8850 } }),
    '{"type":"payment.succeeded","timestamp":"2025-01-01T00:00:00.005Z","data":{"id":"pay_1","amount":8850},"sequence":3}',
  )
})

test('an object too large goes without its largest parts, and says so', () => {
  const metadata = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`k${i}`, '宝'.repeat(300)]),
  )
  const data = { id: 'pay_1', amount: 8850, items: [{ name: 'tea' }], metadata }
  const body = webhookBody({ ...event, data })
  assert.ok(Buffer.byteLength(body) <= MAX_BODY_BYTES)
  assert.deepEqual(JSON.parse(body).data, {
    id: 'pay_1',
    amount: 8850,
    items: [{ name: 'tea' }],
    omitted: ['metadata'],
  })
})

test('a body of exactly 20 KB is whole', () => {
  const empty = Buffer.byteLength(webhookBody({ ...event, data: { list: [''] } }))
  const full = webhookBody({ ...event, data: { list: ['x'.repeat(MAX_BODY_BYTES - empty)] } })
  assert.equal(Buffer.byteLength(full), MAX_BODY_BYTES)
  const over = webhookBody({ ...event, data: { list: ['x'.repeat(MAX_BODY_BYTES - empty + 1)] } })
  assert.deepEqual(JSON.parse(over).data, { omitted: ['list'] })
})
