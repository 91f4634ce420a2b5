// Proves that the advice for problems agrees with the catalogue.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROBLEM_ADVICE, shownCategory } from './problems.ts'

const OPEN = ['retry_same', 'unknown_outcome', 'duplicate']

test('exactly the open outcomes are told as open, and none of them offers to pay', () => {
  for (const [category, { money, remedies }] of Object.entries(PROBLEM_ADVICE)) {
    assert.equal(money, OPEN.includes(category) ? 'maybe' : 'no', category)
    if (money === 'maybe') {
      assert.ok(
        !remedies.some((remedy) => ['again', 'other', 'continue'].includes(remedy)),
        category,
      )
    }
  }
})

test('a doubtful outcome is never shown as "no money was taken" (CK-37)', () => {
  const base = { code: 'risk_declined' } as const
  assert.equal(
    shownCategory({ ...base, category: 'risk_declined', money: 'maybe' }),
    'unknown_outcome',
  )
  assert.equal(shownCategory({ ...base, category: 'risk_declined', money: 'no' }), 'risk_declined')
  assert.equal(shownCategory({ ...base, category: 'duplicate', money: 'maybe' }), 'duplicate')
})
