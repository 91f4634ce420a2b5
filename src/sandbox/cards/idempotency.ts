// The keys under which merchants repeat a call, and what they were answered.
import { createHash } from 'node:crypto'
import { type Books, integer, text } from '../books.ts'
import { type JsonObject, parseObject } from '../json.ts'

export interface Answer {
  status: number
  body: JsonObject | readonly JsonObject[]
}

export interface Kept {
  fingerprint: string
  answer: Answer
}

export interface Idempotency {
  find(scope: string, key: string, now: number): Kept | undefined
  keep(scope: string, key: string, kept: Kept, until: number): void
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS card_keys (
    scope TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER NOT NULL,
    body TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (scope, key)
  ) STRICT;
`

export function openIdempotency(books: Books): Idempotency {
  books.define(TABLE)
  return {
    find(scope, key, now) {
      const row = books.get('SELECT * FROM card_keys WHERE scope = ? AND key = ?', scope, key)
      if (!row || integer(row, 'until') <= now) return undefined
      const body = parseObject(text(row, 'body')) ?? {}
      return {
        fingerprint: text(row, 'fingerprint'),
        answer: { status: integer(row, 'status'), body },
      }
    },
    keep(scope, key, { fingerprint, answer }, until) {
      books.run(
        'INSERT OR REPLACE INTO card_keys VALUES (?, ?, ?, ?, ?, ?)',
        scope,
        key,
        fingerprint,
        answer.status,
        JSON.stringify(answer.body),
        until,
      )
    },
  }
}

export function fingerprintOf(...texts: string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex')
}
