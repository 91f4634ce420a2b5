// When to ask again about an unfinished order (sheet 3.4 and section 6, "query plan").

import type { Surface } from '../wallet.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** How long after an order's expiry "no such trade" is final. */
export const ABSENT_GRACE_MS = 5 * MINUTE

/** After this time a payer's code whose outcome is open is reversed. */
const REVERSE_AFTER_MS = 45 * SECOND

/**
 * Milliseconds until the next question: every 3 s in the first minute, every 10 s until the tenth,
 * then every minute; at the expiry, five minutes after it, and daily for three days more.
 */
export function nextQueryDelay(
  _surface: Surface,
  ageMs: number,
  untilExpiryMs: number,
): number | undefined {
  const sinceExpiryMs = -untilExpiryMs
  if (sinceExpiryMs >= 3 * DAY) return undefined
  if (sinceExpiryMs >= ABSENT_GRACE_MS) return DAY
  const target = untilExpiryMs > 0 ? untilExpiryMs : ABSENT_GRACE_MS - sinceExpiryMs
  const step = untilExpiryMs > 0 ? stepAt(ageMs) : target
  return Math.max(SECOND, Math.min(step, target))
}

function stepAt(ageMs: number): number {
  if (ageMs < MINUTE) return 3 * SECOND
  return ageMs < 10 * MINUTE ? 10 * SECOND : MINUTE
}

export function reverseAfterMs(surface: Surface): number | undefined {
  return surface === 'barcode' ? REVERSE_AFTER_MS : undefined
}
