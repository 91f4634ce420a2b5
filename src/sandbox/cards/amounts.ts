// Amounts of an acquirer for people to read.
import { exponentOf, isCurrency } from '../../money.ts'
import type { Charge } from './ledger.ts'

/** `decimals` where the acquirer counts other than ISO 4217. */
export function shownAmount(
  { currency, amount }: Charge,
  decimals: Readonly<Record<string, number>> = {},
): string {
  const code = currency.toUpperCase()
  const exponent = decimals[code] ?? (isCurrency(code) ? exponentOf(code) : 0)
  const digits = amount.toString().padStart(exponent + 1, '0')
  const point = digits.length - exponent
  const fraction = exponent === 0 ? '' : `.${digits.slice(point)}`
  return `${code} ${digits.slice(0, point)}${fraction}`
}
