// The signature of APIv2: sorted fields, the key behind them, MD5 or HMAC-SHA256 (sheet section 3.6).
import { createHash, createHmac } from 'node:crypto'

export type SignType = 'MD5' | 'HMAC-SHA256'

/** The signature in upper-case hex over every field that is not empty, but `sign`. */
export function signV2(
  fields: Record<string, string | undefined>,
  key: string,
  type: SignType,
): string {
  const names = Object.keys(fields).filter((name) => name !== 'sign' && fields[name])
  const message = [...names.sort().map((name) => `${name}=${fields[name]}`), `key=${key}`].join('&')
  const hash = type === 'MD5' ? createHash('md5') : createHmac('sha256', key)
  return hash.update(message).digest('hex').toUpperCase()
}
