import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CURRENCIES } from '../../money.ts'
import { CURRENCY_NUMBERS } from './currency-numbers.ts'
import { applicationDataOf } from './sheet.ts'
import { fieldsOf } from './testing.ts'
import { applepay } from './wallet.ts'

function sheetOf(amount: bigint, currency: string, more: Record<string, string> = {}) {
  const read = applepay.readAccount(fieldsOf(more))
  assert.ok('account' in read && applepay.sheet)
  return applepay.sheet(read.account, {
    paymentId: 'pay_1',
    money: { amount, currency },
    title: 'Beans',
    merchantName: 'Tea & Coffee',
  })
}

test('the request is what ApplePaySession takes, bound to payment and price', () => {
  assert.deepEqual(sheetOf(1099n, 'EUR'), {
    version: 3,
    merchantIdentifier: 'merchant.example.tongbao.test',
    request: {
      countryCode: 'DE',
      currencyCode: 'EUR',
      merchantCapabilities: ['supports3DS'],
      supportedNetworks: ['visa', 'masterCard', 'amex'],
      total: { label: 'Tea & Coffee', type: 'final', amount: '10.99' },
      applicationData: Buffer.from('tb1|pay_1|1099|EUR').toString('base64'),
    },
  })
})

test('amounts are decimals of the currency', () => {
  const amountOf = (amount: bigint, currency: string) =>
    JSON.stringify(sheetOf(amount, currency)).match(/"amount":"([^"]*)"/)?.[1]
  assert.equal(amountOf(500n, 'JPY'), '500')
  assert.equal(amountOf(5n, 'USD'), '0.05')
  assert.equal(amountOf(1234n, 'KWD'), '1.234')
})

test('UnionPay is offered with EMV, as it demands', () => {
  const text = JSON.stringify(sheetOf(1n, 'CNY', { networks: 'visa,chinaUnionPay' }))
  assert.match(text, /"merchantCapabilities":\["supports3DS","supportsEMV"\]/)
})

test('what binds a token differs by payment, amount and currency', () => {
  const of = (paymentId: string, amount: bigint, currency: string) =>
    applicationDataOf({ paymentId, money: { amount, currency } }).toString()
  const all = [of('a', 1n, 'USD'), of('b', 1n, 'USD'), of('a', 2n, 'USD'), of('a', 1n, 'EUR')]
  assert.equal(new Set(all).size, 4)
})

test('every currency of the hub but bitcoin has a number of its own', () => {
  assert.deepEqual(
    CURRENCIES.filter((code) => !CURRENCY_NUMBERS.has(code)),
    ['BTC'],
  )
  assert.equal(new Set(CURRENCY_NUMBERS.values()).size, CURRENCY_NUMBERS.size)
  for (const number of CURRENCY_NUMBERS.values()) assert.match(number, /^\d{3}$/)
})

test('every currency that it can be asked for is one the sheet can show and the token name', () => {
  const { currencies, limits, surfaces } = applepay.capabilities
  assert.ok(currencies.includes('USD') && currencies.includes('JPY'))
  for (const currency of currencies) assert.ok(CURRENCY_NUMBERS.has(currency) && limits[currency])
  assert.deepEqual(surfaces, ['desktop', 'mobile'])
})

test("the script is Apple's own, or that of a simulated sheet", () => {
  const scriptOf = (more: Record<string, string>) => {
    const read = applepay.readAccount(fieldsOf(more))
    assert.ok('account' in read)
    return applepay.sheetScript?.(read.account)
  }
  const origins = ['http://127.0.0.1:7003']
  const script = 'http://127.0.0.1:7003/apple-pay-sdk.js'
  const own = { script, frames: origins, connects: origins, images: origins }
  assert.deepEqual(scriptOf({ sheet_script: script }), own)
  assert.match(scriptOf({})?.script ?? '', /^https:\/\/applepay\.cdn-apple\.com\/jsapi\//)
})
