// What the payer's browser sends and receives: the JSON of /checkout/v1. Types only, shared by the
// server and the page.

import type { AttemptStatus, PaymentStatus } from '../payments/payment.ts'
import type { Bilingual } from '../payments/problem-texts.ts'
import type { NextAction, ProblemCategory, ProblemCode, Surface } from '../wallets/wallet.ts'

export type { AttemptStatus, Bilingual, NextAction, PaymentStatus, ProblemCategory, Surface }

/** `next_action` as JSON: field names in snake_case, times as RFC 3339. */
export type CheckoutNextAction =
  | Exclude<NextAction, { type: 'qr' | 'address' }>
  | ({ type: 'qr'; content: string; expires_at: string } & CheckoutCode)
  | ({
      type: 'address'
      uri: string
      qr_text: string
      address: string
      amount_sat: number
      rate: string
      expires_at: string
    } & CheckoutCode)

interface CheckoutCode {
  /** Path of the code as a picture. */
  svg_url: string
  /** In test mode, where the sandbox's phone scans it: no real phone can. */
  test_url: string | null
}

export interface CheckoutProblem {
  category: ProblemCategory
  code: ProblemCode
  /** `no`: certainly not moved. `maybe`: not known. */
  money: 'no' | 'maybe'
}

/** In satoshi. */
export interface CheckoutChain {
  asked_sat: number
  seen_sat: number
  confirmed_sat: number
  credited_sat: number
  held_sat: number
  reversed_sat: number
  due_sat: number
  confirmations: number
  required_confirmations: number
  flags: string[]
}

export interface CheckoutAttemptState {
  id: string
  wallet: string
  surface: Surface
  status: AttemptStatus
  problem: CheckoutProblem | null
  created: string
  expires_at: string
  /** How far a payment to an address has come; null for other wallets. */
  chain: CheckoutChain | null
  /** Names what has to be done: another when that changes, null when it is nothing. */
  action: string | null
}

/** `GET /checkout/v1/attempts/{attempt}`. */
export interface CheckoutAttempt extends CheckoutAttemptState {
  next_action: CheckoutNextAction
}

export interface CheckoutWallet {
  name: string
  display_name: Bilingual
  /** The surfaces that are switched on for this merchant and can take this amount. */
  surfaces: Surface[]
  /** For wallets whose sheet opens in the payer's tap and hands out a token. */
  sheet: {
    /** The wallet's own script. */
    script: string
    /** What that script is given; its shape is the wallet's. */
    parameters: Record<string, unknown>
  } | null
}

/** What changes while the payer pays: `GET /checkout/v1/payment`, at most 2 KB (PRODUCT CK-31). */
export interface CheckoutState {
  id: string
  status: PaymentStatus
  /** A payer can start an attempt now. */
  payable: boolean
  /** No attempt may start because an earlier one's outcome is open (until `retry_at`). */
  unresolved: boolean
  retry_at: string | null
  /** The latest attempt. */
  attempt: CheckoutAttemptState | null
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
  receipt_url: string | null
  /** Names the content of {@link CheckoutOrder}: another when that changes. */
  order: string
}

/** What is paid for and how it can be: `GET /checkout/v1/order`, as long as the merchant made it. */
export interface CheckoutOrder {
  livemode: boolean
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
  /** The merchant has put the wallets into this order; else the page does. */
  wallets_ordered: boolean
  /** One code for every wallet: the scanning app goes on with its own. */
  shared_code: { url: string; svg_url: string }
  return_url: string | null
}

/** All that the page shows. The page comes with it; what changes is then fetched in parts. */
export interface CheckoutPayment extends Omit<CheckoutState, 'attempt'>, CheckoutOrder {
  attempt: CheckoutAttempt | null
}

/** `POST /checkout/v1/attempts`, with an `Idempotency-Key` header. Answers {@link CheckoutAttempt}. */
export interface StartAttempt {
  wallet: string
  surface: Surface
  /** What the wallet's sheet handed out, exactly as it came. */
  token?: string
  browser?: CheckoutBrowser
}

/** What the page knows of its browser, for the issuer's 3-D Secure check. */
export interface CheckoutBrowser {
  language: string
  color_depth: number
  screen_height: number
  screen_width: number
  /** Minutes that local time is behind UTC. */
  time_zone_offset: number
}

/** `POST /checkout/v1/wallet_sessions`. */
export interface OpenSession {
  wallet: string
  /** What the sheet named as the place to ask. */
  validation_url: string
}

// `POST /checkout/v1/sync` ("I have paid") has no body; it asks the wallet at most once per 5 s and
// answers CheckoutState. `GET /checkout/v1/stream` is text/event-stream: `event: changed` whenever
// GET /checkout/v1/payment would answer something new, and a comment line every 15 s.
