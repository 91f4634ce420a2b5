// APIv2's keyed digest (sheet 3.6).

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export type V2SignType = 'MD5' | 'HMAC-SHA256'

type Members = Iterable<readonly [string, string]>

/** What is signed, before the key: no empty values, no `sign`, sorted by name. */
export function v2Text(members: Members): string {
  return [...members]
    .filter(([name, value]) => name !== 'sign' && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** 32 or 64 hex digits in upper case. */
export function v2Sign(members: Members, key: string, type: V2SignType): string {
  const text = `${v2Text(members)}&key=${key}`
  const digest = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return digest.update(text, 'utf8').digest('hex').toUpperCase()
}

/** True when `sign` was made over the other members with this key and digest. */
export function v2Verify(
  members: ReadonlyMap<string, string>,
  key: string,
  type: V2SignType,
): boolean {
  const expected = Buffer.from(v2Sign(members, key, type))
  const given = Buffer.from(members.get('sign') ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
