// The page for links that lead nowhere, in the reader's language.

import type { Language } from '../../web/checkout/languages.ts'
import { TRANSLATIONS } from '../../web/checkout/translations/index.ts'
import type { PageAssets } from './assets.ts'
import { html } from './html.ts'
import { documentOf, paperFoot } from './layout.ts'

/** It says nothing about why: an unknown secret and an ended one look alike (CK-1). */
export function notFoundPage(language: Language, assets: PageAssets): string {
  const words = TRANSLATIONS[language]
  return documentOf({
    language,
    title: words['notFound.heading'],
    style: assets.paperStyle,
    body: html`<main class="paper"><div class="paper-sheet"><h1>${words['notFound.heading']}</h1>
<p>${words['notFound.text']}</p></div>${paperFoot()}</main>`,
  })
}
