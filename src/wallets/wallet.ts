// The contract of every wallet. A wallet translates: our question into its protocol, its answer
// into an observation. It never touches the database and never decides what a payment becomes.

import type { Money } from '../money.ts'
import type { Milliseconds, Ports } from '../ports.ts'

/** Where the payer meets the wallet. */
export type Surface =
  /** A browser on a desktop computer: redirect or form to the wallet's cashier. */
  | 'desktop'
  /** A browser on a phone: redirect that opens the wallet's app. */
  | 'mobile'
  /** The merchant's own app: an order string for the wallet's SDK. */
  | 'app'
  /** A QR code that the payer scans. */
  | 'qr'
  /** A code that the payer shows and the merchant scans. */
  | 'barcode'
  /** A page or mini program inside the wallet's app. */
  | 'in_app'

export const SURFACES: readonly Surface[] = ['desktop', 'mobile', 'app', 'qr', 'barcode', 'in_app']

/** Why a wallet did not do it. An unknown code where money could have moved is `unknown_outcome`. */
export type ProblemCategory =
  | 'payer_action'
  | 'insufficient_funds'
  | 'risk_declined'
  | 'invalid_request'
  | 'merchant_config'
  | 'not_found'
  | 'duplicate'
  | 'retry_same'
  | 'retry_new'
  | 'provider_down'
  | 'unknown_outcome'

/** The stable word for what happened; each belongs to one category and is finer than it. */
export type ProblemCode =
  | 'payer_action_needed'
  | 'payer_limit_reached'
  | 'payer_method_unusable'
  | 'payer_account_restricted'
  | 'insufficient_funds'
  | 'risk_declined'
  | 'request_invalid'
  | 'merchant_setting_wrong'
  | 'merchant_key_wrong'
  | 'merchant_permission_missing'
  | 'merchant_limit_reached'
  | 'order_not_found'
  | 'order_duplicate'
  | 'order_already_paid'
  | 'temporarily_refused'
  | 'attempt_unusable'
  | 'order_closed'
  | 'payer_code_invalid'
  | 'wallet_not_responding'
  | 'outcome_unknown'

export interface Problem {
  category: ProblemCategory
  /** A finer word than the category, where the wallet's answer allows one; of that category. */
  code?: ProblemCode
  /** The wallet's own code, for the merchant and the log; never shown to a payer. */
  walletCode?: string
  /** The wallet's own words, for the merchant and the log; never shown to a payer. */
  walletMessage?: string
}

/** What the payer's device has to do next. Closed: the checkout handles exactly these. */
export type NextAction =
  | { type: 'redirect'; url: string }
  | { type: 'form'; action: string; fields: Record<string, string> }
  | { type: 'qr'; content: string; expiresAt: Milliseconds }
  | { type: 'sheet'; wallet: string; parameters: Record<string, string> }
  | { type: 'app'; link: string }
  | {
      type: 'address'
      /** BIP 21 text for a link. */
      uri: string
      /** What a QR code holds: the same, in upper case where case has no meaning. */
      qrText?: string
      address: string
      amountSat: number
      /** What one bitcoin costs in the payment's currency, as a decimal text; locked until then. */
      rate: string
      expiresAt: Milliseconds
    }
  | { type: 'none' }

/** What we ask a wallet to do for one attempt. Every value comes from the database. */
export interface AttemptOrder {
  /** The payment's number; a sheet's token may be bound to it, see {@link SheetOrder.paymentId}. */
  paymentId?: string
  /** Our number at the wallet: at most 32 characters of `[0-9A-Za-z]`, new for each attempt. */
  walletReference: string
  surface: Surface
  money: Money
  /** What is paid for, in the merchant's words. */
  title: string
  /** After this moment the wallet must not take money any more. */
  expiresAt: Milliseconds
  /** Where the wallet reports, e.g. `https://hub/notify/alipay/wac_…`. */
  notifyUrl: string
  /** Where the payer's browser comes back to. */
  returnUrl: string
  /** Where the payer's browser goes when the payer gives up, if the wallet can do that. */
  quitUrl: string
  /** The code the payer shows (surface `barcode`). */
  authCode?: string
  /** The payer as the wallet knows them (surface `in_app`). */
  payer?: {
    openId?: string
    userId?: string
    /** The application in which the payer has this `openId`, where the account has several. */
    appId?: string
  }
  /** The payer's network address, where a wallet demands it. */
  payerAddress?: string
  /** What the payer's browser tells of itself, for the issuer's 3-D Secure check. */
  browser?: Browser
  /**
   * What the wallet's sheet handed out, exactly as it came. Known while the attempt is started and
   * never stored: a later question comes without it.
   */
  token?: string
  /** Counts the attempts of this wallet account; no number is ever given twice. */
  accountIndex?: number
  /** The wallet's number for the transaction, as far as it is known. */
  walletTransactionId?: string
  /** What the wallet asked us to keep with this attempt, see {@link Observation.memory}. */
  memory?: string
  /** What {@link Wallet.follow} said of this order's address: where the wallet should look. */
  hints?: readonly string[]
  /** The merchant's word on money that came late or short to an address; given with each question. */
  decision?: 'accept' | 'reject'
}

