// Satoshi, bitcoin and fiat money, exactly (sheet 3.1, 3.2, 7; vectors' README). No floats anywhere.

import { exponentOf, type Money } from '../../money.ts'

export const SAT_PER_BTC = 100_000_000n

/** All the bitcoin there will be, in satoshi; below 2^53. */
export const MAX_SAT = 2_100_000_000_000_000n

/** A number as a fraction; `den` is above zero. */
export interface Fraction {
  num: bigint
  den: bigint
}

/** A plain decimal without sign and exponent, or undefined. */
export function readDecimal(text: string): Fraction | undefined {
  const match = /^(\d{1,24})(?:\.(\d{1,24}))?$/.exec(text)
  if (!match) return undefined
  const [, whole = '', fraction = ''] = match
  return { num: BigInt(whole + fraction), den: 10n ** BigInt(fraction.length) }
}

/** The text of a JSON number in bitcoin as satoshi; undefined when it is not a whole number of them. */
export function satOfBtc(text: string): bigint | undefined {
  const match = /^(0|[1-9]\d{0,7})(?:\.(\d{1,20}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text)
  if (!match) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = match
  const shift = 8 + Number(exponent) - fraction.length
  const digits = BigInt(whole + fraction)
  if (shift >= 0) return within(digits * 10n ** BigInt(shift))
  const unit = 10n ** BigInt(-shift)
  return digits % unit === 0n ? within(digits / unit) : undefined
}

function within(sat: bigint): bigint | undefined {
  return sat <= MAX_SAT ? sat : undefined
}

/** Bitcoin as a plain decimal without needless zeros: 10 satoshi are `0.0000001`. */
export function btcOfSat(sat: bigint): string {
  const whole = sat / SAT_PER_BTC
  const fraction = (sat % SAT_PER_BTC).toString().padStart(8, '0').replace(/0+$/, '')
  return fraction === '' ? `${whole}` : `${whole}.${fraction}`
}

export interface QuoteTerms {
  /** Units of the currency for one bitcoin, a decimal text. */
  rate: string
  /** What the merchant adds for the risk of the rate, in millionths. */
  spreadPpm: number
}

/** Satoshi to ask for this money, rounded up; undefined when the terms make no amount. */
export function quote(money: Money, terms: QuoteTerms): bigint | undefined {
  const rate = readDecimal(terms.rate)
  const keep = 1_000_000n - BigInt(terms.spreadPpm)
  if (!rate || rate.num === 0n || keep <= 0n || money.amount <= 0n) return undefined
  const num = money.amount * SAT_PER_BTC * rate.den * 1_000_000n
  const den = 10n ** BigInt(exponentOf(money.currency)) * rate.num * keep
  return (num + den - 1n) / den
}

export interface RefundShare {
  /** Satoshi that were credited to the payment. */
  creditedSat: bigint
  /** What was asked, in minor units of the payment's currency. */
  amount: bigint
}

/**
 * Satoshi of each refund, given in minor units in their order: the floor of the running share, less
 * what went before, so that the parts of a whole refund add up to the whole.
 */
export function refundParts(share: RefundShare, refunds: readonly bigint[]): bigint[] {
  let refunded = 0n
  let sum = 0n
  return refunds.map((refund) => {
    sum += refund
    const part = (share.creditedSat * sum) / share.amount - refunded
    refunded += part
    return part
  })
}
