// When the page asks the hub again (CK-31). Pure.

export interface Watch {
  /** How long the page has been watching. */
  ageMs: number
  /** How long ago something happened that makes news likely: a return, a tap, `processing`. */
  sinceWakeMs: number
}

/** Wait before the next question: 2 s for 2 min, 5 s until 10 min, then 10 s; 2 s for 30 s after news. */
export function pollDelayMs(watch: Watch, random: number): number {
  return baseDelayMs(watch) * (0.8 + 0.4 * random)
}

function baseDelayMs({ ageMs, sinceWakeMs }: Watch): number {
  if (sinceWakeMs < 30_000 || ageMs < 120_000) return 2_000
  return ageMs < 600_000 ? 5_000 : 10_000
}

/** Wait after the nth failed question in a row: 1 s, 2 s, 4 s, 8 s, then 10 s, same jitter. */
export function backoffMs(failures: number, random: number): number {
  return Math.min(10_000, 1_000 * 2 ** Math.max(0, failures - 1)) * (0.8 + 0.4 * random)
}

const SPOKEN_MS = [300_000, 60_000, 10_000] as const

/** The mark (5 min, 1 min, 10 s) that lies between two readings of the countdown, if any (CK-48). */
export function spokenMark(beforeMs: number, nowMs: number): number | null {
  return SPOKEN_MS.find((mark) => beforeMs > mark && nowMs <= mark) ?? null
}
