// Bad days between hub and wallet: news lost, doubled, late or out of order, answers lost after the
// wallet did what was asked. Whatever happens, the wallet's books decide (PRODUCT OB-5, SE-9, SE-50).

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type FreshDatabase, freshDatabase } from '../../src/db/testing.ts'
import { eventually, type Stack, startStack } from '../stack.ts'
import {
  type AttemptView,
  type Client,
  eventsOf,
  faultsInBooks,
  openShop,
  type PaymentView,
  type Shop,
  sides,
  type Wallet,
} from './shop.ts'

let db: FreshDatabase
let stack: Stack
let shop: Shop
let api: Client
let wallet: Wallet

// The wallet does what was asked, and its answer never arrives or cannot be believed.
const SILENT = [
  'lost_after',
  '20000_after',
  '5xx_after',
  'html_502',
  'wrong_key',
  'missing_sign',
  'truncated',
]
const METHODS = { qr: 'precreate', barcode: 'pay', in_app: 'create' } as const

interface Silenced {
  surface: string
  kind: string
  payment: PaymentView
  attempt: AttemptView
}

/** Attempts whose start was answered badly, begun one by one before everything else. */
const silenced: Silenced[] = []
let taken: Silenced

const only = (surface: string) => silenced.filter((each) => each.surface === surface)

async function silence(surface: keyof typeof METHODS, kind: string): Promise<Silenced> {
  const operation = `alipay.trade.${METHODS[surface]}`
  await wallet.fault({ kind: `gateway_${kind}`, operation, times: 1 })
  // What the wallet did is to be found by asking alone.
  if (surface === 'barcode') await wallet.fault({ kind: 'notification_lost', times: 1 })
  const { payment, attempt } = await api.begin(
    {},
    {
      surface,
      ...(surface === 'barcode' && { auth_code: await wallet.barcode() }),
      ...(surface === 'in_app' && { payer: { user_id: await someBuyer() } }),
    },
  )
  return { surface, kind, payment, attempt }
}

async function someBuyer(): Promise<string> {
  const { buyers } = await wallet.call<{ buyers: { id: string; code: string }[] }>(
    'GET',
    '/alipay/buyers',
  )
  const buyer = buyers.at(-1)
  assert.ok(buyer)
  return buyer.id
}

before(async () => {
  db = await freshDatabase()
  shop = await openShop()
  stack = await startStack({ databaseUrl: db.url, shopUrl: shop.url })
  ;({ api, wallet } = sides(stack))
  for (const surface of ['qr', 'barcode', 'in_app'] as const) {
    for (const kind of SILENT) silenced.push(await silence(surface, kind))
  }
  taken = await silence('barcode', 'lost_after')
  // Not even asking helps here, so that only taking it back is left.
  await wallet.fault({
    kind: 'gateway_20000_before',
    operation: 'alipay.trade.query',
    out_trade_no: taken.attempt.wallet_reference,
    times: 100,
  })
})
after(async () => {
  await stack?.stop()
  await shop?.close()
  await db?.drop()
})

const PAID = ['payment.created', 'payment.requires_action', 'payment.succeeded']

const succeeded = (payment: PaymentView) => payment.status === 'succeeded'

/** One payment's money: what was taken once, and nothing owed back. */
async function paidOnce(paymentId: string, limitMs?: number): Promise<PaymentView> {
  const payment = await api.reaches(paymentId, succeeded, limitMs)
  assert.deepEqual([payment.amount_captured, payment.amount_refund_due], [payment.amount, 0])
  const told = (await eventsOf(db.pool, paymentId)).filter((type) => type === 'payment.succeeded')
  assert.equal(told.length, 1)
  return payment
}

const onlyAttempt = (payment: PaymentView): AttemptView => {
  const [attempt] = payment.attempts
  assert.ok(attempt)
  return attempt
}

