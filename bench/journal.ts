// The journal against one transaction per change, in one run on one database: commits per second.

import { performance } from 'node:perf_hooks'
import type { Pool } from '../src/db/pool.ts'
import { type Change, createPayment, decide, type Fact } from '../src/payments/decide.ts'
import { createJournal } from '../src/payments/journal.ts'
import { isFinal, type Payment } from '../src/payments/payment.ts'
import { presentPayment } from '../src/payments/present.ts'
import { attemptToRow, observationToJson } from '../src/payments/rows.ts'
import { anAttempt, aPayment, success, systemRandom, T0 } from '../src/payments/testing.ts'
import { benchDatabase } from './database.ts'
import { fsyncMicroseconds, percentile, round } from './figures.ts'

const CALLERS = [32, 256]
/** What `pg` opens by default, and about the best for transactions on two cores. */
const CONNECTIONS = 10
const SECONDS = 8
const RUNS = 3
/** Before anything counts: a hub that has run for a while, on tables the planner has seen. */
const WARM_UP_SECONDS = 4

interface Figure {
  callers: number
  commits_per_second: number
  p50_ms: number
  p99_ms: number
}

type Commit = (change: Change) => Promise<void>

const present = (payment: Payment) =>
  presentPayment(payment, {
    receipt: () => 'https://pay.example.com/r/x',
    walletName: (wallet) => ({ en: wallet, 'zh-CN': wallet }),
  })

export async function benchJournal() {
  const db = await benchDatabase(CONNECTIONS)
  await db.pool.query(`insert into merchants values ('mer_bench', 'Bench', '{}', now())`)
  try {
    const figures: { journal: Figure[]; transaction: Figure[] } = { journal: [], transaction: [] }
    await measure(64, journalCommit(db.pool), WARM_UP_SECONDS)
    await measure(64, transactionCommit(db.pool), WARM_UP_SECONDS)
    await db.pool.query('vacuum analyze')
    for (const callers of CALLERS) {
      const runs = { journal: [] as Figure[], transaction: [] as Figure[] }
      for (let run = 0; run < RUNS; run++) {
        runs.journal.push(await measure(callers, journalCommit(db.pool)))
        runs.transaction.push(await measure(callers, transactionCommit(db.pool)))
      }
      figures.journal.push(median(runs.journal))
      figures.transaction.push(median(runs.transaction))
    }
    const ratios = CALLERS.map((callers, i) => ({
      callers,
      ratio: round(
        (figures.journal[i]?.commits_per_second ?? 0) /
          (figures.transaction[i]?.commits_per_second ?? 1),
      ),
    }))
    return {
      bench: 'journal',
      seconds_each: SECONDS,
      runs: RUNS,
      connections: CONNECTIONS,
      // The slower the disk, the more a shared commit saves.
      fsync: 'on',
      fsync_us: fsyncMicroseconds(),
      ...figures,
      ratios,
    }
  } finally {
    await db.drop()
  }
}

/** Callers that each take payments through their three changes, one after the other. */
async function measure(callers: number, commit: Commit, lasting = SECONDS): Promise<Figure> {
  const latencies: number[] = []
  const start = performance.now()
  const until = start + lasting * 1000
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < until) {
        for (const change of threeChanges()) {
          const before = performance.now()
          await commit(change)
          latencies.push(performance.now() - before)
        }
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  return {
    callers,
    commits_per_second: Math.round(latencies.length / seconds),
    p50_ms: round(percentile(latencies, 50)),
    p99_ms: round(percentile(latencies, 99)),
  }
}

function* threeChanges(): Generator<Change> {
  const {
    version: _version,
    eventCount: _count,
    attempts: _attempts,
    ...fresh
  } = aPayment({ merchantId: 'mer_bench' })
  const created = createPayment(fresh)
  yield created
  const attempt = anAttempt()
  const started = changeOf(created.payment, { type: 'attempt_started', attempt, at: T0 })
  yield started
  const fact: Fact = {
    type: 'observed',
    attemptId: attempt.attemptId,
    observation: success(),
    at: T0,
    absentIsFinal: false,
    closing: false,
  }
  yield changeOf(started.payment, fact)
}

/** When to look at the payment again: never once it has ended. */
function nextLook(payment: Payment): number | null {
  return isFinal(payment.status) ? null : payment.expiresAt
}

function changeOf(payment: Payment, fact: Fact): Change {
  const decision = decide(payment, fact)
  if (decision.kind !== 'change') throw new Error('the benchmark decided nothing')
  return decision.change
}

function journalCommit(pool: Pool): Commit {
  const journal = createJournal({ pool, clock: { now: () => T0 }, random: systemRandom, present })
  return async (change) => {
    const { result } = await journal.commit({ change, resolveAt: nextLook(change.payment) })
    if (result !== 'committed') throw new Error(`commit answered ${result}`)
  }
}

