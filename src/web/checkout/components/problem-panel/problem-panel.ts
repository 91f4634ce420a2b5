// Why a payment did not work, and at most three ways on (CK-36).

import { html, nothing, type TemplateResult } from 'lit'
import type { CheckoutAttempt, ProblemCategory } from '../../../../http/checkout-types.ts'
import { choicesFor } from '../../choices.ts'
import { PROBLEM_ADVICE, type Remedy } from '../../problems.ts'
import { say, type View } from '../../view.ts'
import { PageElement } from '../element.ts'
import { sign } from '../icons.ts'
import { type ButtonOf, walletButton } from '../wallet-list/wallet-list.ts'

const MOST_OTHERS = 2

export class ProblemPanel extends PageElement {
  static override properties = {
    view: { attribute: false },
    attempt: { attribute: false },
    category: { attribute: false },
    buttonOf: { attribute: false },
  }

  declare view: View
  declare attempt: CheckoutAttempt
  declare category: ProblemCategory
  declare buttonOf: ButtonOf

  protected override render(): TemplateResult {
    const { view, category } = this
    const { wallet } = this.attempt
    return html`<div class="screen problem">
      ${sign('bad')}
      <div class="words">
        <h2 class="screen-title" tabindex="-1">${say(view, `problem.${category}.title`, wallet)}</h2>
        <p class="screen-text">${say(view, `problem.${category}.text`, wallet)}</p>
      </div>
      <div class="actions">
        ${PROBLEM_ADVICE[category].remedies.map((remedy) => this.remedy(remedy))}
      </div>
    </div>`
  }

  private remedy(remedy: Remedy): TemplateResult | TemplateResult[] | typeof nothing {
    switch (remedy) {
      case 'again':
        return this.again()
      case 'other':
        return this.others()
      case 'continue':
        return this.button('button.continue', () => this.act({ type: 'open' }))
      case 'result':
        return this.button('button.result', () => this.act({ type: 'paid' }))
      case 'back':
        return this.back()
      case 'wait':
      case 'help':
        // Waiting needs no button, and help stands below on every screen.
        return nothing
    }
  }

  private again(): TemplateResult | typeof nothing {
    const { wallet } = this.attempt
    const choice = this.choices().find((entry) => entry.wallet.name === wallet)
    if (!choice) return nothing
    const again = () => this.act({ type: 'start', wallet, surface: choice.primary })
    return this.button('button.again', again)
  }

  private others(): TemplateResult[] {
    return this.choices()
      .filter(({ wallet }) => wallet.name !== this.attempt.wallet)
      .slice(0, MOST_OTHERS)
      .map((choice) => walletButton(this.view, choice, this.buttonOf, (action) => this.act(action)))
  }

  private back(): TemplateResult | typeof nothing {
    const { return_url: url } = this.view.payment
    if (url === null) return nothing
    return html`<a class="button" href=${url} target="_top">${say(this.view, 'success.back')}</a>`
  }

  private button(key: 'button.again' | 'button.continue' | 'button.result', act: () => void) {
    return html`<button class="button" @click=${act}>${say(this.view, key, this.attempt.wallet)}</button>`
  }

  private choices() {
    const { view } = this
    return view.payment.payable ? choicesFor(view).filter(({ pending }) => !pending) : []
  }
}

customElements.define('tb-problem-panel', ProblemPanel)
