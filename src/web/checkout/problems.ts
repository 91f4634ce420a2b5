// What the page offers for each problem (PRODUCT section 5). Data; the words are translations.

import type { CheckoutProblem, ProblemCategory } from '../../http/checkout-types.ts'

export type Remedy = 'continue' | 'again' | 'other' | 'wait' | 'result' | 'back' | 'help'

export interface ProblemAdvice {
  money: 'no' | 'maybe'
  /** First one is the primary action. */
  remedies: readonly Remedy[]
}

export const PROBLEM_ADVICE: Record<ProblemCategory, ProblemAdvice> = {
  payer_action: { money: 'no', remedies: ['continue', 'other'] },
  retry_same: { money: 'maybe', remedies: ['wait'] },
  retry_new: { money: 'no', remedies: ['again', 'other'] },
  merchant_config: { money: 'no', remedies: ['other', 'help'] },
  risk_declined: { money: 'no', remedies: ['other', 'help'] },
  insufficient_funds: { money: 'no', remedies: ['again', 'other'] },
  unknown_outcome: { money: 'maybe', remedies: ['wait', 'help'] },
  provider_down: { money: 'no', remedies: ['other', 'again'] },
  duplicate: { money: 'maybe', remedies: ['result'] },
  not_found: { money: 'no', remedies: ['back'] },
  invalid_request: { money: 'no', remedies: ['help'] },
}

/**
 * The category whose words may be shown. When the hub does not know whether money moved, words that
 * say "no money was taken" are never chosen (CK-37).
 */
export function shownCategory(problem: CheckoutProblem): ProblemCategory {
  const promises = PROBLEM_ADVICE[problem.category].money === 'no'
  return promises && problem.money === 'maybe' ? 'unknown_outcome' : problem.category
}
