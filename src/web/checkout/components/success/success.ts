// Paid: what, to whom, with what, when, and the way back (CK-43).

import { html, nothing, type TemplateResult } from 'lit'
import { receiptFacts, receiptLink } from '../../facts.ts'
import { say, type View } from '../../view.ts'
import { PageElement } from '../element.ts'
import { sign } from '../icons.ts'

export class Success extends PageElement {
  static override properties = { view: { attribute: false }, held: { attribute: false } }

  declare view: View
  /** The money is held and not taken yet. */
  declare held: boolean

  protected override render(): TemplateResult {
    const { view, held } = this
    const { payment } = view
    const facts = receiptFacts(view)
    const receipt = receiptLink(view)
    return html`<div class="screen success">
      ${sign('good')}
      <div class="words">
        <h2 class="screen-title" tabindex="-1">
          ${say(view, held ? 'success.held.heading' : 'success.heading')}
        </h2>
        <p class="screen-text">${say(view, held ? 'success.held.text' : 'success.text')}</p>
      </div>
      ${
        payment.attempt?.chain?.flags.includes('overpaid')
          ? html`<div class="notice"><span>${say(view, 'address.over')}</span></div>`
          : nothing
      }
      <dl class="facts">
        ${facts.map(([key, value]) => html`<dt>${say(view, key)}</dt><dd>${value}</dd>`)}
      </dl>
      <div class="actions">
        ${
          payment.return_url === null
            ? nothing
            : html`<a class="button" href=${payment.return_url} target="_top">
              ${say(view, 'success.back')}
            </a>`
        }
        ${
          receipt === null
            ? nothing
            : html`<a class="button second" href=${receipt} target="_blank" rel="noopener">
              ${say(view, 'success.receipt')}
            </a>`
        }
      </div>
    </div>`
  }
}

customElements.define('tb-success', Success)
