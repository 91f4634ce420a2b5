// A page as the payer's app would show it: a shop's page with the bridge that opens the payment sheet
// (sheet section 4.7). It takes the parameters that a merchant's server signed.
import type { FastifyInstance } from 'fastify'
import { html, languageOf } from '../pages/html.ts'
import { document } from '../pages/layout.ts'

const TEXTS = {
  zh: {
    title: '沙箱内置浏览器',
    lead: '这里扮演微信内的商家网页。粘贴商家服务器签名的参数，页面会用 WeixinJSBridge 调起支付，沙箱会核对 paySign。',
    label: 'JSAPI 或小程序调起支付的参数（JSON）',
    pay: '调起支付',
    result: '前端结果：{result}（不是支付凭证，请以查单为准）',
    malformed: '这不是 JSON 对象。',
    test: '沙箱 · 不涉及真实资金',
  },
  en: {
    title: 'Sandbox in-app browser',
    lead: 'This plays a shop’s page inside the app. Paste the parameters that the merchant’s server signed; the page opens the payment by WeixinJSBridge, and the sandbox checks paySign.',
    label: 'Parameters for JSAPI or a mini program (JSON)',
    pay: 'Open the payment',
    result: 'Front-end result: {result} (no proof of payment: ask by query)',
    malformed: 'This is no JSON object.',
    test: 'Sandbox · no real money',
  },
}

export function addInAppPage(app: FastifyInstance): void {
  app.get<{ Querystring: { parameters?: string } }>('/wechatpay/in-app', (request, reply) => {
    const language = languageOf(request.headers['accept-language'])
    const t = TEXTS[language]
    const body = html`<main class="cashier" data-texts="${JSON.stringify(t)}">
<header><div><h1>${t.title}</h1><p class="muted">${t.lead}</p></div></header>
<p class="notice" role="status"></p>
<form class="sign-in alone" id="call"><label>${t.label}<textarea name="parameters" rows="9" required spellcheck="false">${request.query.parameters ?? ''}</textarea></label>
<button class="button" type="submit">${t.pay}</button></form>
<footer><span class="tag">${t.test}</span></footer>
<script src="/assets/bridge.js"></script>
</main>`
    return reply
      .type('text/html;charset=utf-8')
      .header('cache-control', 'no-store')
      .send(document({ title: t.title, language, body, script: '/assets/in-app.js' }))
  })
}
