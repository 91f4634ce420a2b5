// Idempotency keys as rows. Keys of payments and attempts are written by the journal, in the commit
// of what they did; these statements read and finish them, and serve every other resource.

import {
  type Connection,
  type Pool,
  type Queryable,
  query,
  timestamp,
  transaction,
} from '../db/pool.ts'
import type { Milliseconds } from '../ports.ts'

/** Where a key is unique (PRODUCT AP-14). */
export interface KeyScope {
  merchantId: string
  livemode: boolean
  method: string
  path: string
  key: string
}

export interface KeyRow {
  fingerprint: Buffer
  /** Null while the first request runs. */
  status: number | null
  sealedBody: Buffer | null
  runningUntil: Milliseconds | null
}

const WHERE = 'merchant_id = $1 and livemode = $2 and method = $3 and path = $4 and key = $5'

function scopeValues({ merchantId, livemode, method, path, key }: KeyScope) {
  return [merchantId, livemode, method, path, key]
}

export async function findKey(db: Queryable, scope: KeyScope): Promise<KeyRow | undefined> {
  const rows = await query<{
    fingerprint: Buffer
    status: number | null
    sealed_body: Buffer | null
    running_until: Milliseconds | null
  }>(
    db,
    {
      name: 'idempotency-find',
      text: `select fingerprint, status, sealed_body, running_until from idempotency_keys where ${WHERE}`,
    },
    scopeValues(scope),
  )
  const [row] = rows
  if (!row) return undefined
  const { fingerprint, status } = row
  return { fingerprint, status, sealedBody: row.sealed_body, runningUntil: row.running_until }
}

export interface NewKey {
  scope: KeyScope
  fingerprint: Uint8Array
  status: number | null
  sealedBody: Uint8Array | null
  createdAt: Milliseconds
  runningUntil: Milliseconds | null
}

/**
 * Writes a key; false when it exists. Waits while another transaction is about to write the same
 * one. A running key whose time is over is taken over.
 */
export async function insertKey(db: Queryable, key: NewKey): Promise<boolean> {
  const rows = await query(
    db,
    {
      name: 'idempotency-insert',
      text: `insert into idempotency_keys as k (merchant_id, livemode, method, path, key, fingerprint,
          status, sealed_body, created_at, running_until)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (merchant_id, livemode, method, path, key) do update
          set running_until = excluded.running_until, status = excluded.status,
            sealed_body = coalesce(excluded.sealed_body, k.sealed_body)
          where k.status is null and k.running_until < excluded.created_at
            and k.fingerprint = excluded.fingerprint
        returning key`,
    },
    [
      ...scopeValues(key.scope),
      key.fingerprint,
      key.status,
      key.sealedBody,
      timestamp(key.createdAt),
      key.runningUntil === null ? null : timestamp(key.runningUntil),
    ],
  )
  return rows.length === 1
}

/** Keeps the answer of a running request; false when one was kept already. */
export async function finishKey(
  db: Queryable,
  scope: KeyScope,
  answer: { status: number; sealedBody: Uint8Array },
): Promise<boolean> {
  const rows = await query(
    db,
    {
      name: 'idempotency-finish',
      text: `update idempotency_keys set status = $6, sealed_body = $7, running_until = null
        where ${WHERE} and status is null returning key`,
    },
    [...scopeValues(scope), answer.status, answer.sealedBody],
  )
  return rows.length === 1
}

/** The connection on which a request writes its rows together with its key. */
export type KeyTransaction = Connection

/**
 * Runs `work` in one transaction with the key: both are there afterwards, or neither. Undefined when
 * the key was used before. What `work` gives is kept as the answer.
 */
export async function writeWithKey(
  pool: Pool,
  key: NewKey,
  work: (db: KeyTransaction) => Promise<{ status: number; text: string; sealedBody: Uint8Array }>,
): Promise<{ status: number; text: string } | undefined> {
  return transaction(pool, async (db) => {
    if (!(await insertKey(db, key))) return undefined
    const { status, text, sealedBody } = await work(db)
    await finishKey(db, key.scope, { status, sealedBody })
    return { status, text }
  })
}

/** Forgets a running key whose request came to no answer, so that a repeat begins anew. */
export async function releaseKey(db: Queryable, scope: KeyScope): Promise<void> {
  await query(
    db,
    {
      name: 'idempotency-release',
      text: `delete from idempotency_keys where ${WHERE} and status is null`,
    },
    scopeValues(scope),
  )
}

/** Keys live for 30 days (PRODUCT AP-15). */
export const KEY_LIFE_MS = 30 * 24 * 60 * 60 * 1000

/** Removes keys that are older than their life, `step` per statement; how many there were. */
export async function removeOldKeys(
  db: Queryable,
  now: Milliseconds,
  step = 10_000,
): Promise<number> {
  for (let removed = 0; ; ) {
    const rows = await query(
      db,
      {
        name: 'idempotency-clean',
        text: `delete from idempotency_keys where (merchant_id, livemode, method, path, key) in
          (select merchant_id, livemode, method, path, key from idempotency_keys
            where created_at < $1 order by created_at limit $2) returning key`,
      },
      [timestamp(now - KEY_LIFE_MS), step],
    )
    removed += rows.length
    if (rows.length < step) return removed
  }
}
