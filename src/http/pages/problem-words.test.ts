// Proves that the page and the API tell a payer about a problem in the same words.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemText } from '../../payments/problem-texts.ts'
import { PROBLEM_ADVICE } from '../../web/checkout/problems.ts'
import { TRANSLATIONS } from '../../web/checkout/translations/index.ts'
import { fill } from '../../web/checkout/translations/translation.ts'
import type { ProblemCategory } from '../checkout-types.ts'

const NAMES = { wallet: { en: 'Alipay', 'zh-CN': '支付宝' }, merchant: 'Hillside Tea' }
const CATEGORIES = Object.keys(PROBLEM_ADVICE).filter(
  (name): name is ProblemCategory => name in PROBLEM_ADVICE,
)

test('title and text of every category are equal in English and Chinese', () => {
  assert.equal(CATEGORIES.length, 11)
  for (const category of CATEGORIES) {
    const merchant = { en: NAMES.merchant, 'zh-CN': NAMES.merchant }
    const told = problemText(category, { wallet: NAMES.wallet, merchant })
    for (const language of ['en', 'zh-CN'] as const) {
      const values = { wallet: NAMES.wallet[language], merchant: NAMES.merchant }
      const words = TRANSLATIONS[language]
      assert.equal(fill(words, `problem.${category}.title`, values), told.title[language], category)
      assert.equal(fill(words, `problem.${category}.text`, values), told.text[language], category)
    }
  }
})
