// The page on which a payer approves an order or gives it up.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { html, languageOf } from '../pages/html.ts'
import { document } from '../pages/layout.ts'
import type { Checkout } from './checkout.ts'
import type { Order } from './orders.ts'
import { PAYERS, payerById } from './payers.ts'

type Token = { Querystring: { token?: string } }

export function addPayerPage(app: FastifyInstance, checkout: Checkout): void {
  app.get<Token>('/paypal/checkoutnow', (request, reply) => {
    const language = languageOf(request.headers['accept-language'])
    const order = checkout.find(undefined, request.query.token ?? '')
    if (order?.status !== 'PAYER_ACTION_REQUIRED') return sendPage(reply, over(language), 410)
    return sendPage(reply, question(order, language), 200)
  })
  app.post('/paypal/checkoutnow/:answer', (request, reply) => {
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '')
    const language = languageOf(request.headers['accept-language'])
    const order = checkout.find(undefined, form.get('token') ?? '')
    if (order?.status !== 'PAYER_ACTION_REQUIRED') return sendPage(reply, over(language), 410)
    const payer = payerById(form.get('payer') ?? undefined)
    const pays = request.url.endsWith('/approve') && payer !== undefined
    const to =
      pays && checkout.approve(order, payer) ? returnOf(order, payer.payerId) : leave(order)
    return reply.header('cache-control', 'no-store').redirect(to, 303)
  })
}

/** Where PayPal sends the browser of a payer who approved. */
export function returnOf(order: Order, payerId: string): string {
  const url = new URL(order.returnUrl)
  url.searchParams.set('token', order.id)
  url.searchParams.set('PayerID', payerId)
  return url.href
}

function leave(order: Order): string {
  const url = new URL(order.cancelUrl)
  url.searchParams.set('token', order.id)
  return url.href
}

function sendPage(reply: FastifyReply, page: string, status: number): FastifyReply {
  return reply
    .code(status)
    .type('text/html;charset=utf-8')
    .header('cache-control', 'no-store')
    .send(page)
}

const TEXTS = {
  zh: {
    title: 'PayPal 沙箱付款',
    lead: '核对金额，然后选择由谁付款。',
    what: '商品',
    who: '付款人',
    pay: '立即付款',
    cancel: '取消并返回商店',
    over: '这笔订单已经结束。',
    back: '请回到商店的页面。',
    test: '沙箱 · 不涉及真实资金',
  },
  en: {
    title: 'PayPal sandbox payment',
    lead: 'Check the amount, then choose who pays.',
    what: 'For',
    who: 'Payer',
    pay: 'Pay now',
    cancel: 'Cancel and go back to the shop',
    over: 'This order is over.',
    back: 'Please go back to the page of the shop.',
    test: 'Sandbox · no real money',
  },
}

function question(order: Order, language: 'zh' | 'en'): string {
  const t = TEXTS[language]
  const options = PAYERS.map(
    ({ id, given, surname, note }) =>
      html`<option value="${id}">${given} ${surname} · ${note[language]}</option>`,
  )
  const body = html`<main class="cashier">
<header><div><h1>${t.title}</h1><p class="muted">${t.lead}</p></div></header>
<p class="amount">${order.currency} ${order.value}</p>
<dl class="addresses"><dt>${t.what}</dt><dd>${order.description}</dd></dl>
<form method="post" action="/paypal/checkoutnow/approve">
<input type="hidden" name="token" value="${order.id}">
<p><label>${t.who} <select name="payer">${options}</select></label></p>
<button class="button" type="submit">${t.pay}</button>
</form>
<form method="post" action="/paypal/checkoutnow/cancel">
<input type="hidden" name="token" value="${order.id}">
<button class="button quiet" type="submit">${t.cancel}</button>
</form>
<footer><span class="tag">${t.test}</span></footer>
</main>`
  return document({ title: t.title, language, body })
}

function over(language: 'zh' | 'en'): string {
  const t = TEXTS[language]
  const body = html`<main class="cashier"><h1>${t.over}</h1><p>${t.back}</p></main>`
  return document({ title: t.over, language, body })
}
