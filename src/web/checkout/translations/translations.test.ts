// Proves that the four languages say the same things and that the catalogue's words are exact.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LANGUAGES, languageOf, pickLanguage } from '../languages.ts'
import { TRANSLATIONS } from './index.ts'
import { fill } from './translation.ts'

// PRODUCT section 5, money "maybe": these must never promise that nothing was taken.
const OPEN_OUTCOMES = ['retry_same', 'unknown_outcome', 'duplicate'] as const
const NOT_TAKEN = /no money was taken|nothing has been paid|未扣款|尚未付款|引き落としはありません/i

function placeholders(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
}

test('every language has the same keys (CK-51)', () => {
  for (const language of LANGUAGES) {
    assert.deepEqual(Object.keys(TRANSLATIONS[language]), Object.keys(TRANSLATIONS.en), language)
  }
})

test('every language uses no other placeholders than English (CK-51)', () => {
  for (const language of LANGUAGES) {
    for (const [key, text] of Object.entries(TRANSLATIONS[language])) {
      const english = Object.entries(TRANSLATIONS.en).find(([name]) => name === key)?.[1] ?? ''
      assert.notEqual(text.trim(), '', `${language} ${key}`)
      assert.deepEqual(placeholders(text), placeholders(english), `${language} ${key}`)
    }
  }
})

test('no text promises that nothing was taken while the outcome is open (CK-37)', () => {
  for (const language of LANGUAGES) {
    for (const category of OPEN_OUTCOMES) {
      const text = TRANSLATIONS[language][`problem.${category}.text`]
      assert.doesNotMatch(text, NOT_TAKEN, `${language} ${category}`)
    }
    for (const key of ['qr.expired.text', 'expired.text', 'failed.text', 'late.text'] as const) {
      assert.doesNotMatch(TRANSLATIONS[language][key], NOT_TAKEN, `${language} ${key}`)
    }
  }
})

test('the word for tax invoice is not used on the payment page (CK-45)', () => {
  for (const language of LANGUAGES) {
    assert.doesNotMatch(JSON.stringify(TRANSLATIONS[language]), /发票|發票/)
  }
})

test('the catalogue is worded exactly as the product says', () => {
  const values = { wallet: 'Alipay', merchant: 'Tea House' }
  assert.equal(
    fill(TRANSLATIONS.en, 'problem.insufficient_funds.text', values),
    'Top up or choose another source in Alipay, or use another wallet. No money was taken.',
  )
  assert.equal(
    fill(TRANSLATIONS['zh-CN'], 'problem.payer_action.text', { wallet: '支付宝' }),
    '您已关闭支付宝，或还需在支付宝中完成一步操作。目前尚未付款。',
  )
})

test('a language tag goes to the language its readers expect (CK-51)', () => {
  assert.equal(languageOf('zh-HK'), 'zh-TW')
  assert.equal(languageOf('zh-MO'), 'zh-TW')
  assert.equal(languageOf('zh-Hant-CN'), 'zh-TW')
  assert.equal(languageOf('zh-Hans-HK'), 'zh-CN')
  assert.equal(languageOf('zh-SG'), 'zh-CN')
  assert.equal(languageOf('en-GB'), 'en')
  assert.equal(languageOf('fr'), undefined)
})

test('the language comes from query, choice, header, merchant, English, in this order (CK-51)', () => {
  assert.equal(pickLanguage({ query: 'ja', chosen: 'en', accept: 'zh-CN' }), 'ja')
  assert.equal(pickLanguage({ query: 'xx', chosen: 'zh-TW', accept: 'en' }), 'zh-TW')
  assert.equal(pickLanguage({ accept: 'fr, zh-HK;q=0.5, ja;q=0.8' }), 'ja')
  assert.equal(pickLanguage({ accept: 'fr', merchant: 'zh-CN' }), 'zh-CN')
  assert.equal(pickLanguage({}), 'en')
})
