// What stands at the hub's own address, for a person who opens it to see whether it is there.

import type { Language } from '../../web/checkout/languages.ts'
import type { PageAssets } from './assets.ts'
import { html } from './html.ts'
import { documentOf, paperFoot } from './layout.ts'

const WORDS = {
  en: {
    title: 'The payment hub is running',
    text: 'Payers come here through the link of their payment. Developers start with the API reference.',
    docs: 'API reference',
  },
  'zh-CN': {
    title: '支付系统正在运行',
    text: '付款人通过付款链接来到这里。开发者请从接口文档开始。',
    docs: '接口文档',
  },
}

/** It tells nothing about merchants, versions or modes. */
export function homePage(language: Language, assets: PageAssets): string {
  const shown = language.startsWith('zh') ? 'zh-CN' : 'en'
  const words = WORDS[shown]
  return documentOf({
    language: shown,
    title: '通宝 Tongbao',
    style: assets.paperStyle,
    body: html`<main class="paper"><div class="paper-sheet"><h1>${words.title}</h1><p>${words.text}</p>
<p><a href="/docs">${words.docs}</a></p></div>${paperFoot()}</main>`,
  })
}
