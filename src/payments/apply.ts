// Brings a fact into a payment: load, decide, commit, and again if somebody was faster.

import type { PaymentContext } from './context.ts'
import { type Change, decide, type Fact, type Refusal } from './decide.ts'
import type { AttemptToken, IdempotencyRecord } from './journal.ts'
import type { Payment } from './payment.ts'
import { nextResolve } from './schedule.ts'
import { findPayment, type PaymentKey } from './store.ts'

export type Applied =
  | { kind: 'applied'; payment: Payment; change: Change }
  /** The fact said nothing new. */
  | { kind: 'known'; payment: Payment }
  | { kind: 'refused'; payment: Payment; refusal: Refusal }
  | { kind: 'key_taken' }
  | { kind: 'token_used' }
  | { kind: 'not_found' }

export interface Along {
  /** Made for the payment as it will be. */
  idempotency?: ((payment: Payment) => IdempotencyRecord) | undefined
  token?: AttemptToken | undefined
}

/**
 * @param start the payment as the caller has just read it, which saves a read; it may be stale
 * @param along what is written in the same commit
 */
export async function applyFact(
  ctx: PaymentContext,
  key: PaymentKey,
  fact: Fact,
  start?: Payment,
  along: Along = {},
): Promise<Applied> {
  let payment = start ?? (await findPayment(ctx.pool, key))
  for (;;) {
    if (!payment) return { kind: 'not_found' }
    const decision = decide(payment, fact)
    if (decision.kind === 'known') return { kind: 'known', payment }
    if (decision.kind === 'refused') return { kind: 'refused', payment, refusal: decision.refusal }
    const { change } = decision
    const written = await ctx.journal.commit({
      change,
      resolveAt: nextResolve(change.payment, ctx.registry, fact.at),
      idempotency: along.idempotency?.(change.payment),
      token: along.token,
    })
    switch (written.result) {
      case 'committed':
        ctx.changed(change.payment)
        return { kind: 'applied', payment: change.payment, change }
      case 'key_taken':
        return { kind: 'key_taken' }
      case 'token_used':
        return { kind: 'token_used' }
      case 'moved':
        payment = await findPayment(ctx.pool, key)
    }
  }
}
