// Checkout.com's API on the wire: bodies of requests, and payments as observations (sheet 5).

import { type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import type { Money } from '../../money.ts'
import type { Observation } from '../../wallets/wallet.ts'
import type { CardObservation, CardOrder, Credential } from '../acquirer.ts'
import { type AmountRules, fromUnits, toUnits } from '../amounts.ts'
import { objectOf, problem, textOf, unitsOf, wordOf } from '../call.ts'
import type { CheckoutcomAccount } from './account.ts'
import { declineProblem } from './problems.ts'

/** The Chilean peso is counted with two decimals that are always 00. */
export const amountRules: AmountRules = {
  decimals: { CLP: 2 },
  without: ['BTC', 'CUP', 'IRR', 'KPW', 'MGA', 'SDG', 'SVC', 'SYP', 'UGX', 'VED', 'VES'],
  max: 999_999_999n,
}

const REFERENCE = 'tongbao_payment'

/** The body of `POST /tokens`; undefined for a text that is no token. */
export function tokenBody(
  credential: Exclude<Credential, { type: 'network_token' }>,
): JsonObject | undefined {
  const data = parseJsonObject(credential.token)
  return data && { type: credential.type, token_data: data }
}

/** How the card is charged: by a token of Checkout.com, or by what the hub decrypted. */
export interface Source {
  body: JsonObject
  /** Undefined where 3-D Secure does not come into question. */
  threeDs: boolean | undefined
}

/** A token of a device has been confirmed there; everything else needs 3-D Secure. */
export function tokenSource(answer: JsonObject): Source | undefined {
  const token = textOf(answer, 'token')
  if (token === undefined) return undefined
  return { body: { type: 'token', token }, threeDs: answer.token_format !== 'cryptogram_3ds' }
}

export function networkTokenSource(token: Extract<Credential, { type: 'network_token' }>): Source {
  return {
    body: {
      type: 'network_token',
      token: token.number,
      token_type: token.wallet,
      expiry_month: token.expiry.month,
      expiry_year: token.expiry.year,
      cryptogram: token.cryptogram,
      ...(token.eci !== undefined && { eci: token.eci.padStart(2, '0') }),
    },
    threeDs: undefined,
  }
}

/** The body of `POST /payments`; undefined where the amount cannot be said. */
export function paymentBody(
  account: CheckoutcomAccount,
  order: CardOrder,
  source: Source,
): JsonObject | undefined {
  const units = toUnits(amountRules, order.money)
  if (units === undefined) return undefined
  return {
    source: source.body,
    amount: Number(units),
    currency: order.money.currency,
    capture: order.capture === 'automatic',
    reference: order.walletReference,
    processing_channel_id: account.processingChannelId,
    ...(source.threeDs === false && { '3ds': { enabled: false } }),
    ...(source.threeDs === true && {
      '3ds': { enabled: true, attempt_n3d: false },
      success_url: order.returnUrl,
      failure_url: order.returnUrl,
    }),
    metadata: { [REFERENCE]: order.walletReference },
  }
}

/** Our number of the attempt: the reference of a later action is that action's own. */
export function referenceOf(payment: JsonObject): string | undefined {
  return textOf(objectOf(payment, 'metadata'), REFERENCE) ?? textOf(payment, 'reference')
}

export function moneyOf(object: JsonObject, units = unitsOf(object, 'amount')): Money | undefined {
  const currency = textOf(object, 'currency')
  if (units === undefined || currency === undefined) return undefined
  return fromUnits(amountRules, units, currency)
}

/** What a payment says. Its reference has been compared by the caller. */
export function readPayment(payment: JsonObject, source: Observation['source']): CardObservation {
  const status = wordOf(payment, 'status')
  const [id, reference] = [textOf(payment, 'id'), referenceOf(payment)]
  const balances = objectOf(payment, 'balances')
  const ordered = moneyOf(payment)
  const seen = {
    source,
    ...(reference !== undefined && { walletReference: reference }),
    ...(id !== undefined && { walletTransactionId: id }),
    ...(status !== undefined && { walletStatus: status }),
    ...(ordered && { money: ordered }),
  }
  const open = (): CardObservation => ({
    ...seen,
    status: 'unknown',
    problem: problem('unknown_outcome', textOf(payment, 'response_code') ?? status),
  })
  switch (status) {
    case 'Pending': {
      const url = textOf(objectOf(objectOf(payment, '_links'), 'redirect'), 'href')
      const shown = url !== undefined && URL.canParse(url) && /^https?:/.test(url)
      return {
        ...seen,
        status: 'requires_action',
        ...(shown && { nextAction: { type: 'redirect' as const, url } }),
      }
    }
    case 'Authorized':
      if (payment.approved === false) return open()
      return { ...seen, status: 'processing', ...(ordered && { authorized: ordered }) }
    case 'Captured':
    case 'Partially Captured':
    case 'Partially Refunded':
    case 'Refunded':
    case 'Paid': {
      const taken = moneyOf(payment, unitsOf(balances, 'total_captured')) ?? ordered
      const back = moneyOf(payment, unitsOf(balances, 'total_refunded'))
      const refunded = back && back.amount > 0n ? { refundedTotal: back } : {}
      return taken ? { ...seen, status: 'succeeded', money: taken, ...refunded } : open()
    }
    case 'Declined':
      if (payment.approved === true) return open()
      return {
        ...seen,
        status: 'failed',
        problem: declineProblem(
          textOf(payment, 'response_code'),
          textOf(payment, 'response_summary'),
        ),
      }
    case 'Voided':
    case 'Canceled':
    case 'Expired':
      return { ...seen, status: 'closed' }
    default:
      return open()
  }
}
