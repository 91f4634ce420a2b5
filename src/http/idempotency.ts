// The same POST again gives the same answer and no second effect (PRODUCT AP-13 to AP-18). Answers
// are kept sealed, because some show a secret once.

import { createHash, timingSafeEqual } from 'node:crypto'
import canonicalize from 'canonicalize'
import { ApiError, ERRORS } from '../errors.ts'
import {
  findKey,
  finishKey,
  insertKey,
  type KeyRow,
  type KeyScope,
  type KeyTransaction,
  type NewKey,
  releaseKey,
  writeWithKey,
} from '../merchants/idempotency-store.ts'
import { isDatabaseAway } from '../merchants/outage.ts'
import type { Sealer } from '../merchants/sealing.ts'
import type { PaymentContext } from '../payments/context.ts'
import type { IdempotencyRecord } from '../payments/journal.ts'
import type { Clock } from '../ports.ts'

/** A request that may come again. */
export interface KeyUse {
  scope: KeyScope
  fingerprint: Uint8Array
}

/** An answer as it goes out, and as it is kept. */
export interface Kept {
  status: number
  /** JSON. */
  text: string
  /** True when this is the answer to an earlier request with the same key. */
  replayed: boolean
}

export type Found =
  | { kind: 'new' }
  | { kind: 'answered'; kept: Kept }
  /** The first request has not answered yet; `note` is what it wrote down when it began. */
  | { kind: 'running'; note: string | null }
  /** The first request was cut off; `note` is what it wrote down when it began. */
  | { kind: 'interrupted'; note: string | null }

/**
 * A request that has not answered by then was cut off; a repeat may go on. No shorter than the call
 * that starts an attempt may last: before, "no such order" at the wallet would not be its last word.
 */
const RUNNING_MS = 60_000

/** More answers than this are not remembered while the database can not keep them. */
const UNSAVED_MOST = 10_000

export type Idempotency = ReturnType<typeof createIdempotency>

