// In test mode a code leads to the sandbox's phone: a real one cannot scan it.

import { html, nothing, type TemplateResult } from 'lit'
import type { CheckoutAttempt } from '../../../http/checkout-types.ts'
import { testLinkOf } from '../test-link.ts'
import { say, type View } from '../view.ts'

export function testLink(
  view: View,
  attempt: CheckoutAttempt | null,
): TemplateResult | typeof nothing {
  const url = attempt && testLinkOf(view.payment, attempt)
  if (!url) return nothing
  return html`<p class="qr-test">
    <span>${say(view, 'qr.test.label')}</span>
    <a class="link" href=${url} target="_blank" rel="noopener">${say(view, 'qr.test.open')}</a>
  </p>`
}
