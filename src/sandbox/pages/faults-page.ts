// The page on which a person switches faults.
import type { FastifyInstance } from 'fastify'
import type { Platform } from '../platform.ts'
import { html, languageOf } from './html.ts'
import { section, WALLETS } from './layout.ts'

export function addFaultsPage(app: FastifyInstance, platform: Platform): void {
  for (const { name, home } of WALLETS) {
    const path = `${home === '/' ? '' : home}/faults`
    app.get(path, (request, reply) => {
      const language = languageOf(request.headers['accept-language'])
      return reply
        .type('text/html;charset=utf-8')
        .header('cache-control', 'no-store')
        .send(section({ language, ...draw(platform, name, language) }, path))
    })
  }
}

function draw({ faults: known }: Platform, wallet: string, language: 'zh' | 'en') {
  const zh = language === 'zh'
  const active = known.list().filter((rule) => rule.wallet === wallet)
  const kinds = known.kinds().filter((kind) => kind.wallet === wallet)
  const groups: Record<string, string> = zh
    ? {
        notification: '通知',
        gateway: '网关',
        trade: '交易',
        bill: '账单',
        core: 'Bitcoin Core',
        esplora: 'Esplora',
        rates: '行情来源',
      }
    : {
        notification: 'Notifications',
        gateway: 'Gateway',
        trade: 'Trades',
        bill: 'Bills',
        core: 'Bitcoin Core',
        esplora: 'Esplora',
        rates: 'Price sources',
      }
  const used = Object.entries(groups).filter(([group]) =>
    kinds.some((kind) => kind.group === group),
  )
  const sets = used.map(([group, name]) => {
    const switches = kinds
      .filter((kind) => kind.group === group)
      .map((kind) => {
        const on = active.some((rule) => rule.kind === kind.name && rule.order === undefined)
        return html`<label class="switch"><input type="checkbox" name="${kind.name}"${on ? html` checked` : html``}><span>${kind.title[zh ? 'zh-CN' : 'en']}<br><code class="muted">${kind.name}</code></span></label>`
      })
    return html`<fieldset class="card"><legend>${name}</legend><div class="switches">${switches}</div></fieldset>`
  })
  const rules = active
    .filter((rule) => rule.order !== undefined || rule.rate < 1)
    .map(
      (rule) =>
        html`<li><code>${rule.kind}</code> ${rule.order ?? ''} ${rule.rate < 1 ? `${rule.rate * 100} %` : ''}</li>`,
    )
  const body = html`<h1>${zh ? '故障' : 'Faults'}</h1>
<p class="lead">${zh ? '勾选后对每一笔都生效，直到取消。按订单或按比例：' : 'A checked fault strikes every message until it is unchecked. By order or by rate: '}<code>POST /control/faults</code></p>
<p role="status" class="notice" id="saved" data-saved="${zh ? '已保存' : 'Saved'}" data-failed="${zh ? '没有保存：只能在本机操作' : 'Not saved: only this machine may do that'}"></p>
<form id="faults" class="sets" data-wallet="${wallet}">${sets}<button type="button" class="button quiet" id="none">${zh ? '全部关闭' : 'Switch all off'}</button></form>
${rules.length === 0 ? html`` : html`<section><h2>${zh ? '其他规则' : 'Other rules'}</h2><ul class="log">${rules}</ul></section>`}`
  return { title: zh ? '故障 · 沙箱' : 'Faults · sandbox', body, script: '/assets/faults.js' }
}
