// A merchant: who owns everything else, and what it has set. Types only.

import type { Milliseconds } from '../ports.ts'

/** How a payer reaches the merchant. */
export interface Support {
  phone?: string
  email?: string
  wechat?: string
  hours?: string
  url?: string
}

export type LatePayment = 'open' | 'accept' | 'refund'

/** What a merchant sets for itself, in test and in live mode apart. */
export interface MerchantSettings {
  name: string
  support: Support
  /** The language of payers who ask for none. */
  language: string | null
  /** IANA name of the zone in which pages and receipts print times. */
  timeZone: string
  /** For payments that say nothing themselves. */
  latePayment: LatePayment
  /** Where payers may be sent back to; empty allows every web address. */
  returnOrigins: readonly string[]
  /** Who may frame the payment page; empty allows nobody. */
  embedOrigins: readonly string[]
}

export interface Merchant extends MerchantSettings {
  merchantId: string
  livemode: boolean
  /** Counts the changes in this mode; 0 while the merchant is as it began. */
  version: number
  createdAt: Milliseconds
  updatedAt: Milliseconds
}

export interface MerchantOwner {
  merchantId: string
  livemode: boolean
}
