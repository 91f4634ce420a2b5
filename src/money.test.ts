import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { add, CURRENCIES, exponentOf, formatDecimal, isCurrency, parseDecimal } from './money.ts'

test('exponents are the ISO 4217 table, not the display table (AP-5)', () => {
  const known = { CNY: 2, USD: 2, JPY: 0, KWD: 3, IDR: 2, HUF: 2, IQD: 3, BTC: 8, KRW: 0, ISK: 0 }
  for (const [currency, exponent] of Object.entries(known)) {
    assert.equal(exponentOf(currency), exponent, currency)
  }
  assert.equal(isCurrency('cny'), false)
  assert.equal(isCurrency('constructor'), false)
  assert.throws(() => exponentOf('XXX'), /unknown currency/)
})

test('decimals are exact both ways for every currency', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CURRENCIES),
      fc.bigInt(0n, 9_007_199_254_740_991n),
      (c, amount) => {
        assert.deepEqual(parseDecimal(formatDecimal({ amount, currency: c }), c), {
          amount,
          currency: c,
        })
      },
    ),
  )
})

test('writes small and negative amounts', () => {
  assert.equal(formatDecimal({ amount: 1n, currency: 'CNY' }), '0.01')
  assert.equal(formatDecimal({ amount: -50n, currency: 'CNY' }), '-0.50')
  assert.equal(formatDecimal({ amount: 500n, currency: 'JPY' }), '500')
  assert.equal(formatDecimal({ amount: 1n, currency: 'BTC' }), '0.00000001')
})

for (const text of [
  '',
  '1',
  '1.0',
  '1.000',
  '01.00',
  '-1.00',
  '+1.00',
  '1e2',
  '1,00',
  ' 1.00',
  '1.00 ',
  '.50',
  '１.00',
  'NaN',
  '0x1.00',
  '99999999999999999999.00',
]) {
  test(`refuses ${JSON.stringify(text)} as yuan`, () => {
    assert.equal(parseDecimal(text, 'CNY'), undefined)
  })
}

test('refuses to mix currencies', () => {
  const yuan = { amount: 1n, currency: 'CNY' }
  assert.throws(() => add(yuan, { amount: 1n, currency: 'USD' }), /cannot add USD to CNY/)
  assert.deepEqual(add(yuan, yuan), { amount: 2n, currency: 'CNY' })
})
