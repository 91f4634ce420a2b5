// Stripe's API on the wire: pairs of requests, and objects as observations (sheet section 4).

import { type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import type { Money } from '../../money.ts'
import type { AttemptOrder, NextAction, Observation } from '../../wallets/wallet.ts'
import type { CardObservation, CardOrder, ChangeObservation, NetworkToken } from '../acquirer.ts'
import { type AmountRules, fromUnits, toUnits } from '../amounts.ts'
import { objectOf, problem, textOf, unitsOf, wordOf } from '../call.ts'
import type { Pairs } from './gateway.ts'
import { declineProblem } from './problems.ts'

/**
 * Stripe counts the ariary without decimals, the króna and the Ugandan shilling with two that are
 * always 00, and takes three-decimal amounts only when they end in 0. At most eight digits.
 */
export const amountRules: AmountRules = {
  decimals: { MGA: 0, ISK: 2, UGX: 2 },
  without: ['BTC', 'CUP', 'IQD', 'IRR', 'KPW', 'LYD', 'SDG', 'SVC', 'SYP', 'VED', 'VES'],
  steps: { BHD: 10n, JOD: 10n, KWD: 10n, OMR: 10n, TND: 10n },
  max: 99_999_999n,
}

/** The pairs of `POST /v1/tokens` for Apple Pay; undefined for a text that is no payment data. */
export function appleTokenPairs(credential: {
  token: string
  displayName?: string
  network?: string
}): Pairs | undefined {
  const header = objectOf(parseJsonObject(credential.token), 'header')
  const transactionId = textOf(header, 'transactionId')
  if (transactionId === undefined) return undefined
  const { displayName, network } = credential
  return [
    ['pk_token', credential.token],
    ...pair('pk_token_instrument_name', displayName),
    ...pair('pk_token_payment_network', network),
    ['pk_token_transaction_id', transactionId],
  ]
}

function pair(name: string, value: string | undefined): Pairs {
  return value === undefined ? [] : [[name, value]]
}

/** The number of the token that Google's sheet got from Stripe. */
export function googleTokenId(token: string): string | undefined {
  const id = textOf(parseJsonObject(token), 'id')
  return id !== undefined && /^tok_[A-Za-z0-9_]{1,250}$/.test(id) ? id : undefined
}

/** What creates and confirms an intent in one call; undefined where the amount cannot be said. */
export function intentPairs(
  order: CardOrder,
  card: { tokenId: string } | NetworkToken,
): Pairs | undefined {
  const start = amountPairs(order)
  if (!start) return undefined
  return [
    ...start,
    ['capture_method', order.capture],
    ['confirm', 'true'],
    // The name since version 2026-09-30 (changelog of the official library, 23.0.0): the older
    // `payment_method_types` is no parameter of this version any more.
    ['allowed_payment_method_types[0]', 'card'],
    ['payment_method_data[type]', 'card'],
    ...('tokenId' in card
      ? pair('payment_method_data[card][token]', card.tokenId)
      : networkTokenPairs(card)),
    [`metadata[${METADATA}]`, order.walletReference],
    ['return_url', order.returnUrl],
  ]
}

/** Amount and currency alone. */
export function amountPairs(order: AttemptOrder): Pairs | undefined {
  const units = toUnits(amountRules, order.money)
  return units === undefined
    ? undefined
    : [
        ['amount', units.toString()],
        ['currency', order.money.currency.toLowerCase()],
      ]
}

function networkTokenPairs(token: NetworkToken): Pairs {
  const expiry: Pairs = [
    ['exp_month', String(token.expiry.month)],
    ['exp_year', String(token.expiry.year)],
  ]
  const card = 'payment_method_data[card]'
  const options = 'payment_method_options[card][network_token]'
  return [
    ...expiry.map(([name, value]) => [`${card}[${name}]`, value] as const),
    [`${card}[last4]`, token.number.slice(-4)],
    [`${card}[network_token][number]`, token.number],
    ...expiry.map(([name, value]) => [`${card}[network_token][${name}]`, value] as const),
    [`${card}[network_token][tokenization_method]`, METHODS[token.wallet]],
    [`${options}[cryptogram]`, token.cryptogram],
    ...pair(`${options}[electronic_commerce_indicator]`, token.eci?.padStart(2, '0')),
  ]
}

const METHODS = { applepay: 'apple_pay', googlepay: 'google_pay_dpan' } as const

/** Names the attempt in the metadata of everything that belongs to it. */
export const METADATA = 'tongbao_payment'
export const REFUND_METADATA = 'tongbao_refund'

export function referenceOf(object: JsonObject | undefined, name = METADATA): string | undefined {
  return textOf(objectOf(object, 'metadata'), name)
}

export function moneyOf(object: JsonObject, member: string): Money | undefined {
  const units = unitsOf(object, member)
  const currency = textOf(object, 'currency')
  if (units === undefined || currency === undefined) return undefined
  return fromUnits(amountRules, units, currency.toUpperCase())
}

/** What an intent says. Its reference has been compared by the caller. */
export function readIntent(intent: JsonObject, source: Observation['source']): CardObservation {
  const status = wordOf(intent, 'status')
  const [id, reference] = [textOf(intent, 'id'), referenceOf(intent)]
  const ordered = moneyOf(intent, 'amount')
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
    problem: problem('unknown_outcome', status),
  })
  switch (status) {
    case 'succeeded': {
      const money = moneyOf(intent, 'amount_received')
      const refunded = moneyOf(objectOf(intent, 'latest_charge') ?? {}, 'amount_refunded')
      if (!money) return open()
      return { ...seen, status: 'succeeded', money, ...(refunded && { refundedTotal: refunded }) }
    }
    case 'requires_capture': {
      const authorized = moneyOf(intent, 'amount_capturable')
      return { ...seen, status: 'processing', ...(authorized && { authorized }) }
    }
    case 'processing':
      return { ...seen, status: 'processing' }
    case 'requires_action': {
      const nextAction = readAction(objectOf(intent, 'next_action'))
      return nextAction ? { ...seen, status: 'requires_action', nextAction } : open()
    }
    case 'requires_payment_method': {
      const error = objectOf(intent, 'last_payment_error')
      const cause = error ? declineProblem(error) : problem('retry_new', status)
      return { ...seen, status: 'failed', problem: cause }
    }
    case 'canceled':
      return { ...seen, status: 'closed' }
    default:
      return open()
  }
}

