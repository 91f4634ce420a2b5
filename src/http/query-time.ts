// A time that a caller wrote, as milliseconds.

import { ApiError } from '../errors.ts'

/** Throws `field_invalid` for a day that the calendar does not have; `Date.parse` takes 30 February. */
export function readTime(text: string, param: string): number
export function readTime(text: string | undefined, param: string): number | undefined
export function readTime(text: string | undefined, param: string): number | undefined {
  if (text === undefined) return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 19) !== text.slice(0, 19)) {
    throw new ApiError('field_invalid', { param })
  }
  return at
}
