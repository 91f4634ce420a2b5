// What the payer's browser sends and receives: the JSON of /checkout/v1. Types only, shared by the
// server and the page.

import type { AttemptStatus, PaymentStatus } from '../payments/payment.ts'
import type { Bilingual } from '../payments/problem-texts.ts'
import type { NextAction, ProblemCategory, Surface } from '../wallets/wallet.ts'

export type { AttemptStatus, Bilingual, NextAction, PaymentStatus, ProblemCategory, Surface }

/** `next_action` as JSON: field names in snake_case, times as RFC 3339. */
export type CheckoutNextAction =
  | Exclude<NextAction, { type: 'qr' }>
  | { type: 'qr'; content: string; expires_at: string; svg_url: string }

export interface CheckoutProblem {
  category: ProblemCategory
  /** `no`: certainly not moved. `maybe`: not known. */
  money: 'no' | 'maybe'
  title: Bilingual
  text: Bilingual
}

export interface CheckoutAttempt {
  id: string
  wallet: string
  surface: Surface
  status: AttemptStatus
  next_action: CheckoutNextAction
  problem: CheckoutProblem | null
  created: string
  expires_at: string
}

export interface CheckoutWallet {
  name: string
  display_name: Bilingual
  /** The surfaces that are switched on for this merchant and can take this amount. */
  surfaces: Surface[]
}

/** `GET /checkout/v1/payment`, at most 2 KB. The client secret travels as `Authorization: Bearer`. */
export interface CheckoutPayment {
  id: string
  livemode: boolean
  status: PaymentStatus
  /** A payer can start an attempt now. */
  payable: boolean
  /** No attempt may start because an earlier one's outcome is open (until `retry_at`). */
  unresolved: boolean
  retry_at: string | null
  /** Minor units. */
  amount: number
  currency: string
  title: string
  reference: string
  items: { name: string; quantity: number; amount: number }[]
  merchant: {
    name: string
    support: { phone?: string; email?: string; wechat?: string; hours?: string; url?: string }
  }
  wallets: CheckoutWallet[]
  /** The latest attempt. */
  attempt: CheckoutAttempt | null
  attempts_left: number
  late: boolean
  paid: {
    at: string
    wallet: string
    wallet_transaction_id: string | null
    amount: number
    /** What the payer did not have to pay, in minor units. */
    discount: number
  } | null
  expires_at: string
  server_time: string
  return_url: string | null
  receipt_url: string | null
}

/** `POST /checkout/v1/attempts`, with an `Idempotency-Key` header. Answers {@link CheckoutAttempt}. */
export interface StartAttempt {
  wallet: string
  surface: Surface
}

// `POST /checkout/v1/sync` ("I have paid") has no body; it asks the wallet at most once per 5 s and
// answers CheckoutPayment. `GET /checkout/v1/stream` is text/event-stream: `event: changed` whenever
// GET /checkout/v1/payment would answer something new, and a comment line every 15 s.
