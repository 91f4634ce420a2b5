// What the verbs of payments need from outside.

import type { Pool } from '../db/pool.ts'
import type { ConnectedWallets } from '../merchants/connected-wallets.ts'
import type { Ports } from '../ports.ts'
import type { Wallet } from '../wallets/wallet.ts'
import type { Journal } from './journal.ts'
import type { NotificationBook } from './notification-book.ts'
import type { Attempt, Payment } from './payment.ts'

/** Addresses that wallets and payers are sent to. */
export interface Links {
  notify(wallet: string, walletAccountId: string): string
  /** Where the payer's browser comes back to from the wallet. */
  returned(payment: Payment, attempt: Attempt): string
  /** Where it comes back to when the payer gave up in the wallet. */
  quit(payment: Payment, attempt: Attempt): string
}

export interface PaymentContext {
  pool: Pool
  journal: Journal
  ports: Ports
  wallets: ConnectedWallets
  /** The wallets this hub knows, by name. */
  registry: ReadonlyMap<string, Wallet>
  notifications: NotificationBook
  links: Links
  /** Called after each commit, so that open pages learn of it. */
  changed(payment: Payment): void
}
