// How to reach the merchant; the same place on every screen (CK-42).

import { html, nothing, type TemplateResult } from 'lit'
import { say, type View } from '../../view.ts'
import { copyButton } from '../copy.ts'
import { PageElement } from '../element.ts'

export class Help extends PageElement {
  static override properties = { view: { attribute: false }, open: { attribute: false } }

  declare view: View
  /** Shown open on screens where help is the way on. */
  declare open: boolean

  protected override render(): TemplateResult {
    const { view } = this
    const { support } = view.payment.merchant
    const line = (key: 'phone' | 'email' | 'website', text?: string, href = text) =>
      text && href
        ? html`<dt>${say(view, `help.${key}`)}</dt><dd><a href=${href}>${text}</a></dd>`
        : nothing
    const plain = (key: 'wechat' | 'hours', text?: string) =>
      text ? html`<dt>${say(view, `help.${key}`)}</dt><dd>${text}</dd>` : nothing
    return html`<details class="help" ?open=${this.open}>
      <summary>${say(view, 'help.heading')}</summary>
      <div class="help-body">
        <p>${say(view, 'help.text')}</p>
        <dl class="facts">
          ${line('phone', support.phone, `tel:${support.phone?.replace(/[^\d+]/g, '')}`)}
          ${line('email', support.email, `mailto:${support.email}`)}
          ${plain('wechat', support.wechat)} ${plain('hours', support.hours)}
          ${isWeb(support.url) ? line('website', support.url) : nothing}
          <dt>${say(view, 'help.reference')}</dt>
          <dd>
            <span class="help-number">${view.payment.id}</span>
            ${copyButton(view, view.payment.id, 'link copy')}
          </dd>
        </dl>
      </div>
    </details>`
  }
}

// A merchant's setting becomes a link only when it is one: `javascript:` stays text nobody can tap.
function isWeb(url: string | undefined): boolean {
  return url !== undefined && /^https?:\/\//i.test(url)
}

customElements.define('tb-help', Help)
