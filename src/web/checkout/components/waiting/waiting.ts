// Screens on which the payer waits: preparing, in the wallet, checking, confirming, outcome unknown.

import { html, nothing, type TemplateResult } from 'lit'
import { say, type View } from '../../view.ts'
import { type WaitingScreen, waitingTexts, waitingWallet } from '../../waiting-texts.ts'
import { copyButton } from '../copy.ts'
import { PageElement } from '../element.ts'
import { logo } from '../icons.ts'

export class Waiting extends PageElement {
  static override properties = {
    view: { attribute: false },
    screen: { attribute: false },
    mayLeave: { attribute: false },
  }

  declare view: View
  declare screen: WaitingScreen
  /** The outcome has been unknown for so long that the payer is told to go on with the day. */
  declare mayLeave: boolean

  protected override render(): TemplateResult {
    const { view, screen } = this
    const wallet = waitingWallet(screen)
    const [title, text] = waitingTexts(screen)
    return html`<div class="screen waiting">
      ${
        screen.name === 'handoff' && !screen.checking
          ? logo(wallet, true)
          : html`<span class="spinner" aria-hidden="true"></span>`
      }
      <div class="words">
        <h2 class="screen-title" tabindex="-1">${say(view, title, wallet)}</h2>
        <p class="screen-text">${say(view, text, wallet)}</p>
        ${
          screen.name === 'unknown' && this.mayLeave
            ? html`<p class="screen-text">${say(view, 'unknown.leave', wallet)}</p>`
            : nothing
        }
      </div>
      ${screen.name === 'handoff' && !screen.checking ? this.handoff(screen) : nothing}
    </div>`
  }

  private handoff(screen: Extract<WaitingScreen, { name: 'handoff' }>): TemplateResult {
    const { view } = this
    const { wallet } = screen.attempt
    const { type } = screen.attempt.next_action
    // Who is back from the wallet is asked what became of it; what opens on this page can open again.
    const canOpen = ['redirect', 'form', 'app'].includes(type) && !screen.asked
    if (screen.noApp) return this.elsewhere(wallet)
    return html`<div class="actions">
      ${
        canOpen || type === 'sheet'
          ? html`<button class="wallet mark-${wallet}" @click=${() => this.act({ type: 'open' })}>
            ${logo(wallet)}<span>${say(view, 'handoff.open', wallet)}</span>
          </button>`
          : nothing
      }
      <button class="button second" @click=${() => this.act({ type: 'paid' })}>
        ${say(view, 'return.paid')}
      </button>
      <button class="link" @click=${() => this.act({ type: 'again' })}>
        ${say(view, 'return.again')}
      </button>
    </div>`
  }

  // The wallet can only be opened by an app that is not here (CK-14).
  private elsewhere(wallet: string): TemplateResult {
    const { view } = this
    return html`<div class="notice">${say(view, 'noApp.text', wallet)}</div>
      <div class="actions">
        ${copyButton(view, location.href, 'button')}
        <button class="link" @click=${() => this.act({ type: 'choose' })}>
          ${say(view, 'wallet.other')}
        </button>
      </div>`
  }
}

customElements.define('tb-waiting', Waiting)
