// Amounts as PayPal takes them: which currencies, and with how many decimals.

const TWO = `AUD BRL CAD CNY CZK DKK EUR HKD ILS MYR MXN NOK NZD PHP PLN GBP SGD SEK CHF THB USD`
const NONE = 'HUF JPY TWD'

const DECIMALS: ReadonlyMap<string, number> = new Map([
  ...TWO.split(' ').map((code): [string, number] => [code, 2]),
  ...NONE.split(' ').map((code): [string, number] => [code, 0]),
])

/** Undefined for a currency that PayPal does not take. */
export function decimalsOf(currency: string): number | undefined {
  return DECIMALS.get(currency)
}

/** The smallest parts in a text with at most `decimals` digits behind the point. */
export function unitsOf(value: string, decimals: number): number | undefined {
  const match = /^(\d{1,7})(?:\.(\d+))?$/.exec(value)
  const fraction = match?.[2] ?? ''
  if (!match || fraction.length > decimals) return undefined
  return Number(`${match[1]}${fraction.padEnd(decimals, '0')}`)
}

export function textOf(units: number, decimals: number): string {
  return (units / 10 ** decimals).toFixed(decimals)
}
