// The operator's pages about the card wallets and their acquirers: accounts, charges, webhooks.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Message } from '../outbox.ts'
import { type Html, html, languageOf } from '../pages/html.ts'
import { section } from '../pages/layout.ts'
import { shownAmount } from './amounts.ts'
import type { Issuer } from './issuer.ts'
import type { Charge, Ledger } from './ledger.ts'
import type { AcquirerName, Merchants } from './merchants.ts'
import { shortName, TEST_CARDS } from './test-cards.ts'
import type { Webhooks } from './webhooks.ts'

type Language = 'zh' | 'en'
type Draw = (language: Language) => { title: string; body: Html }

const ROWS = 100

export interface AcquirerPages {
  acquirer: AcquirerName
  title: string
  /** Base address of the API. */
  api: () => string
  decimals: Readonly<Record<string, number>>
  merchants: Merchants
  ledger: Ledger
  issuer: Issuer
  webhooks: Webhooks
}

export function addAcquirerPages(app: FastifyInstance, pages: AcquirerPages): void {
  const base = `/${pages.acquirer}`
  addPage(app, base, (language) => overview(pages, language))
  addPage(app, `${base}/books`, (language) => books(pages, language))
  addPage(app, `${base}/notifications`, (language) => notifications(pages, language))
}

/** The overview of a wallet: addresses that a merchant or a page needs, and the payers' cards. */
export function addWalletPage(
  app: FastifyInstance,
  path: string,
  title: string,
  addresses: (language: Language) => readonly (readonly [string, string])[],
): void {
  addPage(app, path, (language) => {
    const zh = language === 'zh'
    const rows = TEST_CARDS.map(
      (card) =>
        html`<tr><td>${shortName(card)}</td><td>${card.name[zh ? 'zh-CN' : 'en']}</td><td><code>${card.id}</code></td></tr>`,
    )
    const body = html`<h1>${title}</h1>
<p class="lead">${zh ? '付款面板直接出现在商店的页面上。' : 'The sheet appears right in the page of the shop.'}</p>
<section><h2>${zh ? '地址' : 'Addresses'}</h2>${definitions(addresses(language))}</section>
<section><h2>${zh ? '测试卡' : 'Test cards'}</h2>${table(zh ? '测试卡' : 'Test cards', zh ? ['卡', '发卡行的回答', '名称'] : ['Card', 'What its bank says', 'Name'], rows)}</section>`
    return { title, body }
  })
}

function addPage(app: FastifyInstance, path: string, draw: Draw): void {
  app.get(path, (request: FastifyRequest, reply: FastifyReply) => {
    const language = languageOf(request.headers['accept-language'])
    return reply
      .type('text/html;charset=utf-8')
      .header('cache-control', 'no-store')
      .send(section({ language, ...draw(language) }, path))
  })
}

function overview({ acquirer, title, api, merchants }: AcquirerPages, language: Language) {
  const zh = language === 'zh'
  const rows = merchants
    .list(acquirer)
    .map(
      ({ id, webhooks }) =>
        html`<tr><td><code>${id}</code></td><td>${webhooks.length === 0 ? (zh ? '没有' : 'none') : html`<code>${webhooks.join(' ')}</code>`}</td></tr>`,
    )
  const name = zh ? `${title} 沙箱` : `${title} sandbox`
  const heads = zh ? ['账户', 'Webhook 地址'] : ['Account', 'Webhooks go to']
  const body = html`<h1>${name}</h1>
<p class="lead">${zh ? `这里扮演 ${title}：用自己的密钥解开令牌、询问发卡行、记账并发送 webhook。` : `This plays ${title}: it opens tokens with its own keys, asks the issuer, keeps books and sends webhooks.`}</p>
<section><h2>${zh ? '地址' : 'Addresses'}</h2>${definitions([
    ['API', api()],
    [zh ? '控制接口' : 'Control API', `/control/${acquirer}/…`],
  ])}</section>
<section><h2>${zh ? '商户账户' : 'Accounts'}</h2>${rows.length === 0 ? empty(zh ? '还没有账户。' : 'No accounts yet.') : table(zh ? '商户账户' : 'Accounts', heads, rows)}</section>`
  return { title: name, body }
}

