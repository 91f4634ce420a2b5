// Stripe's decline codes and errors in the hub's categories (sheet 4.4). Data first.

import type { Problem, ProblemCategory } from '../../wallets/wallet.ts'
import { type Answer, objectOf, openProblem, problem, textOf } from '../call.ts'

const DECLINES: readonly (readonly [ProblemCategory, string])[] = [
  [
    'insufficient_funds',
    'insufficient_funds withdrawal_count_limit_exceeded card_velocity_exceeded',
  ],
  [
    'payer_action',
    `authentication_required authentication_not_handled expired_card
    incorrect_number incorrect_cvc incorrect_zip incorrect_address incorrect_pin
    invalid_account invalid_amount invalid_cvc invalid_expiry_month invalid_expiry_year
    invalid_number invalid_pin offline_pin_required online_or_offline_pin_required
    payment_intent_authentication_failure pin_try_exceeded`,
  ],
  [
    'risk_declined',
    `lost_card stolen_card fraudulent merchant_blacklist pickup_card restricted_card
    security_violation stop_payment_order revocation_of_authorization
    revocation_of_all_authorizations`,
  ],
  [
    'retry_new',
    `generic_decline card_declined do_not_honor call_issuer transaction_not_allowed
    card_not_supported currency_not_supported new_account_information_available
    no_action_taken not_permitted service_not_allowed do_not_try_again approve_with_id
    try_again_later processing_error issuer_not_available reenter_transaction
    duplicate_transaction testmode_decline live_mode_test_card`,
  ],
]

const BY_CODE: ReadonlyMap<string, ProblemCategory> = new Map(
  DECLINES.flatMap(([category, codes]) =>
    codes.split(/\s+/).map((code): [string, ProblemCategory] => [code, category]),
  ),
)

/** Why a card was declined. A code that is not known gives no hope for another try. */
export function declineProblem(error: Parameters<typeof textOf>[0]): Problem {
  const [decline, code] = [textOf(error, 'decline_code'), textOf(error, 'code')]
  const word = decline ?? code
  const category = (word !== undefined && BY_CODE.get(word)) || 'risk_declined'
  return problem(category, word ?? 'no_code', textOf(error, 'message'))
}

export type Fault =
  /** The card was declined: money did not move. */
  | { done: 'declined'; problem: Problem }
  /** Stripe did nothing. */
  | { done: 'nothing'; problem: Problem }
  /** It is not in a state in which this can be done: asking tells. */
  | { done: 'earlier'; problem: Problem }
  /** Whether Stripe did it is open. */
  | { done: 'unknown'; problem: Problem }

/** The object has moved on since: the state decides, not this answer. */
const EARLIER = [
  'payment_intent_unexpected_state',
  'charge_already_refunded',
  'charge_already_captured',
]

/** What an answer other than 200 means. One that is not known leaves the outcome open. */
export function faultOf(answer: Answer): Fault {
  if (answer.kind === 'silent') {
    return { done: answer.sent ? 'unknown' : 'nothing', problem: openProblem(answer) }
  }
  const error = objectOf(answer.body, 'error')
  const [type, code] = [textOf(error, 'type'), textOf(error, 'code')]
  const told = (category: ProblemCategory) =>
    problem(category, code ?? type ?? `http_${answer.status}`, textOf(error, 'message'))
  switch (answer.status) {
    case 402:
      return type === 'card_error'
        ? { done: 'declined', problem: declineProblem(error) }
        : { done: 'unknown', problem: told('unknown_outcome') }
    case 400:
      // The key was used with other content, so something was asked for under it.
      if (type === 'idempotency_error') {
        return { done: 'unknown', problem: told('invalid_request') }
      }
      return code !== undefined && EARLIER.includes(code)
        ? { done: 'earlier', problem: told('duplicate') }
        : { done: 'nothing', problem: told('invalid_request') }
    case 401:
    case 403:
      return { done: 'nothing', problem: told('merchant_config') }
    case 404:
      return { done: 'nothing', problem: told('not_found') }
    case 409:
      return { done: 'unknown', problem: told('retry_same') }
    case 429:
      return { done: 'nothing', problem: told('retry_same') }
    default:
      return { done: 'unknown', problem: told('unknown_outcome') }
  }
}