/** EMV 3-D Secure browser data (EMVCo 3DS specification 2.3, table A.1, `browser…` elements). */
export interface Browser {
  userAgent: string
  acceptHeader: string
  /** BCP 47, e.g. `zh-CN`. */
  language: string
  colorDepth: number
  screenHeight: number
  screenWidth: number
  /** Minutes that local time is behind UTC, as JavaScript counts them. */
  timeZoneOffset: number
  javaEnabled: boolean
}

/** Where an attempt stands, as the wallet tells. */
export type ObservedStatus =
  /** The wallet knows no such order (yet). Not a failure before the order's time limit. */
  | 'absent'
  /** The order stands and waits for the payer. */
  | 'requires_action'
  /** The payer acts or the wallet works on it. */
  | 'processing'
  /** Money was taken. */
  | 'succeeded'
  /** The wallet's order was closed without payment and cannot be paid any more. */
  | 'closed'
  /** The wallet took the money and gave all of it back in the same act (a cancel that reversed). */
  | 'reversed'
  /** The wallet refused; this attempt can not succeed any more. */
  | 'failed'
  /** No answer, an unverifiable answer, or one that says that the outcome is open. */
  | 'unknown'

export interface Observation {
  source: 'response' | 'notification' | 'query' | 'statement'
  status: ObservedStatus
  /** Our number, as the wallet repeats it. */
  walletReference?: string
  /** The wallet's number for the transaction. */
  walletTransactionId?: string
  /** What was ordered or paid, as the wallet states it; compared with what we asked for. */
  money?: Money
  /** What the merchant gets before fees, if the wallet says so. */
  received?: Money
  /** The receiving account as the wallet names it; compared with the wallet account's. */
  receiver?: string
  /** When the payer paid, by the wallet's clock. */
  paidAt?: Milliseconds
  /** The payer's account as the wallet masks it, e.g. `159****5620`. */
  payerDisplay?: string
  /** The payer's account number or open id at the wallet. */
  payerId?: string
  /** The wallet's identity of this message, equal when it is sent again. */
  messageId?: string
  /** The wallet says that its refund window is over or the product has none. */
  notRefundable?: boolean
  /** Money that has gone back so far by the wallet's account (cumulative). */
  refundedTotal?: Money
  nextAction?: NextAction
  problem?: Problem
  /** The wallet's own state or code word, for the timeline. */
  walletStatus?: string
  /**
   * What the wallet wants to be given with the next question about this attempt. Kept with the
   * attempt; absent leaves what was kept. No secrets.
   */
  memory?: string
  /** How far a payment to an address has come. Replaces what was told before. */
  chain?: ChainProgress
}

/** A word for what is unusual about a payment to an address; several may hold. */
export type ChainFlag =
  /** In time, but less than asked. */
  | 'underpaid'
  /** In time, and more than asked. */
  | 'overpaid'
  /** Some of it came after the end. */
  | 'late'
  /** A transaction was replaced by one that pays less. */
  | 'double_spent'
  /** A transaction was forgotten by the network; it may come back. */
  | 'dropped'
  /** A block that held a transaction left the chain. */
  | 'reorged'
  /** Money that had settled the payment is gone. */
  | 'reversed'
  /** The merchant decided. */
  | 'manual'

/** Amounts in satoshi, because what came has no amount in the payment's currency. */
export interface ChainProgress {
  askedSat: number
  /** Everything that stands in blocks and in the mempool. */
  seenSat: number
  /** Of it, with enough confirmations. */
  confirmedSat: number
  /** Of it, what pays the payment. */
  creditedSat: number
  /** Confirmed, but not credited and not given back: the payer's money. */
  heldSat: number
  /** How much of what was once credited is gone. */
  reversedSat: number
  /** What the payer still has to send; above 0 only while the payment waits. */
  dueSat: number
  /** Confirmations of the payment with the fewest of those that count. */
  confirmations: number
  requiredConfirmations: number
  flags: readonly ChainFlag[]
  /** `txid:output` of every payment that was ever seen, with its satoshi. */
  payments: readonly { outpoint: string; sat: number; status: string; inTime: boolean }[]
}

/** Raw bytes that arrived at `/notify/{wallet}/{wallet_account}`. */
export interface RawNotification {
  contentType: string
  headers: Record<string, string>
  body: Uint8Array
}

