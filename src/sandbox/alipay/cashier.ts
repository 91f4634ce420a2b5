// The cashier page of desktop payments, and where a QR's address leads (sheet sections 2 and 11).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html, languageOf, yuan } from '../pages/html.ts'
import { document } from '../pages/layout.ts'
import { qrSvg } from '../phone/qr.ts'
import { errorPage } from './error-page.ts'
import { qrAddress } from './methods.ts'
import type { Order } from './orders.ts'
import { business } from './refusals.ts'
import { stateOf, viewPayable } from './views.ts'
import type { World } from './world.ts'

type OrderRequest = FastifyRequest<{ Params: { id: string } }>

export function addCashier(app: FastifyInstance, world: World): void {
  app.get<{ Params: { qr: string } }>('/qr/:qr', (request, reply) =>
    reply.redirect(`/phone?qr=${encodeURIComponent(request.params.qr)}`, 302),
  )

  app.get('/cashier/:id', (request: OrderRequest, reply) => {
    const order = world.orders.byId(request.params.id)
    if (!order) return missing(request, reply)
    const language = languageOf(request.headers['accept-language'])
    return reply
      .type('text/html;charset=utf-8')
      .header('cache-control', 'no-store')
      .send(cashierPage(world, order, language))
  })

  app.get('/cashier/:id/state', (request: OrderRequest, reply) => {
    const order = world.orders.byId(request.params.id)
    if (!order) return reply.code(404).send({ state: 'closed' })
    const trade = world.trades.byNumber(order.sellerId, order.outTradeNo)
    const { return_to } = viewPayable(world, { order, trade })
    return reply
      .header('cache-control', 'no-store')
      .send({ state: stateOf(world, { order, trade }), scanned: trade !== undefined, return_to })
  })
}

function missing(request: FastifyRequest, reply: FastifyReply) {
  const refusal = business('TRADE_NOT_EXIST', '订单不存在')
  const page = errorPage(refusal, request.headers['accept-language'])
  return reply.code(404).type('text/html;charset=GBK').send(page)
}

const TEXTS = {
  zh: {
    title: '支付宝沙箱收银台',
    scan: '用沙箱手机扫码付款',
    open: '打开沙箱手机',
    signIn: '登录账户付款',
    payer: '付款人',
    code: '支付密码',
    hint: '测试密码：123456',
    pay: '确认付款',
    order: '订单号',
    scanned: '已扫码，请在手机上确认',
    paid: '付款成功，正在返回商家…',
    done: '付款成功',
    closed: '订单已关闭',
    wrong: '支付密码错误，请重试。',
    locked: '密码错误次数过多，请换一位付款人。',
    funds: '余额不足，请换一位付款人。',
    frozen: '该账户已被冻结，请换一位付款人。',
    failed: '付款未完成，请重试。',
    test: '沙箱 · 不涉及真实资金',
  },
  en: {
    title: 'Alipay sandbox checkout',
    scan: 'Scan with the sandbox phone',
    open: 'Open the sandbox phone',
    signIn: 'Sign in and pay',
    payer: 'Payer',
    code: 'Payment code',
    hint: 'Test code: 123456',
    pay: 'Pay now',
    order: 'Order',
    scanned: 'Scanned. Please confirm on the phone.',
    paid: 'Paid. Taking you back to the shop…',
    done: 'Paid',
    closed: 'This order is closed',
    wrong: 'Wrong code, please try again.',
    locked: 'Too many wrong codes. Choose another payer.',
    funds: 'Not enough balance. Choose another payer.',
    frozen: 'This account is frozen. Choose another payer.',
    failed: 'The payment was not made. Please try again.',
    test: 'Sandbox · no real money',
  },
}

function cashierPage(world: World, order: Order, language: 'zh' | 'en'): string {
  const t = TEXTS[language]
  const address = qrAddress(world, order.qr)
  const view = viewPayable(world, { order })
  // Modes 0, 1, 3 and 4 are framed by the shop: the QR alone (sheet section 2).
  const framed = ['0', '1', '3', '4'].includes(order.qrPayMode ?? '')
  const code = html`<section class="scan">
<div class="qr" role="img" aria-label="${t.scan}">${{ text: qrSvg(address) }}</div>
<p>${t.scan}</p>
<a class="button quiet" href="/phone?qr=${order.qr}" target="_blank" rel="noopener">${t.open}</a>
</section>`
  const body = html`<main class="cashier${framed ? ' framed' : ''}" data-order="${order.id}" data-texts="${JSON.stringify(t)}">
${
  framed
    ? html`<h1 class="hidden">${t.title}</h1>`
    : html`<header>
<div><h1>${t.title}</h1><p class="muted">${view.merchant ?? ''} · ${order.subject}</p></div>
<p class="amount">${yuan(view.amount)}</p>
</header>`
}
<p class="notice" role="status"></p>
<div class="ways">${code}${framed ? html`` : signIn(world, t, language)}</div>
${framed ? html`` : html`<footer><span class="tag">${t.test}</span> <span class="muted">${t.order} ${order.outTradeNo}</span></footer>`}
</main>`
  return document({ title: t.title, language, body, script: '/assets/cashier.js' })
}

function signIn(world: World, t: (typeof TEXTS)['en'], language: 'zh' | 'en'): Html {
  const payers = world.buyers.list().map((buyer) => {
    const name = language === 'zh' ? buyer.name : buyer.nameEn
    return html`<option value="${buyer.userId}">${name} (${buyer.logonId})</option>`
  })
  return html`<form class="sign-in">
<h2>${t.signIn}</h2>
<label>${t.payer}<select name="buyer">${payers}</select></label>
<label>${t.code}<input name="code" type="password" inputmode="numeric" pattern="[0-9]{6}" maxlength="6" autocomplete="off" required aria-describedby="code-hint"></label>
<p class="muted" id="code-hint">${t.hint}</p>
<button class="button" type="submit">${t.pay}</button>
</form>`
}
