// `/problems/{code}`: what an API error means and what to do, in both languages side by side.

import type { ErrorKind, Retry } from '../../errors.ts'
import type { Language } from '../../web/checkout/languages.ts'
import type { PageAssets } from './assets.ts'
import { type Html, html } from './html.ts'
import { documentOf, paperFoot } from './layout.ts'

const WORDS = {
  en: { remedy: 'What to do: ', status: 'HTTP status', category: 'Category', retry: 'Repeat' },
  'zh-CN': { remedy: '如何处理：', status: 'HTTP 状态码', category: '类别', retry: '能否重试' },
} as const

const RETRY: Record<Retry, { en: string; 'zh-CN': string }> = {
  never: { en: 'Never: it would be refused again.', 'zh-CN': '不要重试：结果仍会被拒绝。' },
  same_request: {
    en: 'Yes, the same request with the same Idempotency-Key.',
    'zh-CN': '可以：用相同的 Idempotency-Key 重发同一请求。',
  },
  new_request: {
    en: 'Yes, as a new request with a new Idempotency-Key.',
    'zh-CN': '可以：作为新请求，使用新的 Idempotency-Key。',
  },
  later: { en: 'Yes, later.', 'zh-CN': '可以：请稍后重试。' },
}

/** The page of one error; `language` decides which language stands first. */
export function problemPage(
  code: string,
  kind: ErrorKind,
  language: Language,
  assets: PageAssets,
): string {
  const chinese = language.startsWith('zh')
  const [first, second] = chinese ? (['zh-CN', 'en'] as const) : (['en', 'zh-CN'] as const)
  return documentOf({
    language: first,
    title: `${kind.title[first]} · ${code}`,
    style: assets.paperStyle,
    body: html`<main class="paper"><div class="paper-sheet bilingual">
${problemIn(first, code, kind, html`<h1>${kind.title[first]}</h1>`)}
${problemIn(second, code, kind, html`<h2>${kind.title[second]}</h2>`)}</div>${paperFoot()}</main>`,
  })
}

function problemIn(language: 'en' | 'zh-CN', code: string, kind: ErrorKind, heading: Html): Html {
  const words = WORDS[language]
  return html`<section lang="${language}">${heading}<p class="code-name">${code}</p>
<p><strong>${words.remedy}</strong>${kind.remedy[language]}</p>
<dl class="facts"><dt>${words.status}</dt><dd>${kind.status}</dd><dt>${words.category}</dt><dd>${kind.category}</dd>
<dt>${words.retry}</dt><dd>${RETRY[kind.retry][language]}</dd></dl></section>`
}
