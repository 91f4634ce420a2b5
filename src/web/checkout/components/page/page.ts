// The page: puts the session's screen beside the order, speaks to screen readers, moves the focus.

import { html, nothing, type TemplateResult } from 'lit'
import { phaseOf } from '../../address.ts'
import type { Api } from '../../api.ts'
import { LANGUAGE_NAMES, LANGUAGES } from '../../languages.ts'
import { spokenMark } from '../../schedule.ts'
import { isPayable, type Screen } from '../../screen.ts'
import { type Beginning, createSession, type Session } from '../../session.ts'
import { announcementOf } from '../../speech.ts'
import { say, type View } from '../../view.ts'
import type { WaitingScreen } from '../../waiting-texts.ts'
import '../address-panel/address-panel.ts'
import '../ended/ended.ts'
import '../help/help.ts'
import '../order-summary/order-summary.ts'
import '../problem-panel/problem-panel.ts'
import '../qr-panel/qr-panel.ts'
import '../success/success.ts'
import '../waiting/waiting.ts'
import '../wallet-list/wallet-list.ts'
import { PageElement } from '../element.ts'
import { coin } from '../icons.ts'
import type { ButtonOf } from '../wallet-list/wallet-list.ts'

const DARK = matchMedia('(prefers-color-scheme: dark)')
const TICK_MS = 500
const MAY_LEAVE_MS = 30_000
const HELP_FIRST: readonly Screen['name'][] = ['exhausted', 'failed', 'unavailable']

export class Page extends PageElement {
  static override properties = { view: { attribute: false } }

  declare view: View
  #session: Session | null = null
  #screenKey = ''
  #screenSince = 0
  #remainingMs = Number.POSITIVE_INFINITY
  #polite = ''
  #assertive = ''

