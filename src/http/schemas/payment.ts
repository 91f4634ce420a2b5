// Payments and attempts: what a merchant sends and reads.

import { type Static, Type } from 'typebox'
import { PROBLEM_CODE_NAMES } from '../../payments/problem-codes.ts'
import {
  Amount,
  Bilingual,
  Currency,
  id,
  line,
  listOf,
  Metadata,
  nullable,
  pageQuery,
  SurfaceName,
  strict,
  Timestamp,
  TimestampInput,
  ZeroOrMore,
} from './common.ts'

export const PAYMENT_STATUSES = [
  'created',
  'requires_action',
  'processing',
  'authorized',
  'succeeded',
  'failed',
  'canceled',
  'expired',
] as const

export const PaymentStatusName = Type.Enum([...PAYMENT_STATUSES])

export const AttemptStatusName = Type.Enum([
  'created',
  'requires_action',
  'processing',
  'unknown_outcome',
  'authorized',
  'succeeded',
  'failed',
  'canceled',
  'expired',
])

export const Item = strict({
  name: line(200),
  quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  amount: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'For all of the quantity, in minor units.',
  }),
})

const Customer = strict({
  id: Type.Optional(line(64, 'Your own number for the customer.')),
  email: Type.Optional(
    Type.String({
      maxLength: 254,
      pattern: '^[^\\s@\\u0000-\\u001f]{1,64}@[^\\s@\\u0000-\\u001f]{1,189}$',
    }),
  ),
  phone: Type.Optional(Type.String({ pattern: '^\\+?[0-9 ()-]{3,30}$', maxLength: 31 })),
})

const Locale = Type.Enum(['zh-CN', 'zh-TW', 'en', 'ja'], {
  description:
    'The language the payer uses in your shop: the payment page and the receipt open in it. Absent: the browser decides.',
})
const LatePayment = Type.Enum(['open', 'accept', 'refund'], {
  description:
    'Money that arrives after the payment ended: `open` accepts it unless you canceled, `accept` always, `refund` never. Absent: your setting.',
})
export const WalletName = Type.String({
  pattern: '^[a-z][a-z0-9_]{0,30}$',
  maxLength: 31,
  examples: ['alipay'],
})
const ReturnUrl = Type.String({
  minLength: 1,
  maxLength: 2000,
  pattern: '^https?://[^\\s\\u0000-\\u001f]+$',
  description:
    'Where the payer comes back to. Of one of your `return_origins`, if you have set any.',
})

export const NewPayment = strict(
  {
    amount: Amount,
    currency: Currency,
    reference: line(64, 'Your order number; unique per merchant and mode for ever.'),
    title: line(128, 'What is paid for; the payer sees it here and in the wallet.'),
    items: Type.Optional(Type.Array(Item, { maxItems: 100 })),
    customer: Type.Optional(nullable(Customer)),
    wallets: Type.Optional(
      nullable(
        Type.Array(WalletName, {
          minItems: 1,
          maxItems: 20,
          uniqueItems: true,
          description:
            "The wallets that may be used, in the order in which the page shows them. Absent: all that are connected, in the order of the payer's language, currency and device.",
        }),
      ),
    ),
    expires_in: Type.Optional(
      Type.Integer({ minimum: 60, maximum: 604_800, default: 1800, description: 'Seconds.' }),
    ),
    return_url: Type.Optional(nullable(ReturnUrl)),
    locale: Type.Optional(nullable(Locale)),
    metadata: Type.Optional(Metadata),
    late_payment: Type.Optional(LatePayment),
  },
  { title: 'NewPayment' },
)

export type NewPaymentBody = Static<typeof NewPayment>

export const ProblemCategoryName = Type.Enum([
  'payer_action',
  'insufficient_funds',
  'risk_declined',
  'invalid_request',
  'merchant_config',
  'not_found',
  'duplicate',
  'retry_same',
  'retry_new',
  'provider_down',
  'unknown_outcome',
])

export const ProblemMoney = Type.Enum(['no', 'maybe'], {
  description: '`no`: certainly no money was taken. `maybe`: not known.',
})

