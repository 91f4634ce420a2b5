// The price of one bitcoin right now, from the account's sources. Answers are kept for a moment, so
// that payers who come together cause one question, and a failing source is left alone for a while.

import { decodeUtf8 } from '../../encoding/utf8.ts'
import { NetworkError, type Network as Outgoing, type Ports } from '../../ports.ts'
import { readDecimal } from './amounts.ts'
import { aggregate, RATE_POLICY, type SourceQuote, twoDecimals } from './rates.ts'
import {
  CROSS_BASE,
  DIRECT,
  ECB,
  type ReferenceRates,
  readReferenceRates,
  TICKERS,
  type Ticker,
} from './tickers.ts'

export interface RateSource {
  /** A name in {@link TICKERS}. */
  name: string
  origin: string
}

export interface RateSources {
  tickers: readonly RateSource[]
  /** Origin of the bank's daily file. */
  ecb: string
}

export type LockedRate =
  | { ok: true; rate: string; used: string[] }
  | { ok: false; error: 'rate_unavailable' | 'rate_disagreement'; detail: string }

const KEEP_MS = 30_000
/** Prices that payers wanted in the last ten minutes are asked for again before they are too old. */
const REFRESH_MS = 20_000
const WANTED_MS = 600_000
const KEEP_REFERENCE_MS = 3_600_000
const TIMEOUT_MS = 4_000
const FIRST_BACKOFF_MS = 5_000
const LONGEST_BACKOFF_MS = 300_000

interface Answer {
  askedAt: number
  text: Promise<Heard<string>>
}

interface Heard<T> {
  at: number
  /** Undefined: no usable answer, for the reason given. */
  value: T | undefined
  error: string
}

interface Shelf {
  answers: Map<string, Answer>
  /** When a payer last needed it. */
  wanted: Map<string, number>
  failures: Map<string, { count: number; until: number; error: string }>
}

// Per way out, so that two simulated worlds do not share their prices.
const shelves = new WeakMap<Outgoing, Shelf>()

function shelfOf({ network }: Ports): Shelf {
  const shelf = shelves.get(network) ?? {
    answers: new Map(),
    wanted: new Map(),
    failures: new Map(),
  }
  shelves.set(network, shelf)
  return shelf
}

/** The rate for a currency as a decimal text, or why there is none. Bitcoin itself costs 1. */
export async function currentRate(
  ports: Ports,
  sources: RateSources,
  currency: string,
): Promise<LockedRate> {
  if (currency === 'BTC') return { ok: true, rate: '1', used: [] }
  const base = DIRECT.includes(currency) ? currency : CROSS_BASE
  const quotes = await quotesFor(ports, sources, base)
  const rate = aggregate(quotes, RATE_POLICY, ports.clock.now() / 1000)
  if (!rate.ok) return { ok: false, error: rate.error, detail: detailOf(quotes) }
  if (base === currency) return { ok: true, rate: rate.rate, used: rate.used }
  return crossRate(ports, sources, currency, rate)
}

/** What every ticker says of a currency right now. */
export async function quotesFor(
  ports: Ports,
  { tickers }: RateSources,
  currency: string,
): Promise<SourceQuote[]> {
  return Promise.all(
    tickers.map(async ({ name, origin }): Promise<SourceQuote> => {
      const source = TICKERS[name]
      if (!source?.currencies.includes(currency)) return { id: name, error: 'no such pair' }
      const url = `${origin}${source.path(currency)}`
      const heard = await fetchOnce<Ticker>(ports, url, KEEP_MS, source.read)
      if (!heard.value) return { id: name, error: heard.error }
      const { bid, ask, ts } = heard.value
      return { id: name, bid, ask, ts: ts ?? heard.at / 1000 }
    }),
  )
}

