// When to ask again about an unfinished order. Nothing is captured unless somebody asks, so the first
// minutes are dense: the payer's way back may be lost.

import type { Surface } from '../wallet.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** How long after an order's expiry "no such order" is final. */
export const ABSENT_GRACE_MS = 5 * MINUTE

/** A capture that PayPal holds back for a review can take this long. */
const LONGEST_REVIEW_MS = 14 * DAY

/**
 * Milliseconds until the next question: every 5 s in the first two minutes, every 15 s until the
 * tenth, then every minute; at the expiry, five minutes after it, and daily for two weeks more.
 */
export function nextQueryDelay(
  _surface: Surface,
  ageMs: number,
  untilExpiryMs: number,
): number | undefined {
  const sinceExpiryMs = -untilExpiryMs
  if (sinceExpiryMs >= LONGEST_REVIEW_MS) return undefined
  if (sinceExpiryMs >= ABSENT_GRACE_MS) return DAY
  const target = untilExpiryMs > 0 ? untilExpiryMs : ABSENT_GRACE_MS - sinceExpiryMs
  const step = untilExpiryMs > 0 ? stepAt(ageMs) : target
  return Math.max(SECOND, Math.min(step, target))
}

function stepAt(ageMs: number): number {
  if (ageMs < 2 * MINUTE) return 5 * SECOND
  return ageMs < 10 * MINUTE ? 15 * SECOND : MINUTE
}
