// Where a code leads in test mode: a real phone cannot scan the sandbox's, so the page links to it.

import type { CheckoutAttempt, CheckoutPayment } from '../../http/checkout-types.ts'

/** The sandbox's phone with this code, or null in live mode and for what is no web address. */
export function testLinkOf(
  { livemode }: CheckoutPayment,
  { next_action: action }: CheckoutAttempt,
): string | null {
  if (livemode) return null
  const url = action.type === 'qr' || action.type === 'address' ? action.test_url : null
  return url !== null && /^https?:\/\//i.test(url) ? url : null
}
