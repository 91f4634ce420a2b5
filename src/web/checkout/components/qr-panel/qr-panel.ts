// The code to scan, with wallet, amount, time left and the other ways to go on (CK-22, CK-23, CK-28).

import { html, nothing, type TemplateResult } from 'lit'
import type { CheckoutAttempt } from '../../../../http/checkout-types.ts'
import { formatAmount, formatCountdown } from '../../amount.ts'
import { choicesFor } from '../../choices.ts'
import { say, type View } from '../../view.ts'
import { copyButton } from '../copy.ts'
import { PageElement } from '../element.ts'
import { logo } from '../icons.ts'
import { testLink } from '../test-link.ts'

export class QrPanel extends PageElement {
  static override properties = {
    view: { attribute: false },
    wallet: { attribute: false },
    attempt: { attribute: false },
    expired: { attribute: false },
    remainingMs: { attribute: false },
  }

  declare view: View
  declare wallet: string
  /** Null while the code is on its way. */
  declare attempt: CheckoutAttempt | null
  declare expired: boolean
  declare remainingMs: number

  protected override render(): TemplateResult {
    const { view, wallet, attempt, expired } = this
    const { amount, currency } = view.payment
    const heading = expired ? say(view, 'qr.expired.heading') : say(view, 'qr.heading', wallet)
    return html`<div class="screen qr">
      <div class="words">
        <h2 class="screen-title qr-heading" tabindex="-1">
          ${logo(wallet, true)}<span>${heading}</span>
        </h2>
        <p class="screen-text">${say(view, expired ? 'qr.expired.text' : 'qr.text', wallet)}</p>
      </div>
      <div class="qr-card ${expired ? 'old' : ''}">${this.code()}</div>
      <div>
        <p class="qr-amount">${formatAmount(amount, currency, view.language)}</p>
        ${expired ? nothing : this.timeLeft(attempt !== null)}
      </div>
      ${expired ? this.renew() : testLink(view, attempt)}
      <div class="qr-row">${this.otherWays()}</div>
    </div>`
  }

  private code(): TemplateResult {
    const action = this.attempt?.next_action
    if (action?.type !== 'qr') {
      return html`<div class="qr-blank"><span class="spinner"></span></div>`
    }
    return html`<img
      src=${action.svg_url}
      alt=${this.expired ? '' : say(this.view, 'qr.name', this.wallet)}
      width="252"
      height="252"
    />`
  }

  private timeLeft(known: boolean): TemplateResult {
    const time = known ? formatCountdown(this.remainingMs) : '–:––'
    return html`<p class="qr-time" role="timer">
      ${say(this.view, 'qr.valid', this.wallet, { time })}
    </p>`
  }

  private renew(): TemplateResult {
    const renew = () => this.act({ type: 'start', wallet: this.wallet, surface: 'qr' })
    return html`<div class="actions">
      <button class="button" @click=${renew}>${say(this.view, 'qr.new')}</button>
    </div>`
  }

  private otherWays(): TemplateResult {
    const { view, wallet } = this
    const choices = choicesFor(view)
    const own = choices.find((choice) => choice.wallet.name === wallet)
    const here = [own?.primary, own?.secondary].find((surface) => surface && surface !== 'qr')
    const start = here && (() => this.act({ type: 'start', wallet, surface: here }))
    const label = view.device.kind === 'phone' ? 'handoff.open' : 'wallet.thisBrowser'
    const choose = () => this.act({ type: 'choose' })
    return html`${
      start
        ? html`<button class="link" @click=${start}>${say(view, label, wallet)}</button>`
        : nothing
    }
    ${copyButton(view, location.href, 'link')}
    ${
      choices.length > 1
        ? html`<button class="link" @click=${choose}>${say(view, 'wallet.other')}</button>`
        : nothing
    }`
  }
}

customElements.define('tb-qr-panel', QrPanel)
