// The only writer of payments. It gathers the changes of concurrent callers and commits them in one
// statement, so that one fsync serves many payments.

import { isConnectionLost, isRetryable } from '../db/errors.ts'
import type { Pool } from '../db/pool.ts'
import { toArrays } from '../db/row-sets.ts'
import { newId } from '../ids.ts'
import type { Clock, Milliseconds, Random } from '../ports.ts'
import { COMMIT_CHANGES, WRITTEN } from './commit-sql.ts'
import type { Change } from './decide.ts'
import { createGroupWriter, OutcomeUnknown } from './group-writer.ts'
import type { Payment } from './payment.ts'
import {
  attemptToRow,
  changedPaymentToRow,
  iso,
  newPaymentToRow,
  observationToJson,
} from './rows.ts'

/** The first answer under an idempotency key, kept in the same commit as what it did. */
export interface IdempotencyRecord {
  livemode: boolean
  method: string
  path: string
  key: string
  /** SHA-256 of the canonical body. */
  fingerprint: Uint8Array
  /** Null while the request goes on after this commit. */
  status: number | null
  sealedBody: Uint8Array | null
  createdAt: Milliseconds
  runningUntil: Milliseconds | null
}

export interface Write {
  change: Change
  /** When to ask the wallets about this payment next; null when nothing is left to ask. */
  resolveAt: Milliseconds | null
  idempotency?: IdempotencyRecord | undefined
  /** The wallet's token that an attempt of this change starts with. */
  token?: AttemptToken | undefined
}

export interface AttemptToken {
  attemptId: string
  /** SHA-256 of the token's identity; the token itself is not kept. */
  hash: Uint8Array
}

export type Written =
  | { result: 'committed' }
  /** Somebody else changed the payment first, or it exists already: load it and decide anew. */
  | { result: 'moved' }
  /** Another request has used the idempotency key. Nothing was written. */
  | { result: 'key_taken' }
  /** Another attempt has started with this token. Nothing was written. */
  | { result: 'token_used' }

export interface Journal {
  commit(write: Write): Promise<Written>
  drain(): Promise<void>
}

export interface JournalOptions {
  pool: Pool
  clock: Clock
  random: Random
  /** The payment as the merchant sees it, stored as the event's data. */
  present(payment: Payment): object
  /** Told how many changes each statement wrote. */
  onGroup?(size: number): void
  maxGroup?: number
  lanes?: number
}

export function createJournal(options: JournalOptions): Journal {
  const { pool } = options
  const writer = createGroupWriter<Write, Written>({
    write: (group) => againOnDeadlock(() => commitGroup(options, group)),
    keyOf: ({ change }) => `${change.payment.merchantId}/${change.payment.paymentId}`,
    failed: async (_write, error) => {
      if (breaks(error, 'idempotency_keys_pkey')) return { result: 'key_taken' }
      if (breaks(error, 'attempts_token')) return { result: 'token_used' }
      throw error
    },
    isLost: isConnectionLost,
    maxItems: options.maxGroup ?? 128,
    lanes: options.lanes ?? 2,
  })

  async function commit(write: Write): Promise<Written> {
    for (;;) {
      try {
        return await writer.write(write)
      } catch (error) {
        if (!(error instanceof OutcomeUnknown)) throw error
        // Writing again is safe: the statement waits for whatever the lost connection left behind
        // and writes nothing if the version has moved. Reading first tells what became of it.
        if (await hasMoved(pool, write.change)) return { result: 'moved' }
      }
    }
  }

  return { commit, drain: () => writer.drain() }
}

// Two hubs whose groups name the same payments in different orders can lock each other out; the
// database then gives up one of them whole.
async function againOnDeadlock<Result>(write: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await write()
    } catch (error) {
      if (!isRetryable(error) || tries === 5) throw error
    }
  }
}

async function commitGroup(options: JournalOptions, group: readonly Write[]): Promise<Written[]> {
  const { rows } = await options.pool.query<{ merchant_id: string; payment_id: string }>({
    name: 'commit-changes',
    text: COMMIT_CHANGES,
    values: toParameters(options, group),
  })
  options.onGroup?.(group.length)
  const applied = new Set(rows.map((row) => `${row.merchant_id}/${row.payment_id}`))
  return group.map(({ change: { payment } }) => ({
    result: applied.has(`${payment.merchantId}/${payment.paymentId}`) ? 'committed' : 'moved',
  }))
}

