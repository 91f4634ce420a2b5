// Identifiers: a prefix and 26 sortable characters (48 bits of time, 80 random bits), made here
// before anything is sent, so that a retry repeats them.

import type { Clock, Random } from './ports.ts'

// Crockford's base 32 in lower case: no i, l, o, u.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

export type IdPrefix = 'mer' | 'key' | 'wac' | 'pay' | 'att' | 'evt' | 'whe' | 'req'

/** A new identifier such as `pay_01jd3v0m8q4w5x6y7z8a9bcdef`. */
export function newId(prefix: IdPrefix, ports: { clock: Clock; random: Random }): string {
  return `${prefix}_${sortable(ports)}`
}

/** Our number for an attempt at its wallet: 28 characters of `[0-9A-Z]`, from the attempt's id. */
export function walletReferenceOf(attemptId: string): string {
  return `TB${attemptId.slice(attemptId.indexOf('_') + 1).toUpperCase()}`
}

/** True for text that has the form of an identifier with this prefix. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return (
    text.startsWith(`${prefix}_`) && /^[0-9a-hjkmnp-tv-z]{26}$/.test(text.slice(prefix.length + 1))
  )
}

function sortable({ clock, random }: { clock: Clock; random: Random }): string {
  let bits = BigInt(clock.now())
  for (const byte of random.bytes(10)) bits = (bits << 8n) | BigInt(byte)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = ALPHABET[Number(bits & 31n)] + text
    bits >>= 5n
  }
  return text
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `length` unpredictable characters of `[0-9A-Za-z]`, 5.95 bits each. */
export function randomToken(random: Random, length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      // 248 is the largest multiple of 62 in a byte; above it some characters would come more often.
      if (byte < 248 && text.length < length) text += BASE62[byte % 62]
    }
  }
  return text
}