async function crossRate(
  ports: Ports,
  { ecb }: RateSources,
  currency: string,
  base: { rate: string; used: string[] },
): Promise<LockedRate> {
  const failed = (detail: string): LockedRate => ({ ok: false, error: 'rate_unavailable', detail })
  const heard = await fetchOnce<ReferenceRates>(
    ports,
    `${ecb}${ECB.path}`,
    KEEP_REFERENCE_MS,
    readReferenceRates,
  )
  if (!heard.value) return failed(`ecb: ${heard.error}`)
  const age = ports.clock.now() / 1000 - heard.value.ts
  if (age > ECB.maxAgeSec || age < -86_400)
    return failed(`ecb: ${Math.round(age / 3600)} hours old`)
  const perEuro = readDecimal(heard.value.rates.get(currency) ?? '')
  const euros = readDecimal(base.rate)
  if (!perEuro || !euros || perEuro.num === 0n) return failed(`ecb: no ${currency}`)
  const rate = twoDecimals({ num: perEuro.num * euros.num, den: perEuro.den * euros.den })
  return { ok: true, rate, used: [...base.used, 'ecb'] }
}

function detailOf(quotes: readonly SourceQuote[]): string {
  return quotes
    .map((each) => `${each.id}: ${'error' in each ? each.error : `${each.bid}/${each.ask}`}`)
    .join('; ')
}

/** One answer for everybody who asks within `keepMs`; a source that failed rests first. */
async function fetchOnce<T>(
  ports: Ports,
  url: string,
  keepMs: number,
  read: (body: string) => T | undefined,
): Promise<Heard<T>> {
  const shelf = shelfOf(ports)
  const now = ports.clock.now()
  shelf.wanted.set(url, now)
  const known = shelf.answers.get(url)
  const isFresh = known && now >= known.askedAt && now < known.askedAt + keepMs
  const failure = shelf.failures.get(url)
  if (!isFresh && failure && now < failure.until) {
    return { at: now, value: undefined, error: failure.error }
  }
  const answer = isFresh ? known : { askedAt: now, text: fetchText(ports, url) }
  shelf.answers.set(url, answer)
  const heard = await answer.text
  const value = heard.value === undefined ? undefined : read(heard.value)
  const error = heard.value !== undefined && value === undefined ? 'unreadable' : heard.error
  if (value !== undefined) shelf.failures.delete(url)
  else if (shelf.answers.get(url) === answer) {
    const count = (failure?.count ?? 0) + 1
    const rest = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (count - 1))
    shelf.failures.set(url, { count, until: now + rest, error })
    shelf.answers.delete(url)
  }
  return { at: heard.at, value, error }
}

/** Asks again for the prices that were wanted lately, so that no payer waits for them. */
export async function keepFresh(ports: Ports): Promise<void> {
  const shelf = shelfOf(ports)
  const now = ports.clock.now()
  const due = [...shelf.answers].filter(
    ([url, { askedAt }]) =>
      !url.endsWith(ECB.path) &&
      now >= askedAt + REFRESH_MS &&
      now < (shelf.wanted.get(url) ?? 0) + WANTED_MS,
  )
  await Promise.all(
    due.map(async ([url]) => {
      const text = fetchText(ports, url)
      // A failure leaves the older price, which soon counts no more.
      if ((await text).value !== undefined) shelf.answers.set(url, { askedAt: now, text })
    }),
  )
}

async function fetchText(ports: Ports, url: string): Promise<Heard<string>> {
  const failed = (error: string) => ({ at: ports.clock.now(), value: undefined, error })
  try {
    const headers = { accept: '*/*', 'user-agent': 'Tongbao' }
    const answer = await ports.network.send({ method: 'GET', url, headers, timeoutMs: TIMEOUT_MS })
    if (answer.status !== 200) return failed(`http ${answer.status}`)
    const value = decodeUtf8(answer.body)
    return value === undefined ? failed('unreadable') : { at: ports.clock.now(), value, error: '' }
  } catch (error) {
    if (error instanceof NetworkError) return failed(error.reason)
    throw error
  }
}