// Control characters are escaped inside JSON text, so this one can stand between two of them.
const SEPARATOR = '\x1e'

function toParameters(options: JournalOptions, group: readonly Write[]): string[] {
  const told = group.flatMap(({ change }) => eventRows(options, change))
  return [
    ...toArrays(
      WRITTEN.newPayments,
      group.flatMap(({ change, resolveAt }) =>
        change.decidedOn === 0 ? [newPaymentToRow(change.payment, resolveAt)] : [],
      ),
    ),
    ...toArrays(
      WRITTEN.changedPayments,
      group.flatMap(({ change: { payment, decidedOn }, resolveAt }) =>
        decidedOn === 0 ? [] : [changedPaymentToRow(payment, decidedOn, resolveAt)],
      ),
    ),
    ...toArrays(
      WRITTEN.attempts,
      group.flatMap(({ change, token }) =>
        change.attempts.map((attempt) =>
          attemptToRow(
            change.payment,
            attempt,
            token?.attemptId === attempt.attemptId ? token.hash : null,
          ),
        ),
      ),
    ),
    ...toArrays(
      WRITTEN.observations,
      group.flatMap(({ change }) => observationRows(change)),
    ),
    ...toArrays(
      WRITTEN.entries,
      group.flatMap(({ change }) => entryRows(change)),
    ),
    ...toArrays(WRITTEN.keys, group.flatMap(keyRows)),
    ...toArrays(
      WRITTEN.events,
      told.map(({ row }, i) => ({ ...row, n: i + 1 })),
    ),
    told.map(({ data }) => data).join(SEPARATOR),
  ]
}

function observationRows({ payment, observation }: Change) {
  if (!observation) return []
  return [
    {
      merchant_id: payment.merchantId,
      payment_id: payment.paymentId,
      attempt_id: observation.attemptId,
      verdict: observation.verdict,
      source: observation.observation.source,
      observation: observationToJson(observation.observation),
      observed_at: iso(payment.updatedAt),
    },
  ]
}

function entryRows({ payment, entries }: Change) {
  return entries.map((entry, line) => ({
    merchant_id: payment.merchantId,
    payment_id: payment.paymentId,
    line,
    account: entry.account,
    currency: entry.currency,
    amount: entry.amount.toString(),
    created_at: iso(payment.updatedAt),
  }))
}

function eventRows(options: JournalOptions, { payment, events }: Change) {
  if (events.length === 0) return []
  const data = JSON.stringify(options.present(payment))
  const first = payment.eventCount - events.length + 1
  return events.map((type, i) => ({
    data,
    row: {
      merchant_id: payment.merchantId,
      payment_id: payment.paymentId,
      event_id: newId('evt', options),
      sequence: first + i,
      livemode: payment.livemode,
      type,
      created_at: iso(payment.updatedAt),
    },
  }))
}

function keyRows({ change: { payment }, idempotency }: Write) {
  if (!idempotency) return []
  return [
    {
      merchant_id: payment.merchantId,
      payment_id: payment.paymentId,
      livemode: idempotency.livemode,
      method: idempotency.method,
      path: idempotency.path,
      key: idempotency.key,
      fingerprint: Buffer.from(idempotency.fingerprint).toString('hex'),
      status: idempotency.status,
      sealed_body: idempotency.sealedBody && Buffer.from(idempotency.sealedBody).toString('hex'),
      created_at: iso(idempotency.createdAt),
      running_until: iso(idempotency.runningUntil),
    },
  ]
}

/** Tells whether the payment is past this change. Throws while the database does not answer. */
async function hasMoved(pool: Pool, change: Change): Promise<boolean> {
  const { rows } = await pool.query<{ version: number }>({
    name: 'payment-version',
    text: 'select version from payments where merchant_id = $1 and payment_id = $2',
    values: [change.payment.merchantId, change.payment.paymentId],
  })
  return (rows[0]?.version ?? 0) !== change.decidedOn
}

function breaks(error: unknown, constraint: string): boolean {
  return error instanceof Error && 'constraint' in error && error.constraint === constraint
}
