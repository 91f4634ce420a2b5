// The job that looks after one payment until it has ended.

import type { Task } from 'graphile-worker'
import type { Milliseconds } from '../ports.ts'
import { RESOLVE_TRIES } from './commit-sql.ts'
import type { PaymentContext } from './context.ts'
import { isOpen } from './payment.ts'
import { resolvePayment } from './resolve.ts'
import { findPayment, type PaymentKey } from './store.ts'
import { createTurns } from './turns.ts'

interface Payload {
  merchant_id: string
  payment_id: string
}

/** A payment whose wallet account has no turn free is looked at again after this time. */
const NO_TURN_MS = 10_000

/** The task `resolve`. One per process: it counts the jobs that wait for each wallet account. */
export function resolveTask(ctx: PaymentContext): Task {
  const turns = createTurns(ctx.ports.clock)

  /** When to look at the payment again, or null when it has ended. */
  async function look(key: PaymentKey): Promise<Milliseconds | null> {
    const payment = await findPayment(ctx.pool, key)
    if (!payment) return null
    const open = payment.attempts.filter(({ status }) => isOpen(status))
    const end = await turns.take(new Set(open.map(({ walletAccountId }) => walletAccountId)))
    if (!end) return ctx.ports.clock.now() + NO_TURN_MS
    try {
      return (await resolvePayment(ctx, key))?.next ?? null
    } finally {
      end()
    }
  }

  return async (payload, helpers) => {
    if (!isPayload(payload)) throw new Error('a resolve job names no payment')
    const next = await look({ merchantId: payload.merchant_id, paymentId: payload.payment_id })
    if (next === null) return
    // Under the key of the journal's own jobs; one that was committed meanwhile knows better.
    await helpers.addJob('resolve', payload, {
      jobKey: `resolve:${payload.payment_id}`,
      jobKeyMode: 'preserve_run_at',
      maxAttempts: RESOLVE_TRIES,
      runAt: new Date(next),
    })
  }
}

function isPayload(value: unknown): value is Payload {
  return (
    typeof value === 'object' && value !== null && 'merchant_id' in value && 'payment_id' in value
  )
}
