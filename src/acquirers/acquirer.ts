// The contract of every acquirer: it charges a card credential that Apple Pay or Google Pay handed
// out. Like a wallet it translates, touches no database and decides nothing.

import type { Money } from '../money.ts'
import type { Milliseconds, Ports } from '../ports.ts'
import type { ReadStatement } from '../wallets/statement.ts'
import type {
  AccountField,
  Acknowledgement,
  AttemptOrder,
  Finding,
  NotificationVerdict,
  Observation,
  Problem,
  RawNotification,
} from '../wallets/wallet.ts'

/**
 * What is charged. It exists only while an authorization is under way and is never stored, logged
 * or repeated in an observation.
 */
export type Credential =
  /** `token.paymentData` of Apple Pay as its JSON text, still encrypted for the acquirer. */
  | {
      type: 'applepay'
      token: string
      /** `token.paymentMethod` as the browser told it: shown, never decided upon. */
      displayName?: string
      network?: string
    }
  /** `tokenizationData.token` of Google Pay, exactly as it came, still encrypted. */
  | { type: 'googlepay'; token: string }
  /** What the hub decrypted itself (direct mode). */
  | NetworkToken

export interface NetworkToken {
  type: 'network_token'
  wallet: 'applepay' | 'googlepay'
  /** The device account number: digits only. */
  number: string
  /** `month` 1 to 12, `year` with four digits. */
  expiry: { month: number; year: number }
  /** Standard base64. */
  cryptogram: string
  /** As the wallet gave it, e.g. `7` or `05`; sent with two digits, and only if it was there. */
  eci?: string
  /** As the wallet knows it, where it does. */
  holderName?: string
}

/** One authorization. `walletReference` is our number at the acquirer and in its idempotency keys. */
export interface CardOrder extends AttemptOrder {
  credential: Credential
  /** Whether the money is taken with the authorization or later by {@link Acquirer.capture}. */
  capture: 'automatic' | 'manual'
}

export interface CardObservation extends Observation {
  /** Held and not taken yet; the status is then `processing`. Only with manual capture. */
  authorized?: Money
}

/** Something asked for after an authorization. */
export interface ChangeOrder {
  /** The authorization it is about; `walletTransactionId` is its number at the acquirer. */
  order: AttemptOrder
  /** Our number of the change, new for each and repeated with it: at most 32 of `[0-9A-Za-z_-]`. */
  reference: string
  money: Money
}

/** Where a capture, refund or cancel stands. */
export interface ChangeObservation {
  source: Observation['source']
  change: 'capture' | 'refund' | 'cancel'
  /**
   * `pending`: accepted, and told later. A refund that `succeeded` may still become `failed` days
   * later. `unknown`: no answer that can be believed; ask again with the same reference.
   */
  status: 'pending' | 'succeeded' | 'failed' | 'unknown'
  /** Our number of the change, as the acquirer repeats it. */
  reference?: string
  /** Our number of the authorization, where the acquirer tells it apart from the change's. */
  walletReference?: string
  /** The acquirer's number of the change. */
  walletChangeId?: string
  /** The acquirer's number of the authorization. */
  walletTransactionId?: string
  money?: Money
  messageId?: string
  problem?: Problem
  /** The acquirer's own word. */
  walletStatus?: string
}

export type AcquirerVerdict =
  | NotificationVerdict
  /** Genuine, and about something asked for after the authorization. */
  | { verdict: 'change'; change: ChangeObservation; askFirst: boolean }

export interface AcquirerCapabilities {
  currencies: readonly string[]
  /** Smallest and largest amount per payment, in minor units of each currency. */
  limits: Record<string, { min: bigint; max: bigint }>
  /** True where money can be held first and taken later. */
  separateCapture: boolean
  /** True where it takes what the hub decrypted itself. */
  networkTokens: boolean
  /** True where an authorization can be found by our number alone. */
  queryByReference: boolean
}

/** What the page needs for Apple's session when the acquirer holds the merchant identity. */
export interface AppleSessionRequest {
  /** The host name of the page that shows the sheet, from configuration. */
  domain: string
  /** What the sheet shows, at most 64 characters. */
  merchantName: string
}

/**
 * One acquirer. Operations that talk to it never throw for what it or the network does: silence is
 * an observation with status `unknown`.
 */
export interface Acquirer<Account extends object = object> {
  name: string
  displayName: { en: string; 'zh-CN': string }
  capabilities: AcquirerCapabilities
  accountFields: readonly AccountField[]

  /** Checks the shape of what the merchant entered, without the network. */
  readAccount(fields: Record<string, string>): { account: Account } | { findings: Finding[] }
  /** Told by the key or the address: a live one takes real money. */
  takesRealMoney(account: Account): boolean
  /** A live question that moves nothing. */
  check(ports: Ports, account: Account): Promise<Finding[]>

  /** `tokenizationSpecification.parameters` of Google Pay with type `PAYMENT_GATEWAY`. */
  googleTokenization(account: Account): Record<string, string>
  /**
   * The number of a token that the acquirer itself made for Google's sheet: all that it charges by.
   * Undefined for a text without one. Acquirers that get Google's own token do not have it.
   */
  googleTokenId?(token: string): string | undefined
  /**
   * Opens Apple's merchant session with the acquirer's own merchant identity. Undefined for an
   * account without one: the merchant's own identity certificate opens the session then.
   */
  appleSession?(
    ports: Ports,
    account: Account,
    request: AppleSessionRequest,
  ): Promise<{ session: Record<string, unknown> } | { problem: Problem }> | undefined

  /**
   * Authorizes. After silence it repeats once with the same idempotency key where that is safe; a
   * later question has no credential any more.
   */
  authorize(ports: Ports, account: Account, order: CardOrder): Promise<CardObservation>
  /**
   * Goes on when the payer's browser came back from 3-D Secure. What the browser brings is handed to
   * the acquirer or only makes us ask; the acquirer's answer decides.
   */
  continueFromReturn(
    ports: Ports,
    account: Account,
    order: AttemptOrder,
    query: string,
  ): Promise<CardObservation>
  /** Asks where the authorization stands. */
  query(ports: Ports, account: Account, order: AttemptOrder): Promise<CardObservation>
  /**
   * Ends an authorization that took no money. It never gives back what was taken: that is told as
   * `succeeded`, or stays `unknown` until a notification tells.
   */
  cancel(ports: Ports, account: Account, order: AttemptOrder): Promise<CardObservation>

  /** Takes authorized money, once. */
  capture(ports: Ports, account: Account, change: ChangeOrder): Promise<ChangeObservation>
  /** Gives captured money back. */
  refund(ports: Ports, account: Account, change: ChangeOrder): Promise<ChangeObservation>

  /** Verifies the raw bytes and translates. Pure but for the clock. */
  readNotification(account: Account, raw: RawNotification, now: Milliseconds): AcquirerVerdict
  /** What the acquirer wants to read back: `taken` after commit, else it will send again. */
  acknowledge(taken: boolean): Acknowledgement
  /** Whether the query string looks like a return from 3-D Secure. Only a reason to go on. */
  verifyReturn(account: Account, query: string): boolean

  /** Reads its file of settled money, where its format is documented. */
  readStatement?: ReadStatement

  /**
   * When to ask again about an unfinished authorization: milliseconds to wait, given how long ago it
   * was started and how long until it expires (negative after expiry). Undefined: never again.
   */
  nextQueryDelay(ageMs: number, untilExpiryMs: number): number | undefined
  /** How long after an order's expiry "absent" is final. */
  absentGraceMs: number
  /** An authorization that has not ended after this time is asked about and then canceled. */
  cancelAfterMs: number
}
