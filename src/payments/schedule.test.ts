import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextResolve } from './schedule.ts'
import { anAttempt, aPayment, T0 } from './testing.ts'

const NO_WALLETS = new Map()

function closing(at: number) {
  const attempt = anAttempt({ updatedAt: T0, details: { closing: true } })
  const payment = aPayment({ status: 'expired', attempts: [attempt] })
  return { wait: (nextResolve(payment, NO_WALLETS, at, true) ?? 0) - at, payment }
}

test('an order that is to be ended is ended at once', () => {
  const { payment } = closing(T0)
  assert.equal(nextResolve(payment, NO_WALLETS, T0 + 5), T0 + 5)
})

test('a wallet that does not end an order is asked ever more seldom, and never given up', () => {
  assert.equal(closing(T0).wait, 10_000)
  assert.equal(closing(T0 + 40_000).wait, 10_000)
  assert.equal(closing(T0 + 600_000).wait, 150_000)
  assert.equal(closing(T0 + 30 * 86_400_000).wait, 3_600_000)
})

test('nothing is asked about a payment whose attempts have all ended', () => {
  const attempts = [anAttempt({ status: 'canceled' }), anAttempt({ status: 'succeeded' })]
  const payment = aPayment({ status: 'succeeded', attempts })
  assert.equal(nextResolve(payment, NO_WALLETS, T0), null)
})

test('past its time, a payment is ended at once where it can, and not asked about without pause where not', () => {
  const after = T0 + 31 * 60_000
  const wait = (payment: Parameters<typeof nextResolve>[0]) =>
    (nextResolve(payment, NO_WALLETS, after, true) ?? Number.NaN) - after
  assert.equal(wait(aPayment()), 0)
  assert.equal(wait(aPayment({ attempts: [anAttempt({ status: 'canceled' })] })), 0)
  assert.equal(wait(aPayment({ attempts: [anAttempt()] })), 0)
  const stuck = anAttempt({ updatedAt: after, details: { closing: true } })
  assert.equal(wait(aPayment({ attempts: [stuck] })), 10_000)
  const released = anAttempt({ details: { closing: true, released: true } })
  assert.equal(wait(aPayment({ attempts: [released] })), 0)
})
