// The only code that lets a fact change a payment. Pure: the same payment and the same fact always
// give the same decision, so any order and any repetition of what wallets tell can be tested.

import { isDeepStrictEqual } from 'node:util'
import type { Entry } from '../ledger/entry.ts'
import { moneyOwedBack, moneyReceived } from '../ledger/postings.ts'
import type { Milliseconds } from '../ports.ts'
import type { Observation } from '../wallets/wallet.ts'
import { contradiction, learn, type Observed } from './learn.ts'
import {
  type Attempt,
  type AttemptDetails,
  type AttemptStatus,
  blocksTheEnd,
  type EventType,
  isFinal,
  isOpen,
  MAX_ATTEMPTS,
  type Payment,
  type PaymentStatus,
  RANK,
  UNRESOLVED_WAIT_MS,
} from './payment.ts'

export type Fact =
  | { type: 'attempt_started'; attempt: Attempt; at: Milliseconds }
  | Observed
  | { type: 'cancel_requested'; at: Milliseconds }
  | { type: 'time_passed'; at: Milliseconds }

/** Why a fact is not applied, where somebody has to be told. */
export type Refusal =
  | { code: 'payment_paid' }
  | { code: 'payment_not_payable'; status: PaymentStatus }
  | { code: 'attempt_unresolved'; attemptId: string; retryAt: Milliseconds }
  | { code: 'attempts_exhausted' }
  | { code: 'attempt_unknown' }
  /** The observation is about another order. */
  | { code: 'wrong_reference' }
  /** The wallet answered from a memory that is not the attempt's any more: ask again. */
  | { code: 'stale_observation' }

/** Everything that is written together when a fact is applied. */
export interface Change {
  /** The version the decision was made on; 0 for a new payment. */
  decidedOn: number
  /** The payment as it will be, at version `decidedOn + 1`. */
  payment: Payment
  /** The attempts that are new or different. */
  attempts: Attempt[]
  entries: Entry[]
  /** In the order in which they are numbered. */
  events: EventType[]
  observation: {
    attemptId: string
    verdict: 'applied' | 'conflict'
    observation: Observation
  } | null
}

export type Decision =
  | { kind: 'change'; change: Change }
  /** The fact says nothing new. */
  | { kind: 'known' }
  | { kind: 'refused'; refusal: Refusal }

/** The first change of a payment. */
export function createPayment(
  payment: Omit<Payment, 'version' | 'eventCount' | 'attempts'>,
): Change {
  return {
    decidedOn: 0,
    payment: { ...payment, version: 1, eventCount: 1, attempts: [] },
    attempts: [],
    entries: [],
    events: ['payment.created'],
    observation: null,
  }
}

export function decide(payment: Payment, fact: Fact): Decision {
  switch (fact.type) {
    case 'attempt_started':
      return startAttempt(payment, fact.attempt, fact.at)
    case 'observed':
      return observe(payment, fact)
    case 'cancel_requested':
      return requestCancel(payment, fact.at)
    case 'time_passed':
      return passTime(payment, fact.at)
  }
}

function startAttempt(payment: Payment, attempt: Attempt, at: Milliseconds): Decision {
  if (payment.attempts.some((known) => known.attemptId === attempt.attemptId))
    return { kind: 'known' }
  const refusal = refuseAttempt(payment, at)
  if (refusal) return { kind: 'refused', refusal }
  const earlier = closeOpenAttempts(payment, at)
  return change(payment, { attempts: [...earlier, attempt], at })
}

/** Why no attempt can be started now, or undefined when one can. */
export function refuseAttempt(payment: Payment, at: Milliseconds): Refusal | undefined {
  if (payment.status === 'succeeded' || payment.paidAttemptId) return { code: 'payment_paid' }
  if (isFinal(payment.status) || payment.cancelRequestedAt !== null || at >= payment.expiresAt) {
    return { code: 'payment_not_payable', status: payment.status }
  }
  const unresolved = payment.attempts.find(
    (a) => isUnresolved(a) && at < a.createdAt + UNRESOLVED_WAIT_MS,
  )
  if (unresolved) {
    const { attemptId } = unresolved
    return {
      code: 'attempt_unresolved',
      attemptId,
      retryAt: unresolved.createdAt + UNRESOLVED_WAIT_MS,
    }
  }
  if (payment.attempts.length >= MAX_ATTEMPTS) return { code: 'attempts_exhausted' }
  return undefined
}

