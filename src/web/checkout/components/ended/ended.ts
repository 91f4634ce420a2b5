// Orders that can no longer be paid here: expired, canceled, failed, late, too many tries.

import { html, nothing, type TemplateResult } from 'lit'
import type { Screen } from '../../screen.ts'
import { say, type View } from '../../view.ts'
import { PageElement } from '../element.ts'
import { sign } from '../icons.ts'

export type EndedName = Extract<
  Screen['name'],
  'expired' | 'canceled' | 'failed' | 'late' | 'exhausted' | 'unavailable'
>

export class Ended extends PageElement {
  static override properties = { view: { attribute: false }, name: { attribute: false } }

  declare view: View
  declare name: EndedName

  protected override render(): TemplateResult {
    const { view, name } = this
    const { attempt, paid, return_url: url } = view.payment
    return html`<div class="screen ended">
      ${sign('calm')}
      <div class="words">
        <h2 class="screen-title" tabindex="-1">${say(view, `${name}.heading`)}</h2>
        <p class="screen-text">${say(view, `${name}.text`, paid?.wallet ?? attempt?.wallet)}</p>
        ${
          name === 'expired' && attempt
            ? html`<p class="screen-text">${say(view, 'expired.justPaid')}</p>`
            : nothing
        }
      </div>
      ${
        url === null
          ? nothing
          : html`<div class="actions">
            <a class="button second" href=${url} target="_top">${say(view, 'success.back')}</a>
          </div>`
      }
    </div>`
  }
}

customElements.define('tb-ended', Ended)