  /** Takes over from the server's HTML; `choosing` where the payer gave up in the wallet. */
  begin(api: Api, view: View, beginning: Beginning): void {
    this.view = view
    this.addEventListener('tb-action', ({ detail }) => this.#session?.act(detail))
    this.#session = createSession(api, view, beginning, () => this.refresh())
    this.refresh()
    DARK.addEventListener('change', () => this.requestUpdate())
    setInterval(() => this.tick(), TICK_MS)
  }

  private refresh(): void {
    const session = this.#session
    if (!session) return
    const { payment, device, sheets } = session.state
    this.view = { ...this.view, payment, device, sheets }
    this.requestUpdate()
  }

  // Time alone changes screens: a code grows old, an order expires, waiting gets long.
  private tick(): void {
    const session = this.#session
    if (!session || document.hidden) return
    session.act({ type: 'tick' })
    const remaining = this.remainingMs()
    const mark = spokenMark(this.#remainingMs, remaining)
    this.#remainingMs = remaining
    if (mark !== null) this.#polite = this.spoken(mark)
    this.requestUpdate()
  }

  private spoken(mark: number): string {
    if (mark === 60_000) return say(this.view, 'time.minute')
    if (mark > 60_000) {
      return say(this.view, 'time.minutes', undefined, { count: String(mark / 60_000) })
    }
    return say(this.view, 'time.seconds', undefined, { count: String(mark / 1_000) })
  }

  private remainingMs(): number {
    const session = this.#session
    const screen = session?.state.screen
    if (!session || (screen?.name !== 'qr' && screen?.name !== 'address')) {
      return Number.POSITIVE_INFINITY
    }
    const { next_action: action } = screen.attempt
    if (action.type !== 'qr' && action.type !== 'address') return Number.POSITIVE_INFINITY
    return Date.parse(action.expires_at) - session.nowMs()
  }

  protected override willUpdate(): void {
    const screen = this.#session?.state.screen
    if (!screen) return
    const key = keyOf(screen)
    if (key === this.#screenKey) return
    this.#screenSince = performance.now()
    const { text, urgent } = announcementOf(screen, this.view)
    this.#polite = urgent ? '' : text
    this.#assertive = urgent ? text : ''
  }

  protected override updated(): void {
    const screen = this.#session?.state.screen
    if (!screen) return
    const detail = this.view.payment.status
    this.dispatchEvent(new CustomEvent('tb-status', { detail }))
    const first = this.#screenKey === ''
    const key = keyOf(screen)
    const was = this.#screenKey
    if (key === was) return
    this.#screenKey = key
    if (first || (was === 'starting qr' && screen.name === 'qr')) return
    // The new screen's own element renders in the next microtask.
    queueMicrotask(() => this.querySelector<HTMLElement>('.stage .screen-title')?.focus())
  }

  protected override render(): TemplateResult | typeof nothing {
    const state = this.#session?.state
    if (!state) return nothing
    const { view } = this
    const { payment } = view
    return html`${
      payment.livemode ? nothing : html`<p class="ribbon">${say(view, 'page.testMode')}</p>`
    }
      <p class="offline" role="status" ?hidden=${!state.offline}>${say(view, 'offline.text')}</p>
      <div class="page">
        <main class="columns">
          <tb-order-summary .view=${view} .payable=${isPayable(state.screen)}></tb-order-summary>
          <div class="side">
            <section class="stage" aria-label=${say(view, 'page.title')}>
              ${this.stage(state.screen)}
            </section>
            <tb-help .view=${view} .open=${HELP_FIRST.includes(state.screen.name)}></tb-help>
          </div>
        </main>
        ${this.footer()}
      </div>
      <p class="sr" role="status">${this.#polite}</p>
      <p class="sr" role="alert">${this.#assertive}</p>`
  }

  private stage(screen: Screen): TemplateResult {
    const { view } = this
    switch (screen.name) {
      case 'choose':
        return html`<tb-wallet-list
          .view=${view} .notice=${screen.notice} .buttonOf=${this.buttonOf}
        ></tb-wallet-list>`
      case 'address':
        return html`<tb-address-panel
          .view=${view} .screen=${screen} .remainingMs=${this.remainingMs()}
        ></tb-address-panel>`
      case 'qr':
        return html`<tb-qr-panel
          .view=${view} .wallet=${screen.attempt.wallet} .attempt=${screen.attempt}
          .expired=${screen.expired} .remainingMs=${this.remainingMs()}
        ></tb-qr-panel>`
      case 'starting':
        if (screen.surface === 'qr') return this.blankCode(screen.wallet)
        return this.waiting(screen)
      case 'handoff':
      case 'processing':
      case 'unknown':
        return this.waiting(screen)
      case 'problem':
        return html`<tb-problem-panel
          .view=${view} .attempt=${view.payment.attempt} .category=${screen.category}
          .buttonOf=${this.buttonOf}
        ></tb-problem-panel>`
      case 'success':
        return html`<tb-success .view=${view} .held=${screen.held}></tb-success>`
      case 'late':
      case 'expired':
      case 'canceled':
      case 'failed':
      case 'exhausted':
      case 'unavailable':
        return html`<tb-ended .view=${view} .name=${screen.name}></tb-ended>`
    }
  }

  /** A new function for each drawing, so that the lists below draw again. */
  private get buttonOf(): ButtonOf {
    const look = { language: this.view.language, dark: DARK.matches }
    return (wallet) => this.#session?.buttonOf(wallet, look) ?? null
  }

  private waiting(screen: WaitingScreen): TemplateResult {
    return html`<tb-waiting
      .view=${this.view} .screen=${screen}
      .mayLeave=${performance.now() - this.#screenSince >= MAY_LEAVE_MS}
    ></tb-waiting>`
  }

  // The panel is there before its code is, so that nothing moves when the code comes.
  private blankCode(wallet: string): TemplateResult {
    return html`<tb-qr-panel
      .view=${this.view} .wallet=${wallet} .attempt=${null} .expired=${false} .remainingMs=${0}
    ></tb-qr-panel>`
  }

  private footer(): TemplateResult {
    const { language } = this.view
    return html`<footer class="foot">
      <span class="brand">${coin()}<span><span lang="zh-CN">通宝</span> Tongbao</span></span>
      <nav class="languages" aria-label=${say(this.view, 'page.language')}>
        ${LANGUAGES.map(
          (name) => html`<a
            href="?lang=${name}"
            lang=${name}
            aria-current=${name === language ? 'true' : nothing}
            >${LANGUAGE_NAMES[name]}</a
          >`,
        )}
      </nav>
    </footer>`
  }
}

/** Two screens with the same key are the same place for the reader. */
function keyOf(screen: Screen): string {
  switch (screen.name) {
    case 'starting':
      return `starting ${screen.surface}`
    case 'qr':
      return `qr ${screen.attempt.id} ${screen.expired}`
    case 'handoff':
      return `handoff ${screen.checking} ${screen.asked} ${screen.noApp}`
    case 'address':
      return `address ${screen.attempt.id} ${phaseOf(screen)} ${screen.attempt.chain?.confirmations}`
    case 'problem':
      return `problem ${screen.category}`
    case 'choose':
      return `choose ${screen.notice?.kind}`
    default:
      return screen.name
  }
}

customElements.define('tb-page', Page)
