// Public price tickers and the European Central Bank's daily reference rates (sheet 3.2): where to
// ask and how each one writes its answer.

import { isObject, type JsonValue, parseJsonObject } from '../../encoding/json.ts'

/** What a ticker said of one pair; prices as it wrote them. */
export interface Ticker {
  bid: string
  ask: string
  /** Its own time in Unix seconds, if it tells. */
  ts: number | undefined
}

export interface TickerSource {
  /** Where it answers unless the account names another place. */
  origin: string
  /** The currencies it trades bitcoin for. */
  currencies: readonly string[]
  path(currency: string): string
  read(body: string): Ticker | undefined
}

export const TICKERS: Readonly<Record<string, TickerSource>> = {
  kraken: {
    origin: 'https://api.kraken.com',
    currencies: ['USD', 'EUR', 'GBP'],
    path: (currency) => `/0/public/Ticker?pair=XBT${currency}`,
    read: readKraken,
  },
  bitstamp: {
    origin: 'https://www.bitstamp.net',
    currencies: ['USD', 'EUR', 'GBP'],
    path: (currency) => `/api/v2/ticker/btc${currency.toLowerCase()}`,
    read: readBitstamp,
  },
  coinbase: {
    origin: 'https://api.exchange.coinbase.com',
    currencies: ['USD', 'EUR', 'GBP'],
    path: (currency) => `/products/BTC-${currency}/ticker`,
    read: readCoinbase,
  },
}

/** Currencies whose price comes from the tickers themselves. */
export const DIRECT: readonly string[] = ['USD', 'EUR', 'GBP']

/** All others go through the euro. */
export const CROSS_BASE = 'EUR'

export const ECB = {
  origin: 'https://www.ecb.europa.eu',
  path: '/stats/eurofxref/eurofxref-daily.xml',
  /** Published on working days around 16:00; the longest pause is Easter, five days and some. */
  maxAgeSec: 6 * 86_400,
} as const

/** Currencies with a reference rate of the bank, besides the direct ones. */
export const CROSS: readonly string[] = [
  ...['CNY', 'HKD', 'JPY', 'AUD', 'BRL', 'CAD', 'CHF', 'CZK', 'DKK', 'HUF', 'IDR', 'ILS', 'INR'],
  ...['ISK', 'KRW', 'MXN', 'MYR', 'NOK', 'NZD', 'PHP', 'PLN', 'RON', 'SEK', 'SGD', 'THB', 'TRY'],
  'ZAR',
]

/** `{"error":[],"result":{"XXBTZUSD":{"a":["…"],"b":["…"]}}}`: it names the pair in its own way. */
function readKraken(body: string): Ticker | undefined {
  const answer = parseJsonObject(body)
  if (!answer || !Array.isArray(answer.error) || answer.error.length > 0) return undefined
  const pairs = isObject(answer.result) ? Object.values(answer.result) : []
  const [pair] = pairs
  if (pairs.length !== 1 || !isObject(pair)) return undefined
  const first = (side: JsonValue | undefined) => (Array.isArray(side) ? side[0] : undefined)
  return ticker(first(pair.b), first(pair.a), undefined)
}

function readBitstamp(body: string): Ticker | undefined {
  const answer = parseJsonObject(body)
  const ts = answer?.timestamp
  if (typeof ts !== 'string' || !/^\d{1,11}$/.test(ts)) return undefined
  return ticker(answer?.bid, answer?.ask, Number(ts))
}

function readCoinbase(body: string): Ticker | undefined {
  const answer = parseJsonObject(body)
  const time = answer?.time
  if (typeof time !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(time)) {
    return undefined
  }
  return ticker(answer?.bid, answer?.ask, Math.floor(Date.parse(time) / 1000))
}

function ticker(
  bid: JsonValue | undefined,
  ask: JsonValue | undefined,
  ts: number | undefined,
): Ticker | undefined {
  if (typeof bid !== 'string' || typeof ask !== 'string' || Number.isNaN(ts)) return undefined
  return { bid, ask, ts }
}

export interface ReferenceRates {
  /** Units of each currency for one euro, as written. */
  rates: ReadonlyMap<string, string>
  /** Start of the day they are for, Unix seconds. */
  ts: number
}

/** The bank's daily file, or undefined when it is not one. */
export function readReferenceRates(body: string): ReferenceRates | undefined {
  const days = [...body.matchAll(/<Cube\s+time=['"](\d{4}-\d\d-\d\d)['"]\s*>/g)]
  const [day] = days
  if (days.length !== 1 || day?.[1] === undefined) return undefined
  const ts = Date.parse(`${day[1]}T00:00:00Z`) / 1000
  const rates = new Map<string, string>()
  const entry =
    /<Cube\s+currency=['"]([A-Z]{3})['"]\s+rate=['"](\d{1,12}(?:\.\d{1,12})?)['"]\s*\/>/g
  for (const [, currency = '', rate = ''] of body.matchAll(entry)) {
    // A currency twice would be two different statements.
    if (rates.has(currency)) return undefined
    rates.set(currency, rate)
  }
  return rates.size > 0 && Number.isSafeInteger(ts) ? { rates, ts } : undefined
}
