// When to ask again about an unfinished order (sheet 3.6 and section 6).

import type { Surface } from '../wallet.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

/** How long after an order's expiry "no such order" is final. */
export const ABSENT_GRACE_MS = 5 * MINUTE

/** After this time a payer's code whose outcome is open is reversed. */
const REVERSE_AFTER_MS = 45 * SECOND
const CODE_STEP_MS = 5 * SECOND
const STEPS_MS = [5 * SECOND, 30 * SECOND, MINUTE, 3 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE]
const LATER_MS = 30 * MINUTE

/**
 * Milliseconds until the next question: 5 s, 30 s, 1, 3, 5, 10 and 30 minutes after the start, then
 * every half hour; a payer's code every 5 s. At the expiry, five minutes after it, and daily for
 * three days more.
 */
export function nextQueryDelay(
  surface: Surface,
  ageMs: number,
  untilExpiryMs: number,
): number | undefined {
  const sinceExpiryMs = -untilExpiryMs
  if (sinceExpiryMs >= 3 * DAY) return undefined
  if (sinceExpiryMs >= ABSENT_GRACE_MS) return DAY
  const target = untilExpiryMs > 0 ? untilExpiryMs : ABSENT_GRACE_MS - sinceExpiryMs
  const step = untilExpiryMs > 0 || surface === 'barcode' ? stepAt(surface, ageMs) : target
  return Math.max(SECOND, Math.min(step, target))
}

function stepAt(surface: Surface, ageMs: number): number {
  if (surface === 'barcode') return CODE_STEP_MS
  const next = STEPS_MS.find((step) => step > ageMs)
  return next === undefined ? LATER_MS : next - ageMs
}

export function reverseAfterMs(surface: Surface): number | undefined {
  return surface === 'barcode' ? REVERSE_AFTER_MS : undefined
}