function readAction(action: JsonObject | undefined): NextAction | undefined {
  const url = textOf(objectOf(action, 'redirect_to_url'), 'url')
  if (action?.type !== 'redirect_to_url' || url === undefined || !URL.canParse(url)) {
    return undefined
  }
  return /^https?:$/.test(new URL(url).protocol) ? { type: 'redirect', url } : undefined
}

/** What a refund says. */
export function readRefund(
  refund: JsonObject,
  source: ChangeObservation['source'],
): ChangeObservation {
  const status = wordOf(refund, 'status')
  const reference = referenceOf(refund, REFUND_METADATA)
  const [id, intent] = [textOf(refund, 'id'), textOf(refund, 'payment_intent')]
  const money = moneyOf(refund, 'amount')
  const read = REFUND_STATUSES.get(status ?? '') ?? 'unknown'
  return {
    source,
    change: 'refund',
    status: read,
    ...(reference !== undefined && { reference }),
    ...(id !== undefined && { walletChangeId: id }),
    ...(intent !== undefined && { walletTransactionId: intent }),
    ...(money && { money }),
    ...(status !== undefined && { walletStatus: status }),
    ...(read === 'failed' && {
      problem: problem('retry_new', textOf(refund, 'failure_reason') ?? status),
    }),
    ...(read === 'unknown' && { problem: problem('unknown_outcome', status) }),
  }
}

const REFUND_STATUSES: ReadonlyMap<string, ChangeObservation['status']> = new Map([
  ['pending', 'pending'],
  ['requires_action', 'pending'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
])
