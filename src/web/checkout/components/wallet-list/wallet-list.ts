// The wallets that can be used here, as buttons of equal size.

import { html, nothing, type TemplateResult } from 'lit'
import { choicesFor, type WalletChoice } from '../../device.ts'
import { NOTICE_TEXTS, type Notice } from '../../screen.ts'
import { say, type View } from '../../view.ts'
import { copyButton } from '../copy.ts'
import { PageElement } from '../element.ts'
import { logo } from '../icons.ts'

export class WalletList extends PageElement {
  static override properties = { view: { attribute: false }, notice: { attribute: false } }

  declare view: View
  /** A sentence above the wallets, e.g. why the last try ended. */
  declare notice: Notice | null

  protected override render(): TemplateResult {
    const { view } = this
    const choices = choicesFor(view.payment.wallets, view.device)
    const [only] = choices
    if (!only) return this.nothingHere()
    const one = choices.length === 1
    return html`<div class="screen choose">
      <h2 class="screen-title" tabindex="-1">
        ${one ? say(view, 'choose.headingOne', only.wallet.name) : say(view, 'choose.heading')}
      </h2>
      ${this.noticeAbove()}
      <div class="wallets">
        ${choices.map((choice) => walletButton(view, choice, (action) => this.act(action)))}
      </div>
      ${one ? this.secondWay(only) : nothing}
    </div>`
  }

  // On a phone the app comes first and the code stands behind this (CK-24); on a desktop the reverse.
  private secondWay({ wallet, secondary }: WalletChoice): TemplateResult | typeof nothing {
    if (secondary === null) return nothing
    const start = () => this.act({ type: 'start', wallet: wallet.name, surface: secondary })
    return html`<button class="link" @click=${start}>
      ${say(this.view, secondary === 'qr' ? 'wallet.otherPhone' : 'wallet.thisBrowser')}
    </button>`
  }

  private noticeAbove(): TemplateResult | typeof nothing {
    const { notice } = this
    if (notice === null) return nothing
    const [title, text] = NOTICE_TEXTS[notice.kind]
    return html`<div class="notice">
      <strong>${say(this.view, title, notice.wallet)}</strong>
      <span>${say(this.view, text, notice.wallet)}</span>
    </div>`
  }

  private nothingHere(): TemplateResult {
    const { view } = this
    const blocked = view.payment.wallets.find(({ name }) => view.device.blocked.includes(name))
    if (!blocked) {
      return html`<div class="screen">
        <h2 class="screen-title" tabindex="-1">${say(view, 'unavailable.heading')}</h2>
        <p class="screen-text">${say(view, 'unavailable.text')}</p>
      </div>`
    }
    return html`<div class="screen">
      <h2 class="screen-title" tabindex="-1">${say(view, 'blocked.heading')}</h2>
      <p class="screen-text">${say(view, 'blocked.text', blocked.name)}</p>
      ${copyButton(view, location.href, 'button')}
    </div>`
  }
}

/** One wallet's button. */
export function walletButton(
  view: View,
  { wallet, primary }: WalletChoice,
  act: (action: { type: 'start'; wallet: string; surface: typeof primary }) => void,
): TemplateResult {
  const start = () => act({ type: 'start', wallet: wallet.name, surface: primary })
  return html`<button class="wallet mark-${wallet.name}" @click=${start}>
    ${logo(wallet.name)}<span>${say(view, 'wallet.pay', wallet.name)}</span>
  </button>`
}

customElements.define('tb-wallet-list', WalletList)
