// A button that copies a text and says so.

import { html, type TemplateResult } from 'lit'
import type { TextKey } from '../translations/translation.ts'
import { say, type View } from '../view.ts'

const SAID_MS = 2_000

/** `look` is the button's class. The label changes for two seconds once the text is copied. */
export function copyButton(
  view: View,
  text: string,
  look: 'link copy' | 'link' | 'button',
  link: TextKey = look === 'link copy' ? 'button.copy' : 'button.copyLink',
): TemplateResult {
  const copy = async (event: Event) => {
    const label =
      event.currentTarget instanceof HTMLElement && event.currentTarget.firstElementChild
    if (!label || !(await putOnClipboard(text))) return
    label.textContent = say(view, 'button.copied')
    setTimeout(() => {
      label.textContent = say(view, link)
    }, SAID_MS)
  }
  return html`<button class=${look} @click=${copy}>
    <span aria-live="polite" .textContent=${say(view, link)}></span>
  </button>`
}

// Pages on plain-http addresses and old wallet browsers have no clipboard API.
async function putOnClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = document.createElement('textarea')
    field.value = text
    field.className = 'sr'
    document.body.append(field)
    field.select()
    const copied = document.execCommand('copy')
    field.remove()
    return copied
  }
}
