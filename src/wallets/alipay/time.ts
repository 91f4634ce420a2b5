// Alipay's clock: every time string is +08:00, which has had no daylight saving time since 1991.

import type { Milliseconds } from '../../ports.ts'

const OFFSET_MS = 8 * 3_600_000
const SHAPE = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(\.\d{1,3})?$/

/** `yyyy-MM-dd HH:mm:ss` in +08:00; fractions of a second are cut off. */
export function beijingTime(time: Milliseconds): string {
  return new Date(time + OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ')
}

/** The moment of such a string (with or without fractions), or undefined when there is none. */
export function readBeijingTime(text: string): Milliseconds | undefined {
  const [, date, clock, fraction = ''] = SHAPE.exec(text) ?? []
  if (date === undefined || clock === undefined) return undefined
  const time = Date.parse(`${date}T${clock}${fraction}Z`)
  // Date.parse rolls 31 February over into March.
  const exact = !Number.isNaN(time) && new Date(time).toISOString().startsWith(`${date}T${clock}`)
  return exact ? time - OFFSET_MS : undefined
}
