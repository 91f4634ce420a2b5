// Asks the wallets now, because somebody wants to know: at most once per 5 s and payment.

import type { Milliseconds } from '../ports.ts'
import type { PaymentContext } from './context.ts'
import type { Payment } from './payment.ts'
import { resolvePayment } from './resolve.ts'
import { findPayment, type PaymentKey } from './store.ts'

const PAUSE_MS = 5_000

const lastAsked = new WeakMap<PaymentContext, Map<string, Milliseconds>>()

export async function syncPayment(
  ctx: PaymentContext,
  key: PaymentKey,
): Promise<{ payment: Payment; asked: boolean } | undefined> {
  if (!mayAsk(ctx, key.paymentId)) {
    const payment = await findPayment(ctx.pool, key)
    return payment && { payment, asked: false }
  }
  const resolved = await resolvePayment(ctx, key)
  return resolved && { payment: resolved.payment, asked: true }
}

function mayAsk(ctx: PaymentContext, paymentId: string): boolean {
  const now = ctx.ports.clock.now()
  const times = lastAsked.get(ctx) ?? new Map<string, Milliseconds>()
  lastAsked.set(ctx, times)
  if (now < (times.get(paymentId) ?? Number.NEGATIVE_INFINITY) + PAUSE_MS) return false
  // Entries stand in the order of their times: the oldest are forgotten as new ones come.
  times.delete(paymentId)
  times.set(paymentId, now)
  for (const [id, time] of times) {
    if (now < time + PAUSE_MS) break
    times.delete(id)
  }
  return true
}
