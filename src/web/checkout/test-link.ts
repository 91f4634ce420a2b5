// Where a code leads in test mode: a real phone cannot scan the sandbox's, so the page links to it.

import type { CheckoutAttempt, CheckoutPayment } from '../../http/checkout-types.ts'

/** The code's address, or null in live mode and when its text is no web address. */
export function testLinkOf(payment: CheckoutPayment, attempt: CheckoutAttempt): string | null {
  const action = attempt.next_action
  if (payment.livemode || action.type !== 'qr') return null
  return /^https?:\/\//i.test(action.content) ? action.content : null
}
