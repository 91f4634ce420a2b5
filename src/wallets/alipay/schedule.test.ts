import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextQueryDelay, reverseAfterMs } from './schedule.ts'

/** Every moment (since the start) at which an order of this length is asked about. */
function moments(lengthMs: number): number[] {
  const all: number[] = []
  for (let age = 0; ; ) {
    const delay = nextQueryDelay('desktop', age, lengthMs - age)
    if (delay === undefined) return all
    age += delay
    all.push(age)
  }
}

test('asks often at first, at the expiry, five minutes after it, and daily for three days', () => {
  const minute = 60_000
  const all = moments(30 * minute)
  assert.deepEqual(all.slice(0, 3), [3_000, 6_000, 9_000])
  assert.equal(all.filter((age) => age <= minute).length, 20)
  assert.equal(all.filter((age) => age > minute && age <= 10 * minute).length, 54)
  assert.ok(all.includes(30 * minute))
  const after = all.filter((age) => age > 30 * minute).map((age) => age / minute - 30)
  assert.deepEqual(after, [5, 5 + 1440, 5 + 2880, 5 + 4320])
})

test('an expiry that no step meets is met all the same', () => {
  assert.ok(moments(71_234).includes(71_234))
})

test('never asks in a hurry, whatever the clock says', () => {
  for (const until of [1, 0, -1, -299_999]) {
    assert.ok((nextQueryDelay('qr', 600_000, until) ?? 0) >= 1_000)
  }
})

test('reverses only what a payer showed', () => {
  assert.equal(reverseAfterMs('barcode'), 45_000)
  for (const surface of ['desktop', 'mobile', 'app', 'qr', 'in_app'] as const) {
    assert.equal(reverseAfterMs(surface), undefined)
  }
})
