// The payer's phone: one page, drawn by hand-written scripts in the browser.
import type { FastifyInstance } from 'fastify'
import { html, languageOf } from '../pages/html.ts'
import { WALLETS } from '../pages/layout.ts'

export function addPhone(app: FastifyInstance): void {
  for (const wallet of WALLETS) {
    const { phone } = wallet
    if (phone === undefined) continue
    app.get(phone, (request, reply) =>
      reply
        .type('text/html;charset=utf-8')
        .header('cache-control', 'no-store')
        .send(phonePage(wallet, languageOf(request.headers['accept-language']))),
    )
  }
}

const COLORS: Record<string, string> = {
  alipay: '#0b53ce',
  wechatpay: '#06753c',
  bitcoin: '#8a4200',
}

/** Apps that work in another way than by an account and a code. */
const SCRIPTS: Record<string, string> = { bitcoin: '/assets/bitcoin-phone.js' }

function phonePage(wallet: (typeof WALLETS)[number], language: 'zh' | 'en'): string {
  const { name, title, phone } = wallet
  return html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="${COLORS[name] ?? '#0b53ce'}">
<title>${language === 'zh' ? `${title.zh}沙箱 · 付款人的手机` : `${title.en} sandbox · the payer’s phone`}</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/phone.css">
</head>
<body data-wallet="${name}" data-base="${phone}">
<aside class="beside" id="beside"></aside>
<div class="phone"><div class="screen" id="screen"></div></div>
<div class="hidden" id="spoken" role="status" aria-live="polite"></div>
<noscript><p>This phone needs JavaScript. 沙箱手机需要 JavaScript。</p></noscript>
<script type="module" src="${SCRIPTS[name] ?? '/assets/phone.js'}"></script>
</body>
</html>`.text
}