function isUnresolved(attempt: Attempt): boolean {
  return isOpen(attempt.status) && attempt.status !== 'requires_action'
}

function requestCancel(payment: Payment, at: Milliseconds): Decision {
  if (payment.paidAttemptId) return { kind: 'refused', refusal: { code: 'payment_paid' } }
  if (payment.status === 'canceled' || payment.cancelRequestedAt !== null) return { kind: 'known' }
  if (isFinal(payment.status)) {
    return { kind: 'refused', refusal: { code: 'payment_not_payable', status: payment.status } }
  }
  return change(
    { ...payment, cancelRequestedAt: at },
    { attempts: closeOpenAttempts(payment, at), at },
  )
}

function passTime(payment: Payment, at: Milliseconds): Decision {
  if (isFinal(payment.status) || at < payment.expiresAt) return { kind: 'known' }
  const attempts = closeOpenAttempts(payment, at)
  if (attempts.length === 0 && payment.attempts.some(blocksTheEnd)) return { kind: 'known' }
  return change(payment, { attempts, at })
}

/** Marks what is still open as to be ended at its wallet; the wallet is asked after the commit. */
function closeOpenAttempts(payment: Payment, at: Milliseconds): Attempt[] {
  return payment.attempts
    .filter((a) => isOpen(a.status) && !a.details.closing)
    .map((a) => ({ ...a, details: { ...a.details, closing: true }, updatedAt: at }))
}

function observe(payment: Payment, fact: Observed): Decision {
  const { observation } = fact
  const attempt = payment.attempts.find((a) => a.attemptId === fact.attemptId)
  if (!attempt) return { kind: 'refused', refusal: { code: 'attempt_unknown' } }
  if (
    observation.walletReference !== undefined &&
    observation.walletReference !== attempt.walletReference
  ) {
    return { kind: 'refused', refusal: { code: 'wrong_reference' } }
  }
  if (isStale(attempt, fact)) return { kind: 'refused', refusal: { code: 'stale_observation' } }
  const conflict = contradiction(attempt, observation)
  if (conflict) return quarantine(payment, attempt, conflict, fact)

  const next = learn(attempt, fact)
  if (next === attempt) return { kind: 'known' }
  const paidNow = next.amountCaptured > 0n && attempt.amountCaptured === 0n
  const others = paidNow
    ? closeOpenAttempts(payment, fact.at).filter((a) => a.attemptId !== next.attemptId)
    : []
  return change(payment, {
    attempts: [next, ...others],
    paid: paidNow ? next : undefined,
    observation: { attemptId: attempt.attemptId, verdict: 'applied', observation },
    events: heldFor(next) > heldFor(attempt) ? ['payment.overpaid'] : [],
    at: fact.at,
  })
}

/** A wallet that keeps a memory answers from one: an older one knows less than what we know now. */
function isStale({ details }: Attempt, { observation, basedOn }: Observed): boolean {
  return (
    basedOn !== undefined &&
    observation.memory !== undefined &&
    basedOn !== (details.memory ?? null)
  )
}

/** Satoshi at an address that nobody asked for; while the payer may still add to it, none. */
function heldFor({ status, details: { chain } }: Attempt): number {
  if (chain === undefined || (isOpen(status) && chain.creditedSat === 0)) return 0
  return chain.heldSat
}

function quarantine(payment: Payment, attempt: Attempt, field: string, fact: Observed): Decision {
  const { observation } = fact
  const known = attempt.details.conflicts ?? []
  const told = known.includes(field)
  const details: AttemptDetails = {
    ...attempt.details,
    conflict: field,
    conflicts: told ? known : [...known, field],
    ...(observation.chain && { chain: observation.chain }),
    ...(observation.memory !== undefined && { memory: observation.memory }),
  }
  if (told && isDeepStrictEqual(details, { ...attempt.details, conflict: field }))
    return { kind: 'known' }
  return change(payment, {
    attempts: [{ ...attempt, details, updatedAt: fact.at }],
    observation: { attemptId: attempt.attemptId, verdict: 'conflict', observation },
    events: told ? [] : ['payment.quarantined'],
    at: fact.at,
  })
}

