// What the verbs of payments need from outside.

import type { Pool } from '../db/pool.ts'
import type { Ports } from '../ports.ts'
import type { Surface, Wallet, WalletAccount } from '../wallets/wallet.ts'
import type { Journal } from './journal.ts'
import type { NotificationBook } from './notification-book.ts'
import type { Payment } from './payment.ts'

/** A merchant's connection to one wallet, opened and ready to use. */
export interface ConnectedWallet {
  merchantId: string
  walletAccountId: string
  livemode: boolean
  /** A disabled account starts nothing new; what it has begun is still asked about. */
  enabled: boolean
  /** Where this merchant lets payers use it; a subset of what the wallet can. */
  surfaces: readonly Surface[]
  wallet: Wallet
  account: WalletAccount
}

export interface ConnectedWallets {
  /** By the account's id alone: a notification names nothing else. */
  find(walletAccountId: string): Promise<ConnectedWallet | undefined>
  /** Every connection of a merchant in one mode, in the order of their making. */
  list(merchantId: string, livemode: boolean): Promise<ConnectedWallet[]>
}

/** Addresses that wallets and payers are sent to. */
export interface Links {
  notify(wallet: string, walletAccountId: string): string
  /** Where the payer's browser comes back to from the wallet. */
  returned(payment: Payment, attemptId: string): string
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
