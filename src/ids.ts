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
  const bytes = Buffer.from(random.bytes(10))
  return (
    digits(clock.now(), 10) + digits(bytes.readUIntBE(0, 5), 8) + digits(bytes.readUIntBE(5, 5), 8)
  )
}

/** `count` digits of a whole number below 2^53, five bits each, the highest first. */
function digits(value: number, count: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < count; i++) {
    text = ALPHABET.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
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
