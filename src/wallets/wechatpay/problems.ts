// WeChat Pay's error codes in the hub's categories (sheet section 7). Data first, one lookup below.

import type { Problem, ProblemCategory, ProblemCode } from '../wallet.ts'

/** What the call was about: the same word means different things in different places. */
export type Where =
  /** Makes an order that nobody can pay before they have our answer. */
  | 'prepay'
  /** Takes money by a code that the payer shows, or gives it back. */
  | 'code'
  /** Only asks, or only ends an unpaid order. */
  | 'question'
  | 'refund'
  | 'bill'

interface Meaning {
  category: ProblemCategory
  code?: ProblemCode
}

const MEANINGS: readonly (readonly [Meaning, string])[] = [
  [
    { category: 'invalid_request' },
    'PARAM_ERROR INVALID_REQUEST OPENID_MISMATCH INVALID_TRANSACTIONID',
  ],
  [{ category: 'merchant_config' }, 'APPID_MCHID_NOT_MATCH MCH_NOT_EXISTS USER_ACCOUNT_ABNORMAL'],
  [{ category: 'merchant_config', code: 'merchant_key_wrong' }, 'SIGN_ERROR'],
  [{ category: 'merchant_config', code: 'merchant_permission_missing' }, 'NO_AUTH'],
  [{ category: 'duplicate' }, 'OUT_TRADE_NO_USED'],
  [{ category: 'duplicate', code: 'order_already_paid' }, 'ORDER_PAID'],
  [{ category: 'risk_declined' }, 'RULE_LIMIT ACCOUNT_ERROR REQUEST_BLOCKED'],
  [{ category: 'retry_new' }, 'TRADE_ERROR BUYER_MISMATCH'],
  [{ category: 'retry_new', code: 'order_closed' }, 'ORDER_CLOSED ORDER_REVERSED'],
  [
    { category: 'retry_new', code: 'payer_code_invalid' },
    'AUTH_CODE_EXPIRE AUTH_CODE_ERROR AUTH_CODE_INVALID',
  ],
  [{ category: 'payer_action', code: 'payer_method_unusable' }, 'NOT_SUPORT_CARD'],
  [{ category: 'insufficient_funds' }, 'NOT_ENOUGH'],
  [{ category: 'not_found' }, 'ORDER_NOT_EXIST RESOURCE_NOT_EXISTS NOT_FOUND NO_STATEMENT_EXIST'],
  [
    { category: 'retry_same' },
    'FREQUENCY_LIMITED FREQUENCY_LIMIT RATELIMIT_EXCEEDED STATEMENT_CREATING',
  ],
  [{ category: 'unknown_outcome' }, 'USER_PAYING BANK_ERROR SYSTEM_ERROR'],
]

// Whether the call was taken before the limit struck is not known.
const LIMITED: readonly (readonly [string, ProblemCategory])[] = [
  ['FREQUENCYLIMITED', 'unknown_outcome'],
  ['FREQUENCYLIMIT', 'unknown_outcome'],
  ['RATELIMITEXCEEDED', 'unknown_outcome'],
]

const IN_PLACE: Readonly<Partial<Record<Where, ReadonlyMap<string, ProblemCategory>>>> = {
  // The merchant's balance, not the payer's.
  refund: new Map([['NOTENOUGH', 'merchant_config'], ...LIMITED]),
  code: new Map(LIMITED),
}

/**
 * Numbers behind the last `-` of Request-ID that say more than the code: already paid (twice), and
 * repeated with other parameters. The order behind them stands.
 */
const STANDING_ORDER: ReadonlySet<string> = new Set(['268449538', '268498689', '268498688'])

const BY_WORD: ReadonlyMap<string, Meaning> = new Map(
  MEANINGS.flatMap(([meaning, words]) =>
    words.split(' ').map((word): [string, Meaning] => [bare(word), meaning]),
  ),
)

/** Refused here and now, but the order may have another, older outcome: ask before believing it. */
const ASK_FIRST = ['ORDER_CLOSED', 'ORDER_REVERSED', 'BUYER_MISMATCH'].map(bare)

export interface WalletError {
  status: number
  code?: string | undefined
  message?: string | undefined
  /** The number behind the last `-` of Request-ID. */
  internal?: string | undefined
}

/**
 * The problem behind an error answer. A code that is not in the table is `unknown_outcome` wherever
 * an order may have been made by it, else decided by the class of the HTTP status.
 */
export function problemOf(error: WalletError, where: Where): Problem {
  const { code, message } = error
  const named = code === undefined ? undefined : bare(code)
  const standing = error.internal !== undefined && STANDING_ORDER.has(error.internal)
  const meaning = standing
    ? ({ category: 'duplicate' } satisfies Meaning)
    : meaningOf(named, error.status, where)
  return {
    ...meaning,
    ...(meaning.category === 'unknown_outcome' && { category: openCategory(where) }),
    walletCode: code ?? `HTTP ${error.status}`,
    ...(message === undefined ? {} : { walletMessage: message.slice(0, 500) }),
  }
}

function meaningOf(named: string | undefined, status: number, where: Where): Meaning {
  const inPlace = named === undefined ? undefined : IN_PLACE[where]?.get(named)
  if (inPlace !== undefined) return { category: inPlace }
  const meaning = named === undefined ? undefined : BY_WORD.get(named)
  return meaning ?? { category: byStatus(status, where) }
}

function byStatus(status: number, where: Where): ProblemCategory {
  const clear = where === 'question' || where === 'bill'
  return clear && status >= 400 && status < 500 ? 'invalid_request' : 'unknown_outcome'
}

/** A question that fails on WeChat Pay's side has no outcome to be unsure of. */
function openCategory(where: Where): ProblemCategory {
  return where === 'question' || where === 'bill' ? 'provider_down' : 'unknown_outcome'
}

/** True when this refusal certainly means that the order takes no money, now or later. */
export function isFinalRefusal(problem: Problem): boolean {
  if (isCode(problem, ...ASK_FIRST)) return false
  switch (problem.category) {
    case 'payer_action':
    case 'insufficient_funds':
    case 'risk_declined':
    case 'invalid_request':
    case 'merchant_config':
    case 'retry_same':
    case 'retry_new':
      return true
    case 'not_found':
    case 'duplicate':
    case 'provider_down':
    case 'unknown_outcome':
      return false
  }
}

/** True for one of these codes, in either generation of their spelling. */
export function isCode(problem: Problem | undefined, ...words: string[]): boolean {
  const named = problem?.walletCode === undefined ? undefined : bare(problem.walletCode)
  return named !== undefined && words.some((word) => bare(word) === named)
}

// Two generations of spelling: SYSTEM_ERROR and SYSTEMERROR.
function bare(word: string): string {
  return word.replaceAll('_', '').toUpperCase()
}