// What most payment services do: lock the row, write the same rows table by table, commit.
function transactionCommit(pool: Pool): Commit {
  return async ({ payment, decidedOn, attempts, entries, events, observation }) => {
    const c = await pool.connect()
    const at = new Date(T0).toISOString()
    try {
      await c.query('begin')
      if (decidedOn === 0) {
        await c.query({
          name: 'b-insert',
          text: `insert into payments values ($1,$2,$3,1,$4,$5,$6,0,0,false,null,$7,$8,'{}',$9,null,$10,$11,$11,$12)`,
          values: [
            payment.merchantId,
            payment.paymentId,
            false,
            payment.status,
            payment.amount,
            payment.currency,
            payment.reference,
            payment.title,
            payment.eventCount,
            payment.clientSecretHash,
            at,
            new Date(payment.expiresAt).toISOString(),
          ],
        })
      } else {
        await c.query({
          name: 'b-lock',
          text: 'select version from payments where merchant_id=$1 and payment_id=$2 for update',
          values: [payment.merchantId, payment.paymentId],
        })
        await c.query({
          name: 'b-update',
          text: 'update payments set version=version+1, status=$3, amount_captured=$4, event_count=$5, paid_attempt_id=$6, updated_at=$7 where merchant_id=$1 and payment_id=$2',
          values: [
            payment.merchantId,
            payment.paymentId,
            payment.status,
            payment.amountCaptured,
            payment.eventCount,
            payment.paidAttemptId,
            at,
          ],
        })
      }
      for (const attempt of attempts) {
        const a = attemptToRow(payment, attempt)
        await c.query({
          name: 'b-attempt',
          text: `insert into attempts (merchant_id,payment_id,attempt_id,wallet,wallet_account_id,surface,status,amount,currency,amount_captured,wallet_reference,details,created_at,updated_at,expires_at)
            values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) on conflict (merchant_id,payment_id,attempt_id) do update set status=excluded.status, amount_captured=excluded.amount_captured`,
          values: [
            a.merchant_id,
            a.payment_id,
            a.attempt_id,
            a.wallet,
            a.wallet_account_id,
            a.surface,
            a.status,
            a.amount,
            a.currency,
            a.amount_captured,
            a.wallet_reference,
            a.details,
            a.created_at,
            a.updated_at,
            a.expires_at,
          ],
        })
      }
      if (entries.length > 0) {
        const [debit, credit] = entries
        await c.query({
          name: 'b-entries',
          text: 'insert into entries values ($1,$2,$3,0,$4,$5,$6,$8),($1,$2,$3,1,$7,$5,-$6::bigint,$8)',
          values: [
            payment.merchantId,
            payment.paymentId,
            payment.version,
            debit?.account,
            debit?.currency,
            debit?.amount,
            credit?.account,
            at,
          ],
        })
      }
      const first = payment.eventCount - events.length + 1
      for (const [i, type] of events.entries()) {
        await c.query({
          name: 'b-event',
          text: 'insert into events values ($1,$2,$3,$4,false,$5,$6,$7)',
          values: [
            payment.merchantId,
            `${payment.paymentId}-${first + i}`,
            payment.paymentId,
            first + i,
            type,
            present(payment),
            at,
          ],
        })
      }
      if (events.length > 0) {
        await c.query({
          name: 'b-deliveries',
          text: `insert into deliveries (merchant_id, webhook_endpoint_id, event_id, subject_id, sequence, status, next_try_at, created_at)
            select w.merchant_id, w.webhook_endpoint_id, v.event_id, v.subject_id, v.sequence, 'pending', v.created_at, v.created_at
            from events v join webhook_endpoints w on w.merchant_id = v.merchant_id and w.status = 'enabled'
            where v.merchant_id = $1 and v.subject_id = $2 and v.sequence >= $3`,
          values: [payment.merchantId, payment.paymentId, first],
        })
      }
      if (observation) {
        await c.query({
          name: 'b-observation',
          text: `insert into observations values ($1,$2,$3,$4,$5,$6,$7,$8)`,
          values: [
            payment.merchantId,
            payment.paymentId,
            payment.version,
            observation.attemptId,
            observation.verdict,
            observation.observation.source,
            JSON.stringify(observationToJson(observation.observation)),
            at,
          ],
        })
      }
      await c.query({
        name: 'b-notify',
        text: `select pg_notify('tongbao_changed', $1)`,
        values: [payment.paymentId],
      })
      const look = nextLook(payment)
      if (look !== null) {
        await c.query({
          name: 'b-job',
          text: `select graphile_worker.add_job('resolve', json_build_object('payment_id', $1::text), run_at => $2, job_key => 'resolve:' || $1)`,
          values: [payment.paymentId, new Date(look).toISOString()],
        })
      }
      await c.query('commit')
    } catch (error) {
      await c.query('rollback')
      throw error
    } finally {
      c.release()
    }
  }
}

function median(figures: Figure[]): Figure {
  const sorted = figures.toSorted((a, b) => a.commits_per_second - b.commits_per_second)
  const middle = sorted[sorted.length >> 1]
  if (!middle) throw new Error('nothing was measured')
  return middle
}
