// What a bitcoin costs, as three exchanges and the European Central Bank would write it
// (sheet 3.2): prices that can be set, and told wrongly on demand.
import { readSetting, writeSetting } from '../books.ts'
import { isObject, parseObject, parseTexts } from '../json.ts'
import type { Platform } from '../platform.ts'

export const EXCHANGES = ['kraken', 'bitstamp', 'coinbase'] as const
export type Exchange = (typeof EXCHANGES)[number]
export const PAIRS = ['USD', 'EUR', 'GBP'] as const
export type Pair = (typeof PAIRS)[number]

/** A book's best offers in cents. */
export interface Offers {
  bid: bigint
  ask: bigint
  /** Milliseconds; the exchanges' clock is the machine's. */
  at: number
}

export interface Prices {
  /** Price of a bitcoin as a decimal with two digits, per currency. */
  mid(): Record<Pair, string>
  /** Units of other currencies per euro. */
  perEuro(): Record<string, string>
  set(prices: Partial<Record<Pair, string>>): void
  setPerEuro(rates: Record<string, string>): void
  offers(exchange: Exchange, pair: Pair): Offers
  /** Day of the bank's file, as in `2026-03-09`. */
  day(): string
}

type Struck = (kind: string, operation: string) => { seconds?: number | undefined } | undefined

const FIRST: Record<Pair, string> = { USD: '97000.00', EUR: '89000.00', GBP: '76000.00' }
const FIRST_PER_EURO = {
  USD: '1.0899',
  CNY: '7.8420',
  HKD: '8.4870',
  JPY: '162.30',
  GBP: '0.85393',
  AUD: '1.6604',
  CAD: '1.4912',
  CHF: '0.9561',
  INR: '91.6050',
  KRW: '1478.91',
  MYR: '5.1230',
  NZD: '1.8021',
  SGD: '1.4433',
  THB: '39.012',
  IDR: '17405.22',
  PHP: '61.870',
} as const

/** The exchanges differ a little, in millionths of the price. */
const OFFSET: Record<Exchange, bigint> = { kraken: 0n, bitstamp: 200n, coinbase: -200n }
const HALF_SPREAD = 50n
const MILLION = 1_000_000n
const STALE_SECONDS = 600

export function openPrices({ books, realClock }: Platform, struck: Struck): Prices {
  const kept = parseObject(readSetting(books, 'bitcoin.prices') ?? '{}') ?? {}
  const textsOf = (value: unknown) => parseTexts(JSON.stringify(isObject(value) ? value : {}))
  let mid: Record<Pair, string> = { ...FIRST, ...textsOf(kept.mid) }
  let perEuro: Record<string, string> = { ...FIRST_PER_EURO, ...textsOf(kept.per_euro) }

  function keep(): void {
    writeSetting(books, 'bitcoin.prices', JSON.stringify({ mid, per_euro: perEuro }))
  }

  function offers(exchange: Exchange, pair: Pair): Offers {
    const cents = BigInt(mid[pair].replace('.', ''))
    const is = (kind: string) => struck(kind, exchange) !== undefined
    let middle = (cents * (MILLION + OFFSET[exchange])) / MILLION
    if (is('rate_apart')) middle = (middle * 105n) / 100n
    if (is('rate_ten_times')) middle *= 10n
    const half = (middle * (is('rate_wide') ? 50_000n : HALF_SPREAD)) / MILLION
    const stale = struck('rate_stale', exchange)
    const age = stale ? (stale.seconds ?? STALE_SECONDS) * 1000 : 0
    const [bid, ask] = [middle - half, middle + half]
    const at = realClock.now() - age
    return is('rate_crossed') ? { bid: ask, ask: bid, at } : { bid, ask, at }
  }

  function day(): string {
    const stale = struck('rate_stale', 'ecb')
    const age = stale ? (stale.seconds ?? 10 * 86_400) * 1000 : 0
    return new Date(realClock.now() - age).toISOString().slice(0, 10)
  }

  return {
    mid: () => ({ ...mid }),
    perEuro: () => ({ ...perEuro }),
    set(given) {
      mid = { ...mid, ...given }
      keep()
    },
    setPerEuro(given) {
      perEuro = { ...perEuro, ...given }
      keep()
    },
    offers,
    day,
  }
}

/** `9700010n` is `97000.10`. */
export function decimal(cents: bigint, digits = 2): string {
  return `${cents / 100n}.${(cents % 100n).toString().padStart(2, '0').padEnd(digits, '0')}`
}
