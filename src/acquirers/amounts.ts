// Minor units as an acquirer counts them, where its table of decimals differs from ISO 4217.

import {
  CURRENCIES,
  type Currency,
  exponentOf,
  isCurrency,
  MAX_AMOUNT,
  type Money,
} from '../money.ts'

export interface AmountRules {
  /** Decimals of the currencies in which the acquirer deviates. */
  decimals: Readonly<Record<Currency, number>>
  /** Currencies of the hub that it does not take, or whose decimals there are not certain. */
  without: readonly Currency[]
  /** Its amounts in these currencies have to be multiples of this number of its units. */
  steps?: Readonly<Record<Currency, bigint>>
  /** The largest number of its units in one payment. */
  max: bigint
}

/** Whether orders are made in this currency at all. */
export function takesCurrency(rules: AmountRules, currency: Currency): boolean {
  return isCurrency(currency) && !rules.without.includes(currency)
}

/** The units to send, or undefined where the amount cannot be said exactly. */
export function toUnits(rules: AmountRules, { amount, currency }: Money): bigint | undefined {
  if (!takesCurrency(rules, currency) || amount < 0n) return undefined
  const shift = shiftOf(rules, currency)
  const factor = 10n ** BigInt(Math.abs(shift))
  if (shift < 0 && amount % factor !== 0n) return undefined
  const units = shift < 0 ? amount / factor : amount * factor
  const step = rules.steps?.[currency] ?? 1n
  return units > rules.max || units % step !== 0n ? undefined : units
}

/** The money that the acquirer named, or undefined where the hub cannot say it exactly. */
export function fromUnits(rules: AmountRules, units: bigint, currency: string): Money | undefined {
  if (!takesCurrency(rules, currency)) return undefined
  const shift = shiftOf(rules, currency)
  const factor = 10n ** BigInt(Math.abs(shift))
  if (shift > 0 && units % factor !== 0n) return undefined
  const amount = shift > 0 ? units / factor : units * factor
  return amount > MAX_AMOUNT ? undefined : { amount, currency }
}

/** How many decimals more than ISO 4217 the acquirer counts. */
function shiftOf(rules: AmountRules, currency: Currency): number {
  return (rules.decimals[currency] ?? exponentOf(currency)) - exponentOf(currency)
}

/** Currencies and limits of an acquirer as its capabilities. */
export function amountCapabilities(rules: AmountRules): {
  currencies: readonly string[]
  limits: Record<string, { min: bigint; max: bigint }>
} {
  const currencies = CURRENCIES.filter((currency) => !rules.without.includes(currency))
  return {
    currencies,
    limits: Object.fromEntries(
      currencies.map((currency) => {
        const shift = shiftOf(rules, currency)
        const factor = 10n ** BigInt(Math.abs(shift))
        const max = shift > 0 ? rules.max / factor : rules.max * factor
        const min = shift < 0 ? factor : 1n
        return [currency, { min, max: max > MAX_AMOUNT ? MAX_AMOUNT : max }]
      }),
    ),
  }
}
