// The retry schedule of PRODUCT AP-43.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextTry, readRetryAfter, WAITS } from './schedule.ts'

const HOUR = 3_600_000
const chance = (byte: number) => ({ bytes: (size: number) => new Uint8Array(size).fill(byte) })
const first = { tries: 1, now: 1_000_000, retryAfter: undefined }

test('waits are 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, give or take a tenth', () => {
  const nominal = [5_000, 300_000, 1_800_000, 2, 5, 10, 14, 20, 24].map((n) =>
    n < 100 ? n * HOUR : n,
  )
  assert.deepEqual(WAITS, nominal)
  for (const [i, wait] of nominal.entries()) {
    const failed = { ...first, tries: i + 1 }
    assert.equal(nextTry(failed, chance(0)), first.now + wait * 0.9)
    const latest = nextTry(failed, chance(255)) ?? 0
    assert.ok(Math.abs(latest - first.now - wait * 1.1) <= 1, String(latest))
  }
})

test('after the tenth try there is no other', () => {
  assert.equal(nextTry({ ...first, tries: 10 }, chance(0)), undefined)
})

test('Retry-After makes a wait longer, never shorter, and at most a day', () => {
  const after = (retryAfter: number) =>
    (nextTry({ ...first, retryAfter }, chance(0)) ?? 0) - first.now
  assert.equal(after(60_000), 60_000)
  assert.equal(after(1_000), 4_500)
  assert.equal(after(1_000 * HOUR), 24 * HOUR)
})

test('Retry-After is seconds or a date; anything else is none', () => {
  const now = Date.UTC(2025, 0, 1)
  assert.equal(readRetryAfter('120', now), 120_000)
  assert.equal(readRetryAfter('Wed, 01 Jan 2025 00:01:00 GMT', now), 60_000)
  assert.equal(readRetryAfter('Tue, 31 Dec 2024 00:00:00 GMT', now), 0)
  for (const header of [
    undefined,
    '',
    '-1',
    '1.5',
    'soon',
    '2025-01-02',
    ' 5',
    '5 ',
    `${'9'.repeat(50)}`,
  ]) {
    assert.equal(readRetryAfter(header, now), undefined, header)
  }
})
