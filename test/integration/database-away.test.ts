// The database goes away under load and comes back: callers are told to repeat, nothing is lost, and
// everything recovers by itself (PRODUCT SE-50).

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type EmbeddedPostgres, startPostgres } from '../../src/db/embedded.ts'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { testLog } from '../../src/db/testing.ts'
import { eventually, type Stack, startStack } from '../stack.ts'
import {
  type Answer,
  type AttemptView,
  type Client,
  faultsInBooks,
  openPage,
  openShop,
  order,
  type PaymentView,
  type Shop,
  sides,
  type Wallet,
} from './shop.ts'

let folder: string
let postgres: EmbeddedPostgres
let shop: Shop
let stack: Stack
let api: Client
let wallet: Wallet

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tongbao-away-'))
  postgres = await startCluster()
  shop = await openShop()
  stack = await startStack({ databaseUrl: postgres.url, shopUrl: shop.url })
  ;({ api, wallet } = sides(stack))
})
after(async () => {
  await stack?.stop()
  await shop?.close()
  await postgres?.stop('immediate')
  rmSync(folder, { recursive: true, force: true })
})

// With fsync, because what was answered has to outlive a server that is not asked to end in order.
function startCluster() {
  return startPostgres({ folder: join(folder, 'pg') })
}

/** What the shop does for one order, repeating every request that was not answered as the API says. */
async function buy(outages: Answer[]): Promise<{ payment: PaymentView; attempt?: AttemptView }> {
  const body = order()
  const created = await persist(outages, '/v1/payments', { body, key: `create-${body.reference}` })
  const payment: PaymentView = JSON.parse(created.text)
  const started = await persist(outages, `/v1/payments/${payment.id}/attempts`, {
    body: { wallet: 'alipay', surface: 'qr' },
    key: `start-${body.reference}`,
  })
  if (started.status !== 201) return { payment }
  const attempt: AttemptView = JSON.parse(started.text)
  await wallet.pay({ out_trade_no: attempt.wallet_reference })
  return { payment, attempt }
}

/** Repeats the same request until the answer is no 503. */
function persist(outages: Answer[], path: string, request: { body: object; key: string }) {
  return eventually(async () => {
    const answer = await api.send('POST', path, request)
    if (answer.status !== 503) return answer
    outages.push(answer)
    return undefined
  }, 60_000)
}

describe('a database that is away for ten seconds', () => {
  it('costs nothing but the time', async () => {
    const outages: Answer[] = []
    const bought: Promise<{ payment: PaymentView; attempt?: AttemptView }>[] = []
    const waiting = await api.begin()
    const watched = await api.begin()
    const page = await openPage(stack.hubUrl, watched.payment.client_secret)
    await eventually(async () => (page.told > 0 ? true : undefined))
    const hubBefore = stack.hub.pid()
    const load = setInterval(() => bought.push(buy(outages)), 250)
    try {
      await eventually(async () => (bought.length >= 8 ? true : undefined))
      await postgres.stop('immediate')
      const since = Date.now()
      // The payer pays meanwhile; the wallet's news find nobody who could keep them.
      await wallet.pay({ out_trade_no: waiting.attempt.wallet_reference })
      await whileAway(waiting.attempt)
      await eventually(async () => (Date.now() - since >= 10_000 ? true : undefined))
      assert.ok(!page.ended, 'open pages stay open')
      postgres = await startCluster()
    } finally {
      clearInterval(load)
    }
    await ready()
    const all = await Promise.all(bought)
    assert.ok(outages.length > 0)
    for (const answer of outages) assertNotReady(answer)

    const started = all.filter(({ attempt }) => attempt !== undefined)
    for (const { payment } of [...started, waiting]) {
      const paid = await api.reaches(payment.id, (p) => p.status === 'succeeded', 30_000)
      assert.equal(paid.amount_captured, paid.amount)
    }
    for (const { payment } of all) {
      const { attempts } = await api.read(payment.id)
      assert.equal(attempts.length, 1, 'each order has the one attempt that was asked for')
    }
    await eventually(async () => {
      const told = started.filter(({ payment }) =>
        shop.toldOf(payment.id).includes('payment.succeeded'),
      )
      return told.length === started.length ? true : undefined
    }, 30_000)

    const before = page.told
    await wallet.pay({ out_trade_no: watched.attempt.wallet_reference })
    await eventually(async () => (page.told > before ? true : undefined))
    page.leave()
    assert.equal(stack.hub.pid(), hubBefore, 'the same process all the time')
    await booksAreInOrder()
  })
})

async function whileAway(attempt: AttemptView) {
  const asked = [
    api.send('GET', '/v1/payments'),
    api.send('POST', '/v1/payments', { body: order() }),
    api.send('GET', '/v1/events'),
  ]
  for (const answer of await Promise.all(asked)) assertNotReady(answer)
  const [health, ready] = await Promise.all(
    ['health', 'ready'].map((path) => fetch(`${stack.hubUrl}/${path}`)),
  )
  assert.deepEqual([health?.status, ready?.status], [200, 503])
  const notified = await fetch(`${stack.hubUrl}/notify/alipay/${attempt.wallet_account}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: 'a=b',
  })
  assert.equal(await notified.text(), 'fail')
  // The genuine one was not acknowledged either, so the wallet sends it again.
  const tried = await eventually(async () => {
    const [notice] = await wallet.notices(attempt.wallet_reference)
    return notice && notice.deliveries.length > 0 ? notice : undefined
  })
  assert.equal(tried.state, 'waiting')
  for (const { status, answer } of tried.deliveries) {
    assert.deepEqual([status, answer], [503, 'fail'])
  }
}

function assertNotReady({ status, type, text }: Answer) {
  assert.equal(status, 503, text)
  assert.match(type, /^application\/problem\+json/)
  const problem: { code: string; retry: string } = JSON.parse(text)
  assert.deepEqual([problem.code, problem.retry], ['not_ready', 'same_request'])
}

const ready = () =>
  eventually(async () => ((await fetch(`${stack.hubUrl}/ready`)).ok ? true : undefined))

async function booksAreInOrder() {
  const pool: Pool = createPool(postgres.url, { size: 2, statementTimeoutMs: 0, log: testLog() })
  try {
    assert.deepEqual(await faultsInBooks(pool), [])
    const { rows } = await pool.query<{ wallet_reference: string }>(
      `select wallet_reference from attempts where status = 'succeeded'`,
    )
    const paid = (await wallet.books()).filter(({ status }) => status === 'TRADE_SUCCESS')
    assert.deepEqual(
      rows.map((row) => row.wallet_reference).sort(),
      paid.map((trade) => trade.out_trade_no).sort(),
    )
    // Jobs run: nothing that is due stays in the queue.
    await eventually(async () => {
      const due = await pool.query(
        `select from graphile_worker.jobs where run_at < now() - interval '5 seconds'`,
      )
      return due.rowCount === 0 ? true : undefined
    }, 30_000)
  } finally {
    await pool.end()
  }
}
