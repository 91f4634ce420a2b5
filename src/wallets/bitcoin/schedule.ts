// When to look again. Never never: an address is watched for ever (sheet 0, 5, 6).

import type { Surface } from '../wallet.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** After this time an order of which nothing is kept was never shown to anybody. */
export const ABSENT_GRACE_MS = 5 * MINUTE

/**
 * Every 10 s while the payer is expected and 3 minutes longer, then slower and slower, at last once
 * a day. Blocks and unconfirmed payments cause questions besides, see `follow.ts`.
 */
export function nextQueryDelay(_surface: Surface, _ageMs: number, untilExpiryMs: number): number {
  const since = -untilExpiryMs
  if (since < 3 * MINUTE) return 10 * SECOND
  if (since < 3 * HOUR) return MINUTE
  if (since < DAY) return 5 * MINUTE
  if (since < 7 * DAY) return HOUR
  return since < 30 * DAY ? 6 * HOUR : DAY
}
