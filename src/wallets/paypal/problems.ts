// PayPal's issues in the hub's categories ("Orders v2 errors"). Data first, one lookup below.

import { isObject, type JsonObject } from '../../encoding/json.ts'
import type { Problem, ProblemCategory, ProblemCode } from '../wallet.ts'

/** `money`: the call may have moved money. `question`: it only asks, or only begins an order. */
export type CallKind = 'money' | 'question'

type Entry = readonly [ProblemCategory, ProblemCode | undefined, string]

const TABLE: readonly Entry[] = [
  ['payer_action', 'payer_action_needed', 'ORDER_NOT_APPROVED PAYER_ACTION_REQUIRED'],
  [
    'payer_action',
    'payer_method_unusable',
    'INSTRUMENT_DECLINED PAYER_CANNOT_PAY REDIRECT_PAYER_FOR_ALTERNATE_FUNDING',
  ],
  [
    'payer_action',
    'payer_account_restricted',
    'PAYER_ACCOUNT_RESTRICTED PAYER_ACCOUNT_LOCKED_OR_CLOSED',
  ],
  ['payer_action', 'payer_limit_reached', 'TRANSACTION_LIMIT_EXCEEDED'],
  [
    'risk_declined',
    'risk_declined',
    'TRANSACTION_REFUSED COMPLIANCE_VIOLATION DECLINED_DUE_TO_RELATED_TXN',
  ],
  ['retry_new', 'attempt_unusable', 'MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED'],
  ['merchant_config', 'merchant_limit_reached', 'TRANSACTION_RECEIVING_LIMIT_EXCEEDED'],
  [
    'merchant_config',
    'merchant_setting_wrong',
    `PAYEE_BLOCKED_TRANSACTION TRANSACTION_BLOCKED_BY_PAYEE PAYEE_ACCOUNT_RESTRICTED
    PAYEE_ACCOUNT_LOCKED_OR_CLOSED PAYEE_ACCOUNT_INVALID PAYEE_ACCOUNT_NOT_SUPPORTED
    PAYEE_ACCOUNT_NOT_VERIFIED PAYEE_NOT_CONSENTED DOMESTIC_TRANSACTION_REQUIRED CONSENT_NEEDED`,
  ],
  ['merchant_config', 'merchant_permission_missing', 'PERMISSION_DENIED NOT_AUTHORIZED'],
  [
    'merchant_config',
    'merchant_key_wrong',
    'AUTHENTICATION_FAILURE invalid_client invalid_token unauthorized_client',
  ],
  [
    'invalid_request',
    'request_invalid',
    `INVALID_PARAMETER_VALUE MISSING_REQUIRED_PARAMETER INVALID_STRING_LENGTH INVALID_STRING_MIN_LENGTH
    INVALID_STRING_MAX_LENGTH INVALID_PARAMETER_SYNTAX INVALID_PARAMETER MALFORMED_REQUEST_JSON
    INVALID_CURRENCY_CODE DECIMAL_PRECISION CANNOT_BE_ZERO_OR_NEGATIVE CURRENCY_NOT_SUPPORTED
    UNSUPPORTED_INTENT AMOUNT_MISMATCH MAX_VALUE_EXCEEDED INCOMPATIBLE_PARAMETER_VALUE
    RETURN_URL_REQUIRED CANCEL_URL_REQUIRED NOT_SUPPORTED`,
  ],
  ['duplicate', 'order_already_paid', 'ORDER_ALREADY_CAPTURED'],
  ['duplicate', 'order_duplicate', 'DUPLICATE_INVOICE_ID'],
  ['not_found', 'order_not_found', 'RESOURCE_NOT_FOUND INVALID_RESOURCE_ID'],
  ['retry_same', 'temporarily_refused', 'RATE_LIMIT_REACHED ORDER_COMPLETION_IN_PROGRESS'],
]

const BY_WORD: ReadonlyMap<string, Entry> = new Map(
  TABLE.flatMap((entry) => entry[2].split(/\s+/).map((word): [string, Entry] => [word, entry])),
)

/**
 * The problem behind an error. PayPal adds issues without notice: one that is not in the table is
 * `unknown_outcome` where money could have moved.
 */
export function problemOf(
  { status, body }: { status: number; body: JsonObject },
  kind: CallKind,
): Problem {
  const known = status < 500 ? wordsOf(body).find((word) => BY_WORD.has(word)) : undefined
  const [category, code] = BY_WORD.get(known ?? '') ?? [open(status, kind), undefined]
  const [first] = wordsOf(body)
  const message = messageOf(body)
  return {
    category,
    ...(code !== undefined && { code }),
    walletCode: (known ?? first ?? `http_${status}`).slice(0, 100),
    ...(message !== undefined && { walletMessage: message.slice(0, 500) }),
  }
}

function open(status: number, kind: CallKind): ProblemCategory {
  if (status === 429) return 'retry_same'
  return kind === 'question' && status >= 500 ? 'provider_down' : 'unknown_outcome'
}

/** True for one of these issues. */
export function isIssue(problem: Problem, ...words: string[]): boolean {
  return problem.walletCode !== undefined && words.includes(problem.walletCode)
}

/** True when this refusal of a capture means that the order takes no money, now or later. */
export function isDecline(problem: Problem): boolean {
  if (isIssue(problem, 'ORDER_NOT_APPROVED', 'PAYER_ACTION_REQUIRED')) return false
  // What the merchant can mend may succeed afterwards, but PayPal's word on this payee may not.
  if (problem.code === 'merchant_limit_reached' || problem.code === 'merchant_setting_wrong') {
    return true
  }
  return ['payer_action', 'risk_declined', 'retry_new'].includes(problem.category)
}

/** The issues, the most exact first; errors of the token endpoint name theirs in `error`. */
function wordsOf(body: JsonObject): string[] {
  const details = Array.isArray(body.details) ? body.details.filter(isObject) : []
  const words = [...details.map(({ issue }) => issue), body.name, body.error]
  return words.filter((word) => typeof word === 'string')
}

function messageOf(body: JsonObject): string | undefined {
  const details = Array.isArray(body.details) ? body.details.filter(isObject) : []
  const words = [details[0]?.description, body.message, body.error_description]
  return words.find((word) => typeof word === 'string')
}
