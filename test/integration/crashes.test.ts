// kill -9 at any moment: payments are under way while the hub is killed and started again. At the end
// the wallet's books, the ledger and what the shop was told say the same (PRODUCT SE-50, AP-17).

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type FreshDatabase, freshDatabase } from '../../src/db/testing.ts'
import { eventually, type Stack, startStack } from '../stack.ts'
import {
  type Answer,
  type AttemptView,
  type Client,
  faultsInBooks,
  openShop,
  order,
  type PaymentView,
  type Shop,
  sides,
  type Wallet,
} from './shop.ts'

const PAYMENTS = 40
const KILLS = 6
/** Moments and payers repeat with the seed; set it to the one a failure names. */
const SEED = Number(process.env.TONGBAO_TEST_SEED ?? Math.floor(Math.random() * 1e9))

let db: FreshDatabase
let shop: Shop
let stack: Stack
let api: Client
let wallet: Wallet

before(async () => {
  db = await freshDatabase()
  shop = await openShop()
  stack = await startStack({ databaseUrl: db.url, shopUrl: shop.url })
  ;({ api, wallet } = sides(stack))
})
after(async () => {
  await stack?.stop()
  await shop?.close()
  await db?.drop()
})

/** Numbers in [0, 1) that depend on the seed only (mulberry32). */
function chances(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Sent {
  path: string
  request: { body: object; key: string }
  answer: Answer
}

/** Sends until the hub lives and answers; a request cut off by a kill is repeated as it was. */
async function persist(path: string, request: Sent['request'], sent: Sent[]): Promise<Answer> {
  const answer = await eventually(async () => {
    const got = await api.send('POST', path, request).catch(() => undefined)
    return got && got.status < 500 ? got : undefined
  }, 40_000)
  sent.push({ path, request, answer })
  return answer
}

/** One order of the shop; the payer pays most of them, as soon as the wallet knows the order. */
async function buy(i: number, chance: () => number, sent: Sent[]): Promise<string> {
  const body = order()
  const created = await persist('/v1/payments', { body, key: `create-${i}` }, sent)
  assert.equal(created.status, 201, created.text)
  const payment: PaymentView = JSON.parse(created.text)
  const started = await persist(
    `/v1/payments/${payment.id}/attempts`,
    { body: { wallet: 'alipay', surface: 'qr' }, key: `start-${i}` },
    sent,
  )
  if (started.status !== 201 || chance() < 0.2) return payment.id
  const attempt: AttemptView = JSON.parse(started.text)
  if (attempt.next_action.type === 'qr') {
    await wallet.pay({ out_trade_no: attempt.wallet_reference })
  }
  return payment.id
}

describe('a hub that is killed again and again', () => {
  it(`completes everything that was begun, seed ${SEED}`, async () => {
    const chance = chances(SEED)
    const sent: Sent[] = []
    const buying: Promise<string>[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const batch = Math.ceil((PAYMENTS - buying.length) / (KILLS - kill))
      for (let i = 0; i < batch; i++) buying.push(buy(buying.length, chance, sent))
      const moment = performance.now() + chance() * 400
      await eventually(async () => (performance.now() >= moment ? true : undefined))
      await stack.hub.kill()
      await stack.hub.start()
    }
    const payments = await Promise.all(buying)
    const paid = (await wallet.books()).filter(({ status }) => status === 'TRADE_SUCCESS')
    assert.ok(paid.length > 0)

    const succeeded = await eventually(async () => {
      const { rows } = await db.pool.query<{ payment_id: string; wallet_reference: string }>(
        `select payment_id, wallet_reference from attempts where status = 'succeeded'`,
      )
      return rows.length === paid.length ? rows : undefined
    }, 30_000)
    assert.deepEqual(
      succeeded.map((row) => row.wallet_reference).sort(),
      paid.map((trade) => trade.out_trade_no).sort(),
    )
    const sums = await db.pool.query<{ sum: string; count: bigint }>(
      `select sum(amount)::text as sum, count(*) from entries where account like 'receivable:%'`,
    )
    const total = paid.reduce(
      (sum, { total_amount }) => sum + Number(total_amount.replace('.', '')),
      0,
    )
    assert.deepEqual(sums.rows[0], { sum: String(total), count: BigInt(paid.length) })
    assert.deepEqual(await faultsInBooks(db.pool), [])

    await everyEventArrives()
    await noGhosts(payments, sent)
  })
})

async function everyEventArrives() {
  const { rows } = await db.pool.query<{ event_id: string; subject_id: string }>(
    `select event_id, subject_id from events where subject_id like 'pay_%'`,
  )
  await eventually(async () => {
    const told = new Set(shop.events.map(({ id }) => id))
    return rows.every((row) => told.has(row.event_id)) ? true : undefined
  }, 60_000)
  for (const subject of new Set(rows.map((row) => row.subject_id))) {
    const numbers = new Set(
      shop.events.filter(({ data }) => data.id === subject).map(({ sequence }) => sequence),
    )
    assert.equal(Math.max(...numbers), numbers.size, `${subject} was told without a gap`)
  }
}

/** A repeat is answered as before, and nothing was done twice on the way. */
async function noGhosts(payments: string[], sent: Sent[]) {
  assert.equal(new Set(payments).size, PAYMENTS)
  const { rows } = await db.pool.query<{ payments: bigint; attempts: bigint; most: bigint }>(
    `select (select count(*) from payments) as payments, (select count(*) from attempts) as attempts,
      (select max(count) from (select count(*) from attempts group by payment_id) as each) as most`,
  )
  assert.equal(rows[0]?.payments, BigInt(PAYMENTS))
  assert.equal(rows[0]?.most, 1n)
  for (const { path, request, answer } of sent) {
    const again = await api.send('POST', path, request)
    // A start that was cut off by a kill is told to wait until nobody can be at work on it.
    if (answer.status === 409) {
      const { code }: { code: string } = JSON.parse(answer.text)
      assert.equal(code, 'idempotency_in_progress')
      assert.ok(again.status === 409 || again.status === 201, again.text)
    } else {
      assert.deepEqual([again.status, again.text], [answer.status, answer.text])
      assert.ok(again.replayed)
    }
  }
}
