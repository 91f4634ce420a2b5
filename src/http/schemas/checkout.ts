// What the payment page sends and reads, as the OpenAPI document describes it; the types that the
// page itself uses are in checkout-types.ts.

import { type Static, Type } from 'typebox'
import { PROBLEM_CODE_NAMES } from '../../payments/problem-codes.ts'
import { PAYER_SURFACES } from '../checkout-state.ts'
import {
  Amount,
  Bilingual,
  Currency,
  id,
  nullable,
  strict,
  Timestamp,
  ZeroOrMore,
} from './common.ts'
import {
  AttemptStatusName,
  addressFields,
  BrowserScreen,
  Chain,
  Item,
  NextActionChoices,
  PaymentStatusName,
  ProblemCategoryName,
  ProblemMoney,
  qrFields,
  WalletName,
  WalletToken,
} from './payment.ts'

const PayerSurface = Type.Enum(PAYER_SURFACES.map((surface) => surface))

export const StartCheckoutAttempt = strict(
  {
    wallet: WalletName,
    surface: PayerSurface,
    token: Type.Optional(WalletToken),
    browser: Type.Optional(BrowserScreen),
  },
  { title: 'StartCheckoutAttempt' },
)

export const OpenWalletSession = strict(
  {
    wallet: WalletName,
    validation_url: Type.String({
      minLength: 1,
      maxLength: 300,
      description: "What the wallet's sheet named; only the wallet's own addresses are taken.",
    }),
  },
  { title: 'OpenWalletSession' },
)

export const WalletSession = strict(
  {
    session: Type.Record(Type.String(), Type.Unknown(), {
      description: "Handed to the wallet's sheet as it is.",
    }),
  },
  { title: 'WalletSession' },
)

export type StartCheckoutAttemptBody = Static<typeof StartCheckoutAttempt>

const problem = {
  category: ProblemCategoryName,
  code: Type.Enum([...PROBLEM_CODE_NAMES]),
  money: ProblemMoney,
}

const attempt = {
  id: id('att'),
  wallet: WalletName,
  surface: Type.String({ description: 'Where the attempt was started.' }),
  status: AttemptStatusName,
  created: Timestamp,
  expires_at: Timestamp,
  chain: nullable(Chain),
  action: nullable(
    Type.String({
      description:
        "Names what the payer's device has to do; another when that changes. Null: nothing. What it is stands in `GET /checkout/v1/attempts/{attempt}`.",
    }),
  ),
}

const picture = {
  svg_url: Type.String({ description: 'Path of the code as a picture.' }),
  test_url: nullable(
    Type.String({ description: "In test mode, where the sandbox's phone scans the code." }),
  ),
}

const Action = Type.Union(
  [
    ...NextActionChoices,
    strict({ ...qrFields, ...picture }),
    strict({ ...addressFields, ...picture }),
  ],
  { title: 'CheckoutNextAction', description: "What the payer's device has to do next." },
)

export const CheckoutAttempt = strict(
  {
    ...attempt,
    next_action: Action,
    problem: nullable(strict({ ...problem, title: Bilingual, text: Bilingual })),
  },
  { title: 'CheckoutAttempt' },
)

const Paid = strict({
  at: Timestamp,
  wallet: WalletName,
  wallet_transaction_id: nullable(Type.String()),
  amount: ZeroOrMore,
  discount: Type.Integer({ minimum: 0, description: 'What the payer did not have to pay.' }),
})

export const CheckoutState = strict(
  {
    id: id('pay'),
    status: PaymentStatusName,
    payable: Type.Boolean({ description: 'The payer can start an attempt now.' }),
    unresolved: Type.Boolean({
      description: "No attempt may start because an earlier one's outcome is open.",
    }),
    retry_at: nullable(Timestamp),
    attempt: nullable(strict({ ...attempt, problem: nullable(strict(problem)) })),
    attempts_left: Type.Integer({ minimum: 0, maximum: 10 }),
    late: Type.Boolean(),
    paid: nullable(Paid),
    expires_at: Timestamp,
    server_time: Timestamp,
    receipt_url: nullable(Type.String()),
    order: Type.String({
      description: 'Names the content of `GET /checkout/v1/order`; another when that changes.',
    }),
  },
  { title: 'CheckoutState' },
)

const Support = strict({
  phone: Type.Optional(Type.String()),
  email: Type.Optional(Type.String()),
  wechat: Type.Optional(Type.String()),
  hours: Type.Optional(Type.String()),
  url: Type.Optional(Type.String()),
})

export const CheckoutOrder = strict(
  {
    livemode: Type.Boolean(),
    amount: Amount,
    currency: Currency,
    title: Type.String(),
    reference: Type.String(),
    items: Type.Array(Item),
    merchant: strict({ name: Type.String(), support: Support }),
    wallets: Type.Array(
      strict({
        name: WalletName,
        display_name: Bilingual,
        surfaces: Type.Array(PayerSurface, {
          description: 'Switched on for this merchant, and able to take this amount.',
        }),
        sheet: nullable(
          strict({
            script: Type.String({ description: "The wallet's own script." }),
            parameters: Type.Record(Type.String(), Type.Unknown(), {
              description: 'What that script is given.',
            }),
          }),
        ),
      }),
    ),
    wallets_ordered: Type.Boolean({
      description: 'The merchant has put the wallets into this order; else the page does.',
    }),
    shared_code: strict(
      {
        url: Type.String(),
        svg_url: Type.String({ description: 'Path of the code as a picture.' }),
      },
      { description: 'One code for every wallet: the scanning app goes on with its own.' },
    ),
    return_url: nullable(Type.String()),
  },
  { title: 'CheckoutOrder' },
)