describe('bad days', { concurrency: true }, () => {
  describe('news that are lost, doubled, late or out of order', { concurrency: true }, () => {
    it('a lost notification is found by asking, on the schedule', async () => {
      const { payment, attempt } = await api.begin()
      const number = attempt.wallet_reference
      await wallet.fault({ kind: 'notification_lost', out_trade_no: number })
      await wallet.pay({ out_trade_no: number })
      await paidOnce(payment.id)
      const [notice] = await wallet.notices(number)
      assert.deepEqual([notice?.state, notice?.deliveries.length], ['lost', 0])
      assert.deepEqual(await eventsOf(db.pool, payment.id), PAID)
      await eventually(async () => (shop.toldOf(payment.id).length === 3 ? true : undefined))
      assert.deepEqual(shop.toldOf(payment.id), PAID)
    })

    for (const kind of ['doubled', 'reordered', 'delayed']) {
      it(`a ${kind} notification changes nothing that asking has not found`, async () => {
        const { payment, attempt } = await api.begin()
        const number = attempt.wallet_reference
        await wallet.fault({ kind: `notification_${kind}`, out_trade_no: number, seconds: 6 })
        await wallet.pay({ out_trade_no: number })
        await paidOnce(payment.id)
        // What is held goes behind the next notification of this application.
        if (kind === 'reordered') await payAnother()
        await eventually(async () => {
          const [notice] = await wallet.notices(number)
          return notice?.state === 'acknowledged' ? true : undefined
        }, 70_000)
        await paidOnce(payment.id)
        assert.deepEqual(await eventsOf(db.pool, payment.id), PAID)
      })
    }
  })

  async function payAnother() {
    const { attempt } = await api.begin()
    await wallet.pay({ out_trade_no: attempt.wallet_reference })
  }

  describe('an answer that does not arrive whole', () => {
    it('is neither success nor failure', () => {
      assert.equal(silenced.length, 3 * SILENT.length)
      for (const { surface, kind, attempt } of silenced) {
        const seen = [surface, kind, attempt.status, attempt.problem?.money]
        assert.deepEqual(seen, [surface, kind, 'unknown_outcome', 'maybe'])
      }
    })

    it("to a payer's code: the wallet took the money, and asking finds it", async () => {
      for (const { payment } of only('barcode')) await paidOnce(payment.id, 30_000)
    })

    it('to an order in the app: it stands, and is paid when the payer pays', async () => {
      for (const { payment, attempt } of only('in_app')) {
        await api.reaches(payment.id, (p) => onlyAttempt(p).status === 'requires_action', 30_000)
        await wallet.pay({ out_trade_no: attempt.wallet_reference })
        await paidOnce(payment.id)
      }
    })

    it('to a QR order: nobody has seen the code, so the payer may start anew', async () => {
      for (const { payment } of only('qr')) {
        const asked = await api.reaches(
          payment.id,
          (p) => onlyAttempt(p).status === 'failed',
          30_000,
        )
        assert.equal(onlyAttempt(asked).problem?.money, 'no')
        const again = await api.start(payment.id)
        assert.equal(again.status, 'requires_action')
      }
    })
  })

  describe("a payer's code whose outcome stays unknown", { concurrency: true }, () => {
    it('is reversed: money that was taken goes back', async () => {
      const { payment, attempt } = taken
      const ended = await api.reaches(
        payment.id,
        (p) => onlyAttempt(p).status === 'canceled',
        75_000,
      )
      assert.deepEqual([ended.amount_captured, ended.amount_refund_due], [0, 0])
      const trade = await wallet.trade(attempt.wallet_reference)
      assert.equal(trade?.status, 'TRADE_CLOSED')
    })

    it('is closed when the payer never confirms', async () => {
      // Above the amount that Alipay takes without the payer's code word (sheet section 1).
      const payment = await api.create({ amount: 500_000 })
      const attempt = await api.start(payment.id, {
        surface: 'barcode',
        auth_code: await wallet.barcode(),
      })
      assert.equal(attempt.status, 'processing')
      await api.reaches(payment.id, (p) => onlyAttempt(p).status === 'canceled', 75_000)
      assert.equal((await wallet.trade(attempt.wallet_reference))?.status, 'TRADE_CLOSED')
    })
  })

  describe('money in the very moment of the end', { concurrency: true }, () => {
    it('a payer who pays in the second of close has paid; the cancel is refused', async () => {
      const { payment, attempt } = await api.begin()
      const number = attempt.wallet_reference
      await wallet.scan({ out_trade_no: number })
      await wallet.fault({ kind: 'trade_paid_at_close', out_trade_no: number })
      const canceled = await api.cancel(payment.id)
      assert.equal(canceled.status, 409, canceled.text)
      assert.equal(problemOf(canceled.text), 'payment_paid')
      await paidOnce(payment.id)
    })

    it('money for an order that Alipay did not know at close is late, and owed back', async () => {
      const { payment, attempt } = await api.begin()
      const number = attempt.wallet_reference
      await wallet.fault({ kind: 'trade_paid_at_close', out_trade_no: number })
      await api.cancel(payment.id)
      const late = await api.reaches(payment.id, (p) => p.amount_refund_due > 0)
      assert.deepEqual([late.status, late.late, late.amount_captured], ['canceled', true, 0])
      assert.equal(late.amount_refund_due, late.amount)
      const told = await eventsOf(db.pool, payment.id)
      assert.equal(told.filter((type) => type === 'payment.overpaid').length, 1)
    })

    it('cancel and pay at once end in what the wallet booked, ten times', async () => {
      const begun = await Promise.all(Array.from({ length: 10 }, () => api.begin()))
      for (const { payment, attempt } of begun) {
        const number = attempt.wallet_reference
        await wallet.scan({ out_trade_no: number })
        await Promise.all([
          api.cancel(payment.id),
          wallet.pay({ out_trade_no: number }).catch((refused: Error) => refused),
        ])
        const trade = await wallet.trade(number)
        const paid = trade?.status === 'TRADE_SUCCESS'
        const ended = await api.reaches(payment.id, ({ status }) =>
          paid ? status === 'succeeded' : status === 'canceled',
        )
        assert.equal(ended.amount_captured, paid ? ended.amount : 0)
        assert.equal(ended.amount_refund_due, 0)
      }
    })

    it('a second attempt gets the first one closed at the wallet', async () => {
      const { payment, attempt } = await api.begin()
      await wallet.scan({ out_trade_no: attempt.wallet_reference })
      const second = await api.start(payment.id)
      await eventually(async () => {
        const trade = await wallet.trade(attempt.wallet_reference)
        return trade?.status === 'TRADE_CLOSED' ? true : undefined
      })
      await wallet.pay({ out_trade_no: second.wallet_reference })
      const paid = await paidOnce(payment.id)
      const statuses = paid.attempts.map(({ status }) => status)
      assert.deepEqual(statuses, ['canceled', 'succeeded'])
    })

    it('two attempts that are both paid: one pays, the other is owed back and told', async () => {
      const { payment, attempt } = await api.begin()
      // Nobody has scanned the first, so Alipay knows nothing that could be closed.
      const second = await api.start(payment.id)
      await Promise.all(
        [attempt, second].map((each) => wallet.pay({ out_trade_no: each.wallet_reference })),
      )
      const paid = await api.reaches(payment.id, (p) => p.amount_refund_due > 0)
      assert.deepEqual([paid.status, paid.amount_captured], ['succeeded', paid.amount])
      assert.equal(paid.amount_refund_due, paid.amount)
      const ends = (await eventsOf(db.pool, payment.id)).slice(-2)
      assert.deepEqual(ends, ['payment.succeeded', 'payment.overpaid'])
      await eventually(async () =>
        shop.toldOf(payment.id).includes('payment.overpaid') ? true : undefined,
      )
    })
  })

  it('a payment whose time is over: its attempt is asked about and closed, the end told once', async () => {
    const { payment, attempt } = await api.begin({ expires_in: 60 })
    assert.equal(attempt.status, 'requires_action')
    const untouched = await api.create({ expires_in: 60 })
    await wallet.scan({ out_trade_no: attempt.wallet_reference })
    const ended = await api.reaches(payment.id, (p) => p.status === 'expired', 75_000)
    assert.equal((await wallet.trade(attempt.wallet_reference))?.status, 'TRADE_CLOSED')
    assert.equal(ended.amount_captured, 0)
    await api.reaches(untouched.id, (p) => p.status === 'expired')
    await eventually(async () =>
      shop.toldOf(payment.id).includes('payment.expired') ? true : undefined,
    )
    for (const { id } of [payment, untouched]) {
      const told = await eventsOf(db.pool, id)
      assert.equal(told.filter((type) => type === 'payment.expired').length, 1)
      assert.equal(told.at(-1), 'payment.expired')
    }
  })
})

describe('after all of it', () => {
  it("the books are in order and equal to the wallet's", async () => {
    assert.deepEqual(await faultsInBooks(db.pool), [])
    const paid = (await wallet.books()).filter(({ status }) => status === 'TRADE_SUCCESS')
    const { rows } = await db.pool.query<{ wallet_reference: string }>(
      `select wallet_reference from attempts where status = 'succeeded'`,
    )
    assert.deepEqual(
      rows.map((row) => row.wallet_reference).sort(),
      paid.map((trade) => trade.out_trade_no).sort(),
    )
  })
})

function problemOf(text: string): string {
  const { code }: { code: string } = JSON.parse(text)
  return code
}
