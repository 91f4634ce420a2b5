// Payments and attempts as rows: exact amounts as text inside JSON, times as ISO text.

import type { Milliseconds } from '../ports.ts'
import type { NextAction, Observation, Problem, Surface } from '../wallets/wallet.ts'
import type {
  Attempt,
  AttemptDetails,
  AttemptStatus,
  Item,
  Payment,
  PaymentDetails,
  PaymentStatus,
} from './payment.ts'

/** ISO text for the database, or null. */
export function iso(time: Milliseconds): string
export function iso(time: Milliseconds | null): string | null
export function iso(time: Milliseconds | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** A new payment. Whatever is missing here has its first value in the statement. */
export function newPaymentToRow(payment: Payment, resolveAt: Milliseconds | null) {
  return {
    merchant_id: payment.merchantId,
    payment_id: payment.paymentId,
    livemode: payment.livemode,
    status: payment.status,
    amount: payment.amount.toString(),
    currency: payment.currency,
    reference: payment.reference,
    title: payment.title,
    details: detailsToJson(payment.details),
    event_count: payment.eventCount,
    client_secret_hash: Buffer.from(payment.clientSecretHash).toString('hex'),
    created_at: iso(payment.createdAt),
    expires_at: iso(payment.expiresAt),
    resolve_at: iso(resolveAt),
  }
}

/** What may differ in a payment that exists. */
export function changedPaymentToRow(
  payment: Payment,
  decidedOn: number,
  resolveAt: Milliseconds | null,
) {
  return {
    decided_on: decidedOn,
    merchant_id: payment.merchantId,
    payment_id: payment.paymentId,
    status: payment.status,
    amount_captured: payment.amountCaptured.toString(),
    amount_refund_due: payment.amountRefundDue.toString(),
    late: payment.late,
    cancel_requested_at: iso(payment.cancelRequestedAt),
    event_count: payment.eventCount,
    paid_attempt_id: payment.paidAttemptId,
    updated_at: iso(payment.updatedAt),
    resolve_at: iso(resolveAt),
  }
}

function detailsToJson(details: PaymentDetails): Json {
  return {
    items: details.items.map((item) => ({ ...item, amount: item.amount.toString() })),
    customer: details.customer,
    wallets: details.wallets,
    return_url: details.returnUrl,
    locale: details.locale,
    metadata: details.metadata,
    late_payment: details.latePayment,
  }
}

/** @param tokenHash of the token this attempt starts with; written once */
export function attemptToRow(
  payment: Payment,
  attempt: Attempt,
  tokenHash: Uint8Array | null = null,
) {
  return {
    merchant_id: payment.merchantId,
    payment_id: payment.paymentId,
    attempt_id: attempt.attemptId,
    wallet: attempt.wallet,
    wallet_account_id: attempt.walletAccountId,
    surface: attempt.surface,
    status: attempt.status,
    amount: attempt.amount.toString(),
    currency: attempt.currency,
    amount_captured: attempt.amountCaptured.toString(),
    wallet_reference: attempt.walletReference,
    wallet_transaction_id: attempt.walletTransactionId,
    wallet_status: attempt.walletStatus,
    next_action: attempt.nextAction,
    problem: attempt.problem,
    details: {
      ...attempt.details,
      received: attempt.details.received?.toString(),
      refundedTotal: attempt.details.refundedTotal?.toString(),
    },
    paid_at: iso(attempt.paidAt),
    observed_at: iso(attempt.observedAt),
    created_at: iso(attempt.createdAt),
    updated_at: iso(attempt.updatedAt),
    expires_at: iso(attempt.expiresAt),
    address: attempt.details.address ?? null,
    token_hash: tokenHash && Buffer.from(tokenHash).toString('hex'),
  }
}

/** An observation for the timeline: what was said, without what the payer would need to pay. */
export function observationToJson(observation: Observation) {
  const { money, received, refundedTotal, nextAction, memory: _kept, ...rest } = observation
  return {
    ...rest,
    money: money && { amount: money.amount.toString(), currency: money.currency },
    received: received && { amount: received.amount.toString(), currency: received.currency },
    refundedTotal: refundedTotal && {
      amount: refundedTotal.amount.toString(),
      currency: refundedTotal.currency,
    },
    nextAction: nextAction?.type,
  }
}

/** A row of `payments` as `pg` hands it over, with its attempts as JSON. */
export interface PaymentRow {
  merchant_id: string
  payment_id: string
  livemode: boolean
  version: number
  status: PaymentStatus
  amount: bigint
  currency: string
  amount_captured: bigint
  amount_refund_due: bigint
  late: boolean
  cancel_requested_at: Milliseconds | null
  reference: string
  title: string
  details: {
    items: { name: string; quantity: number; amount: string }[]
    customer: PaymentDetails['customer']
    wallets: string[] | null
    return_url: string | null
    locale: string | null
    metadata: Record<string, string>
    late_payment: PaymentDetails['latePayment']
  }
  event_count: number
  paid_attempt_id: string | null
  client_secret_hash: Buffer
  created_at: Milliseconds
  updated_at: Milliseconds
  expires_at: Milliseconds
  attempts: AttemptRow[]
}

/** A row of `attempts` inside `json_agg`: amounts as text, times as ISO text. */
export interface AttemptRow {
  attempt_id: string
  wallet: string
  wallet_account_id: string
  surface: Surface
  status: AttemptStatus
  amount: string
  currency: string
  amount_captured: string
  wallet_reference: string
  wallet_transaction_id: string | null
  wallet_status: string | null
  next_action: NextAction | null
  problem: Problem | null
  details: Omit<AttemptDetails, 'received' | 'refundedTotal'> & {
    received?: string
    refundedTotal?: string
  }
  paid_at: string | null
  observed_at: string | null
  created_at: string
  updated_at: string
  expires_at: string
}

export function rowToPayment(row: PaymentRow): Payment {
  const { details } = row
  return {
    merchantId: row.merchant_id,
    paymentId: row.payment_id,
    livemode: row.livemode,
    version: row.version,
    status: row.status,
    amount: row.amount,
    currency: row.currency,
    amountCaptured: row.amount_captured,
    amountRefundDue: row.amount_refund_due,
    late: row.late,
    cancelRequestedAt: row.cancel_requested_at,
    reference: row.reference,
    title: row.title,
    details: {
      items: details.items.map((item): Item => ({ ...item, amount: BigInt(item.amount) })),
      customer: details.customer,
      wallets: details.wallets,
      returnUrl: details.return_url,
      locale: details.locale,
      metadata: details.metadata,
      latePayment: details.late_payment,
    },
    eventCount: row.event_count,
    paidAttemptId: row.paid_attempt_id,
    clientSecretHash: row.client_secret_hash,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
    attempts: row.attempts.map(rowToAttempt),
  }
}

function rowToAttempt(row: AttemptRow): Attempt {
  const { received, refundedTotal, ...details } = row.details
  return {
    attemptId: row.attempt_id,
    wallet: row.wallet,
    walletAccountId: row.wallet_account_id,
    surface: row.surface,
    status: row.status,
    amount: BigInt(row.amount),
    currency: row.currency,
    amountCaptured: BigInt(row.amount_captured),
    walletReference: row.wallet_reference,
    walletTransactionId: row.wallet_transaction_id,
    walletStatus: row.wallet_status,
    nextAction: row.next_action,
    problem: row.problem,
    details: {
      ...details,
      ...(received !== undefined && { received: BigInt(received) }),
      ...(refundedTotal !== undefined && { refundedTotal: BigInt(refundedTotal) }),
    },
    paidAt: time(row.paid_at),
    observedAt: time(row.observed_at),
    createdAt: Date.parse(row.created_at),
    updatedAt: Date.parse(row.updated_at),
    expiresAt: Date.parse(row.expires_at),
  }
}

function time(text: string | null): Milliseconds | null {
  return text === null ? null : Date.parse(text)
}
