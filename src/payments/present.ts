// A payment as the merchant sees it: the JSON of the API and of every event.

import type { Milliseconds } from '../ports.ts'
import { refuseAttempt } from './decide.ts'
import { type Attempt, isFinal, MAX_ATTEMPTS, type Payment } from './payment.ts'
import { presentChain } from './present-chain.ts'
import { moneyMayHaveMoved } from './problem.ts'
import { problemCodeOf } from './problem-codes.ts'
import { type Bilingual, problemText } from './problem-texts.ts'

/** What a presented payment needs from outside. */
export interface PresentContext {
  /** The receipt's address. */
  receipt(payment: Payment): string
  /** A wallet's name for people. */
  walletName(wallet: string): Bilingual
}

// The merchant's own page knows its name; the words for payers speak of the shop.
const THE_SHOP: Bilingual = { en: 'the shop', 'zh-CN': '商家' }

export function presentPayment(payment: Payment, context: PresentContext) {
  const { details } = payment
  const paid = payment.attempts.find((a) => a.attemptId === payment.paidAttemptId)
  return {
    id: payment.paymentId,
    object: 'payment' as const,
    livemode: payment.livemode,
    created: time(payment.createdAt),
    updated: time(payment.updatedAt),
    status: payment.status,
    /** A payer could start an attempt when this was written. */
    payable: refuseAttempt(payment, payment.updatedAt) === undefined,
    amount: Number(payment.amount),
    currency: payment.currency,
    amount_captured: Number(payment.amountCaptured),
    amount_refund_due: Number(payment.amountRefundDue),
    late: payment.late,
    cancel_requested: payment.cancelRequestedAt !== null,
    reference: payment.reference,
    title: payment.title,
    items: details.items.map((item) => ({
      name: item.name,
      quantity: item.quantity,
      amount: Number(item.amount),
    })),
    customer: details.customer,
    wallets: details.wallets,
    metadata: details.metadata,
    return_url: details.returnUrl,
    locale: details.locale,
    late_payment: details.latePayment,
    expires_at: time(payment.expiresAt),
    paid: paid ? presentPaid(paid) : null,
    receipt_url: paid ? context.receipt(payment) : null,
    attempts_left: isFinal(payment.status)
      ? 0
      : Math.max(0, MAX_ATTEMPTS - payment.attempts.length),
    attempts: payment.attempts.map((attempt) => presentAttempt(payment, attempt, context)),
  }
}

function presentPaid(attempt: Attempt) {
  return {
    attempt: attempt.attemptId,
    wallet: attempt.wallet,
    wallet_transaction_id: attempt.walletTransactionId,
    at: attempt.paidAt === null ? null : time(attempt.paidAt),
    amount: Number(attempt.amountCaptured),
    /** What the merchant gets before fees, where the wallet says so. */
    amount_received:
      attempt.details.received === undefined ? null : Number(attempt.details.received),
    payer: attempt.details.payerDisplay ?? null,
  }
}

export function presentAttempt({ livemode }: Payment, attempt: Attempt, context: PresentContext) {
  const { problem } = attempt
  return {
    id: attempt.attemptId,
    object: 'attempt' as const,
    livemode,
    created: time(attempt.createdAt),
    updated: time(attempt.updatedAt),
    wallet: attempt.wallet,
    wallet_account: attempt.walletAccountId,
    surface: attempt.surface,
    status: attempt.status,
    amount: Number(attempt.amount),
    currency: attempt.currency,
    wallet_reference: attempt.walletReference,
    wallet_transaction_id: attempt.walletTransactionId,
    wallet_status: attempt.walletStatus,
    /** The field in which the wallet's word contradicts the order; a person has to look. */
    conflict: attempt.details.conflict ?? null,
    problem: problem && {
      category: problem.category,
      code: problemCodeOf(problem),
      wallet_code: problem.walletCode ?? null,
      wallet_message: problem.walletMessage ?? null,
      money: moneyMayHaveMoved(problem.category) ? ('maybe' as const) : ('no' as const),
      /** What to tell the payer. */
      payer_message: problemText(problem.category, {
        wallet: context.walletName(attempt.wallet),
        merchant: THE_SHOP,
      }).text,
    },
    chain: presentChain(attempt),
    expires_at: time(attempt.expiresAt),
  }
}

/** RFC 3339 in UTC with milliseconds. */
function time(at: Milliseconds): string {
  return new Date(at).toISOString()
}