function books({ acquirer, ledger, issuer, decimals }: AcquirerPages, language: Language) {
  const zh = language === 'zh'
  const rows = ledger.recent(acquirer, ROWS).map((charge) => {
    const challenge = issuer.byCharge(charge.id)
    const asked =
      challenge?.state === 'open'
        ? html`<br><a href="/issuer/${challenge.id}">${zh ? '银行的页面' : "The bank's page"}</a>`
        : html``
    return html`<tr><td>${time(charge.createdAt)}</td><td><code>${charge.reference}</code><br><span class="muted">${charge.wallet} ${charge.card ?? ''}</span></td>
<td class="number">${shownAmount(charge, decimals)}${moved(charge, decimals, zh)}</td>
<td>${tag(charge.state, TONES[charge.state] ?? '')}${asked}</td><td><code>${charge.id}</code></td></tr>`
  })
  const title = zh ? '账本' : 'Books'
  const heads = zh
    ? ['时间 (UTC)', '订单', '金额', '状态', '编号']
    : ['Made (UTC)', 'Order', 'Amount', 'State', 'Number']
  const body = html`<h1>${title}</h1>
<p class="lead">${zh ? '最近 100 笔扣款。完整账本：' : 'The last 100 charges. All of them: '}<code>GET /control/${acquirer}/books</code></p>
${rows.length === 0 ? empty(zh ? '还没有扣款。' : 'No charges yet.') : table(title, heads, rows)}`
  return { title, body }
}

function moved(charge: Charge, decimals: AcquirerPages['decimals'], zh: boolean): Html {
  if (charge.refunded === 0n) return html``
  const back = shownAmount({ ...charge, amount: charge.refunded }, decimals)
  return html`<br><span class="muted">${zh ? '已退' : 'refunded'} ${back}</span>`
}

function notifications({ webhooks }: AcquirerPages, language: Language) {
  const zh = language === 'zh'
  const rows = webhooks.recent(ROWS).map((message) => {
    const log = message.log.map(
      ({ at, status, answer, fault }) =>
        html`<li><span class="muted">${time(at)}</span> ${status ?? (zh ? '无应答' : 'no answer')} <code>${answer.slice(0, 60)}</code>${fault ? tag(fault, 'warn') : html``}</li>`,
    )
    return html`<tr><td>${time(message.createdAt)}</td><td><code>${message.order}</code></td>
<td>${stateOf(message, zh)}${message.fault ? tag(message.fault, 'warn') : html``}</td><td><ul class="log">${log}</ul></td></tr>`
  })
  const title = zh ? '通知' : 'Notifications'
  const heads = zh
    ? ['时间 (UTC)', '订单', '状态', '投递']
    : ['Made (UTC)', 'Order', 'State', 'Deliveries']
  const body = html`<h1>${title}</h1>
<p class="lead">${zh ? '任何 2xx 应答都算送达。' : 'Any 2xx answer ends them.'}</p>
${rows.length === 0 ? empty(zh ? '还没有通知。' : 'No notifications yet.') : table(title, heads, rows)}`
  return { title, body }
}

const TONES: Record<string, string> = {
  authorized: 'warn',
  challenged: 'warn',
  answered: 'warn',
  captured: 'good',
  declined: 'bad',
}

function stateOf({ state }: Message, zh: boolean): Html {
  const names: Record<Message['state'], [string, string, string]> = {
    acknowledged: ['delivered', '已送达', 'good'],
    waiting: ['waiting', '等待重试', 'warn'],
    held: ['held', '已扣留', 'warn'],
    exhausted: ['given up', '已放弃', 'bad'],
    lost: ['lost', '已丢失', 'bad'],
  }
  const [en, chinese, tone] = names[state]
  return tag(zh ? chinese : en, tone)
}

function definitions(pairs: readonly (readonly [string, string])[]): Html {
  const rows = pairs.map(([name, value]) => html`<dt>${name}</dt><dd><code>${value}</code></dd>`)
  return html`<dl class="addresses">${rows}</dl>`
}

function table(label: string, heads: readonly string[], rows: readonly Html[]): Html {
  const cells = heads.map((head) => html`<th scope="col">${head}</th>`)
  return html`<div class="table" role="region" tabindex="0" aria-label="${label}"><table><thead><tr>${cells}</tr></thead><tbody>${rows}</tbody></table></div>`
}

function empty(sentence: string): Html {
  return html`<p class="card empty">${sentence}</p>`
}

function tag(name: string, tone: string): Html {
  return html` <span class="tag ${tone}">${name}</span>`
}

function time(at: number): string {
  return new Date(at).toISOString().slice(5, 19).replace('T', ' ')
}
