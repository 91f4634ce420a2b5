// A payment with its attempts: what is stored, and which states follow which. The payment and its
// attempts change together, under one version.

import type { Milliseconds } from '../ports.ts'
import type {
  ChainProgress,
  NextAction,
  ObservedStatus,
  Problem,
  Surface,
} from '../wallets/wallet.ts'

export type PaymentStatus =
  | 'created'
  | 'requires_action'
  | 'processing'
  | 'authorized'
  | 'succeeded'
  | 'failed'
  | 'canceled'
  | 'expired'

/** How far a payment has come. A payment moves only forward, to a higher rank. */
export const RANK: Record<PaymentStatus, number> = {
  created: 0,
  requires_action: 1,
  processing: 2,
  authorized: 3,
  failed: 4,
  canceled: 4,
  expired: 4,
  succeeded: 5,
}

/** Statuses in which no payer can start a new attempt. */
export function isFinal(status: PaymentStatus): boolean {
  return RANK[status] >= 4
}

export type AttemptStatus =
  /** Stored; the wallet has not been asked yet. */
  | 'created'
  | 'requires_action'
  | 'processing'
  /** The wallet may have taken money and has not said so; asked about until it tells. */
  | 'unknown_outcome'
  | 'authorized'
  | 'succeeded'
  | 'failed'
  | 'canceled'
  | 'expired'

/** Attempts in these statuses are asked about until they leave them. */
export function isOpen(status: AttemptStatus): boolean {
  return (
    status === 'created' ||
    status === 'requires_action' ||
    status === 'processing' ||
    status === 'unknown_outcome'
  )
}

/** An attempt that must be settled or given up before its payment can end unpaid. */
export function blocksTheEnd(attempt: Attempt): boolean {
  return isOpen(attempt.status) && !attempt.details.released
}

/** What to do with money that arrives after the payment ended. */
export type LatePayment =
  /** Accept unless the merchant canceled; then it is owed back. */
  'open' | 'accept' | 'refund'

export interface Item {
  name: string
  quantity: number
  /** Minor units, for all of the quantity. */
  amount: bigint
}

/** What a payment keeps and nobody searches for. */
export interface PaymentDetails {
  items: Item[]
  customer: { id?: string; email?: string; phone?: string } | null
  /** Wallet names the merchant allows; null allows every connected one. */
  wallets: string[] | null
  returnUrl: string | null
  locale: string | null
  metadata: Record<string, string>
  latePayment: LatePayment
}

export interface AttemptDetails {
  /** The wallet's identity of the payer, masked as the wallet masks it. */
  payerDisplay?: string
  payerId?: string
  /** What the merchant gets before fees, if the wallet says so; minor units. */
  received?: bigint
  notRefundable?: boolean
  /** Money the wallet has given back so far, if it says so; minor units. */
  refundedTotal?: bigint
  /**
   * An observation contradicted what we asked for: which field. It stays when the wallet agrees
   * later, because a person has to look, whatever was heard in which order.
   */
  conflict?: string
  /** Every field that was ever contradicted; each is told to the merchant once. */
  conflicts?: string[]
  /** The wallet's transaction that the wallet itself has ended: it pays nothing any more. */
  endedTransactionId?: string
  /** The order is to be ended at its wallet. */
  closing?: boolean
  /** The wallet could not end it because nobody had begun it; watched until its time is over. */
  released?: boolean
  /** The payer as the wallet knows them, as the merchant named them (surface in_app). */
  payer?: { openId?: string; userId?: string; appId?: string }
  payerAddress?: string
  /** The language of the page on which the payer began, for the way back. */
  language?: string
  /** Which attempt of its wallet account this is, where the wallet counts them. */
  accountIndex?: number
  /** What the wallet wants to be given with the next question. */
  memory?: string
  /** Where the payer pays to, for wallets that hand out an address. Never forgotten. */
  address?: string
  /** How far a payment to an address has come. */
  chain?: ChainProgress
}

export interface Attempt {
  attemptId: string
  wallet: string
  walletAccountId: string
  surface: Surface
  status: AttemptStatus
  amount: bigint
  currency: string
  /** 0 or `amount`. */
  amountCaptured: bigint
  walletReference: string
  walletTransactionId: string | null
  walletStatus: string | null
  nextAction: NextAction | null
  problem: Problem | null
  details: AttemptDetails
  paidAt: Milliseconds | null
  observedAt: Milliseconds | null
  createdAt: Milliseconds
  updatedAt: Milliseconds
  expiresAt: Milliseconds
}

export interface Payment {
  merchantId: string
  paymentId: string
  livemode: boolean
  version: number
  status: PaymentStatus
  amount: bigint
  currency: string
  amountCaptured: bigint
  amountRefundDue: bigint
  late: boolean
  cancelRequestedAt: Milliseconds | null
  reference: string
  title: string
  details: PaymentDetails
  eventCount: number
  paidAttemptId: string | null
  clientSecretHash: Uint8Array
  createdAt: Milliseconds
  updatedAt: Milliseconds
  expiresAt: Milliseconds
  /** Oldest first. */
  attempts: readonly Attempt[]
}

/** At most this many attempts per payment (PRODUCT CK-40). */
export const MAX_ATTEMPTS = 10

/** A new attempt waits this long for an unknown outcome of an earlier one (PRODUCT OB-5). */
export const UNRESOLVED_WAIT_MS = 120_000

/** The attempt status that an observed status stands for, before expiry is looked at. */
export const ATTEMPT_STATUS: Record<ObservedStatus, AttemptStatus | 'same'> = {
  absent: 'same',
  requires_action: 'requires_action',
  processing: 'processing',
  succeeded: 'succeeded',
  closed: 'canceled',
  reversed: 'canceled',
  failed: 'failed',
  unknown: 'unknown_outcome',
}

export type EventType =
  | 'payment.created'
  | 'payment.requires_action'
  | 'payment.processing'
  | 'payment.authorized'
  | 'payment.succeeded'
  | 'payment.failed'
  | 'payment.canceled'
  | 'payment.expired'
  | 'payment.overpaid'
  | 'payment.quarantined'
