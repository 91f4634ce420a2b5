// The operator's pages about WeChat Pay: what there is, the books, the notifications.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { formatDecimal } from '../../money.ts'
import type { Message } from '../outbox.ts'
import { type Html, html, languageOf, yuan } from '../pages/html.ts'
import { section } from '../pages/layout.ts'
import { viewOrder } from './views.ts'
import type { World } from './world.ts'

type Language = 'zh' | 'en'
type Draw = (world: World, language: Language) => { title: string; body: Html }

const ROWS = 100

export function addPages(app: FastifyInstance, world: World): void {
  const pages: Record<string, Draw> = {
    '/wechatpay': overview,
    '/wechatpay/books': books,
    '/wechatpay/notifications': notifications,
  }
  for (const [path, draw] of Object.entries(pages)) {
    app.get(path, (request: FastifyRequest, reply: FastifyReply) => {
      const language = languageOf(request.headers['accept-language'])
      return reply
        .type('text/html;charset=utf-8')
        .header('cache-control', 'no-store')
        .send(section({ language, ...draw(world, language) }, path))
    })
  }
}

const STATES = {
  zh: { NOTPAY: '未支付', USERPAYING: '支付中', SUCCESS: '支付成功', CLOSED: '已关闭' },
  en: { NOTPAY: 'Unpaid', USERPAYING: 'Paying', SUCCESS: 'Paid', CLOSED: 'Closed' },
}

function overview(world: World, language: Language) {
  const zh = language === 'zh'
  const counts = world.orders.counts()
  const cards = Object.entries(STATES[language]).map(([state, name]) => {
    const count = counts.find((each) => each.state === state)
    const total = formatDecimal({ amount: count?.total ?? 0n, currency: 'CNY' })
    return html`<div class="card figure"><dt>${name}</dt><dd>${count?.orders ?? 0}</dd><dd class="muted">${yuan(total)}</dd></div>`
  })
  const payers = world.buyers.list().map(
    (buyer) => html`<tr><td>${zh ? buyer.name : buyer.nameEn}</td><td><code>${buyer.id}</code></td>
<td class="number">${yuan(formatDecimal({ amount: buyer.balance, currency: 'CNY' }))}</td>
<td><code>${buyer.code}</code></td><td>${buyer.frozen ? tag(zh ? '已冻结' : 'frozen', 'bad') : html``}</td></tr>`,
  )
  const modes = zh
    ? { certificate: '平台证书', migrating: '切换中', public_key: '微信支付公钥' }
    : { certificate: 'certificate', migrating: 'migrating', public_key: 'public key' }
  const merchants = world.merchants.list().map(
    ({ name, mchid, apps, mode }) => html`<tr><td>${name}</td><td><code>${mchid}</code></td>
<td><code>${apps.official}</code></td><td>${modes[mode]}</td></tr>`,
  )
  const title = zh ? '微信支付沙箱' : 'WeChat Pay sandbox'
  const body = html`<h1>${title}</h1>
<p class="lead">${
    zh
      ? '这里扮演微信支付：检查每个请求、真实签名与加密、发送通知、出具账单，也可以按你的要求出错。'
      : 'This plays WeChat Pay: it checks every request, signs and encrypts for real, notifies, writes bills, and goes wrong when you ask it to.'
  }</p>
<dl class="figures">${cards}</dl>
<section><h2>${zh ? '付款人' : 'Payers'}</h2>${table(
    zh ? '付款人' : 'Payers',
    zh
      ? ['姓名', '编号', '余额', '支付密码', '状态']
      : ['Name', 'Number', 'Balance', 'Code', 'State'],
    payers,
    2,
  )}</section>
<section><h2>${zh ? '商户' : 'Merchants'}</h2>${table(
    zh ? '商户' : 'Merchants',
    zh ? ['名称', '商户号', 'appid', '应答签名'] : ['Name', 'mchid', 'appid', 'Answers signed by'],
    merchants,
  )}</section>
<section><h2>${zh ? '地址' : 'Addresses'}</h2><dl class="addresses">
<dt>APIv3</dt><dd><code>${world.platform.address()}/v3/…</code></dd>
<dt>APIv2</dt><dd><code>${world.platform.address()}/pay/micropay</code></dd>
<dt>${zh ? '内置浏览器' : 'In-app browser'}</dt><dd><a href="/wechatpay/in-app">/wechatpay/in-app</a></dd>
<dt>${zh ? '控制接口' : 'Control API'}</dt><dd><code>${world.platform.address()}/control/wechatpay/…</code></dd>
</dl></section>`
  return { title, body }
}

