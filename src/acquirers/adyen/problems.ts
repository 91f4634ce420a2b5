// Adyen's refusals and errors in the hub's categories (sheet 3.4). Data first.

import type { Problem, ProblemCategory } from '../../wallets/wallet.ts'
import { type Answer, openProblem, problem, textOf } from '../call.ts'

const REFUSALS: Readonly<Record<string, ProblemCategory>> = {
  // Refused, Declined Non Generic, Not Submitted
  '2': 'retry_new',
  '27': 'retry_new',
  '21': 'retry_new',
  // Referral, Authentication required
  '3': 'payer_action',
  '38': 'payer_action',
  // Acquirer Error, Issuer Unavailable
  '4': 'provider_down',
  '9': 'provider_down',
  // Blocked Card, Restricted Card, Revocation of auth
  '5': 'risk_declined',
  '25': 'risk_declined',
  '26': 'risk_declined',
  // Expired Card
  '6': 'payer_action',
  // Invalid Amount
  '7': 'invalid_request',
  // Invalid Card Number, Not supported, Transaction Not Permitted
  '8': 'payer_action',
  '10': 'payer_action',
  '23': 'payer_action',
  // 3-D Secure: Not Authenticated, RReq not received, Authentication Error
  '11': 'payer_action',
  '39': 'payer_action',
  '42': 'payer_action',
  // Not enough balance, Withdrawal amount exceeded, Withdrawal count exceeded
  '12': 'insufficient_funds',
  '28': 'insufficient_funds',
  '29': 'insufficient_funds',
  // Acquirer Fraud, FRAUD, FRAUD-CANCELLED, Issuer Suspected Fraud
  '14': 'risk_declined',
  '20': 'risk_declined',
  '22': 'risk_declined',
  '31': 'risk_declined',
  // Cancelled, Shopper Cancelled
  '15': 'payer_action',
  '16': 'payer_action',
  // PIN related
  '17': 'payer_action',
  '18': 'payer_action',
  '19': 'payer_action',
  '33': 'payer_action',
  '36': 'payer_action',
  // CVC Declined, AVS Declined
  '24': 'payer_action',
  '32': 'payer_action',
  // Blocked by Adyen to prevent excessive retry fees
  '46': 'risk_declined',
}

/** Why a payment was refused. A code that is not known gives no hope for another try. */
export function refusalProblem(code: string | undefined, reason: string | undefined): Problem {
  const known = code !== undefined && Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined
  return problem(known ?? 'risk_declined', code ?? 'no_code', reason)
}

/** The same request, or one with its idempotency key, is under way. */
const IN_PROGRESS = '704'

export type Fault =
  /** Adyen did nothing. */
  | { done: 'nothing'; problem: Problem }
  /** Whether Adyen did it is open. */
  | { done: 'unknown'; problem: Problem }

/** What an answer other than 200 or 201 means. A code that is not known leaves the outcome open. */
export function faultOf(answer: Answer): Fault {
  if (answer.kind === 'silent') {
    return { done: answer.sent ? 'unknown' : 'nothing', problem: openProblem(answer) }
  }
  const code = textOf(answer.body, 'errorCode')
  const told = (category: ProblemCategory) =>
    problem(category, code ?? `http_${answer.status}`, textOf(answer.body, 'message'))
  if (code === IN_PROGRESS) return { done: 'unknown', problem: told('retry_same') }
  switch (answer.status) {
    case 400:
    case 422:
      return { done: 'nothing', problem: told('invalid_request') }
    case 401:
    case 403:
      return { done: 'nothing', problem: told('merchant_config') }
    case 429:
      return { done: 'nothing', problem: told('retry_same') }
    default:
      return { done: 'unknown', problem: told('unknown_outcome') }
  }
}
