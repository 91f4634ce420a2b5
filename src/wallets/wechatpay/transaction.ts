// A transaction as WeChat Pay tells it, in an answer or a notification, as an observation.

import { isObject, type JsonObject, parseJsonObject, scanObject } from '../../encoding/json.ts'
import { isCurrency, type Money } from '../../money.ts'
import type { Observation, ObservedStatus, Problem, Surface } from '../wallet.ts'
import { readTime } from './time.ts'

export const CURRENCY = 'CNY'

/** Why something that is certainly from WeChat Pay is not believed before it was asked about. */
export type Doubt =
  | 'duplicate_keys'
  | 'mchid_mismatch'
  | 'appid_mismatch'
  | 'reference_mismatch'
  | 'type_mismatch'
  | 'bad_amount_type'
  | 'currency_mismatch'
  | 'missing_field'
  | 'unknown_state'

/** What an answer or notification has to agree with. */
export interface Expected {
  mchid: string
  /** The order's application; in a notification any that the account has. */
  appIds: readonly string[]
  /** Our number; in a notification any. */
  walletReference?: string
  surface?: Surface
}

export interface Transaction {
  observation: Observation
  doubt?: Doubt
}

/**
 * Reads one transaction (sheet 3.2, section 6). What contradicts the expectation, or cannot be read
 * exactly, is `unknown` with the doubt as its reason: never a success, never a failure.
 */
export function readTransaction(
  text: string,
  source: Observation['source'],
  expected: Expected,
): Transaction {
  const fields = parseJsonObject(text)
  if (fields === undefined) return doubtful(source, 'duplicate_keys')
  const walletReference = textOf(fields, 'out_trade_no')
  const about = defined({ walletReference })
  const mismatch = mismatchOf(fields, expected)
  if (mismatch) return doubtful(source, mismatch, about)
  const state = textOf(fields, 'trade_state')
  const status = statusOf(fields, expected.surface)
  const observation: Observation = {
    source,
    ...about,
    ...factsOf(fields),
    status,
    ...defined({ walletStatus: state }),
  }
  const amount = readAmount(text)
  if (status === 'succeeded') {
    if ('doubt' in amount) return doubtful(source, amount.doubt, about)
    const stated = walletReference !== undefined && observation.walletTransactionId !== undefined
    if (!stated || amount.money === undefined) return doubtful(source, 'missing_field', about)
    return { observation: { ...observation, money: amount.money } }
  }
  if (status === 'unknown') return doubtful(source, 'unknown_state', about)
  // An order's amount says nothing of money taken, but another one is a contradiction all the same.
  const money = 'doubt' in amount ? undefined : amount.money
  const problem = status === 'failed' ? { problem: failureOf(fields) } : {}
  return { observation: { ...observation, ...defined({ money }), ...problem } }
}

function mismatchOf(fields: JsonObject, expected: Expected): Doubt | undefined {
  if (textOf(fields, 'mchid') !== expected.mchid) return 'mchid_mismatch'
  const reference = expected.walletReference
  if (reference !== undefined && textOf(fields, 'out_trade_no') !== reference) {
    return 'reference_mismatch'
  }
  return expected.appIds.includes(textOf(fields, 'appid') ?? '') ? undefined : 'appid_mismatch'
}

/** The observation of a doubt: it names the order, so that it is asked about, and nothing else. */
export function doubtful(
  source: Observation['source'],
  doubt: Doubt,
  about: Partial<Observation> = {},
): Transaction {
  const problem: Problem = { category: 'unknown_outcome', walletMessage: doubt }
  return { doubt, observation: { source, ...about, status: 'unknown', problem } }
}

type Amount = { money?: Money } | { doubt: Doubt }

/**
 * `amount.total` exactly as it is written: a JSON number loses digits above 2^53, and a text, a
 * fraction or an exponent is no amount. What the payer paid (`payer_total`) may be less by a coupon.
 */
function readAmount(text: string): Amount {
  const raw = scanObject(text)?.get('amount')
  const members = raw === undefined ? undefined : scanObject(raw)
  if (members === undefined) return raw === undefined ? {} : { doubt: 'bad_amount_type' }
  const total = members.get('total')
  if (total === undefined) return {}
  if (!/^(?:0|[1-9]\d{0,29})$/.test(total)) return { doubt: 'bad_amount_type' }
  const rawCurrency = members.get('currency')
  const currency = rawCurrency === undefined ? CURRENCY : JSON.parse(rawCurrency)
  if (typeof currency !== 'string' || !isCurrency(currency)) return { doubt: 'currency_mismatch' }
  return { money: { amount: BigInt(total), currency } }
}

function statusOf(fields: JsonObject, surface: Surface | undefined): ObservedStatus {
  switch (textOf(fields, 'trade_state')) {
    case 'NOTPAY':
      return surface === 'barcode' ? 'processing' : 'requires_action'
    case 'USERPAYING':
    case 'ACCEPT':
      return 'processing'
    // REFUND says that a refund was asked for, even one that failed; the payment stands.
    case 'SUCCESS':
    case 'REFUND':
      return 'succeeded'
    case 'CLOSED':
      return 'closed'
    case 'REVOKED':
      return textOf(fields, 'success_time') === undefined ? 'closed' : 'reversed'
    case 'PAYERROR':
      return 'failed'
    default:
      return 'unknown'
  }
}

function factsOf(fields: JsonObject): Partial<Observation> {
  const successTime = textOf(fields, 'success_time')
  const { payer } = fields
  return defined({
    walletTransactionId: textOf(fields, 'transaction_id'),
    receiver: textOf(fields, 'mchid'),
    paidAt: successTime === undefined ? undefined : readTime(successTime),
    payerId: isObject(payer) ? textOf(payer, 'openid') : undefined,
  })
}

function failureOf(fields: JsonObject): Problem {
  const words = textOf(fields, 'trade_state_desc')
  return {
    category: 'retry_new',
    walletCode: textOf(fields, 'trade_state') ?? '',
    ...defined({ walletMessage: words?.slice(0, 500) }),
  }
}

/** A member that is a string, not blank, and holds nothing that no database can store. */
export function textOf(fields: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return value.isWellFormed() && !value.includes('\0') ? value : undefined
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The same object without the members that are undefined. */
export function defined<T extends object>(members: T): Defined<T> {
  const kept: Defined<T> = {}
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) Object.assign(kept, { [name]: value })
  }
  return kept
}
