// Asks a wallet about one attempt and brings its answer into the payment.

import type { ConnectedWallet } from '../merchants/connected-wallets.ts'
import type { Milliseconds } from '../ports.ts'
import type { AttemptOrder, Observation, Wallet } from '../wallets/wallet.ts'
import { type Applied, applyFact } from './apply.ts'
import type { PaymentContext } from './context.ts'
import type { Attempt, Payment } from './payment.ts'
import { findPayment, type PaymentKey } from './store.ts'

/** The order of an attempt, the same every time: every value comes from the database. */
export function orderOf(ctx: PaymentContext, payment: Payment, attempt: Attempt): AttemptOrder {
  const { payer, payerAddress, accountIndex, memory } = attempt.details
  return {
    paymentId: payment.paymentId,
    walletReference: attempt.walletReference,
    surface: attempt.surface,
    money: { amount: attempt.amount, currency: attempt.currency },
    title: payment.title,
    expiresAt: attempt.expiresAt,
    notifyUrl: ctx.links.notify(attempt.wallet, attempt.walletAccountId),
    returnUrl: ctx.links.returned(payment, attempt),
    quitUrl: ctx.links.quit(payment, attempt),
    ...(payer && { payer }),
    ...(payerAddress && { payerAddress }),
    ...(accountIndex !== undefined && { accountIndex }),
    ...(memory !== undefined && { memory }),
    ...(attempt.walletTransactionId && { walletTransactionId: attempt.walletTransactionId }),
  }
}

interface Question {
  askedAt: Milliseconds
  answer: Promise<Observation>
}

/** Questions under way, so that many who want to know cause one call. */
const underWay = new WeakMap<PaymentContext, Map<string, Question>>()

/**
 * Asks where the attempt stands. Joins a question that is under way unless it was asked before
 * `newerThan`: an answer may be older than the news that made us ask.
 */
export async function askAbout(
  ctx: PaymentContext,
  payment: Payment,
  attempt: Attempt,
  newerThan: Milliseconds = 0,
): Promise<Applied> {
  const connected = await ctx.wallets.find(attempt.walletAccountId)
  if (!connected) return { kind: 'known', payment }
  const observation = await question(ctx, connected, payment, attempt, newerThan)
  const told = await observe(ctx, payment, attempt, connected.wallet, observation, false)
  return isStale(told) ? askAgain(ctx, connected, told.payment, attempt, {}) : told
}

/** Somebody may look at the same time and be quicker, but not for ever. */
const STALE_ANSWERS = 3

/**
 * Asks with what the attempt remembers now, and again when it remembers something newer by the time
 * the answer is here. `more` goes along with the order.
 */
export async function askAgain(
  ctx: PaymentContext,
  connected: ConnectedWallet,
  key: PaymentKey,
  { attemptId }: Attempt,
  more: Pick<AttemptOrder, 'hints'>,
): Promise<Applied> {
  for (let tries = 1; ; tries++) {
    const payment = await findPayment(ctx.pool, key)
    const attempt = payment?.attempts.find((each) => each.attemptId === attemptId)
    if (!payment || !attempt) return { kind: 'not_found' }
    const order = { ...orderOf(ctx, payment, attempt), ...more }
    const observation = await connected.wallet.query(ctx.ports, connected.account, order)
    const told = await observe(ctx, payment, attempt, connected.wallet, observation, false)
    if (!isStale(told) || tries === STALE_ANSWERS) return told
  }
}

function isStale(told: Applied): told is Extract<Applied, { kind: 'refused' }> {
  return told.kind === 'refused' && told.refusal.code === 'stale_observation'
}

function question(
  ctx: PaymentContext,
  connected: ConnectedWallet,
  payment: Payment,
  attempt: Attempt,
  newerThan: Milliseconds,
): Promise<Observation> {
  const questions = underWay.get(ctx) ?? new Map<string, Question>()
  underWay.set(ctx, questions)
  const running = questions.get(attempt.attemptId)
  if (running && running.askedAt >= newerThan) return running.answer
  const answer = connected.wallet.query(
    ctx.ports,
    connected.account,
    orderOf(ctx, payment, attempt),
  )
  const asked = { askedAt: ctx.ports.clock.now(), answer }
  questions.set(attempt.attemptId, asked)
  const forget = () => {
    if (questions.get(attempt.attemptId) === asked) questions.delete(attempt.attemptId)
  }
  answer.then(forget, forget)
  return answer
}

/** Wants the order ended at the wallet; asks first, so that a paid one is never closed blindly. */
export async function closeAttempt(
  ctx: PaymentContext,
  payment: Payment,
  attempt: Attempt,
): Promise<Applied> {
  const asked = await askAbout(ctx, payment, attempt)
  const current =
    'payment' in asked
      ? asked.payment.attempts.find((a) => a.attemptId === attempt.attemptId)
      : undefined
  if (!current || !('payment' in asked) || !isStillOpen(current)) return asked
  const connected = await ctx.wallets.find(attempt.walletAccountId)
  if (!connected) return asked
  const observation = await connected.wallet.close(
    ctx.ports,
    connected.account,
    orderOf(ctx, asked.payment, current),
  )
  return observe(ctx, asked.payment, current, connected.wallet, observation, true)
}

function isStillOpen(attempt: Attempt): boolean {
  return (
    attempt.status !== 'succeeded' &&
    attempt.status !== 'failed' &&
    attempt.status !== 'canceled' &&
    attempt.status !== 'expired'
  )
}

/** Brings what a wallet said into the payment. */
export function observe(
  ctx: PaymentContext,
  payment: Payment,
  attempt: Attempt,
  wallet: Wallet,
  observation: Observation,
  closing: boolean,
): Promise<Applied> {
  const at = ctx.ports.clock.now()
  const absentIsFinal = at >= attempt.expiresAt + wallet.absentGraceMs
  const fact = {
    type: 'observed' as const,
    attemptId: attempt.attemptId,
    observation,
    at,
    absentIsFinal,
    closing,
    basedOn: attempt.details.memory ?? null,
  }
  return applyFact(ctx, payment, fact, payment)
}
