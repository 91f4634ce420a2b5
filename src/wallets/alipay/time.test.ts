import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { beijingTime, readBeijingTime } from './time.ts'

test('is eight hours ahead of UTC, whatever the machine’s zone', () => {
  assert.equal(beijingTime(Date.parse('2026-03-09T10:05:07.999Z')), '2026-03-09 18:05:07')
  assert.equal(readBeijingTime('2027-01-01 00:00:00'), Date.parse('2026-12-31T16:00:00Z'))
  assert.equal(readBeijingTime('2027-01-01 00:00:00.123'), Date.parse('2026-12-31T16:00:00.123Z'))
})

test('reads back what it wrote', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
      assert.equal(readBeijingTime(beijingTime(seconds * 1_000)), seconds * 1_000)
    }),
  )
})

for (const text of [
  '',
  '2027-02-29 00:00:00',
  '2027-1-1 00:00:00',
  '2027-01-01T00:00:00',
  '2027-01-01 24:00:00',
  '2027-01-01 00:00:60',
  '2027-01-01 00:00:00Z',
]) {
  test(`refuses ${JSON.stringify(text)}`, () => assert.equal(readBeijingTime(text), undefined))
}