/** Why a notification is refused before it is believed. */
export type RefusalReason =
  | 'content_type'
  | 'too_large'
  | 'encoding'
  | 'malformed'
  | 'duplicate_field'
  | 'signature'
  | 'algorithm'
  /** Signed with a key that is not known here; after {@link Wallet.refreshKeys} it may be. */
  | 'unknown_key'
  /** Signed too long ago, or in the future. */
  | 'timestamp'
  | 'not_a_notification'
  | 'wrong_account'

export type NotificationVerdict =
  | {
      verdict: 'verified'
      observation: Observation
      /**
       * True when the signature alone does not fix what was said; the observation is then only a
       * reason to ask the wallet, and its answer decides.
       */
      askFirst: boolean
    }
  /** Genuine, but not about taking a payment (e.g. a message type handled elsewhere). */
  | {
      verdict: 'ignored'
      reason: string
      /** The order it is about, where it names one. */
      order?: { walletReference?: string; walletTransactionId?: string }
      /** Money moved after the payment and nothing here acts on it: somebody has to be told. */
      afterPayment?: true
    }
  /**
   * Genuine, but for another account or not understood. It is kept for a person and acknowledged:
   * sent again, it would say the same.
   */
  | { verdict: 'quarantined'; reason: RefusalReason; detail: string }
  | { verdict: 'refused'; reason: RefusalReason; detail: string }

/** What to answer to the wallet, byte for byte. */
export interface Acknowledgement {
  status: number
  contentType: string
  body: string
}

export interface Finding {
  /** `ok`, or something a person must mend. */
  level: 'ok' | 'warning' | 'error'
  /** Stable word for the finding, e.g. `key_pair_mismatch`. */
  code: string
  /** The field of the wallet account it is about, as a JSON pointer. */
  param?: string
  /** One sentence: what is wrong and what to do. */
  message: { en: string; 'zh-CN': string }
}

/** One field of a wallet account as the merchant enters it. */
export interface AccountField {
  name: string
  /** Secret fields are sealed at rest and never returned. */
  secret: boolean
  required: boolean
  /**
   * Says which account it is. With another value, orders that are under way would be asked about at
   * somebody else's, who knows nothing of them: so it never changes.
   */
  fixed?: true
  /** Meaning, shape and where to find it, for the API reference. */
  description: string
}

export interface Capabilities {
  surfaces: readonly Surface[]
  currencies: readonly string[]
  /** Smallest and largest amount per payment, in minor units of each currency. */
  limits: Record<string, { min: bigint; max: bigint }>
  /** True where money can be held first and taken later. */
  separateCapture: boolean
  /** Shortest and longest time an order may stay payable. */
  expiry: { minSeconds: number; maxSeconds: number }
}

/** What the page knows when it shows a wallet's button. */
export interface SheetOrder {
  /**
   * The payment's number. A wallet that binds its token to what the sheet was opened for refuses the
   * token for another payment, so the attempt's order has to name the same, or none both times.
   */
  paymentId?: string
  money: Money
  title: string
  /** The merchant's name as the payer reads it. */
  merchantName: string
}

/** The wallet's own script, and what it reaches from the page: all that the page's policy allows. */
export interface SheetScript {
  script: string
  /** Origins, as a content security policy takes them. */
  frames: readonly string[]
  connects: readonly string[]
  images: readonly string[]
}

export interface SessionRequest {
  /** What the sheet named as the place to ask. Never trusted. */
  validationUrl: string
  /** The host name of the page that shows the sheet. */
  domain: string
  merchantName: string
}

export interface DomainFile {
  /** Path on the domain, e.g. `/.well-known/…`. */
  path: string
  body: string
}

export type TokenIdentity = { tokenId: string } | { problem: Problem }

/** What the hub offers to {@link Wallet.follow}. All of it concerns one wallet account. */
export interface FollowFeed {
  /** What the last look said to keep; undefined at the first. */
  position: string | undefined
  /** The addresses of orders that wait for money or for confirmations. */
  open(): Promise<readonly string[]>
  /** Which of these addresses, thousands perhaps, ever belonged to an order of the account. */
  known(addresses: readonly string[]): Promise<readonly string[]>
  /**
   * Asks about these orders, with the hints given; resolves when the answers are committed, with the
   * addresses whose wallet could not tell. Those have to be asked about again: nobody else does.
   */
  ask(news: readonly { address: string; hints: readonly string[] }[]): Promise<readonly string[]>
}

export interface FollowResult {
  /** To be kept and given back as {@link FollowFeed.position}. */
  position: string | undefined
  /** When to look again. */
  nextMs: number
}

/** Parsed and checked settings of one wallet account, opaque outside its wallet's folder. */
export type WalletAccount = object

/**
 * One wallet. Operations that talk to the wallet never throw for what the wallet or the network
 * does: silence is an observation with status `unknown`.
 */
