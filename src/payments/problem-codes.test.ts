import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { PROBLEM_CODE_NAMES, PROBLEM_CODES, problemCodeOf } from './problem-codes.ts'

test('AP-21 every category has a code of its own', () => {
  const categories = new Set(PROBLEM_CODE_NAMES.map((code) => PROBLEM_CODES[code].category))
  assert.equal(categories.size, 11)
  for (const category of categories) {
    const code = problemCodeOf({ category })
    assert.equal(PROBLEM_CODES[code].category, category)
  }
})

test('AP-21 a finer code is told, but never one of another category', () => {
  const finer = problemCodeOf({ category: 'retry_new', code: 'order_closed' })
  assert.equal(finer, 'order_closed')
  const foreign = problemCodeOf({ category: 'unknown_outcome', code: 'order_closed' })
  assert.equal(foreign, 'outcome_unknown')
})

for (const language of ['en', 'zh-CN'] as const) {
  test(`AP-23 docs/${language}/errors.md has the problem codes as the code has them`, async () => {
    const file = new URL(`../../docs/${language}/errors.md`, import.meta.url)
    const rows = (await readFile(file, 'utf8'))
      .split('\n')
      .filter((line) => /^\| `\w+` \| `\w+` \|/.test(line))
    const expected = PROBLEM_CODE_NAMES.map((code) => {
      const { category, meaning } = PROBLEM_CODES[code]
      return `| \`${code}\` | \`${category}\` | ${meaning[language]} |`
    })
    assert.deepEqual(rows, expected)
  })
}
