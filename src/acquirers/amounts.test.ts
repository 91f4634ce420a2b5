import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MAX_AMOUNT } from '../money.ts'
import { amountRules as adyenRules } from './adyen/messages.ts'
import { type AmountRules, amountCapabilities, fromUnits, toUnits } from './amounts.ts'
import { amountRules as checkoutcomRules } from './checkoutcom/messages.ts'
import { amountRules as stripeRules } from './stripe/messages.ts'

const money = (amount: bigint, currency: string) => ({ amount, currency })

describe('units', () => {
  const cases: [string, AmountRules, bigint, string, bigint | undefined][] = [
    ['dollars are the same everywhere', adyenRules, 1_099n, 'USD', 1_099n],
    ['Adyen counts the króna with two decimals', adyenRules, 2_790n, 'ISK', 279_000n],
    ['Adyen counts the Chilean peso with two decimals', adyenRules, 500n, 'CLP', 50_000n],
    ['Adyen counts the rupiah without decimals', adyenRules, 150_000n, 'IDR', 1_500n],
    ['a rupiah amount with sen cannot be said at Adyen', adyenRules, 150_050n, 'IDR', undefined],
    ['Adyen counts the dinar with three decimals', adyenRules, 1_234n, 'KWD', 1_234n],
    ['Stripe takes a dinar amount that ends in 0', stripeRules, 1_230n, 'KWD', 1_230n],
    ['Stripe refuses a dinar amount that does not', stripeRules, 1_234n, 'KWD', undefined],
    ['Stripe counts the Ugandan shilling in hundreds', stripeRules, 500n, 'UGX', 50_000n],
    ['Stripe counts the ariary without decimals', stripeRules, 50_000n, 'MGA', 500n],
    ['Stripe takes at most eight digits', stripeRules, 100_000_000n, 'USD', undefined],
    ['yen have no decimals', stripeRules, 500n, 'JPY', 500n],
    ['Checkout.com counts the Chilean peso in hundreds', checkoutcomRules, 500n, 'CLP', 50_000n],
    ['bitcoin is no currency of a card', checkoutcomRules, 500n, 'BTC', undefined],
    ['nor is one that nobody knows', checkoutcomRules, 500n, 'XXX', undefined],
    ['less than nothing is refused', checkoutcomRules, -1n, 'USD', undefined],
  ]
  for (const [name, rules, amount, currency, units] of cases) {
    test(name, () => {
      assert.equal(toUnits(rules, money(amount, currency)), units)
      if (units !== undefined) {
        assert.deepEqual(fromUnits(rules, units, currency), money(amount, currency))
      }
    })
  }

  test('what an acquirer names with a part of our smallest unit is not rounded', () => {
    assert.equal(fromUnits(adyenRules, 279_050n, 'ISK'), undefined)
    assert.equal(fromUnits(adyenRules, MAX_AMOUNT, 'IDR'), undefined)
  })

  test('every amount within the limits of the capabilities can be said at its ends', () => {
    for (const rules of [adyenRules, stripeRules, checkoutcomRules]) {
      const { currencies, limits } = amountCapabilities(rules)
      assert(currencies.includes('USD') && !currencies.includes('BTC'))
      for (const currency of currencies) {
        const { min, max } = limits[currency] ?? { min: 0n, max: 0n }
        assert(min >= 1n && max > min && max <= MAX_AMOUNT, currency)
        if (rules.steps?.[currency] === undefined) {
          assert.notEqual(toUnits(rules, money(min, currency)), undefined, currency)
        }
      }
    }
  })
})
