// Merchant sessions: what Apple's sheet wants from a merchant before it opens (sheet section 3.1).
import { createHash, randomBytes } from 'node:crypto'
import { type Books, integer, text } from '../books.ts'
import type { JsonObject } from '../json.ts'
import type { Authority } from './authority.ts'
import { signDetached } from './seal.ts'

export interface SessionOrder {
  merchantId: string
  domain: string
  displayName: string
  now: number
  /** Over before it begins. */
  expired?: boolean
}

export interface Session {
  merchantId: string
  domain: string
  displayName: string
}

export interface Sessions {
  open(order: SessionOrder): JsonObject
  /** The session, if it is genuine, in time and not used; `spend` uses it up. */
  check(object: JsonObject, now: number, spend: boolean): Session | 'unknown' | 'expired' | 'used'
}

const HOUR_MS = 3_600_000
/** Apple's documentation; `expiresAt` says an hour. */
const LIFE_MS = 5 * 60_000

const TABLE = `
  CREATE TABLE IF NOT EXISTS applepay_sessions (
    id TEXT PRIMARY KEY, merchant TEXT NOT NULL, domain TEXT NOT NULL, name TEXT NOT NULL,
    until INTEGER NOT NULL, used INTEGER NOT NULL, object TEXT NOT NULL
  ) STRICT;
`

export function openSessions(books: Books, authority: Authority): Sessions {
  books.define(TABLE)
  return {
    open({ merchantId, domain, displayName, now, expired }) {
      const merchantIdentifier = createHash('sha256').update(merchantId).digest('hex').toUpperCase()
      const id = `SSH${randomBytes(32).toString('hex').toUpperCase()}`
      const made = expired ? now - HOUR_MS - LIFE_MS : now
      const content = {
        epochTimestamp: made,
        expiresAt: made + HOUR_MS,
        merchantSessionIdentifier: id,
        nonce: randomBytes(4).toString('hex'),
        merchantIdentifier,
        domainName: domain,
        displayName,
      }
      const signed = Buffer.from(JSON.stringify(content))
      const signature = signDetached(authority, authority.elliptic, signed, new Date(now))
      const object = {
        ...content,
        signature: signature.toString('hex'),
        operationalAnalyticsIdentifier: `${displayName}:${merchantIdentifier}`,
        retries: 0,
        pspId: merchantIdentifier,
      }
      books.run(
        'INSERT INTO applepay_sessions VALUES (?, ?, ?, ?, ?, 0, ?)',
        id,
        merchantId,
        domain,
        displayName,
        made + LIFE_MS,
        JSON.stringify(object),
      )
      return object
    },
    check(object, now, spend) {
      const id = String(object.merchantSessionIdentifier)
      const row = books.get('SELECT * FROM applepay_sessions WHERE id = ?', id)
      if (!row || text(row, 'object') !== JSON.stringify(object)) return 'unknown'
      if (integer(row, 'until') <= now) return 'expired'
      if (integer(row, 'used') !== 0) return 'used'
      if (spend) books.run('UPDATE applepay_sessions SET used = 1 WHERE id = ?', id)
      return {
        merchantId: text(row, 'merchant'),
        domain: text(row, 'domain'),
        displayName: text(row, 'name'),
      }
    },
  }
}
