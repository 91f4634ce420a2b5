// Who is paid, how much, and for what.

import { html, nothing, type TemplateResult } from 'lit'
import { amountParts, formatAmount } from '../../amount.ts'
import { initialOf, say, type View } from '../../view.ts'
import { PageElement } from '../element.ts'

export class OrderSummary extends PageElement {
  static override properties = { view: { attribute: false }, payable: { attribute: false } }

  declare view: View
  /** False when nothing is left to pay: the amount is then called the order's amount. */
  declare payable: boolean

  protected override render(): TemplateResult {
    const { payment, language } = this.view
    const { text, code } = amountParts(payment.amount, payment.currency, language)
    return html`<section class="order" aria-label=${say(this.view, 'order.label')}>
      <p class="merchant">
        <span class="avatar" aria-hidden="true">${initialOf(payment.merchant.name)}</span>
        <span>${payment.merchant.name}</span>
      </p>
      <div class="order-amount">
        <span class="label">${say(this.view, this.payable ? 'order.amount' : 'order.amountOf')}</span>
        <span class="amount">${text}${code && html` <span class="code">${code}</span>`}</span>
      </div>
      <h1 class="order-title">${payment.title}</h1>
      ${this.items()}
      <dl class="facts order-facts">
        <dt>${say(this.view, 'order.reference')}</dt>
        <dd>${payment.reference}</dd>
      </dl>
    </section>`
  }

  private items(): TemplateResult | typeof nothing {
    const { payment, language, device } = this.view
    if (payment.items.length === 0) return nothing
    return html`<details class="items" ?open=${device.kind === 'desktop'}>
      <summary>${say(this.view, 'order.items')}</summary>
      <ul>
        ${payment.items.map(
          (item) => html`<li>
            <span>
              ${item.name}
              <span class="count">
                ${say(this.view, 'order.quantity', undefined, { count: String(item.quantity) })}
              </span>
            </span>
            <span>${formatAmount(item.amount, payment.currency, language)}</span>
          </li>`,
        )}
      </ul>
    </details>`
  }
}

customElements.define('tb-order-summary', OrderSummary)
