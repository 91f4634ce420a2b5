// Amounts as PayPal writes them: a decimal text, without decimals for some currencies where ISO 4217
// has two ("Currency codes" in PayPal's REST reference).

import { isObject, type JsonValue } from '../../encoding/json.ts'
import { exponentOf, formatDecimal, isCurrency, type Money, parseDecimal } from '../../money.ts'

/**
 * Currencies that every account can be paid in. BRL, CNY, INR and MYR are left out: PayPal takes
 * them in accounts of their own countries only.
 */
export const CURRENCIES = [
  ...['USD', 'EUR', 'GBP', 'AUD', 'CAD', 'CHF', 'CZK', 'DKK', 'HKD', 'HUF', 'ILS', 'JPY'],
  ...['MXN', 'NOK', 'NZD', 'PHP', 'PLN', 'SEK', 'SGD', 'THB', 'TWD'],
] as const

const WHOLE_ONLY: ReadonlySet<string> = new Set(['HUF', 'JPY', 'TWD'])

/** Seven digits before the decimal point (PayPal's "amount", ten characters in all). */
const MAX_WHOLE = 9_999_999n

/** Smallest and largest amount in minor units. */
export const LIMITS = Object.fromEntries(
  CURRENCIES.map((currency) => [currency, limitOf(currency)]),
)

function limitOf(currency: string): { min: bigint; max: bigint } {
  const unit = 10n ** BigInt(exponentOf(currency))
  const whole = WHOLE_ONLY.has(currency)
  return { min: whole ? unit : 1n, max: MAX_WHOLE * unit + (whole ? 0n : unit - 1n) }
}

/** The amount as PayPal takes it, or undefined for a fraction where PayPal knows none. */
export function writeAmount(money: Money): string | undefined {
  const text = formatDecimal(money)
  if (!WHOLE_ONLY.has(money.currency)) return text
  const [whole, fraction = ''] = text.split('.')
  return /^0*$/.test(fraction) ? whole : undefined
}

/** PayPal's `money` object, or undefined where it is none. Zeros behind the amount mean nothing. */
export function readAmount(value: JsonValue | undefined): Money | undefined {
  if (!isObject(value)) return undefined
  const { currency_code: currency, value: text } = value
  if (typeof currency !== 'string' || !isCurrency(currency) || typeof text !== 'string') {
    return undefined
  }
  const [, whole = '', fraction = ''] = /^(\d{1,15})(?:\.(\d{1,8}))?$/.exec(text) ?? []
  const digits = fraction.replace(/0+$/, '').padEnd(exponentOf(currency), '0')
  return parseDecimal(digits === '' ? whole : `${whole}.${digits}`, currency)
}
