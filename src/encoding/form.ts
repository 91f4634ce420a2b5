// application/x-www-form-urlencoded, read strictly: every byte has one meaning or the whole is refused.

import { decodeUtf8 } from './utf8.ts'

export type FormRefusal = 'encoding' | 'malformed' | 'duplicate_field'

interface Refused {
  refused: FormRefusal
  detail: string
}

export type Form = { fields: ReadonlyMap<string, string> } | Refused

/**
 * Fields in the order received, each value decoded exactly once. Pairs are cut at `&` and the first
 * `=` before percent-decoding. A pair without `=`, an empty name, a bare `%`, a space or control
 * byte, a name that occurs twice and bytes that are not UTF-8 refuse the whole form.
 */
export function parseForm(body: Uint8Array): Form {
  const text = decodeUtf8(body)
  if (text === undefined) return refuse('encoding', 'bytes that are not UTF-8')
  if (/[ \p{Cc}]/u.test(text)) return refuse('malformed', 'a space or control byte')
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) {
    return refuse('malformed', 'a percent sign without two hex digits')
  }
  const fields = new Map<string, string>()
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=')
    if (equals < 0) return refuse('malformed', 'a pair without =')
    const name = decode(pair.slice(0, equals))
    const value = decode(pair.slice(equals + 1))
    if (name === undefined || value === undefined) {
      return refuse('encoding', 'escaped bytes that are not UTF-8')
    }
    if (name === '') return refuse('malformed', 'a pair without a name')
    if (fields.has(name)) return refuse('duplicate_field', `${name.slice(0, 64)} occurs twice`)
    fields.set(name, value)
  }
  return { fields }
}

function decode(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    // Every escape is well-formed by now, so what is left is bytes that are not UTF-8.
    return undefined
  }
}

function refuse(refused: FormRefusal, detail: string): Refused {
  return { refused, detail }
}

/** `name=value` pairs joined by `&`, every name and value percent-encoded, spaces as `%20`. */
export function encodeForm(pairs: Iterable<readonly [string, string]>): string {
  return Array.from(
    pairs,
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  ).join('&')
}
