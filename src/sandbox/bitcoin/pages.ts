// The operator's page about the chain: what waits, the latest blocks, and what one can do to them.
import type { FastifyInstance } from 'fastify'
import { type Html, html, languageOf } from '../pages/html.ts'
import { section } from '../pages/layout.ts'
import { blockOfHash, tipOf } from './chain.ts'
import { PAYERS } from './payers.ts'
import type { PaymentState } from './payments.ts'
import type { Transaction } from './transaction.ts'
import { btcText } from './uri.ts'
import { viewBlock, viewPayer, viewPayment, viewWaiting } from './views.ts'
import type { World } from './world.ts'

const BLOCKS = 12
const PAYMENTS = 12

type Say = (zh: string, en: string) => string

export function addPages(app: FastifyInstance, world: World): void {
  app.get('/bitcoin', (request, reply) => {
    const language = languageOf(request.headers['accept-language'])
    const say: Say = (zh, en) => (language === 'zh' ? zh : en)
    const title = say('比特币沙箱', 'Bitcoin sandbox')
    const page = { language, title, body: draw(world, say), script: '/assets/bitcoin-chain.js' }
    return reply
      .type('text/html;charset=utf-8')
      .header('cache-control', 'no-store')
      .send(section(page, '/bitcoin'))
  })
}

function draw(world: World, say: Say): Html {
  return html`<h1>${say('比特币沙箱', 'Bitcoin sandbox')}</h1>
<p class="lead">${say(
    '一条真正的 regtest 链：真实的区块、签名和工作量证明，可以随意出块、重组和双花。',
    'A real regtest chain: true blocks, signatures and proof of work. Mine, reorganize and double-spend as you like.',
  )}</p>
<p role="status" class="notice" id="saved" data-done="${say('完成', 'Done')}" data-failed="${say('没有执行', 'Not done')}"></p>
${actions(world, say)}
<div id="live">
${figures(world, say)}
${mempool(world, say)}
${blocks(world, say)}
${payments(world, say)}
${payers(world, say)}
</div>
${addresses(world, say)}`
}

function actions({ miner }: World, say: Say): Html {
  const seconds = miner.seconds()
  return html`<section class="sets"><h2>${say('操作', 'Actions')}</h2>
<div class="acts">
<button type="button" class="button" data-post="mine" data-body='{"n":1}'>${say('出一个区块', 'Mine a block')}</button>
<button type="button" class="button quiet" data-post="mine" data-body='{"n":6}'>${say('出六个区块', 'Mine six')}</button>
<button type="button" class="button quiet" data-post="mine" data-body='{"n":1,"empty":true}'>${say('出一个空区块', 'Mine an empty block')}</button>
</div>
<form class="acts" data-post="reorg"><label>${say('重组深度', 'Depth')} <input type="number" name="depth" value="1" min="1" max="100" required></label>
<label>${say('交易', 'Payments')} <select name="keep"><option value="true">${say('再次写入', 'mined again')}</option><option value="false">${say('退回等待', 'back to waiting')}</option></select></label>
<button class="button quiet">${say('重组', 'Reorganize')}</button></form>
<form class="acts" data-post="miner"><label>${say('自动出块间隔（秒，0 为关闭）', 'Seconds between blocks, 0 for none')} <input type="number" name="seconds" value="${seconds}" min="0" max="86400" required></label>
<button class="button quiet">${say('设置', 'Set')}</button></form></section>`
}

function figures({ node, prices }: World, say: Say): Html {
  const tip = tipOf(node.chain)
  const all: [string, string, string][] = [
    [say('区块高度', 'Height'), String(tip.height), short(tip.hash)],
    [say('等待中的交易', 'Waiting'), String(node.chain.mempool.size), ''],
    ['BTC/USD', whole(prices.mid().USD), ''],
    ['BTC/EUR', whole(prices.mid().EUR), ''],
  ]
  const cards = all.map(
    ([name, value, more]) =>
      html`<div class="card figure"><dt>${name}</dt><dd>${value}</dd><dd class="muted">${more}</dd></div>`,
  )
  return html`<section><dl class="figures">${cards}</dl></section>`
}

function mempool({ node }: World, say: Say): Html {
  const rows = [...node.chain.mempool.values()].map(({ transaction }) => {
    const { txid, fee_sat: fee, vsize } = viewWaiting(node.chain, transaction)
    return html`<tr><td><code>${short(txid)}</code></td><td>${outputs(node.chain, transaction)}</td>
<td class="number">${(fee / vsize).toFixed(1)} sat/vB</td>
<td><div class="acts"><button type="button" class="button quiet" data-post="double-spend" data-body='{"txid":"${txid}"}'>${say('替换', 'Replace')}</button>
<button type="button" class="button quiet" data-post="double-spend" data-body='{"txid":"${txid}","how":"mine"}'>${say('双花', 'Double-spend')}</button>
<button type="button" class="button quiet" data-post="drop" data-body='{"txid":"${txid}"}'>${say('丢弃', 'Drop')}</button></div></td></tr>`
  })
  const heads = [
    say('交易', 'Transaction'),
    say('付给', 'Pays'),
    number(say('费率', 'Fee')),
    say('操作', 'Actions'),
  ]
  return table(say('等待确认', 'Waiting'), heads, rows, say('没有等待的交易。', 'Nothing waits.'))
}