const AttemptProblem = strict({
  category: ProblemCategoryName,
  code: Type.Enum([...PROBLEM_CODE_NAMES], {
    description: 'The stable word for what happened, finer than the category.',
  }),
  wallet_code: nullable(
    Type.String({ description: "The wallet's own code; never shown to payers." }),
  ),
  wallet_message: nullable(Type.String()),
  money: ProblemMoney,
  payer_message: Bilingual,
})

const Satoshi = Type.Integer({ minimum: 0, maximum: 2_100_000_000_000_000 })

/** For wallets that are paid to an address. */
export const Chain = strict(
  {
    asked_sat: Satoshi,
    seen_sat: Type.Integer({ minimum: 0, description: 'In blocks and waiting for one.' }),
    confirmed_sat: Satoshi,
    credited_sat: Type.Integer({ minimum: 0, description: 'What pays the payment.' }),
    held_sat: Type.Integer({
      minimum: 0,
      description: "Came too late, or more than was asked: the payer's money, to be given back.",
    }),
    reversed_sat: Satoshi,
    due_sat: Type.Integer({ minimum: 0, description: 'What the payer still has to send.' }),
    confirmations: Type.Integer({ minimum: 0 }),
    required_confirmations: Type.Integer({ minimum: 0 }),
    flags: Type.Array(
      Type.Enum([
        'underpaid',
        'overpaid',
        'late',
        'double_spent',
        'dropped',
        'reorged',
        'reversed',
        'manual',
      ]),
    ),
  },
  { title: 'Chain', description: 'How far a payment to an address has come, in satoshi.' },
)

const attemptFields = {
  id: id('att'),
  object: Type.Literal('attempt'),
  livemode: Type.Boolean(),
  created: Timestamp,
  updated: Timestamp,
  wallet: WalletName,
  wallet_account: id('wac'),
  surface: SurfaceName,
  status: AttemptStatusName,
  amount: Amount,
  currency: Currency,
  wallet_reference: Type.String({ description: "Our number in the wallet's books." }),
  wallet_transaction_id: nullable(Type.String()),
  wallet_status: nullable(Type.String({ description: "The wallet's own word for its state." })),
  conflict: nullable(
    Type.String({ description: "The field in which the wallet's word contradicts the order." }),
  ),
  problem: nullable(AttemptProblem),
  chain: nullable(Chain),
  expires_at: Timestamp,
}

export const Attempt = strict(attemptFields, { title: 'Attempt' })

/** A code to scan; the payer's side adds its picture. */
export const qrFields = {
  type: Type.Literal('qr'),
  content: Type.String(),
  expires_at: Timestamp,
}

/** An address to pay to; the payer's side adds the picture of its code. */
export const addressFields = {
  type: Type.Literal('address'),
  uri: Type.String({ description: 'BIP 21 text for a link.' }),
  qr_text: Type.String({ description: 'The same for a QR code.' }),
  address: Type.String(),
  amount_sat: Type.Integer({ minimum: 1, maximum: 2_100_000_000_000_000 }),
  rate: Type.String({
    description:
      "One bitcoin in the payment's currency, as a decimal text; locked until it expires.",
  }),
  expires_at: Timestamp,
}

/** What else a payer's device may have to do. */
export const NextActionChoices = [
  strict({ type: Type.Literal('redirect'), url: Type.String() }),
  strict({
    type: Type.Literal('form'),
    action: Type.String(),
    fields: Type.Record(Type.String(), Type.String()),
  }),
  strict({
    type: Type.Literal('sheet'),
    wallet: Type.String(),
    parameters: Type.Record(Type.String(), Type.String()),
  }),
  strict({ type: Type.Literal('app'), link: Type.String() }),
  strict({ type: Type.Literal('none') }),
]

export const NextAction = Type.Union(
  [...NextActionChoices, strict(qrFields), strict(addressFields)],
  { title: 'NextAction', description: "What the payer's device has to do next." },
)

export const StartedAttempt = strict(
  { ...attemptFields, payment: id('pay'), next_action: NextAction },
  { title: 'StartedAttempt' },
)

export const WalletToken = Type.String({
  minLength: 1,
  maxLength: 16_384,
  description: "What the wallet's sheet handed out, exactly as it came (Apple Pay, Google Pay).",
})

