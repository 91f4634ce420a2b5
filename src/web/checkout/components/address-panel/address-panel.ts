// What to send to which address, and how far it has come (CK-29).

import { html, nothing, type TemplateResult } from 'lit'
import {
  type AddressAction,
  type AddressScreen,
  addressTexts,
  bitcoins,
  decimalOf,
  groupsOf,
  hasVanished,
  payableAddress,
  phaseOf,
  rateText,
} from '../../address.ts'
import { formatAmount, formatCountdown } from '../../amount.ts'
import { choicesFor } from '../../choices.ts'
import { say, type View } from '../../view.ts'
import { copyButton } from '../copy.ts'
import { PageElement } from '../element.ts'
import { logo } from '../icons.ts'
import { testLink } from '../test-link.ts'

const MOST_STEPS = 6

export class AddressPanel extends PageElement {
  static override properties = {
    view: { attribute: false },
    screen: { attribute: false },
    remainingMs: { attribute: false },
  }

  declare view: View
  declare screen: AddressScreen
  declare remainingMs: number

  protected override render(): TemplateResult {
    const { view, screen } = this
    const { attempt } = screen
    const [title, text] = addressTexts(view, screen)
    const action = payableAddress(screen)
    return html`<div class="screen address">
      <div class="words">
        <h2 class="screen-title qr-heading" tabindex="-1">
          ${logo(attempt.wallet, true)}<span>${title}</span>
        </h2>
        <p class="screen-text">${text}</p>
      </div>
      ${hasVanished(attempt) && action ? this.vanished() : nothing}
      ${action ? this.toPay(action) : this.progress()}
      ${action ? testLink(view, attempt) : nothing} ${this.waysOn()}
    </div>`
  }

  private vanished(): TemplateResult {
    return html`<div class="notice"><span>${say(this.view, 'address.vanished')}</span></div>`
  }

  private toPay(action: AddressAction): TemplateResult {
    const { view } = this
    const { wallet } = this.screen.attempt
    const code = html`<div class="qr-card">
      <img src=${action.svg_url} alt=${say(view, 'qr.name', wallet)} width="252" height="252" />
    </div>`
    const phone = view.device.kind === 'phone'
    const link = html`<div class="actions">
      <a class=${phone ? `wallet mark-${wallet}` : 'button second'} href=${action.uri}>
        ${say(view, 'address.open')}
      </a>
    </div>`
    const folded = html`<details>
      <summary>${say(view, 'wallet.otherPhone')}</summary>
      ${code}
    </details>`
    const time = formatCountdown(this.remainingMs)
    return html`${phone ? link : code}
      <p class="qr-time" role="timer">${say(view, 'qr.valid', wallet, { time })}</p>
      ${this.facts(action)} ${phone ? folded : link}`
  }

  private facts(action: AddressAction): TemplateResult {
    const { view } = this
    const { payment, language } = view
    const rate = rateText(view, action)
    return html`<dl class="facts">
      <dt>${say(view, 'address.amount')}</dt>
      <dd>
        <strong>${bitcoins(action.amount_sat)}</strong>
        ${copyButton(view, decimalOf(action.amount_sat), 'link copy', 'address.copyAmount')}
      </dd>
      <dt>${say(view, 'address.address')}</dt>
      <dd>
        <span class="chunks">${groupsOf(action.address).map((group) => html`<span>${group}</span>`)}</span>
        ${copyButton(view, action.address, 'link copy', 'address.copyAddress')}
      </dd>
      ${
        rate === null
          ? nothing
          : html`<dt>${say(view, 'order.amountOf')}</dt>
            <dd>${formatAmount(payment.amount, payment.currency, language)}</dd>
            <dt>${say(view, 'address.rate')}</dt>
            <dd>${rate}</dd>`
      }
    </dl>`
  }

  // A bar for each confirmation, as long as they can be counted at a glance.
  private progress(): TemplateResult | typeof nothing {
    const { chain } = this.screen.attempt
    const phase = phaseOf(this.screen)
    if (!chain || (phase !== 'seen' && phase !== 'confirming')) return nothing
    const steps = Array.from({ length: Math.min(MOST_STEPS, chain.required_confirmations) })
    return html`<span class="spinner" aria-hidden="true"></span>
      <ul class="steps" aria-hidden="true">
        ${steps.map((_, i) => html`<li class=${i < chain.confirmations ? 'done' : ''}></li>`)}
      </ul>
      <p class="qr-amount">${bitcoins(chain.seen_sat)}</p>`
  }

  private waysOn(): TemplateResult | typeof nothing {
    const { view, screen } = this
    const { wallet, surface } = screen.attempt
    const phase = phaseOf(screen)
    if (phase === 'seen' || phase === 'confirming') return nothing
    const renew = () => this.act({ type: 'start', wallet, surface })
    const choose = () => this.act({ type: 'choose' })
    const more = choicesFor(view).length > 1
    return html`${
      phase === 'expired' || phase === 'short'
        ? html`<div class="actions">
          <button class="button" @click=${renew}>${say(view, 'address.new')}</button>
        </div>`
        : nothing
    }
    ${more ? html`<button class="link" @click=${choose}>${say(view, 'wallet.other')}</button>` : nothing}`
  }
}

customElements.define('tb-address-panel', AddressPanel)
