// Asks the wallets about everything that has not ended: lost notifications, unknown outcomes,
// orders to be closed, payments whose time is over. Runs as a job per payment, and for whoever
// wants to know now.

import type { Milliseconds } from '../ports.ts'
import { applyFact } from './apply.ts'
import { askAbout, closeAttempt } from './ask.ts'
import type { PaymentContext } from './context.ts'
import { type Attempt, isFinal, isOpen, type Payment } from './payment.ts'
import { nextResolve } from './schedule.ts'
import { findPayment, type PaymentKey } from './store.ts'

export interface Resolved {
  payment: Payment
  /** When to look again, or null when everything has ended. */
  next: Milliseconds | null
}

export async function resolvePayment(
  ctx: PaymentContext,
  key: PaymentKey,
  newerThan: Milliseconds = 0,
): Promise<Resolved | undefined> {
  const before = await findPayment(ctx.pool, key)
  if (!before) return undefined
  const expired = await expire(ctx, before)
  const open = expired.attempts.filter((attempt) => isOpen(attempt.status))
  await Promise.all(open.map((attempt) => resolveAttempt(ctx, expired, attempt, newerThan)))
  const asked = open.length === 0 ? expired : ((await findPayment(ctx.pool, key)) ?? expired)
  // Closing the last attempt may have been all that kept the payment from ending.
  const payment = await expire(ctx, asked)
  return { payment, next: nextResolve(payment, ctx.registry, ctx.ports.clock.now(), true) }
}

async function resolveAttempt(
  ctx: PaymentContext,
  payment: Payment,
  attempt: Attempt,
  newerThan: Milliseconds,
): Promise<void> {
  if (attempt.details.closing && !attempt.details.released)
    await closeAttempt(ctx, payment, attempt)
  else if (isToBeReversed(ctx, attempt)) await closeAttempt(ctx, payment, attempt)
  else await askAbout(ctx, payment, attempt, newerThan)
}

/** A payer's code whose outcome stays unknown is taken back rather than left hanging. */
function isToBeReversed(ctx: PaymentContext, attempt: Attempt): boolean {
  const after = ctx.registry.get(attempt.wallet)?.reverseAfterMs(attempt.surface)
  return after !== undefined && ctx.ports.clock.now() >= attempt.createdAt + after
}

async function expire(ctx: PaymentContext, payment: Payment): Promise<Payment> {
  const at = ctx.ports.clock.now()
  if (isFinal(payment.status) || at < payment.expiresAt) return payment
  const applied = await applyFact(ctx, payment, { type: 'time_passed', at }, payment)
  return 'payment' in applied ? applied.payment : payment
}
