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

interface WalletPages {
  name: string
  title: { zh: string; en: string }
  /** The overview; the other sections are below it. */
  home: string
  /** Absent where the payer meets the wallet in the shop's own page. */
  phone?: string
  /** Those of {@link SECTIONS} that there are; all of them when absent. */
  sections?: readonly string[]
}

/** The wallets that have pages of their own. */
export const WALLETS: readonly WalletPages[] = [
  { name: 'alipay', title: { zh: '支付宝', en: 'Alipay' }, home: '/', phone: '/phone' },
  {
    name: 'wechatpay',
    title: { zh: '微信支付', en: 'WeChat Pay' },
    home: '/wechatpay',
    phone: '/wechatpay/phone',
  },
  {
    name: 'bitcoin',
    title: { zh: '比特币', en: 'Bitcoin' },
    home: '/bitcoin',
    phone: '/bitcoin/phone',
    sections: ['', '/faults'],
  },
  {
    name: 'applepay',
    title: { zh: 'Apple Pay', en: 'Apple Pay' },
    home: '/applepay',
    sections: ['', '/faults'],
  },
  {
    name: 'googlepay',
    title: { zh: 'Google Pay', en: 'Google Pay' },
    home: '/googlepay',
    sections: ['', '/faults'],
  },
  { name: 'paypal', title: { zh: 'PayPal', en: 'PayPal' }, home: '/paypal' },
  { name: 'adyen', title: { zh: 'Adyen', en: 'Adyen' }, home: '/adyen' },
  { name: 'stripe', title: { zh: 'Stripe', en: 'Stripe' }, home: '/stripe' },
  { name: 'checkoutcom', title: { zh: 'Checkout.com', en: 'Checkout.com' }, home: '/checkoutcom' },
]

const SECTIONS = {
  zh: { '': '概览', '/books': '账本', '/notifications': '通知', '/faults': '故障' },
  en: { '': 'Overview', '/books': 'Books', '/notifications': 'Notifications', '/faults': 'Faults' },
}

function sectionsOf({ home, sections }: WalletPages, language: 'zh' | 'en'): Section[] {
  const below = home === '/' ? '' : home
  return Object.entries(SECTIONS[language])
    .filter(([path]) => sections?.includes(path) ?? true)
    .map(([path, name]) => ({ href: `${below}${path}` || '/', name }))
}

/** A page of the operator's side, with the wallets and the list of sections above it. */
export function section(page: Page, at: string): string {
  const known = (wallet: WalletPages) =>
    sectionsOf(wallet, page.language).some(({ href }) => href === at)
  const wallet = WALLETS.find(known)
  if (!wallet) throw new RangeError(`${at} is no section`)
  const links = sectionsOf(wallet, page.language).map(
    ({ href, name }) =>
      html`<a href="${href}"${href === at ? html` aria-current="page"` : html``}>${name}</a>`,
  )
  const wallets = WALLETS.map(
    ({ name, title, home }) =>
      html`<a href="${home}"${name === wallet.name ? html` aria-current="true"` : html``}>${title[page.language]}</a>`,
  )
  const zh = page.language === 'zh'
  const body = html`<header>
<p class="bar">${zh ? '沙箱 · 全部是测试数据，不涉及真实资金' : 'SANDBOX · test data only, no real money'}</p>
<div class="top">
<a class="mark" href="/"><img src="/assets/icon.svg" alt="" width="28" height="28"> ${zh ? '通宝沙箱' : 'Tongbao sandbox'}</a>
<nav aria-label="${zh ? '钱包' : 'Wallets'}" class="wallets">${wallets}</nav>
<nav aria-label="${zh ? '栏目' : 'Sections'}">${links}</nav>
${wallet.phone === undefined ? html`` : html`<a class="button" href="${wallet.phone}" target="_blank" rel="noopener">${zh ? '打开手机' : 'Open the phone'}</a>`}
</div>
</header>
<main class="page">${page.body}</main>`
  return document({ ...page, body })
}
