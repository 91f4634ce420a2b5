// Two hubs on one database: nothing that matters is in either one's memory (DESIGN section 7, SE-8).

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type FreshDatabase, freshDatabase } from '../../src/db/testing.ts'
import { LEASE } from '../../src/webhooks/delivery-store.ts'
import { type AnotherHub, eventually, type Stack, startStack } from '../stack.ts'
import { bodyOf, fieldsOf, having, platformKey, signed } from './platform.ts'
import {
  type Client,
  eventsOf,
  faultsInBooks,
  merchant,
  openPage,
  openShop,
  type Shop,
  sides,
  type Wallet,
} from './shop.ts'

let db: FreshDatabase
let shop: Shop
let stack: Stack
let other: AnotherHub
let wallet: Wallet
/** The same merchant at hub A and at hub B. */
let a: Client
let b: Client

before(async () => {
  db = await freshDatabase()
  shop = await openShop()
  stack = await startStack({ databaseUrl: db.url, shopUrl: shop.url })
  other = await stack.anotherHub()
  ;({ api: a, wallet } = sides(stack))
  b = merchant(other.hubUrl, stack.apiKey)
})
after(async () => {
  await stack?.stop()
  await shop?.close()
  await db?.drop()
})

describe('two hubs at once', () => {
  it('take fifty identical notifications as one', async () => {
    const sample = await notification()
    const { payment, attempt } = await a.begin()
    await wallet.fault({ kind: 'notification_lost', out_trade_no: attempt.wallet_reference })
    const trade = await wallet.pay({ out_trade_no: attempt.wallet_reference })
    const news = having(fieldsOf(sample), {
      out_trade_no: attempt.wallet_reference,
      trade_no: trade.trade_no,
      notify_id: '2026010100222000000000000000000050',
    })
    const body = bodyOf(signed(news, platformKey(stack.folder, trade.app_id)))
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => notify(i % 2 ? stack.hubUrl : other.hubUrl, body)),
    )
    assert.deepEqual(new Set(answers), new Set(['200 success']))
    await b.reaches(payment.id, ({ status }) => status === 'succeeded')
    assert.deepEqual(await eventsOf(db.pool, payment.id), [
      'payment.created',
      'payment.requires_action',
      'payment.succeeded',
    ])
    const { rows } = await db.pool.query('select from notifications where payment_id = $1', [
      payment.id,
    ])
    assert.equal(rows.length, 1)

    async function notify(hubUrl: string, form: string): Promise<string> {
      const answer = await fetch(`${hubUrl}/notify/alipay/${attempt.wallet_account}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: form,
      })
      return `${answer.status} ${await answer.text()}`
    }
  })

  it('agree about fifty facts that contradict each other', async () => {
    const { payment, attempt } = await a.begin()
    const number = attempt.wallet_reference
    await wallet.scan({ out_trade_no: number })
    const key = (i: number) => `one-of-five-${i % 5}`
    const acts = [
      () => a.cancel(payment.id),
      () => b.cancel(payment.id),
      () => wallet.pay({ out_trade_no: number }).catch((refused: Error) => refused.message),
      () => b.sync(payment.id),
      (i: number) =>
        (i % 2 ? a : b).send('POST', `/v1/payments/${payment.id}/attempts`, {
          body: { wallet: 'alipay', surface: 'qr' },
          key: key(i),
        }),
    ]
    await Promise.all(Array.from({ length: 50 }, (_, i) => acts[i % acts.length]?.(i)))
    const ended = await eventually(async () => {
      const payment_ = await a.read(payment.id)
      const { status } = payment_
      return status === 'succeeded' || status === 'canceled' ? payment_ : undefined
    })
    const paid = (await wallet.books()).filter(
      ({ out_trade_no, status }) =>
        status === 'TRADE_SUCCESS' &&
        ended.attempts.some((each) => each.wallet_reference === out_trade_no),
    )
    const money = ended.amount * paid.length
    await a.reaches(
      payment.id,
      ({ amount_captured, amount_refund_due }) => amount_captured + amount_refund_due === money,
    )
    assert.deepEqual(await faultsInBooks(db.pool), [])
  })

  it('give one answer to one idempotency key, whichever is asked', async () => {
    const body = { amount: 100, currency: 'CNY', reference: `both-${Date.now()}`, title: 'Tea' }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? a : b).send('POST', '/v1/payments', { body, key: 'the-same-order' }),
      ),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
  })
})

describe('a page that is open at one hub', () => {
  it('wakes up for what the other one commits', async () => {
    const payment = await a.create()
    const page = await openPage(stack.hubUrl, payment.client_secret)
    try {
      const before = await caughtUp(page)
      await b.start(payment.id)
      await eventually(async () => (page.told > before ? true : undefined), 5_000)
    } finally {
      page.leave()
    }
  })

  it('wakes up also for what was committed while its hub could not listen', async () => {
    const payment = await a.create()
    const page = await openPage(stack.hubUrl, payment.client_secret)
    try {
      const before = await caughtUp(page)
      await db.pool.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name = 'tongbao listener'`,
      )
      await b.start(payment.id)
      await eventually(async () => (page.told > before ? true : undefined), 5_000)
    } finally {
      page.leave()
    }
  })
})

