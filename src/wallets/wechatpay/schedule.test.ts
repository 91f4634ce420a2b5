import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ABSENT_GRACE_MS, nextQueryDelay, reverseAfterMs } from './schedule.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The ages at which an order is asked about until `end`, if every question is asked on time. */
function ages(surface: 'qr' | 'barcode', expiry: number, end: number): number[] {
  const asked: number[] = []
  for (let age = 0; age < end; ) {
    const delay = nextQueryDelay(surface, age, expiry - age)
    if (delay === undefined) break
    age += delay
    asked.push(age)
  }
  return asked
}

test('asks as the sheet advises, then every half hour, at the expiry and after it', () => {
  const minutes = ages('qr', 2 * HOUR, 5 * DAY).map((age) => age / MINUTE)
  assert.deepEqual(minutes.slice(0, 8), [5 / 60, 0.5, 1, 3, 5, 10, 30, 60])
  assert.deepEqual(minutes.slice(8, 12), [90, 120, 125, 125 + 24 * 60])
  assert.equal(minutes.length, 14)
})

test('asks about a shown code every five seconds, beyond its end too', () => {
  const asked = ages('barcode', 90_000, 120_000)
  assert.deepEqual(asked.slice(0, 3), [5_000, 10_000, 15_000])
  assert(asked.length >= 24)
  assert.equal(reverseAfterMs('barcode'), 45_000)
  assert.equal(reverseAfterMs('qr'), undefined)
})

test('never waits for less than a second, and believes an absence after five minutes', () => {
  assert.equal(nextQueryDelay('qr', 4_999, 100_000), 1_000)
  assert.equal(ABSENT_GRACE_MS, 5 * MINUTE)
  assert.equal(nextQueryDelay('qr', 10 * DAY, -3 * DAY), undefined)
})
