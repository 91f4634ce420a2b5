// The form of an API key: `tb_test_sk_` or `tb_live_sk_`, 32 random bytes in base 62 and a checksum,
// so that a mistyped key is told apart from an unknown one, and scanners find leaked ones.

import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Random } from '../ports.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** 62^43 is the first power of 62 above 2^256. */
const RANDOM_LENGTH = 43
const CHECKSUM_LENGTH = 6

export function newKeyText(livemode: boolean, random: Random): string {
  const bytes = Buffer.from(random.bytes(32))
  const start = `${livemode ? 'tb_live_sk_' : 'tb_test_sk_'}${base62(BigInt(`0x${bytes.toString('hex')}`), RANDOM_LENGTH)}`
  return start + checksum(start)
}

/** The mode of a well-formed key, or undefined for anything else. */
export function readKeyText(text: string): { livemode: boolean } | undefined {
  const match = /^(tb_(live|test)_sk_[0-9A-Za-z]{43})([0-9A-Za-z]{6})$/.exec(text)
  if (!match?.[1] || checksum(match[1]) !== match[3]) return undefined
  return { livemode: match[2] === 'live' }
}

/** SHA-256 under which a key is stored and found. The key has 256 random bits, so no salt is needed. */
export function hashKey(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** The visible beginning: kind of key and its first four random characters. */
export function visiblePrefix(text: string): string {
  return text.slice(0, 15)
}

function checksum(text: string): string {
  return base62(BigInt(crc32(text)), CHECKSUM_LENGTH)
}

function base62(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; text.length < length; rest /= 62n) text = BASE62[Number(rest % 62n)] + text
  return text
}
