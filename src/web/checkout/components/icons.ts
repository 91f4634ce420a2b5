// The page's few signs, drawn with strokes so that they follow the text's colour.

import { html, type TemplateResult } from 'lit'
import { MARKS } from '../marks/index.ts'
import { COIN_PATH, SIGN_PATHS, type SignKind } from '../signs.ts'

/** A round sign above a title; colour is never its only meaning, the title says it too. */
export function sign(kind: SignKind): TemplateResult {
  return html`<svg class="sign sign-${kind}" viewBox="0 0 24 24" aria-hidden="true">
    <path d=${SIGN_PATHS[kind]}></path>
  </svg>`
}

/** A coin with a square hole. */
export function coin(): TemplateResult {
  return html`<svg class="coin" viewBox="0 0 20 20" aria-hidden="true">
    <path d=${COIN_PATH}></path>
  </svg>`
}

/** A wallet's logo; nothing for a wallet without one. */
export function logo(wallet: string, tile = false): TemplateResult | null {
  const mark = MARKS[wallet]?.logo
  if (!mark) return null
  return html`<svg
    class="logo ${tile ? `logo-tile mark-${wallet}` : ''}"
    viewBox=${mark.viewBox}
    aria-hidden="true"
  >
    <path d=${mark.path}></path>
  </svg>`
}
