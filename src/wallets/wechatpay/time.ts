// WeChat Pay's clock: RFC 3339 with an offset in the API, Beijing time without one in bills.

import type { Milliseconds } from '../../ports.ts'

const OFFSET_MS = 8 * 3_600_000

/** `2026-03-20T18:06:40+08:00`; fractions of a second are cut off. */
export function beijingTime(time: Milliseconds): string {
  return `${new Date(time + OFFSET_MS).toISOString().slice(0, 19)}+08:00`
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

/** The moment of an API time, or undefined when there is none. */
export function readTime(text: string): Milliseconds | undefined {
  const [, local, fraction = '', offset] = RFC3339.exec(text) ?? []
  if (local === undefined || offset === undefined || !isDate(local)) return undefined
  const time = Date.parse(`${local}${fraction.slice(0, 4)}${offset}`)
  return Number.isNaN(time) ? undefined : time
}

/** The moment of a time in a bill, `2026-03-19 10:00:00`, or undefined. */
export function readBillTime(text: string): Milliseconds | undefined {
  return /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)
    ? readTime(`${text.replace(' ', 'T')}+08:00`)
    : undefined
}

/** The moment of V2's `20260320180640`, or undefined. */
export function readCompactTime(text: string): Milliseconds | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text) ?? []
  return s === undefined ? undefined : readTime(`${y}-${mo}-${d}T${h}:${mi}:${s}+08:00`)
}

// Date.parse rolls 31 February over into March.
function isDate(local: string): boolean {
  const time = Date.parse(`${local}Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(local)
}
