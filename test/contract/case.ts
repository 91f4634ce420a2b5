// What a wallet brings along to be put through src/wallets/contract.test.ts.

import type { Ports } from '../../src/ports.ts'
import type {
  AttemptOrder,
  Observation,
  RawNotification,
  Surface,
  Wallet,
  WalletAccount,
} from '../../src/wallets/wallet.ts'

export interface WalletCase {
  name: string
  wallet: Wallet
  /** What this wallet cannot do, by name of the case, with the reason. */
  cannot: Record<string, string>
  /** Surfaces on which nothing exists until the payer acts, where not {@link UNTIL_PAYER_ACTS}. */
  untilPayerActs?: readonly Surface[]
  open(): Promise<World>
}

export interface World {
  ports: Ports
  account: WalletAccount
  /** Another merchant's account at the same wallet. */
  stranger: WalletAccount
  /** Where the wallet has to send notifications. */
  notifyUrl: string
  /** The payer pays what was started: with what the answer handed out, as a device would. */
  pay(started: Observation): Promise<void>
  /** The payer opens the order and leaves without paying. */
  look(started: Observation): Promise<void>
  /** A payer's code of somebody who can pay, or cannot. */
  payerCode(funds: 'enough' | 'none'): Promise<string>
  /** A payer's number at the wallet, as a page inside its app would learn it. */
  payerId(): Promise<string>
  /** The next number of the account, for wallets of which every attempt has one. */
  accountIndex?(): number
  /** The payer as the order names them inside the app, where that is not `userId`. */
  payer?(): Promise<NonNullable<AttemptOrder['payer']>>
  /**
   * What the wallet's sheet hands out for this order, with one of the sandbox's cards; only wallets
   * that have a sheet. The payment is made with it when the order is.
   */
  token?(order: AttemptOrder, card?: string): Promise<string>
  /** The payer answers the bank's question; the query with which the browser comes back. */
  answerBank?(walletReference: string, answer: 'confirm' | 'refuse'): Promise<string>
  /** The next notification that arrived for this order number. */
  notification(walletReference: string): Promise<RawNotification>
  /** The wallet misbehaves at the next call for this order. */
  misbehave(how: Misbehavior, walletReference: string): Promise<void>
  close(): Promise<void>
}

export type Misbehavior =
  | 'error_after_commit'
  | 'answer_lost'
  | 'unsigned'
  | 'wrong_key'
  | 'garbage'

/** Surfaces on which nothing exists at the wallet until the payer acts. */
export const UNTIL_PAYER_ACTS: readonly Surface[] = ['desktop', 'mobile', 'app', 'qr']
