// application/x-www-form-urlencoded, read strictly: every byte has one meaning or the whole is refused.

import { decodeUtf8 } from './utf8.ts'

export type FormRefusal = 'encoding' | 'malformed' | 'duplicate_field'

export type Form =
  | { fields: ReadonlyMap<string, string> }
  | { refused: FormRefusal; detail: string }

const AMPERSAND = 0x26
const EQUALS = 0x3d
const PERCENT = 0x25
const PLUS = 0x2b

/**
 * Fields in the order received, each value decoded exactly once. Pairs are cut at `&` and the first
 * `=` before percent-decoding. A pair without `=`, an empty name, a bare `%`, a space or control
 * byte, a name that occurs twice and bytes that are not UTF-8 refuse the whole form.
 */
export function parseForm(body: Uint8Array): Form {
  const fields = new Map<string, string>()
  for (let start = 0; start <= body.length; ) {
    const found = body.indexOf(AMPERSAND, start)
    const end = found < 0 ? body.length : found
    const equals = body.indexOf(EQUALS, start)
    if (equals < start || equals >= end) return refuse('malformed', 'a pair without =')
    const name = decode(body.subarray(start, equals))
    const value = decode(body.subarray(equals + 1, end))
    if (typeof name !== 'string') return name
    if (typeof value !== 'string') return value
    if (name === '') return refuse('malformed', 'a pair without a name')
    if (fields.has(name)) return refuse('duplicate_field', `${name} occurs twice`)
    fields.set(name, value)
    start = end + 1
  }
  return { fields }
}

function decode(bytes: Uint8Array): string | { refused: FormRefusal; detail: string } {
  const decoded = new Uint8Array(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte <= 0x20 || byte === 0x7f) return refuse('malformed', 'a space or control byte')
    if (byte === PERCENT) {
      const value = hexDigit(bytes[at + 1]) * 16 + hexDigit(bytes[at + 2])
      if (Number.isNaN(value)) return refuse('malformed', 'a percent sign without two hex digits')
      decoded[length] = value
      at += 2
    } else {
      decoded[length] = byte === PLUS ? 0x20 : byte
    }
    length += 1
  }
  return decodeUtf8(decoded.subarray(0, length)) ?? refuse('encoding', 'bytes that are not UTF-8')
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return Number.NaN
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN
}

function refuse(refused: FormRefusal, detail: string): { refused: FormRefusal; detail: string } {
  return { refused, detail }
}

/** `name=value` pairs joined by `&`, every name and value percent-encoded, spaces as `%20`. */
export function encodeForm(pairs: Iterable<readonly [string, string]>): string {
  return Array.from(
    pairs,
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  ).join('&')
}