function books(world: World, language: Language) {
  const zh = language === 'zh'
  const rows = world.orders.recent(ROWS).map((order) => {
    const view = viewOrder(order)
    return html`<tr><td>${time(view.created_at)}</td><td>${view.description}<br><code class="muted">${view.out_trade_no}</code></td>
<td class="number">${yuan(view.total_amount)}</td><td>${stateTag(view.trade_state)}</td>
<td><code>${view.transaction_id ?? ''}</code></td></tr>`
  })
  const headings = zh
    ? ['下单时间 (UTC)', '订单', '金额', '状态', '微信订单号']
    : ['Made (UTC)', 'Order', 'Amount', 'State', 'Transaction']
  const body = html`<h1>${zh ? '账本' : 'Books'}</h1>
<p class="lead">${zh ? '最近 100 笔订单。完整账本：' : 'The last 100 orders. All of them: '}<code>GET /control/wechatpay/books</code></p>
${rows.length === 0 ? empty(zh ? '还没有订单。' : 'No orders yet.') : table(zh ? '订单' : 'Orders', headings, rows, 2)}`
  return { title: zh ? '账本 · 微信支付沙箱' : 'Books · WeChat Pay sandbox', body }
}

function notifications(world: World, language: Language) {
  const zh = language === 'zh'
  const rows = world.notifier.recent(ROWS).map(
    (message) => html`<tr><td>${time(new Date(message.createdAt).toISOString())}</td>
<td><code>${message.order}</code><br><code class="muted">${message.url}</code></td>
<td>${messageTag(message)}</td><td>${message.fault ? tag(message.fault, 'warn') : html``}</td>
<td>${message.log.map((each) => html`<code>${each.status ?? '-'} ${each.answer.slice(0, 40)}</code><br>`)}</td></tr>`,
  )
  const headings = zh
    ? ['产生时间 (UTC)', '订单与地址', '状态', '故障', '应答']
    : ['Made (UTC)', 'Order and address', 'State', 'Fault', 'Answers']
  const body = html`<h1>${zh ? '通知' : 'Notifications'}</h1>
<p class="lead">${zh ? '最近 100 条通知。重发：' : 'The last 100. Send one again: '}<code>POST /control/wechatpay/notifications/{id}/resend</code></p>
${rows.length === 0 ? empty(zh ? '还没有通知。' : 'No notifications yet.') : table(zh ? '通知' : 'Notifications', headings, rows)}`
  return { title: zh ? '通知 · 微信支付沙箱' : 'Notifications · WeChat Pay sandbox', body }
}

function table(label: string, headings: string[], rows: Html[], numeric = -1): Html {
  const head = headings.map(
    (heading, index) =>
      html`<th scope="col"${index === numeric ? html` class="number"` : html``}>${heading}</th>`,
  )
  return html`<div class="table" role="region" tabindex="0" aria-label="${label}"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function stateTag(state: string): Html {
  if (state === 'SUCCESS') return tag(state, 'good')
  return tag(state, state === 'NOTPAY' || state === 'USERPAYING' ? 'warn' : '')
}

function messageTag({ state }: Message): Html {
  return tag(state, state === 'acknowledged' ? 'good' : state === 'exhausted' ? 'bad' : 'warn')
}

function tag(text: string, kind: string): Html {
  return html`<span class="tag ${kind}">${text}</span>`
}

function empty(text: string): Html {
  return html`<p class="card muted">${text}</p>`
}

function time(iso: string | undefined): string {
  return iso?.replace('T', ' ').slice(0, 19) ?? ''
}
