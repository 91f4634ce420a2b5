// What an attempt learns from an observation. Pure. Its status only climbs, so the order in which a
// wallet tells things does not matter.

import { isDeepStrictEqual } from 'node:util'
import type { Milliseconds } from '../ports.ts'
import type { Observation } from '../wallets/wallet.ts'
import {
  ATTEMPT_STATUS,
  type Attempt,
  type AttemptDetails,
  type AttemptStatus,
  isOpen,
} from './payment.ts'

/** A wallet has told something about an attempt. */
export interface Observed {
  type: 'observed'
  attemptId: string
  observation: Observation
  at: Milliseconds
  /** The order's time limit and the wallet's grace are over, so "absent" is the last word. */
  absentIsFinal: boolean
  /** This is the wallet's answer to our wish to end the order. */
  closing: boolean
  /** The memory that the wallet was given with the question; null when it had none. */
  basedOn?: string | null
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
  // The merchant was told of a success, and the money is gone again.
  if (attempt.status === 'succeeded' && isGone(attempt, observation)) return 'status'
  // What the wallet itself has ended, it cannot have been paid with.
  const { endedTransactionId } = attempt.details
  if (observation.status === 'succeeded' && walletTransactionId !== undefined)
    if (walletTransactionId === endedTransactionId) return 'status'
  return undefined
}

function isGone(attempt: Attempt, { status, walletTransactionId, chain }: Observation): boolean {
  if (status === 'reversed') return true
  if (status === 'closed') {
    return walletTransactionId !== undefined && walletTransactionId === attempt.walletTransactionId
  }
  return (chain?.reversedSat ?? 0) > (attempt.details.chain?.reversedSat ?? 0)
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
export function learn(attempt: Attempt, fact: Observed): Attempt {
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
    nextAction: isOpen(status) ? nextAction(attempt, observation) : null,
    problem: settled ? null : problemAfter(attempt, status, observation),
    paidAt: settled ? (attempt.paidAt ?? observation.paidAt ?? fact.at) : null,
    details: learnDetails(attempt, status, fact),
  }
  return same(attempt, next) ? attempt : { ...next, observedAt: fact.at, updatedAt: fact.at }
}

/** The first action stays, but what is still to be paid to an address changes with what has come. */
function nextAction(attempt: Attempt, { nextAction: told }: Observation): Attempt['nextAction'] {
  const changes = told?.type === 'address' && attempt.nextAction?.type === 'address'
  return changes ? told : (attempt.nextAction ?? told ?? null)
}

function heardStatus(attempt: Attempt, fact: Observed): AttemptStatus {
  const { status } = fact.observation
  // What went back whole before we learned that it came has paid for nothing.
  if (status === 'succeeded' && returned(attempt, fact.observation) >= attempt.amount)
    return 'canceled'
  if (status === 'absent') return afterAbsent(attempt, fact)
  // Ended because we wanted it, or by itself.
  if (status === 'closed') return fact.closing || attempt.details.closing ? 'canceled' : 'expired'
  // Silence about an order that stands already says nothing.
  if (status === 'unknown')
    return fact.observation.source === 'response' ? 'unknown_outcome' : 'created'
  const mapped = ATTEMPT_STATUS[status]
  return mapped === 'same' ? attempt.status : mapped
}

/** How much the wallet has given back, by all that it has told so far; minor units. */
function returned({ amount, details }: Attempt, observation: Observation): bigint {
  const told = observation.status === 'reversed' ? amount : observation.refundedTotal?.amount
  const known = details.refundedTotal ?? 0n
  return told !== undefined && told > known ? told : known
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
  if (observation.status === 'closed' && observation.walletTransactionId !== undefined)
    details.endedTransactionId = observation.walletTransactionId
  if (observation.memory !== undefined) details.memory = observation.memory
  if (observation.chain) details.chain = observation.chain
  if (observation.nextAction?.type === 'address') details.address ??= observation.nextAction.address
  const refunded = returned(attempt, observation)
  if (refunded > 0n) details.refundedTotal = refunded
  // The wallet cannot end an order that nobody has begun; it stops to stand in the way here and is
  // watched until its time is over. When somebody begins it after all, the wallet can.
  if (fact.closing && observation.status === 'absent' && isOpen(status)) details.released = true
  else if (known.released && isBegun(observation)) details.released = false
  return details
}

/** The order stands at the wallet. An answer to our own start says so before anybody has begun it. */
function isBegun({ source, status }: Observation): boolean {
  return source !== 'response' && (status === 'requires_action' || status === 'processing')
}

function same(a: Attempt, b: Attempt): boolean {
  return (
    a.status === b.status &&
    a.walletTransactionId === b.walletTransactionId &&
    a.walletStatus === b.walletStatus &&
    isDeepStrictEqual(a.nextAction, b.nextAction) &&
    a.details.payerDisplay === b.details.payerDisplay &&
    a.details.payerId === b.details.payerId &&
    a.details.received === b.details.received &&
    a.details.notRefundable === b.details.notRefundable &&
    a.details.refundedTotal === b.details.refundedTotal &&
    a.details.memory === b.details.memory &&
    a.details.endedTransactionId === b.details.endedTransactionId &&
    isDeepStrictEqual(a.details.chain, b.details.chain) &&
    a.details.released === b.details.released
  )
}
