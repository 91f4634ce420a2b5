// Times as WeChat Pay writes them: RFC 3339 in its APIs, Beijing time without offset in its bills.
import type { Milliseconds } from '../../ports.ts'

const BEIJING_MS = 8 * 3_600_000
export const DAY_MS = 86_400_000

/** `2026-03-20T18:06:40+08:00` */
export function formatTime(at: Milliseconds): string {
  return `${beijing(at).replace(' ', 'T')}+08:00`
}

/** `2026-03-20 18:06:40`, Beijing time. */
export function beijing(at: Milliseconds): string {
  return new Date(at + BEIJING_MS).toISOString().slice(0, 19).replace('T', ' ')
}

/** `20260320180640`, as in numbers and in APIv2. */
export function timeDigits(at: Milliseconds): string {
  return beijing(at).replace(/\D/g, '')
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

/** Undefined for anything that is no RFC 3339 time of the calendar. */
export function parseTime(source: string): Milliseconds | undefined {
  const [, date, time] = RFC_3339.exec(source) ?? []
  const at = date === undefined ? Number.NaN : Date.parse(source)
  // Date.parse rolls 31 February over; the local part written again shows that.
  const local = Date.parse(`${date}T${time}Z`)
  if (!Number.isFinite(at) || !Number.isFinite(local)) return undefined
  return new Date(local).toISOString().slice(0, 19) === `${date}T${time}` ? at : undefined
}

/** The Beijing day `2026-03-20` as a half-open span, or undefined when it is no day. */
export function dayOf(date: string): { from: Milliseconds; until: Milliseconds } | undefined {
  const from = parseTime(`${date}T00:00:00+08:00`)
  return from === undefined ? undefined : { from, until: from + DAY_MS }
}
