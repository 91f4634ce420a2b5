// Checkout.com's response codes and errors in the hub's categories (sheet 5.2). Data first.

import type { JsonObject } from '../../encoding/json.ts'
import type { Problem, ProblemCategory } from '../../wallets/wallet.ts'
import { type Answer, openProblem, problem, textOf } from '../call.ts'

const CODES: Readonly<Record<string, ProblemCategory>> = {
  // Insufficient funds
  '20051': 'insufficient_funds',
  // Expired card, bad CVV, Strong Customer Authentication asked for
  '20054': 'payer_action',
  '20087': 'payer_action',
  '20154': 'payer_action',
  // Do not honor, response received too late
  '20005': 'retry_new',
  '20068': 'retry_new',
}

/** By the first two digits: soft declines allow another try, hard ones and risk do not. */
const RANGES: Readonly<Record<string, ProblemCategory>> = {
  '20': 'retry_new',
  '30': 'risk_declined',
  '40': 'risk_declined',
}

/** Why a payment was declined. A code that is not known gives no hope for another try. */
export function declineProblem(code: string | undefined, summary: string | undefined): Problem {
  const exact = code !== undefined && Object.hasOwn(CODES, code) ? CODES[code] : undefined
  const range = /^\d{5}$/.test(code ?? '') ? RANGES[(code ?? '').slice(0, 2)] : undefined
  return problem(exact ?? range ?? 'risk_declined', code ?? 'no_code', summary)
}

export type Fault =
  /** Checkout.com did nothing. */
  | { done: 'nothing'; problem: Problem }
  /** Not allowed in this state: asking tells. */
  | { done: 'earlier'; problem: Problem }
  /** Whether Checkout.com did it is open. */
  | { done: 'unknown'; problem: Problem }

/** What an answer other than 2xx means. One that is not known leaves the outcome open. */
export function faultOf(answer: Answer): Fault {
  if (answer.kind === 'silent') {
    return { done: answer.sent ? 'unknown' : 'nothing', problem: openProblem(answer) }
  }
  const code = firstErrorCode(answer.body) ?? textOf(answer.body, 'error_type')
  const told = (category: ProblemCategory) => problem(category, code ?? `http_${answer.status}`)
  switch (answer.status) {
    case 400:
    case 422:
      return { done: 'nothing', problem: told('invalid_request') }
    case 401:
      return { done: 'nothing', problem: told('merchant_config') }
    case 403:
      return { done: 'earlier', problem: told('merchant_config') }
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

function firstErrorCode(body: JsonObject): string | undefined {
  const codes = body.error_codes
  return Array.isArray(codes) && typeof codes[0] === 'string' ? codes[0] : undefined
}
