// The wallets that can be used here: up to three as buttons of equal size, then a list (CK-19).

import { html, nothing, type TemplateResult } from 'lit'
import { choicesFor, isLimited, sharesCode, type WalletChoice } from '../../choices.ts'
import { NOTICE_TEXTS, type Notice } from '../../screen.ts'
import { say, type View, walletName } from '../../view.ts'
import { copyButton } from '../copy.ts'
import { type Action, PageElement } from '../element.ts'
import { logo } from '../icons.ts'

/** The button that a wallet's own software draws; null for every other wallet. */
export type ButtonOf = (wallet: string) => HTMLElement | null

const MOST_BUTTONS = 3

export class WalletList extends PageElement {
  static override properties = {
    view: { attribute: false },
    notice: { attribute: false },
    buttonOf: { attribute: false },
  }

  declare view: View
  /** A sentence above the wallets, e.g. why the last try ended. */
  declare notice: Notice | null
  declare buttonOf: ButtonOf

  protected override render(): TemplateResult {
    const { view } = this
    const choices = choicesFor(view)
    const [only] = choices
    if (!only) return this.nothingHere()
    const one = choices.length === 1
    return html`<div class="screen choose">
      <h2 class="screen-title" tabindex="-1">
        ${one ? say(view, 'choose.headingOne', only.wallet.name) : say(view, 'choose.heading')}
      </h2>
      ${this.noticeAbove()}
      <div class="wallets">
        ${choices.map((choice, i) =>
          walletButton(view, choice, this.buttonOf, (action) => this.act(action), isRow(choice, i)),
        )}
      </div>
      ${one ? this.secondWay(only) : nothing} ${sharesCode(view) ? this.sharedCode() : nothing}
      ${isLimited(view) ? this.elsewhere() : nothing} ${this.forget(only)}
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

  // The picture is only fetched when somebody wants it.
  private sharedCode(): TemplateResult {
    const { view } = this
    return html`<details class="shared">
      <summary>${say(view, 'shared.heading')}</summary>
      <div class="qr-card">
        <img
          src=${view.payment.shared_code.svg_url}
          alt=${say(view, 'shared.name')}
          width="252"
          height="252"
          loading="lazy"
        />
      </div>
      <p class="screen-text">${say(view, 'shared.text')}</p>
    </details>`
  }

  // Inside a wallet's app its own way is the only one (CK-13).
  private elsewhere(): TemplateResult {
    const { view } = this
    return html`<div class="notice">
      <strong>${say(view, 'blocked.heading')}</strong>
      <span>${say(view, 'inside.text')}</span>
      ${copyButton(view, location.href, 'link copy', 'button.copyLink')}
    </div>`
  }

  // Only where it made a difference: the wallet used last stands first (CK-18).
  private forget({ wallet }: WalletChoice): TemplateResult | typeof nothing {
    const { view } = this
    const { last } = view.device
    if (last !== wallet.name || view.payment.wallets_ordered) return nothing
    return html`<p class="screen-text last-used">
      ${say(view, 'last.text', last)}
      <button class="link" @click=${() => this.act({ type: 'forget' })}>
        ${say(view, 'last.forget')}
      </button>
    </p>`
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

/** Wallets with a sheet always have a button of full size (CK-15). */
function isRow({ wallet }: WalletChoice, index: number): boolean {
  return index >= MOST_BUTTONS && wallet.sheet === null
}

/** One wallet's button, or as a row of a list. */
export function walletButton(
  view: View,
  { wallet, primary, pending }: WalletChoice,
  buttonOf: ButtonOf,
  act: (action: Action) => void,
  row = false,
): TemplateResult {
  const { name } = wallet
  const start = () => act({ type: 'start', wallet: name, surface: primary })
  // Its place is kept until the browser has said whether it can, so that nothing moves.
  if (pending) return html`<div class="wallet-place"></div>`
  const own = wallet.sheet && buttonOf(name)
  if (own) return html`<div class="wallet-place" @tb-tap=${start}>${own}</div>`
  if (wallet.sheet) return plainButton(view, name, start)
  return html`<button class="wallet ${row ? 'row' : ''} mark-${name}" @click=${start}>
    ${logo(name, row)}<span>${say(view, 'wallet.pay', name)}</span>
  </button>`
}

// A button that is not the wallet's own may not carry its name or logo, so the name stands beside it.
function plainButton(view: View, name: string, start: () => void): TemplateResult {
  return html`<div class="wallet-plain">
    <span id="name-${name}">${walletName(view, name)}</span>
    <button class="button" id="pay-${name}" aria-labelledby="pay-${name} name-${name}" @click=${start}>
      ${say(view, 'wallet.go')}
    </button>
  </div>`
}

customElements.define('tb-wallet-list', WalletList)