export interface Wallet<Account extends WalletAccount = WalletAccount> {
  name: string
  displayName: { en: string; 'zh-CN': string }
  capabilities: Capabilities
  accountFields: readonly AccountField[]
  /** Every attempt gets a number of its wallet account: {@link AttemptOrder.accountIndex}. */
  countsAttempts?: true

  /** Checks the shape of what the merchant entered, without the network. */
  readAccount(fields: Record<string, string>): { account: Account } | { findings: Finding[] }
  /**
   * What no two wallet accounts of a hub may share, as a text: whoever connects it twice would hand
   * out the same addresses to different payers. Not a secret.
   */
  exclusive?(account: Account): string
  /**
   * Whether this account takes real money; undefined where it does not tell. An account of a live
   * key has to, one of a test key must not.
   */
  takesRealMoney(account: Account): boolean | undefined
  /** A live question to the wallet plus key and certificate checks. */
  check(ports: Ports, account: Account): Promise<Finding[]>

  /** Starts an attempt. Called once per attempt; the same order may be repeated after silence. */
  create(ports: Ports, account: Account, order: AttemptOrder): Promise<Observation>
  /** Asks where the order stands. */
  query(ports: Ports, account: Account, order: AttemptOrder): Promise<Observation>
  /**
   * Ends an unpaid order at the wallet. Where the wallet can only reverse (a payer's code whose
   * outcome is unknown), this may answer `reversed`. `absent` means the wallet knows no such order
   * and the order may still be paid until it expires.
   */
  close(ports: Ports, account: Account, order: AttemptOrder): Promise<Observation>

  /**
   * What the page needs to open the wallet's sheet in the payer's tap, before any attempt exists.
   * Only wallets whose sheet hands out a token have it.
   */
  sheet?(account: Account, order: SheetOrder): Record<string, unknown>
  /** What the page loads so that {@link sheet} can be opened; every wallet with a sheet has it. */
  sheetScript?(account: Account): SheetScript
  /** Opens the session that the wallet's sheet asks the merchant for (Apple Pay). */
  openSession?(
    ports: Ports,
    account: Account,
    request: SessionRequest,
  ): Promise<{ session: Record<string, unknown> } | { problem: Problem }>
  /**
   * The file by which the wallet sees that a domain is the merchant's, to be served byte for byte
   * under its well-known path (Apple Pay). Undefined for a domain that is not the account's.
   */
  domainFile?(account: Account, domain: string): DomainFile | undefined
  /** The identity of a token: two tokens with the same are one, and only the first is taken. */
  identifyToken?(account: Account, token: string, now: Milliseconds): TokenIdentity
  /**
   * Fetches the keys that the wallet changes from time to time; they are kept in memory. Anybody can
   * cause this by naming an unknown key, so a wallet asks at most once a minute per account.
   */
  refreshKeys?(ports: Ports, account: Account): Promise<void>

  /**
   * One look at a public record that tells nobody anything by itself: finds what is new for the
   * account's orders and asks about them. Called again and again, by one caller at a time per
   * account. It may repeat itself and only ever causes questions, so a restart loses nothing.
   */
  follow?(ports: Ports, account: Account, feed: FollowFeed): Promise<FollowResult>

  /** Verifies the raw bytes and translates. Pure but for the clock. */
  readNotification(account: Account, raw: RawNotification, now: Milliseconds): NotificationVerdict
  /**
   * The wallet sends nothing else until a notification is acknowledged, so one that is genuine and
   * kept is acknowledged although nobody here understands it; a person sees it.
   */
  queuesNotifications?: true
  /** What the wallet wants to read back: `taken` after commit, else it will send again. */
  acknowledge(taken: boolean): Acknowledgement

  /**
   * Verifies the query string with which the payer's browser came back. True only means "ask the
   * wallet now"; it never changes a payment.
   */
  verifyReturn(account: Account, query: string): boolean
  /**
   * Goes on with what the browser brought back (3-D Secure). Where a wallet has it, it is called with
   * a query that `verifyReturn` takes, instead of {@link query}; the wallet's answer decides.
   */
  continueFromReturn?(
    ports: Ports,
    account: Account,
    order: AttemptOrder,
    query: string,
  ): Promise<Observation>

  /**
   * When to ask again about an unfinished order: milliseconds to wait, given how long ago it was
   * started and how long until it expires (negative after expiry). Undefined: never again.
   */
  nextQueryDelay(surface: Surface, ageMs: number, untilExpiryMs: number): number | undefined
  /** How long after an order's expiry "absent" is final. */
  absentGraceMs: number
  /** For a payer's code with unknown outcome: close (reverse) after this time. Undefined: never. */
  reverseAfterMs(surface: Surface): number | undefined
}
