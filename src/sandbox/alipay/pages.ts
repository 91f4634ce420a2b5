// The operator's pages about Alipay: what there is, the books, the notifications.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { formatDecimal } from '../../money.ts'
import { type Html, html, languageOf, yuan } from '../pages/html.ts'
import { section } from '../pages/layout.ts'
import { viewNotice } from './control.ts'
import { viewTrade } from './views.ts'
import type { World } from './world.ts'

type Language = 'zh' | 'en'
type Draw = (world: World, language: Language) => { title: string; body: Html }

const ROWS = 100

export function addPages(app: FastifyInstance, world: World): void {
  const pages: Record<string, Draw> = {
    '/': overview,
    '/books': books,
    '/notifications': notifications,
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

function overview(world: World, language: Language) {
  const zh = language === 'zh'
  const { platform } = world
  const counts = world.trades.counts()
  const states: Record<string, string> = zh
    ? {
        WAIT_BUYER_PAY: '等待付款',
        TRADE_SUCCESS: '付款成功',
        TRADE_FINISHED: '交易完成',
        TRADE_CLOSED: '已关闭',
      }
    : {
        WAIT_BUYER_PAY: 'Waiting',
        TRADE_SUCCESS: 'Paid',
        TRADE_FINISHED: 'Finished',
        TRADE_CLOSED: 'Closed',
      }
  const cards = Object.entries(states).map(([status, name]) => {
    const count = counts.find((each) => each.status === status)
    const total = formatDecimal({ amount: count?.total ?? 0n, currency: 'CNY' })
    return html`<div class="card figure"><dt>${name}</dt><dd>${count?.trades ?? 0}</dd><dd class="muted">${yuan(total)}</dd></div>`
  })
  const payers = world.buyers.list().map(
    (buyer) => html`<tr><td>${zh ? buyer.name : buyer.nameEn}</td><td>${buyer.logonId}</td>
<td class="number">${yuan(formatDecimal({ amount: buyer.balance, currency: 'CNY' }))}</td>
<td><code>${buyer.code}</code></td><td>${buyer.frozen ? tag(zh ? '已冻结' : 'frozen', 'bad') : html``}</td></tr>`,
  )
  const merchants = world.applications.list().map(
    (application) => html`<tr><td>${application.name}</td><td><code>${application.appId}</code></td>
<td><code>${application.sellerId}</code></td>
<td>${application.mode === 'key' ? (zh ? '公钥' : 'key') : zh ? '证书' : 'certificate'}${application.contentKey ? ' + AES' : ''}</td></tr>`,
  )
  const now = new Date(platform.clock.now()).toISOString().replace('T', ' ').slice(0, 19)
  const body = html`<h1>${zh ? '支付宝沙箱' : 'Alipay sandbox'}</h1>
<p class="lead">${
    zh
      ? '这里扮演支付宝：检查每个请求、真实签名、发送通知，也可以按你的要求出错。'
      : 'This plays Alipay: it checks every request, signs for real, sends notifications, and goes wrong when you ask it to.'
  }</p>
<dl class="figures">${cards}</dl>
<section><h2>${zh ? '付款人' : 'Payers'}</h2>
<div class="table" role="region" tabindex="0" aria-label="${zh ? '付款人' : 'Payers'}"><table><thead><tr><th scope="col">${zh ? '姓名' : 'Name'}</th><th scope="col">${zh ? '账号' : 'Account'}</th><th scope="col" class="number">${zh ? '余额' : 'Balance'}</th><th scope="col">${zh ? '支付密码' : 'Code'}</th><th scope="col">${zh ? '状态' : 'State'}</th></tr></thead><tbody>${payers}</tbody></table></div></section>
<section><h2>${zh ? '商家应用' : 'Merchant applications'}</h2>
<div class="table" role="region" tabindex="0" aria-label="${zh ? '商家应用' : 'Merchant applications'}"><table><thead><tr><th scope="col">${zh ? '名称' : 'Name'}</th><th scope="col">app_id</th><th scope="col">seller_id</th><th scope="col">${zh ? '签名方式' : 'Signing'}</th></tr></thead><tbody>${merchants}</tbody></table></div></section>
<section><h2>${zh ? '地址' : 'Addresses'}</h2>
<dl class="addresses">
<dt>${zh ? '网关' : 'Gateway'}</dt><dd><code>${platform.address()}/gateway.do</code></dd>
<dt>${zh ? '控制接口' : 'Control API'}</dt><dd><code>${platform.address()}/control/…</code></dd>
<dt>${zh ? '沙箱时间' : 'Sandbox clock'}</dt><dd>${now} UTC · ×${platform.clock.scale()}</dd>
${platform.hubUrl ? html`<dt>Tongbao</dt><dd><a href="${platform.hubUrl}">${platform.hubUrl}</a></dd>` : html``}
</dl></section>`
  return { title: zh ? '支付宝沙箱' : 'Alipay sandbox', body }
}

function books(world: World, language: Language) {
  const zh = language === 'zh'
  const rows = world.trades
    .recent(ROWS)
    .map(viewTrade)
    .map(
      (
        trade,
      ) => html`<tr><td>${time(trade.created_at)}</td><td>${trade.subject}<br><code class="muted">${trade.out_trade_no}</code></td>
<td class="number">${yuan(trade.total_amount)}</td><td>${statusTag(trade.status)}${trade.twin > 0 ? tag(zh ? '第二笔' : 'second', 'warn') : html``}</td>
<td><code>${trade.trade_no}</code></td></tr>`,
    )
  const body = html`<h1>${zh ? '账本' : 'Books'}</h1>
<p class="lead">${zh ? '最近 100 笔交易。完整账本：' : 'The last 100 trades. All of them: '}<code>GET /control/alipay/books</code></p>
${rows.length === 0 ? empty(zh ? '还没有交易。' : 'No trades yet.') : html`<div class="table" role="region" tabindex="0" aria-label="${zh ? '交易' : 'Trades'}"><table><thead><tr><th scope="col">${zh ? '创建时间' : 'Made'} (UTC)</th><th scope="col">${zh ? '订单' : 'Order'}</th><th scope="col" class="number">${zh ? '金额' : 'Amount'}</th><th scope="col">${zh ? '状态' : 'State'}</th><th scope="col">${zh ? '交易号' : 'Trade number'}</th></tr></thead><tbody>${rows}</tbody></table></div>`}`
  return { title: zh ? '账本 · 沙箱' : 'Books · sandbox', body }
}

function notifications(world: World, language: Language) {
  const zh = language === 'zh'
  const rows = world.notifier
    .recent(ROWS)
    .map(viewNotice)
    .map((notice) => {
      const log = notice.deliveries.map(
        (delivery) =>
          html`<li><span class="muted">${time(delivery.at)}</span> ${delivery.status ?? (zh ? '无应答' : 'no answer')} <code>${delivery.answer.slice(0, 60)}</code>${delivery.fault ? tag(delivery.fault, 'warn') : html``}</li>`,
      )
      return html`<tr><td>${time(notice.created_at)}</td><td><code>${notice.out_trade_no}</code><br><span class="muted">${notice.trade_status ?? ''}</span></td>
<td>${stateTag(notice.state, zh)}${notice.fault ? tag(notice.fault, 'warn') : html``}${notice.next_at ? html`<br><span class="muted">${zh ? '下次' : 'next'} ${time(notice.next_at)}</span>` : html``}</td>
<td><ul class="log">${log}</ul></td></tr>`
    })
  const body = html`<h1>${zh ? '通知' : 'Notifications'}</h1>
<p class="lead">${zh ? '发给商家的通知与每次投递的结果。只有应答恰为 success 才算送达。' : 'What was sent to merchants, and how each delivery went. Only the exact answer “success” ends them.'}</p>
${rows.length === 0 ? empty(zh ? '还没有通知。' : 'No notifications yet.') : html`<div class="table" role="region" tabindex="0" aria-label="${zh ? '通知' : 'Notifications'}"><table><thead><tr><th scope="col">${zh ? '时间' : 'Made'} (UTC)</th><th scope="col">${zh ? '订单' : 'Order'}</th><th scope="col">${zh ? '状态' : 'State'}</th><th scope="col">${zh ? '投递' : 'Deliveries'}</th></tr></thead><tbody>${rows}</tbody></table></div>`}`
  return { title: zh ? '通知 · 沙箱' : 'Notifications · sandbox', body }
}

function empty(sentence: string): Html {
  return html`<p class="card empty">${sentence}</p>`
}

function tag(name: string, tone: string): Html {
  return html` <span class="tag ${tone}">${name}</span>`
}

function statusTag(status: string): Html {
  const tones: Record<string, string> = {
    TRADE_SUCCESS: 'good',
    TRADE_FINISHED: 'good',
    WAIT_BUYER_PAY: 'warn',
  }
  return tag(status, tones[status] ?? '')
}

function stateTag(state: string, zh: boolean): Html {
  const names: Record<string, [string, string, string]> = {
    acknowledged: ['delivered', '已送达', 'good'],
    waiting: ['waiting', '等待重试', 'warn'],
    held: ['held', '已扣留', 'warn'],
    exhausted: ['given up', '已放弃', 'bad'],
    lost: ['lost', '已丢失', 'bad'],
  }
  const [en, chinese, tone] = names[state] ?? [state, state, '']
  return tag(zh ? chinese : en, tone)
}

function time(iso: string | undefined): string {
  return iso?.slice(5, 19).replace('T', ' ') ?? ''
}
