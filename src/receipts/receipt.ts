// What a payer gets for a payment: plain data, complete in itself, the same for page and PDF.

import type { Money } from '../money.ts'
import type { Milliseconds } from '../ports.ts'

export interface ReceiptLine {
  name: string
  quantity: number
  /** Of the whole line. */
  money: Money
}

export interface ReceiptRefund {
  /** The hub's number of the refund. */
  number: string
  money: Money
  at: Milliseconds
}

export interface Receipt {
  /** The receipt's own number. */
  number: string
  livemode: boolean
  merchant: {
    name: string
    support: { phone?: string; email?: string; wechat?: string; hours?: string; url?: string }
  }
  /** The merchant's order number. */
  reference: string
  title: string
  lines: ReceiptLine[]
  /** What was ordered. */
  total: Money
  /** What the payer paid: total less discount. */
  paid: Money
  /** What the payer did not have to pay. */
  discount: Money
  wallet: { name: string; displayName: { en: string; 'zh-CN': string } }
  walletTransactionId: string | null
  paidAt: Milliseconds
  /** IANA name of the merchant's zone, in which times are printed. */
  timeZone: string
  refunds: ReceiptRefund[]
  /** The merchant's tax invoice for this order, if there is one. */
  invoiceUrl: string | null
}
