// One rate out of several sources (sheet 3.2; the rule is in the vectors' README). Pure.

import type { Fraction } from './amounts.ts'
import { readDecimal } from './amounts.ts'

/** What one source said, or that it said nothing usable. */
export type SourceQuote =
  | { id: string; bid: string; ask: string /** Unix seconds. */; ts: number }
  | { id: string; error: string }

export interface RatePolicy {
  maxAgeSec: number
  maxSpreadPpm: number
  maxDeviationPpm: number
  minSources: number
}

export const RATE_POLICY: RatePolicy = {
  maxAgeSec: 120,
  maxSpreadPpm: 20_000,
  maxDeviationPpm: 15_000,
  minSources: 2,
}

/** A source's clock may be ahead of ours by this much. */
const MAX_FUTURE_SEC = 5

export type Rate =
  | { ok: true; rate: string; used: string[] }
  | { ok: false; error: 'rate_unavailable' | 'rate_disagreement'; used: string[] }

interface Book {
  id: string
  bid: Fraction
  mid: Fraction
}

/** The median of the bids that are fresh and agree: what the merchant could sell at. */
export function aggregate(sources: readonly SourceQuote[], policy: RatePolicy, now: number): Rate {
  const fresh = sources
    .map((source) => readBook(source, policy, now))
    .filter((book) => book !== undefined)
  const ids = (books: readonly Book[]) => books.map(({ id }) => id)
  if (fresh.length < Math.max(1, policy.minSources)) {
    return { ok: false, error: 'rate_unavailable', used: ids(fresh) }
  }
  const middle = median(fresh.map(({ mid }) => mid))
  const agreeing = fresh.filter(
    ({ mid }) => deviates(mid, middle, policy.maxDeviationPpm) === false,
  )
  if (agreeing.length < Math.max(1, policy.minSources)) {
    return { ok: false, error: 'rate_disagreement', used: ids(agreeing) }
  }
  return {
    ok: true,
    rate: twoDecimals(median(agreeing.map(({ bid }) => bid))),
    used: ids(agreeing),
  }
}

function readBook(source: SourceQuote, policy: RatePolicy, now: number): Book | undefined {
  if ('error' in source) return undefined
  const bid = readDecimal(source.bid)
  const ask = readDecimal(source.ask)
  if (!bid || !ask || bid.num === 0n || less(ask, bid)) return undefined
  const age = now - source.ts
  if (!(age <= policy.maxAgeSec && age >= -MAX_FUTURE_SEC)) return undefined
  const mid = half(add(bid, ask))
  // (ask - bid) / mid > limit, without dividing.
  const gap = subtract(ask, bid)
  if (less(scale(mid, policy.maxSpreadPpm), scale(gap, 1_000_000))) return undefined
  return { id: source.id, bid, mid }
}

function deviates(value: Fraction, middle: Fraction, limitPpm: number): boolean {
  const gap = less(value, middle) ? subtract(middle, value) : subtract(value, middle)
  return less(scale(middle, limitPpm), scale(gap, 1_000_000))
}

/** The one in the middle, or the mean of the two. */
function median(values: readonly Fraction[]): Fraction {
  const sorted = [...values].sort((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0))
  const upper = sorted[sorted.length >> 1] ?? { num: 0n, den: 1n }
  const lower = sorted[(sorted.length - 1) >> 1] ?? upper
  return half(add(lower, upper))
}

/** Cut, not rounded: a rate is never better than what was offered. */
export function twoDecimals({ num, den }: Fraction): string {
  const cents = (num * 100n) / den
  return `${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`
}

const less = (a: Fraction, b: Fraction) => a.num * b.den < b.num * a.den
const add = (a: Fraction, b: Fraction) => ({
  num: a.num * b.den + b.num * a.den,
  den: a.den * b.den,
})
const subtract = (a: Fraction, b: Fraction) => add(a, { num: -b.num, den: b.den })
const half = ({ num, den }: Fraction) => ({ num, den: den * 2n })
const scale = ({ num, den }: Fraction, by: number) => ({ num: num * BigInt(by), den })