const screen = {
  language: Type.String({ pattern: '^[0-9A-Za-z-]{1,35}$', maxLength: 35 }),
  color_depth: Type.Integer({ minimum: 1, maximum: 48 }),
  screen_height: Type.Integer({ minimum: 1, maximum: 999_999 }),
  screen_width: Type.Integer({ minimum: 1, maximum: 999_999 }),
  time_zone_offset: Type.Integer({
    minimum: -840,
    maximum: 840,
    description: 'Minutes that local time is behind UTC.',
  }),
}

/** What a page adds to the headers of its own request. */
export const BrowserScreen = strict(screen, {
  description: "The payer's browser, for the issuer's 3-D Secure check.",
})

const BrowserData = strict(
  { ...screen, user_agent: line(512), accept_header: line(512), java_enabled: Type.Boolean() },
  { description: "The payer's browser, for the issuer's 3-D Secure check." },
)

const Payer = strict({
  open_id: Type.Optional(line(128)),
  user_id: Type.Optional(line(128)),
  app_id: Type.Optional(
    Type.String({
      pattern: '^[0-9A-Za-z]{1,32}$',
      maxLength: 32,
      description:
        'The application to which `open_id` belongs, where a wallet account has several.',
    }),
  ),
})

export type PayerBody = Static<typeof Payer>
export type BrowserScreenBody = Static<typeof BrowserScreen>
export type BrowserBody = Static<typeof BrowserData>

export const NewAttempt = strict(
  {
    wallet: WalletName,
    surface: SurfaceName,
    auth_code: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Za-z]{10,64}$',
        maxLength: 64,
        description: 'The code that the payer shows (`barcode`).',
      }),
    ),
    payer: Type.Optional(Payer),
    payer_address: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Fa-f:.]{2,45}$',
        maxLength: 45,
        description: "The payer's IP address, where a wallet asks for it.",
      }),
    ),
    token: Type.Optional(WalletToken),
    browser: Type.Optional(BrowserData),
  },
  { title: 'NewAttempt' },
)

const Paid = strict({
  attempt: id('att'),
  wallet: WalletName,
  wallet_transaction_id: nullable(Type.String()),
  at: nullable(Timestamp),
  amount: ZeroOrMore,
  amount_received: nullable(ZeroOrMore),
  payer: nullable(Type.String({ description: "The payer's account as the wallet masks it." })),
})

const paymentFields = {
  id: id('pay'),
  object: Type.Literal('payment'),
  livemode: Type.Boolean(),
  created: Timestamp,
  updated: Timestamp,
  status: PaymentStatusName,
  payable: Type.Boolean({ description: 'A payer can start an attempt.' }),
  amount: Amount,
  currency: Currency,
  amount_captured: ZeroOrMore,
  amount_refund_due: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Money that came twice or too late and is owed back.',
  }),
  late: Type.Boolean({ description: 'The money came after the payment had ended.' }),
  cancel_requested: Type.Boolean(),
  reference: Type.String(),
  title: Type.String(),
  items: Type.Array(Item),
  customer: nullable(Customer),
  wallets: nullable(Type.Array(WalletName)),
  metadata: Metadata,
  return_url: nullable(Type.String()),
  locale: nullable(Locale),
  late_payment: LatePayment,
  expires_at: Timestamp,
  paid: nullable(Paid),
  receipt_url: nullable(Type.String()),
  attempts_left: Type.Integer({ minimum: 0, maximum: 10 }),
  attempts: Type.Array(Attempt),
}

export const Payment = strict(paymentFields, { title: 'Payment' })

export const CreatedPayment = strict(
  {
    ...paymentFields,
    client_secret: Type.String({
      pattern: '^[0-9A-Za-z]{32}$',
      description:
        'Lets a browser pay this payment. Shown only here, and again to a repeat with the same key.',
    }),
    url: Type.String({ description: 'The hosted page. Send the payer there.' }),
    qr_url: Type.String({
      description:
        'The same page for a QR code on paper or a screen: the app that scans it goes on with its own wallet.',
    }),
  },
  { title: 'CreatedPayment' },
)

export const PaymentList = listOf(Payment)

export const PaymentQuery = strict({
  ...pageQuery,
  reference: Type.Optional(line(64)),
  status: Type.Optional(PaymentStatusName),
  wallet: Type.Optional(WalletName),
  customer: Type.Optional(line(64, 'Your own number for the customer.')),
  'created[gte]': Type.Optional(TimestampInput),
  'created[lt]': Type.Optional(TimestampInput),
})
