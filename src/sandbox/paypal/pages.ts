// The operator's pages: apps and payers, orders, notifications.
import type { FastifyInstance } from 'fastify'
import type { Message } from '../outbox.ts'
import { type Html, html, languageOf } from '../pages/html.ts'
import { section } from '../pages/layout.ts'
import type { Apps } from './apps.ts'
import type { Checkout } from './checkout.ts'
import type { Notices } from './notices.ts'
import type { Orders } from './orders.ts'
import { PAYERS } from './payers.ts'

type Language = 'zh' | 'en'

export interface PageParts {
  apps: Apps
  orders: Orders
  notices: Notices
  checkout: Checkout
}

const ROWS = 100

export function addPages(app: FastifyInstance, parts: PageParts): void {
  const pages: Record<string, (language: Language) => { title: string; body: Html }> = {
    '/paypal': (language) => overview(parts, language),
    '/paypal/books': (language) => books(parts, language),
    '/paypal/notifications': (language) => notifications(parts, language),
  }
  for (const [path, draw] of Object.entries(pages)) {
    app.get(path, (request, reply) => {
      const language = languageOf(request.headers['accept-language'])
      return reply
        .type('text/html;charset=utf-8')
        .header('cache-control', 'no-store')
        .send(section({ language, ...draw(language) }, path))
    })
  }
}

function overview({ apps, checkout }: PageParts, language: Language) {
  const zh = language === 'zh'
  const title = zh ? 'PayPal 沙箱' : 'PayPal sandbox'
  const rows = apps
    .list()
    .map(
      ({ clientId, webhookId, webhookUrl }) =>
        html`<tr><td><code>${clientId.slice(0, 16)}…</code></td><td><code>${webhookId}</code></td><td><code>${webhookUrl}</code></td></tr>`,
    )
  const payers = PAYERS.map(
    ({ id, given, surname, note }) =>
      html`<tr><td>${given} ${surname}</td><td>${note[language]}</td><td><code>${id}</code></td></tr>`,
  )
  const body = html`<h1>${title}</h1>
<p class="lead">${zh ? '付款人在 PayPal 页面上同意付款，随后由商户请款。' : 'Payers approve on PayPal’s page; merchants capture.'}</p>
<section><h2>${zh ? '地址' : 'Addresses'}</h2><dl class="addresses"><dt>API</dt><dd><code>${checkout.addresses().api}</code></dd><dt>${zh ? '控制接口' : 'Control API'}</dt><dd><code>/control/paypal/…</code></dd></dl></section>
<section><h2>${zh ? '应用' : 'Apps'}</h2>${table(zh ? '应用' : 'Apps', ['Client ID', 'Webhook ID', zh ? 'Webhook 地址' : 'Webhooks go to'], rows)}</section>
<section><h2>${zh ? '付款人' : 'Payers'}</h2>${table(zh ? '付款人' : 'Payers', zh ? ['姓名', '结果', '名称'] : ['Name', 'What happens', 'Id'], payers)}</section>`
  return { title, body }
}

function books({ orders }: PageParts, language: Language) {
  const zh = language === 'zh'
  const title = zh ? '账本' : 'Books'
  const heads = zh
    ? ['时间 (UTC)', '订单', '金额', '状态', '编号']
    : ['Made (UTC)', 'Order', 'Amount', 'State', 'Number']
  const rows = orders
    .recent(ROWS)
    .map(
      (order) =>
        html`<tr><td>${time(order.createdAt)}</td><td><code>${order.customId}</code></td><td class="number">${order.currency} ${order.value}</td><td>${tag(order.captureStatus ?? order.status)}</td><td><code>${order.id}</code></td></tr>`,
    )
  return { title, body: html`<h1>${title}</h1>${table(title, heads, rows)}` }
}

function notifications({ notices }: PageParts, language: Language) {
  const zh = language === 'zh'
  const title = zh ? '通知' : 'Notifications'
  const heads = zh
    ? ['时间 (UTC)', '订单', '状态', '投递']
    : ['Made (UTC)', 'Order', 'State', 'Deliveries']
  const rows = notices.recent(ROWS).map((message) => {
    const log = message.log.map(
      ({ at, status, answer }) =>
        html`<li><span class="muted">${time(at)}</span> ${status ?? (zh ? '无应答' : 'no answer')} <code>${answer.slice(0, 60)}</code></li>`,
    )
    return html`<tr><td>${time(message.createdAt)}</td><td><code>${message.order}</code></td><td>${tag(nameOf(message, zh))}${message.fault ? tag(message.fault) : html``}</td><td><ul class="log">${log}</ul></td></tr>`
  })
  const lead = zh ? '任何 2xx 应答都算送达。' : 'Any 2xx answer ends them.'
  return {
    title,
    body: html`<h1>${title}</h1><p class="lead">${lead}</p>${table(title, heads, rows)}`,
  }
}

function nameOf({ state }: Message, zh: boolean): string {
  const names: Record<Message['state'], [string, string]> = {
    acknowledged: ['delivered', '已送达'],
    waiting: ['waiting', '等待重试'],
    held: ['held', '已扣留'],
    exhausted: ['given up', '已放弃'],
    lost: ['lost', '已丢失'],
  }
  return names[state][zh ? 1 : 0]
}

function table(label: string, heads: readonly string[], rows: readonly Html[]): Html {
  if (rows.length === 0) return html`<p class="card empty">–</p>`
  const cells = heads.map((head) => html`<th scope="col">${head}</th>`)
  return html`<div class="table" role="region" tabindex="0" aria-label="${label}"><table><thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function tag(name: string): Html {
  return html` <span class="tag">${name}</span>`
}

function time(at: number): string {
  return new Date(at).toISOString().slice(5, 19).replace('T', ' ')
}
