// What a problem means for the payer's money.

import type { ProblemCategory } from '../wallets/wallet.ts'

const MAY_HAVE_MOVED: Record<ProblemCategory, boolean> = {
  payer_action: false,
  insufficient_funds: false,
  risk_declined: false,
  invalid_request: false,
  merchant_config: false,
  not_found: false,
  duplicate: true,
  retry_same: true,
  retry_new: false,
  provider_down: false,
  unknown_outcome: true,
}

/** False only where it is certain that no money was taken (PRODUCT section 5). */
export function moneyMayHaveMoved(category: ProblemCategory): boolean {
  return MAY_HAVE_MOVED[category]
}
