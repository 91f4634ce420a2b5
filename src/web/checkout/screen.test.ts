// Proves which screen each state shows, above all where nothing may offer to pay.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, attempt, NOW, PAYMENTS, payment, problem } from '../../../test/checkout/payments.ts'
import { freshTab, type Here, isFinal, screenOf } from './screen.ts'

const here = (changes: Partial<Here> = {}): Here => ({ ...freshTab(Date.parse(NOW)), ...changes })
const nameOf = (state: string) => {
  const found = PAYMENTS[state]
  assert.ok(found, state)
  return screenOf(found, here()).name
}

test('every recorded state has its screen', () => {
  const expected: Record<string, string> = {
    fresh: 'choose',
    all: 'choose',
    abroad: 'choose',
    sheets: 'choose',
    jsapi: 'handoff',
    address: 'address',
    partly: 'address',
    vanished: 'address',
    addressOld: 'address',
    short: 'address',
    seen: 'address',
    confirming: 'address',
    held: 'choose',
    overpaid: 'success',
    live: 'choose',
    wallets: 'choose',
    none: 'unavailable',
    qr: 'qr',
    qrOld: 'qr',
    handoff: 'handoff',
    processing: 'processing',
    unknown: 'unknown',
    unknownAgain: 'choose',
    gaveUp: 'choose',
    insufficient: 'problem',
    declined: 'problem',
    config: 'problem',
    down: 'problem',
    again: 'problem',
    invalid: 'problem',
    succeeded: 'success',
    authorized: 'success',
    late: 'late',
    expired: 'expired',
    canceled: 'canceled',
    failed: 'failed',
    exhausted: 'exhausted',
  }
  const seen = Object.fromEntries(Object.keys(PAYMENTS).map((state) => [state, nameOf(state)]))
  assert.deepEqual(seen, expected)
})

test('an open outcome never offers to pay (CK-38)', () => {
  const open = payment({
    payable: false,
    unresolved: true,
    attempt: attempt('qr', { status: 'unknown_outcome' }),
  })
  for (const tab of [here(), here({ choosing: true }), here({ startFailed: 'alipay' })]) {
    assert.equal(screenOf(open, tab).name, 'unknown')
  }
})

test('after the time limit a new attempt is offered with a plain warning (OB-5)', () => {
  assert.deepEqual(
    screenOf(payment({ attempt: attempt('qr', { status: 'unknown_outcome' }) }), here()),
    {
      name: 'choose',
      notice: { kind: 'unconfirmed', wallet: 'alipay' },
    },
  )
})

test('a payer who gave up sees the wallets again, without an error (CK-39)', () => {
  const failed = attempt('mobile', { status: 'failed', problem: problem('payer_action') })
  assert.deepEqual(screenOf(payment({ attempt: failed }), here()), {
    name: 'choose',
    notice: { kind: 'not_finished', wallet: 'alipay' },
  })
})

test('words that deny a charge are not shown when the hub does not know (CK-37)', () => {
  const doubtful = { ...problem('provider_down'), money: 'maybe' as const }
  const screen = screenOf(
    payment({ attempt: attempt('qr', { status: 'failed', problem: doubtful }) }),
    here(),
  )
  assert.equal(screen.name, 'unknown')
})

test('a code grows old by the server clock, and the order with it (CK-28, CK-30)', () => {
  const open = payment({ attempt: attempt('qr') })
  const old = screenOf(open, here({ nowMs: Date.parse(after(901)) }))
  assert.equal(old.name === 'qr' && old.expired, true)
  assert.equal(screenOf(open, here({ nowMs: Date.parse(after(1_801)) })).name, 'expired')
})

test('an order whose payment is being decided does not expire on the screen', () => {
  const open = payment({ payable: false, attempt: attempt('qr', { status: 'processing' }) })
  assert.equal(screenOf(open, here({ nowMs: Date.parse(after(9_999)) })).name, 'processing')
})

test('asking for another way shows the wallets while the attempt stands', () => {
  assert.equal(
    screenOf(payment({ attempt: attempt('qr') }), here({ choosing: true })).name,
    'choose',
  )
})

test('money that came after the end is told apart from the end', () => {
  for (const status of ['failed', 'canceled', 'expired'] as const) {
    assert.equal(screenOf(payment({ status, late: true }), here()).name, 'late')
  }
  assert.equal(screenOf(payment({ status: 'succeeded', late: true }), here()).name, 'success')
})

test('only ends are final (CK-33)', () => {
  assert.equal(isFinal(payment()), false)
  assert.equal(isFinal(payment({ status: 'processing' })), false)
  for (const status of ['succeeded', 'failed', 'canceled', 'expired'] as const) {
    assert.equal(isFinal(payment({ status })), true, status)
  }
})

test('who gave up in the wallet sees the list, unless money may have moved (CK-39, CK-38)', () => {
  const gaveUp = freshTab(Date.parse(NOW), true)
  for (const [state, expected] of [
    ['handoff', 'choose'],
    ['qr', 'choose'],
    ['unknown', 'unknown'],
    ['processing', 'processing'],
    ['succeeded', 'success'],
    ['canceled', 'canceled'],
  ] as const) {
    const of = PAYMENTS[state]
    assert.ok(of, state)
    const screen = screenOf(of, gaveUp)
    assert.equal(screen.name, expected, state)
    if (screen.name === 'choose') assert.equal(screen.notice, null)
  }
})
