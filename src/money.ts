// Money: an integer count of a currency's smallest unit. Nothing here rounds.

/** ISO 4217 code in upper case, or `BTC`. */
export type Currency = string

export interface Money {
  /** Minor units: fen for CNY, cent for USD, yen for JPY, satoshi for BTC. */
  amount: bigint
  currency: Currency
}

/** Largest amount the API takes: every amount up to it is an exact JSON number. */
export const MAX_AMOUNT = 9_007_199_254_740_991n

// Fraction digits per currency. ISO 4217 has the currency's own table, CLDR (and so `Intl`)
// another for display; money is exchanged with wallets in ISO's.
const CODES: Record<number, string> = {
  0: `BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF`,
  2: `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN
     BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
     GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR
     LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
     PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
     SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW
     ZWG`,
  3: `BHD IQD JOD KWD LYD OMR TND`,
  8: `BTC`,
}

const EXPONENTS: ReadonlyMap<Currency, number> = new Map(
  Object.entries(CODES).flatMap(([exponent, codes]) =>
    codes.split(/\s+/).map((code): [string, number] => [code, Number(exponent)]),
  ),
)

/** Every currency the hub knows. */
export const CURRENCIES: readonly Currency[] = [...EXPONENTS.keys()].sort()

export function isCurrency(text: string): boolean {
  return EXPONENTS.has(text)
}

/** Fraction digits of `currency`. Throws for a currency the hub does not know. */
export function exponentOf(currency: Currency): number {
  const exponent = EXPONENTS.get(currency)
  if (exponent === undefined) throw new RangeError(`unknown currency ${JSON.stringify(currency)}`)
  return exponent
}

/** Minor units as a plain decimal: `formatDecimal({amount: 8850n, currency: 'CNY'})` is `88.50`. */
export function formatDecimal(money: Money): string {
  const exponent = exponentOf(money.currency)
  const sign = money.amount < 0n ? '-' : ''
  const digits = (money.amount < 0n ? -money.amount : money.amount).toString()
  if (exponent === 0) return sign + digits
  const padded = digits.padStart(exponent + 1, '0')
  return `${sign}${padded.slice(0, -exponent)}.${padded.slice(-exponent)}`
}

/**
 * A wallet's decimal text as money, or undefined when it is not written with exactly the
 * currency's fraction digits, has a leading zero, a sign, an exponent or is longer than an API amount.
 */
export function parseDecimal(text: string, currency: Currency): Money | undefined {
  const exponent = exponentOf(currency)
  const match = /^(0|[1-9]\d{0,17})(?:\.(\d+))?$/.exec(text)
  if (!match) return undefined
  const fraction = match[2] ?? ''
  if (fraction.length !== exponent) return undefined
  const amount = BigInt(match[1] + fraction)
  return amount > MAX_AMOUNT ? undefined : { amount, currency }
}

/** The sum of two amounts of one currency. Mixing currencies throws. */
export function add(a: Money, b: Money): Money {
  if (a.currency !== b.currency) throw new RangeError(`cannot add ${b.currency} to ${a.currency}`)
  return { amount: a.amount + b.amount, currency: a.currency }
}

export function sameMoney(a: Money, b: Money): boolean {
  return a.amount === b.amount && a.currency === b.currency
}
