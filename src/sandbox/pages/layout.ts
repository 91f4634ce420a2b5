// The frame of every page of the sandbox but the phone.
import { type Html, html } from './html.ts'

export interface Page {
  title: string
  language: 'zh' | 'en'
  body: Html
  script?: string
}

/** A whole document with the sandbox's look. */
export function document({ title, language, body, script }: Page): string {
  return html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/sandbox.css">
</head>
<body>
${body}
${script ? html`<script type="module" src="${script}"></script>` : html``}
</body>
</html>`.text
}

export interface Section {
  href: string
  name: string
}

const SECTIONS: Record<'zh' | 'en', Section[]> = {
  zh: [
    { href: '/', name: '概览' },
    { href: '/books', name: '账本' },
    { href: '/notifications', name: '通知' },
    { href: '/faults', name: '故障' },
  ],
  en: [
    { href: '/', name: 'Overview' },
    { href: '/books', name: 'Books' },
    { href: '/notifications', name: 'Notifications' },
    { href: '/faults', name: 'Faults' },
  ],
}

/** A page of the operator's side, with the list of sections above it. */
export function section(page: Page, at: string): string {
  const links = SECTIONS[page.language].map(
    ({ href, name }) =>
      html`<a href="${href}"${href === at ? html` aria-current="page"` : html``}>${name}</a>`,
  )
  const zh = page.language === 'zh'
  const body = html`<header>
<p class="bar">${zh ? '沙箱 · 全部是测试数据，不涉及真实资金' : 'SANDBOX · test data only, no real money'}</p>
<div class="top">
<a class="mark" href="/"><img src="/assets/icon.svg" alt="" width="28" height="28"> ${zh ? '通宝沙箱' : 'Tongbao sandbox'}</a>
<nav aria-label="${zh ? '栏目' : 'Sections'}">${links}</nav>
<a class="button" href="/phone" target="_blank" rel="noopener">${zh ? '打开手机' : 'Open the phone'}</a>
</div>
</header>
<main class="page">${page.body}</main>`
  return document({ ...page, body })
}
