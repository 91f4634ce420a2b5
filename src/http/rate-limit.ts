// Token buckets in this process: how often somebody may ask (PRODUCT AP-25, SE-45).

import { ApiError } from '../errors.ts'
import type { Clock, Milliseconds } from '../ports.ts'

export interface Rate {
  /** Requests that may come at once. */
  burst: number
  /** The time in which one of them comes back. */
  refillMs: number
}

export const RATES = {
  /** Per API key: 100 reads and 25 writes a second, twice that at once. */
  read: { burst: 200, refillMs: 10 },
  write: { burst: 50, refillMs: 40 },
  /** Per address, for callers whose key is not known. */
  stranger: { burst: 20, refillMs: 1000 },
  /** Per address: 60 opened pages a minute. */
  page: { burst: 60, refillMs: 1000 },
  /** Per address: 10 scanned codes a minute that lead nowhere. */
  short: { burst: 10, refillMs: 6_000 },
  /** Per address and merchant: 30 attempts an hour. */
  attempt: { burst: 30, refillMs: 120_000 },
  /** Per client secret: 2 reads of the state a second. */
  state: { burst: 20, refillMs: 500 },
} as const satisfies Record<string, Rate>

export type RateName = keyof typeof RATES

export interface RateLimit {
  /** Takes one request from `who`'s bucket. Throws `rate_limited` with Retry-After when it is empty. */
  take(name: RateName, who: string): void
}

interface Bucket {
  rate: Rate
  tokens: number
  at: Milliseconds
}

/** Full buckets are forgotten when there are this many. */
const SWEEP_AT = 50_000

export function createRateLimit(
  clock: Clock,
  overrides: Partial<Record<RateName, Rate>> = {},
): RateLimit {
  const buckets = new Map<string, Bucket>()
  const rates: Record<RateName, Rate> = { ...RATES, ...overrides }

  function sweep(now: Milliseconds): void {
    for (const [id, { rate, tokens, at }] of buckets) {
      if (tokens + (now - at) / rate.refillMs >= rate.burst) buckets.delete(id)
    }
  }

  return {
    take(name, who) {
      const rate = rates[name]
      const { burst, refillMs } = rate
      const now = clock.now()
      const id = `${name} ${who}`
      const bucket = buckets.get(id)
      const elapsed = bucket ? Math.max(0, now - bucket.at) : 0
      const tokens = bucket ? Math.min(burst, bucket.tokens + elapsed / refillMs) : burst
      if (tokens < 1) {
        const seconds = Math.max(1, Math.ceil(((1 - tokens) * refillMs) / 1000))
        throw new ApiError('rate_limited', { headers: { 'retry-after': String(seconds) } })
      }
      if (!bucket && buckets.size >= SWEEP_AT) sweep(now)
      buckets.set(id, { rate, tokens: tokens - 1, at: now })
    },
  }
}
