// When a failed delivery is tried again. Pure: time and chance come in.

import type { Milliseconds, Random } from '../ports.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** Waits after the first, second, ... failed try (PRODUCT AP-43). After the last one it has failed. */
export const WAITS: readonly Milliseconds[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
]

/** An endpoint that has only failed for so long is disabled. */
export const FAILING_LIMIT: Milliseconds = 5 * DAY

/** A longer `Retry-After` counts as this. */
export const RETRY_AFTER_LIMIT: Milliseconds = DAY

export interface FailedTry {
  /** Failed tries so far, this one included. */
  tries: number
  now: Milliseconds
  /** What the answer's `Retry-After` asks for; see {@link readRetryAfter}. */
  retryAfter: Milliseconds | undefined
}

/** The time of the next try, ±10 %, or undefined after the last one. */
export function nextTry(
  { tries, now, retryAfter = 0 }: FailedTry,
  random: Random,
): Milliseconds | undefined {
  const wait = WAITS[tries - 1]
  if (wait === undefined) return undefined
  const chance = Buffer.from(random.bytes(4)).readUInt32BE() / 2 ** 32
  const jittered = Math.round(wait * (0.9 + 0.2 * chance))
  return now + Math.max(jittered, Math.min(retryAfter, RETRY_AFTER_LIMIT))
}

/** The wait that a `Retry-After` header names (RFC 9110, 10.2.3), or undefined for none or nonsense. */
export function readRetryAfter(
  header: string | undefined,
  now: Milliseconds,
): Milliseconds | undefined {
  if (header === undefined || header.length > 40) return undefined
  if (/^\d+$/.test(header)) return Number(header) * SECOND
  const date = /GMT$/.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
