// Proves when the page asks again and what the countdown says aloud.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs, pollDelayMs, spokenMark } from './schedule.ts'

const LONG_AGO = Number.POSITIVE_INFINITY

test('every 2 s for 2 min, 5 s until 10 min, then 10 s (CK-31)', () => {
  const at = (ageMs: number) => pollDelayMs({ ageMs, sinceWakeMs: LONG_AGO }, 0.5)
  assert.deepEqual(
    [0, 119_999, 120_000, 599_999, 600_000].map(at),
    [2_000, 2_000, 5_000, 5_000, 10_000],
  )
})

test('back to 2 s for 30 s after news (CK-31)', () => {
  assert.equal(pollDelayMs({ ageMs: 3_600_000, sinceWakeMs: 29_999 }, 0.5), 2_000)
  assert.equal(pollDelayMs({ ageMs: 3_600_000, sinceWakeMs: 30_000 }, 0.5), 10_000)
})

test('jitter stays within a fifth (CK-31)', () => {
  const delay = (random: number) => pollDelayMs({ ageMs: 0, sinceWakeMs: LONG_AGO }, random)
  assert.equal(Math.round(delay(0)), 1_600)
  assert.ok(delay(0.999_999) < 2_400)
})

test('failures are repeated with growing pauses up to 10 s (CK-54)', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 50].map((n) => backoffMs(n, 0.5)),
    [1_000, 2_000, 4_000, 8_000, 10_000, 10_000],
  )
})

test('the countdown speaks at 5 min, 1 min and 10 s only (CK-48)', () => {
  const spoken: number[] = []
  for (let left = 900_000; left > 0; left -= 500) {
    const mark = spokenMark(left + 500, left)
    if (mark !== null) spoken.push(mark)
  }
  assert.deepEqual(spoken, [300_000, 60_000, 10_000])
})
