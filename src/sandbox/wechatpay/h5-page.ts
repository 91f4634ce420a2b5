// The page between a shop on a phone's browser and the payer's app (sheet section 2, H5).
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Html, html, languageOf, yuan } from '../pages/html.ts'
import { document } from '../pages/layout.ts'
import type { Order } from './order-rows.ts'
import { findH5 } from './payer.ts'
import { isRefusal } from './refusals.ts'
import { stateOf, viewPayable } from './views.ts'
import type { World } from './world.ts'

const PATH = '/cgi-bin/mmpayweb-bin/checkmweb'

const TEXTS = {
  zh: {
    title: '微信支付沙箱',
    lead: '请在付款人的手机上继续。',
    open: '打开沙箱手机付款',
    back: '返回商家',
    order: '订单号',
    paid: '付款成功，正在返回商家…',
    done: '付款成功',
    closed: '订单已关闭',
    test: '沙箱 · 不涉及真实资金',
    bad: '暂时无法付款',
    no_referer: '商家参数格式有误，请联系商家解决',
    foreign_referer: '商家存在未配置的参数，请联系商家解决',
    foreign_return: '跳转地址不在商家的支付域名内，请联系商家解决',
    foreign_address: '网络环境未能通过安全验证，请稍后再试',
    gone: '支付链接已失效，请返回商家重新下单',
  },
  en: {
    title: 'WeChat Pay sandbox',
    lead: 'Please go on with the payer’s phone.',
    open: 'Pay on the sandbox phone',
    back: 'Back to the shop',
    order: 'Order',
    paid: 'Paid. Taking you back to the shop…',
    done: 'Paid',
    closed: 'This order is closed',
    test: 'Sandbox · no real money',
    bad: 'Cannot pay now',
    no_referer: 'The shop’s page did not say where it is (no Referer). Please tell the shop.',
    foreign_referer: 'The shop’s page is not on its registered domain. Please tell the shop.',
    foreign_return: 'The way back does not lead to the registered domain. Please tell the shop.',
    foreign_address: 'Your network did not pass the safety check. Please try again later.',
    gone: 'This link has expired. Please order again at the shop.',
  },
}

type Fault = 'no_referer' | 'foreign_referer' | 'foreign_return' | 'foreign_address' | 'gone'

export function addH5Page(app: FastifyInstance, world: World): void {
  app.get(PATH, (request, reply) => {
    const language = languageOf(request.headers['accept-language'])
    const query = queryOf(request)
    const order = findH5(world, query)
    const fault = isRefusal(order) ? 'gone' : judge(world, order, request, query)
    if (isRefusal(order) || fault) return send(reply, 400, errorPage(fault ?? 'gone', language))
    return send(reply, 200, middlePage(world, order, query, language))
  })

  app.get(`${PATH}/state`, (request, reply) => {
    const order = findH5(world, queryOf(request))
    const state = isRefusal(order) ? 'closed' : stateOf(world, order)
    return reply.header('cache-control', 'no-store').send({ state })
  })
}

function queryOf(request: FastifyRequest): URLSearchParams {
  return new URL(request.url, 'http://sandbox').searchParams
}

/** What WeChat Pay's own page refuses before it opens the app. */
function judge(
  world: World,
  order: Order,
  request: FastifyRequest,
  query: URLSearchParams,
): Fault | undefined {
  const merchant = world.merchants.byId(order.mchid)
  const registered = (address: string) =>
    URL.canParse(address) &&
    merchant?.h5Domains.some((domain) => {
      const host = new URL(address).hostname
      return host === domain || host.endsWith(`.${domain}`)
    })
  const { referer } = request.headers
  if (!referer) return 'no_referer'
  if (!registered(referer)) return 'foreign_referer'
  const back = query.get('redirect_url')
  if (back !== null && !registered(back)) return 'foreign_return'
  return merchant?.h5Address && request.ip !== order.clientAddress ? 'foreign_address' : undefined
}

function send(reply: FastifyReply, status: number, page: string) {
  return reply
    .code(status)
    .type('text/html;charset=utf-8')
    .header('cache-control', 'no-store')
    .send(page)
}

function errorPage(fault: Fault, language: 'zh' | 'en'): string {
  const t = TEXTS[language]
  const body = html`<main class="cashier"><header><div><h1>${t.bad}</h1><p class="muted">${t[fault]}</p></div></header>
<footer><span class="tag">${t.test}</span> <code class="muted">${fault}</code></footer></main>`
  return document({ title: t.title, language, body })
}

function middlePage(
  world: World,
  order: Order,
  query: URLSearchParams,
  language: 'zh' | 'en',
): string {
  const t = TEXTS[language]
  const view = viewPayable(world, order)
  const asked = `${world.platform.address()}${PATH}?${query}`
  const back = query.get('redirect_url')
  const state = `${PATH}/state?prepay_id=${query.get('prepay_id')}&package=${query.get('package')}`
  const link: Html =
    back === null ? html`` : html`<a class="button quiet" href="${back}">${t.back}</a>`
  const body = html`<main class="cashier" data-state="${state}" data-back="${back ?? ''}" data-texts="${JSON.stringify(t)}">
<header><div><h1>${t.title}</h1><p class="muted">${view.merchant ?? ''} · ${order.description}</p></div>
<p class="amount">${yuan(view.amount)}</p></header>
<p class="notice" role="status"></p>
<div class="ways"><section class="scan"><p>${t.lead}</p>
<a class="button" id="open" href="/wechatpay/phone?text=${encodeURIComponent(asked)}" target="_blank">${t.open}</a>
${link}</section></div>
<footer><span class="tag">${t.test}</span> <span class="muted">${t.order} ${order.outTradeNo}</span></footer>
</main>`
  return document({ title: t.title, language, body, script: '/assets/h5.js' })
}