interface Step {
  attempts: Attempt[]
  paid?: Attempt | undefined
  observation?: Change['observation']
  events?: EventType[]
  at: Milliseconds
}

/** Puts changed attempts into the payment and works out what follows for it. */
function change(before: Payment, step: Step): Decision {
  const merged: Payment = {
    ...before,
    attempts: merge(before.attempts, step.attempts),
    updatedAt: step.at,
  }
  const { payment, entries, events } = step.paid
    ? takeMoney(merged, step.paid)
    : { payment: merged, entries: [], events: [] }
  const status = payment.paidAttemptId ? payment.status : statusOf(payment, step.at)
  const moved = status !== payment.status ? [EVENT_OF[status]] : []
  const told = [...(step.events ?? []), ...events, ...moved]
  return {
    kind: 'change',
    change: {
      decidedOn: before.version,
      payment: {
        ...payment,
        status,
        version: before.version + 1,
        eventCount: before.eventCount + told.length,
      },
      attempts: step.attempts,
      entries,
      events: told,
      observation: step.observation ?? null,
    },
  }
}

const EVENT_OF: Record<PaymentStatus, EventType> = {
  created: 'payment.created',
  requires_action: 'payment.requires_action',
  processing: 'payment.processing',
  authorized: 'payment.authorized',
  succeeded: 'payment.succeeded',
  failed: 'payment.failed',
  canceled: 'payment.canceled',
  expired: 'payment.expired',
}

function merge(all: readonly Attempt[], changed: readonly Attempt[]): Attempt[] {
  const byId = new Map(all.map((a) => [a.attemptId, a]))
  for (const attempt of changed) byId.set(attempt.attemptId, attempt)
  return [...byId.values()]
}

/** The first success pays the payment, if it is still wanted; any other money is owed back. */
function takeMoney(
  payment: Payment,
  attempt: Attempt,
): { payment: Payment; entries: Entry[]; events: EventType[] } {
  const late = isFinal(payment.status)
  if (!payment.paidAttemptId && (!late || acceptsLate(payment))) {
    return {
      payment: {
        ...payment,
        status: 'succeeded',
        late: payment.late || late,
        amountCaptured: attempt.amount,
        paidAttemptId: attempt.attemptId,
      },
      entries: moneyReceived(attempt),
      events: ['payment.succeeded'],
    }
  }
  return {
    payment: {
      ...payment,
      late: payment.late || (late && !payment.paidAttemptId),
      amountRefundDue: payment.amountRefundDue + attempt.amount,
    },
    entries: moneyOwedBack(attempt),
    events: ['payment.overpaid'],
  }
}

function acceptsLate(payment: Payment): boolean {
  switch (payment.details.latePayment) {
    case 'accept':
      return true
    case 'refund':
      return false
    case 'open':
      return payment.status !== 'canceled'
  }
}

function statusOf(payment: Payment, at: Milliseconds): PaymentStatus {
  if (isFinal(payment.status)) return payment.status
  if (!payment.attempts.some(blocksTheEnd)) {
    if (payment.cancelRequestedAt !== null) return 'canceled'
    if (at >= payment.expiresAt) return 'expired'
    if (payment.attempts.length >= MAX_ATTEMPTS && !payment.attempts.some((a) => isOpen(a.status)))
      return 'failed'
  }
  const reached = payment.attempts.map((a) => REACHED[a.status])
  return reached.reduce((best, s) => (RANK[s] > RANK[best] ? s : best), payment.status)
}

/** How far an attempt in this status has brought its payment. */
const REACHED: Record<AttemptStatus, PaymentStatus> = {
  created: 'created',
  unknown_outcome: 'processing',
  requires_action: 'requires_action',
  processing: 'processing',
  authorized: 'authorized',
  expired: 'requires_action',
  canceled: 'requires_action',
  failed: 'requires_action',
  // Money that is owed back does not bring its payment further.
  succeeded: 'created',
}
