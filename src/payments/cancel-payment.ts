// Cancels a payment that is not paid: its open orders are ended at their wallets first.

import { applyFact } from './apply.ts'
import type { PaymentContext } from './context.ts'
import type { Refusal } from './decide.ts'
import type { Payment } from './payment.ts'
import { resolvePayment } from './resolve.ts'
import type { PaymentKey } from './store.ts'

export type Canceled =
  | { outcome: 'canceled'; payment: Payment }
  /** A wallet has not said yet that its order is ended; the hub keeps asking. */
  | { outcome: 'pending'; payment: Payment }
  | { outcome: 'refused'; refusal: Refusal }
  | { outcome: 'not_found' }

export async function cancelPayment(ctx: PaymentContext, key: PaymentKey): Promise<Canceled> {
  const asked = await applyFact(ctx, key, { type: 'cancel_requested', at: ctx.ports.clock.now() })
  if (!('payment' in asked)) return { outcome: 'not_found' }
  if (asked.kind === 'refused') return { outcome: 'refused', refusal: asked.refusal }
  if (asked.payment.status === 'canceled') return { outcome: 'canceled', payment: asked.payment }
  const resolved = await withinPatience(ctx, resolvePayment(ctx, key))
  const payment = resolved?.payment ?? asked.payment
  if (payment.paidAttemptId) return { outcome: 'refused', refusal: { code: 'payment_paid' } }
  return { outcome: payment.status === 'canceled' ? 'canceled' : 'pending', payment }
}

/** A merchant's request waits so long for the wallets; the job that is queued goes on asking. */
const PATIENCE_MS = 8_000

async function withinPatience<Result>(
  ctx: PaymentContext,
  work: Promise<Result>,
): Promise<Result | undefined> {
  const { promise: waited, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
  try {
    return await Promise.race([work, waited])
  } finally {
    clearTimeout(timer)
    // What fails after the answer has nobody left to tell.
    work.catch((error: unknown) =>
      ctx.ports.log.warn({ error: String(error) }, 'asking after a cancel failed'),
    )
  }
}