export function createIdempotency(deps: {
  pool: PaymentContext['pool']
  sealer: Sealer
  clock: Clock
}) {
  const { pool, sealer, clock } = deps
  // Requests that are over here and whose end the database did not take: their answer, or null where
  // they came to none. A repeat need not wait until the first one counts as cut off.
  const unsaved = new Map<string, { status: number; text: string } | null>()

  const sealText = (scope: KeyScope, text: string) => sealer.seal(text, sealContext(scope))
  const openRow = (scope: KeyScope, row: KeyRow) =>
    row.sealedBody === null ? null : sealer.open(row.sealedBody, sealContext(scope)).toString()

  /** Throws `idempotency_key_reused`. */
  async function look(use: KeyUse): Promise<Found> {
    const { scope, fingerprint } = use
    const row = await findKey(pool, scope)
    if (!row) return { kind: 'new' }
    if (!timingSafeEqual(row.fingerprint, fingerprint)) throw new ApiError('idempotency_key_reused')
    const text = openRow(scope, row)
    if (row.status !== null) {
      return { kind: 'answered', kept: { status: row.status, text: text ?? '', replayed: true } }
    }
    const left = unsaved.get(nameOf(scope))
    if (left) {
      return {
        kind: 'answered',
        kept: { ...(await finish(use, left.status, left.text)), replayed: true },
      }
    }
    if (left === null) {
      await release(scope)
      return { kind: 'new' }
    }
    const running = clock.now() < (row.runningUntil ?? 0)
    return { kind: running ? 'running' : 'interrupted', note: text }
  }

  /** The same for who can not use what runs. Throws `idempotency_in_progress` as well. */
  async function lookUp(use: KeyUse): Promise<Exclude<Found, { kind: 'running' }>> {
    const found = await look(use)
    if (found.kind === 'running') throw inProgress()
    return found
  }

  /** The first answer as the journal writes it, in the commit of what it did. */
  function answered(use: KeyUse, status: number, text: string): IdempotencyRecord {
    return { ...base(use), status, sealedBody: sealText(use.scope, text), runningUntil: null }
  }

  /** A key whose request goes on after the commit; `note` says where a repeat has to look. */
  function running(use: KeyUse, note: string): IdempotencyRecord {
    const runningUntil = clock.now() + RUNNING_MS
    return { ...base(use), status: null, sealedBody: sealText(use.scope, note), runningUntil }
  }

  function base({ scope, fingerprint }: KeyUse) {
    const { livemode, method, path, key } = scope
    return { livemode, method, path, key, fingerprint, createdAt: clock.now() }
  }

  /** Keeps the answer of a request that had begun with {@link running} or was claimed. */
  async function finish(use: KeyUse, status: number, text: string): Promise<Kept> {
    const sealedBody = sealText(use.scope, text)
    const kept = await noting(use.scope, { status, text }, () =>
      finishKey(pool, use.scope, { status, sealedBody }),
    )
    // Two repeats went on with one that was cut off; the first answer that was kept counts.
    return kept ? { status, text, replayed: false } : again(use)
  }

  function release(scope: KeyScope): Promise<void> {
    return noting(scope, null, () => releaseKey(pool, scope))
  }

  /** Remembers how a request ended for as long as the database does not know it. */
  async function noting<Result>(
    scope: KeyScope,
    end: { status: number; text: string } | null,
    write: () => Promise<Result>,
  ): Promise<Result> {
    const name = nameOf(scope)
    try {
      const result = await write()
      unsaved.delete(name)
      return result
    } catch (error) {
      if (unsaved.size < UNSAVED_MOST) unsaved.set(name, end)
      throw error
    }
  }

  /** Keeps an answer that changed nothing; gives the one that was kept first. */
  async function keep(use: KeyUse, status: number, text: string): Promise<Kept> {
    const { scope, fingerprint } = use
    const createdAt = clock.now()
    const key = {
      scope,
      fingerprint,
      status,
      sealedBody: sealText(scope, text),
      createdAt,
      runningUntil: null,
    }
    if (await insertKey(pool, key)) return { status, text, replayed: false }
    return again(use)
  }

  /** After another request has used the key: its answer. */
  async function again(use: KeyUse): Promise<Kept> {
    const found = await lookUp(use)
    if (found.kind === 'answered') return found.kept
    throw inProgress()
  }

  /** Key and rows in one transaction. A second request waits for the first and gets its answer. */
  async function inTransaction(
    use: KeyUse,
    work: (db: KeyTransaction) => Promise<{ status: number; text: string }>,
  ): Promise<Kept> {
    const written = await writeWithKey(pool, runningKey(use), async (db) => {
      const { status, text } = await work(db)
      return { status, text, sealedBody: sealText(use.scope, text) }
    })
    return written ? { ...written, replayed: false } : again(use)
  }

  function runningKey({ scope, fingerprint }: KeyUse): NewKey {
    const createdAt = clock.now()
    const runningUntil = createdAt + RUNNING_MS
    return { scope, fingerprint, status: null, sealedBody: null, createdAt, runningUntil }
  }

  /** For work that asks others: the key is written first, and released when no answer was found. */
  async function claimed(
    use: KeyUse,
    work: () => Promise<{ status: number; text: string }>,
  ): Promise<Kept> {
    if (!(await insertKey(pool, runningKey(use)))) return again(use)
    let answer: { status: number; text: string }
    try {
      answer = await work()
    } catch (error) {
      await release(use.scope).catch((failure: unknown) => {
        // The same database is why the work failed; what is told is the first error.
        if (!isDatabaseAway(failure)) throw failure
      })
      throw error
    }
    return finish(use, answer.status, answer.text)
  }

  return { look, lookUp, answered, running, finish, keep, again, inTransaction, claimed }
}

/** Whether a repeat with the same key gets the same refusal, or may come to another end. */
export function isKept(error: ApiError): boolean {
  const { retry, status } = ERRORS[error.code]
  return status < 500 && (retry === 'never' || retry === 'new_request')
}

/**
 * The key of an `Idempotency-Key` header: bare, or quoted as a structured field (both are the same
 * key). Throws `idempotency_key_missing` or `idempotency_key_invalid`.
 */
export function readKey(header: string | string[] | undefined): string {
  if (header === undefined || header === '') throw new ApiError('idempotency_key_missing')
  if (typeof header !== 'string') throw new ApiError('idempotency_key_invalid')
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)
  const key = quoted?.[1]?.replace(/\\(.)/g, '$1') ?? header
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new ApiError('idempotency_key_invalid')
  return key
}

/** SHA-256 of the body's RFC 8785 form; of nothing when there is no body. */
export function fingerprintOf(body: unknown): Buffer {
  return createHash('sha256')
    .update((body === undefined ? '' : canonicalize(body)) ?? '')
    .digest()
}

/** The first request with the key still runs. */
export function inProgress(): ApiError {
  return new ApiError('idempotency_in_progress', { headers: { 'retry-after': '1' } })
}

function nameOf({ merchantId, livemode, method, path, key }: KeyScope): string {
  return JSON.stringify([merchantId, livemode, method, path, key])
}

function sealContext({ merchantId, livemode, method, path, key }: KeyScope) {
  const object = JSON.stringify([livemode, method, path, key])
  return { merchantId, object, field: 'idempotency_keys.sealed_body', version: 1 }
}
