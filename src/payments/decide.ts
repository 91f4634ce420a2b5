// The only code that lets a fact change a payment. Pure: the same payment and the same fact always
// give the same decision, so any order and any repetition of what wallets tell can be tested.

import type { Entry } from '../ledger/entry.ts'
import { moneyOwedBack, moneyReceived } from '../ledger/postings.ts'
import type { Milliseconds } from '../ports.ts'
import type { Observation } from '../wallets/wallet.ts'
import {
  ATTEMPT_STATUS,
  type Attempt,
  type AttemptDetails,
  type AttemptStatus,
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
  | {
      type: 'observed'
      attemptId: string
      observation: Observation
      at: Milliseconds
      /** The order's time limit and the wallet's grace are over, so "absent" is the last word. */
      absentIsFinal: boolean
      /** This is the wallet's answer to our wish to end the order. */
      closing: boolean
    }
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

type Observed = Extract<Fact, { type: 'observed' }>

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
    at: fact.at,
  })
}

/** The field in which the wallet's word differs from what we asked for or already know. */
export function contradiction(attempt: Attempt, observation: Observation): string | undefined {
  const { money, walletTransactionId } = observation
  if (money && money.currency !== attempt.currency) return 'currency'
  if (money && money.amount !== attempt.amount) return 'amount'
  if (observation.status === 'succeeded' && !money) return 'amount'
  if (
    walletTransactionId &&
    attempt.walletTransactionId &&
    walletTransactionId !== attempt.walletTransactionId
  ) {
    return 'wallet_transaction_id'
  }
  return undefined
}

function quarantine(payment: Payment, attempt: Attempt, field: string, fact: Observed): Decision {
  if (attempt.details.conflict === field) return { kind: 'known' }
  const next = { ...attempt, details: { ...attempt.details, conflict: field }, updatedAt: fact.at }
  return change(payment, {
    attempts: [next],
    observation: {
      attemptId: attempt.attemptId,
      verdict: 'conflict',
      observation: fact.observation,
    },
    events: ['payment.quarantined'],
    at: fact.at,
  })
}

// An attempt's status only climbs. Because it takes the higher of what it has and what it hears,
// the order in which wallets tell things does not matter.
const ATTEMPT_RANK: Record<AttemptStatus, number> = {
  created: 0,
  unknown_outcome: 1,
  requires_action: 2,
  processing: 3,
  authorized: 4,
  expired: 5,
  canceled: 6,
  failed: 7,
  succeeded: 8,
}

/** The attempt with what the observation adds to it; the same object when it adds nothing. */
function learn(attempt: Attempt, fact: Observed): Attempt {
  const { observation } = fact
  const heard = heardStatus(attempt, fact)
  const status = ATTEMPT_RANK[heard] > ATTEMPT_RANK[attempt.status] ? heard : attempt.status
  const settled = status === 'succeeded'
  const next: Attempt = {
    ...attempt,
    status,
    amountCaptured: settled ? attempt.amount : 0n,
    walletTransactionId: attempt.walletTransactionId ?? observation.walletTransactionId ?? null,
    walletStatus: observation.walletStatus ?? attempt.walletStatus,
    nextAction: isOpen(status) ? (attempt.nextAction ?? observation.nextAction ?? null) : null,
    problem: settled ? null : problemAfter(attempt, status, observation),
    paidAt: settled ? (attempt.paidAt ?? observation.paidAt ?? fact.at) : null,
    details: learnDetails(attempt, status, fact),
  }
  return same(attempt, next) ? attempt : { ...next, observedAt: fact.at, updatedAt: fact.at }
}

function heardStatus(attempt: Attempt, fact: Observed): AttemptStatus {
  const { status } = fact.observation
  if (status === 'absent') return afterAbsent(attempt, fact)
  if (status === 'closed') return attempt.details.closing ? 'canceled' : 'expired'
  // Silence about an order that stands already says nothing.
  if (status === 'unknown')
    return fact.observation.source === 'response' ? 'unknown_outcome' : 'created'
  const mapped = ATTEMPT_STATUS[status]
  return mapped === 'same' ? attempt.status : mapped
}

/** A call that starts an attempt is certainly over after this time, answered or not. */
const CALL_OVER_MS = 60_000

/**
 * "No such order" is no failure while the payer may still begin one. It ends an attempt when its
 * time is over, or when the payer was never handed anything to pay with.
 */
function afterAbsent(attempt: Attempt, fact: Observed): AttemptStatus {
  if (fact.absentIsFinal) return attempt.details.closing ? 'canceled' : 'expired'
  const callOver =
    attempt.status === 'unknown_outcome' || fact.at >= attempt.createdAt + CALL_OVER_MS
  const neverHandedOver = attempt.nextAction === null && attempt.surface !== 'barcode'
  return callOver && neverHandedOver && ATTEMPT_RANK[attempt.status] < ATTEMPT_RANK.requires_action
    ? 'failed'
    : 'created'
}

function problemAfter(
  attempt: Attempt,
  status: AttemptStatus,
  observation: Observation,
): Attempt['problem'] {
  if (status === attempt.status) return attempt.problem
  if (status === 'failed' && observation.status === 'absent') return { category: 'retry_new' }
  if (status === 'unknown_outcome') return observation.problem ?? { category: 'unknown_outcome' }
  return observation.problem ?? null
}

function learnDetails(attempt: Attempt, status: AttemptStatus, fact: Observed): AttemptDetails {
  const { observation } = fact
  const known = attempt.details
  const details: AttemptDetails = { ...known }
  const payerDisplay = known.payerDisplay ?? observation.payerDisplay
  if (payerDisplay !== undefined) details.payerDisplay = payerDisplay
  const payerId = known.payerId ?? observation.payerId
  if (payerId !== undefined) details.payerId = payerId
  const received = known.received ?? observation.received?.amount
  if (status === 'succeeded' && received !== undefined) details.received = received
  if (observation.notRefundable) details.notRefundable = true
  const refunded = observation.refundedTotal?.amount
  if (refunded !== undefined && refunded > (known.refundedTotal ?? 0n))
    details.refundedTotal = refunded
  // The wallet cannot end an order that nobody has begun; it stops to stand in the way here and is
  // watched until its time is over.
  if (fact.closing && observation.status === 'absent' && isOpen(status)) details.released = true
  return details
}

function same(a: Attempt, b: Attempt): boolean {
  return (
    a.status === b.status &&
    a.walletTransactionId === b.walletTransactionId &&
    a.walletStatus === b.walletStatus &&
    (a.nextAction === null) === (b.nextAction === null) &&
    a.details.payerDisplay === b.details.payerDisplay &&
    a.details.payerId === b.details.payerId &&
    a.details.received === b.details.received &&
    a.details.notRefundable === b.details.notRefundable &&
    a.details.refundedTotal === b.details.refundedTotal &&
    a.details.released === b.details.released
  )
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

/** An attempt that must be settled or given up before its payment can end unpaid. */
function blocksTheEnd(attempt: Attempt): boolean {
  return isOpen(attempt.status) && !attempt.details.released
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
