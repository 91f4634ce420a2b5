// Alipay writes every time in +08:00, also where it names it GMT (sheet section 8).
import type { Milliseconds } from '../../ports.ts'

const BEIJING_MS = 8 * 3_600_000

/** `2026-03-09 18:05:07` */
export function formatTime(at: Milliseconds): string {
  return new Date(at + BEIJING_MS).toISOString().slice(0, 19).replace('T', ' ')
}

/** The time written as `yyyy-MM-dd HH:mm:ss` in +08:00, or undefined when it is no such time. */
export function parseTime(source: string): Milliseconds | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(source)) return undefined
  const at = Date.parse(`${source.replace(' ', 'T')}Z`) - BEIJING_MS
  // Date.parse rolls 31 February over; writing it again shows that.
  return Number.isFinite(at) && formatTime(at) === source ? at : undefined
}

/** The first moment of the next day in +08:00, for `timeout_express` of `1c`. */
export function endOfDay(at: Milliseconds): Milliseconds {
  const day = 86_400_000
  return Math.floor((at + BEIJING_MS) / day) * day + day - BEIJING_MS
}

/** Digits of a time, `20260309180507`, as Alipay builds its numbers. */
export function timeDigits(at: Milliseconds): string {
  return formatTime(at).replace(/\D/g, '')
}