function blocks({ node }: World, say: Say): Html {
  const rows = node.chain.best
    .slice(-BLOCKS)
    .reverse()
    .map((hash) => {
      const block = blockOfHash(node.chain, hash)
      const { height, time, fees_sat: fees } = viewBlock(node.chain, block)
      const paid = block.transactions
        .slice(1, 5)
        .map((each) => html`<div>${outputs(node.chain, each)}</div>`)
      return html`<tr><td class="number">${height}</td><td>${time.slice(5, 19).replace('T', ' ')}</td>
<td>${paid.length === 0 ? html`<span class="muted">${say('空', 'empty')}</span>` : paid}</td><td class="number">${fees} sat</td><td><code>${short(hash)}</code></td></tr>`
    })
  const heads = [
    number(say('高度', 'Height')),
    `${say('时间', 'Time')} (UTC)`,
    say('付款', 'Payments'),
    number(say('矿工费', 'Fees')),
    say('哈希', 'Hash'),
  ]
  return table(say('最新区块', 'Latest blocks'), heads, rows, '')
}

function payments(world: World, say: Say): Html {
  const states: Record<PaymentState['state'], [string, string]> = {
    confirmed: ['good', say('已确认', 'confirmed')],
    waiting: ['warn', say('等待', 'waiting')],
    replaced: ['bad', say('已被替换', 'replaced')],
    double_spent: ['bad', say('已被双花', 'double-spent')],
    gone: ['bad', say('已丢弃', 'dropped')],
  }
  const rows = world.payments.recent(PAYMENTS).map((each) => {
    const { txid, btc, state, confirmations, label, kind } = viewPayment(world, each)
    const [tone, name] = states[state]
    return html`<tr><td><code>${short(txid)}</code></td><td>${label ?? kind}</td><td class="number">${btc}</td>
<td><span class="tag ${tone}">${name}${confirmations > 0 ? ` ${confirmations}` : ''}</span></td>
<td><div class="acts">${state === 'confirmed' ? html`<button type="button" class="button quiet" data-post="double-spend" data-body='{"txid":"${txid}","how":"mine"}'>${say('重组并双花', 'Reorganize and double-spend')}</button>` : html``}${state === 'gone' ? html`<button type="button" class="button quiet" data-post="resend" data-body='{"txid":"${txid}"}'>${say('重新发送', 'Send again')}</button>` : html``}</div></td></tr>`
  })
  const heads = [
    say('交易', 'Transaction'),
    say('内容', 'What'),
    number('BTC'),
    say('状态', 'State'),
    say('操作', 'Actions'),
  ]
  return table(say('付款', 'Payments'), heads, rows, say('还没有付款。', 'No payments yet.'))
}

function payers(world: World, say: Say): Html {
  const rows = PAYERS.map((payer) => {
    const { name, name_en: nameEn, balance, address } = viewPayer(world, payer)
    return html`<tr><td>${say(name, nameEn)}</td><td class="number">${balance}</td><td><code>${address}</code></td></tr>`
  })
  const heads = [say('姓名', 'Name'), number('BTC'), say('地址', 'Address')]
  return table(say('付款人', 'Payers'), heads, rows, '')
}

function addresses({ platform }: World, say: Say): Html {
  const at = `${platform.address()}/bitcoin`
  return html`<section><h2>${say('地址', 'Addresses')}</h2><dl class="addresses">
<dt>Bitcoin Core RPC</dt><dd><code>${at}/rpc</code></dd>
<dt>Esplora</dt><dd><code>${at}/esplora</code></dd>
<dt>${say('行情来源', 'Prices')}</dt><dd><code>${at}/rates/kraken</code></dd>
<dt>${say('控制接口', 'Control API')}</dt><dd><code>${platform.address()}/control/bitcoin/…</code></dd>
</dl></section>`
}

function outputs(chain: World['node']['chain'], transaction: Transaction): Html[] {
  const { outputs: all } = viewWaiting(chain, transaction)
  return all
    .filter(({ change }) => !change)
    .slice(0, 4)
    .map(
      ({ address, sat }) =>
        html`<div>${btcText(BigInt(sat))} → <code>${address === undefined ? '' : short(address)}</code></div>`,
    )
}

/** The head of a column of numbers. */
function number(title: string): Html {
  return html`<th scope="col" class="number">${title}</th>`
}

function table(
  title: string,
  heads: readonly (string | Html)[],
  rows: readonly Html[],
  none: string,
): Html {
  const head = heads.map((each) =>
    typeof each === 'string' ? html`<th scope="col">${each}</th>` : each,
  )
  const body =
    rows.length === 0
      ? html`<p class="card empty">${none}</p>`
      : html`<div class="table" role="region" tabindex="0" aria-label="${title}"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
  return html`<section><h2>${title}</h2>${body}</section>`
}

function short(text: string): string {
  return text.length > 20 ? `${text.slice(0, 10)}…${text.slice(-6)}` : text
}

/** A price for people: `97000.10` is `97,000`. */
function whole(price: string): string {
  return (price.split('.')[0] ?? '').replace(/\B(?=(\d{3})+$)/g, ',')
}