describe('a hub that dies at work', () => {
  it('leaves its jobs to the other one, within seconds', async () => {
    await wallet.fault({ kind: 'gateway_timeout', operation: 'alipay.trade.query', seconds: 10 })
    const begun = await Promise.all(Array.from({ length: 30 }, () => b.begin()))
    for (const { attempt } of begun) {
      await wallet.fault({ kind: 'notification_lost', out_trade_no: attempt.wallet_reference })
      await wallet.pay({ out_trade_no: attempt.wallet_reference })
    }
    // Both hubs now wait for answers about some of them.
    await eventually(async () => ((await owners()).size >= 2 ? true : undefined))
    const before = await owners()
    await other.hub.kill()
    await wallet.healed()
    const dead = await eventually(async () => {
      const living = await livingPools()
      const gone = [...before].filter((owner) => !living.has(owner))
      return gone.length > 0 ? gone : undefined
    })
    await eventually(async () => {
      const left = await owners()
      return dead.some((owner) => left.has(owner)) ? undefined : true
    }, 12_000)
    for (const { payment } of begun) {
      const paid = await a.reaches(payment.id, ({ status }) => status === 'succeeded', 30_000)
      assert.equal(paid.amount_captured, paid.amount)
    }
    // A webhook that the dead hub was sending is sent again when its lease is over.
    await eventually(
      async () =>
        begun.every(({ payment }) => shop.toldOf(payment.id).includes('payment.succeeded'))
          ? true
          : undefined,
      LEASE + 20_000,
    )
    assert.deepEqual(await faultsInBooks(db.pool), [])
  })
})

/** How often the page was told, once all that was committed so far has reached its hub. */
async function caughtUp(page: { told: number }): Promise<number> {
  // News come in the order of their commits: when a later one has come, the earlier have.
  const later = await a.create()
  const second = await openPage(stack.hubUrl, later.client_secret)
  await eventually(async () => (second.told > 0 && page.told > 0 ? true : undefined))
  const before = second.told
  await b.start(later.id)
  await eventually(async () => (second.told > before ? true : undefined))
  second.leave()
  return page.told
}

/** Pools of workers that hold jobs now. */
async function owners(): Promise<Set<string>> {
  const { rows } = await db.pool.query<{ locked_by: string }>(
    'select distinct locked_by from graphile_worker.jobs where locked_by is not null',
  )
  return new Set(rows.map((row) => row.locked_by))
}

/** Pools among those whose hub holds the lock that says so. */
async function livingPools(): Promise<Set<string>> {
  const { rows } = await db.pool.query<{ locked_by: string }>(
    `select distinct locked_by from graphile_worker.jobs j where exists (select from pg_locks l
      where l.locktype = 'advisory' and l.objid::bigint = (hashtext(j.locked_by)::bigint & 4294967295))`,
  )
  return new Set(rows.map((row) => row.locked_by))
}

/** The body of a notification that was delivered. */
async function notification(): Promise<string> {
  const { attempt } = await a.begin()
  await wallet.pay({ out_trade_no: attempt.wallet_reference })
  return eventually(async () => {
    const [notice] = await wallet.notices(attempt.wallet_reference)
    return notice?.deliveries.find(({ answer }) => answer === 'success')?.body
  })
}
