// Notifications: acknowledgement, repetition on Alipay's schedule, and every way they can go wrong.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayCall, listen, listOf, orderNumber, setup } from '../test-support.ts'

const EVENT_POLL_MS = 5

async function start() {
  const world = await setup({ clock: { now: () => Date.parse('2026-03-09T18:05:10+08:00') } })
  const merchant = await listen()
  const application = await world.application()
  const call = gatewayCall(world.sandbox, application)
  const create = async (outTradeNo = orderNumber()) => {
    const content = {
      out_trade_no: outTradeNo,
      total_amount: '88.50',
      subject: 'Coffee',
      buyer_id: '2088102100000001',
    }
    const { answer } = await call('alipay.trade.create', content, { notify_url: merchant.url })
    assert.equal(answer.code, '10000')
    return outTradeNo
  }
  const pay = (outTradeNo: string) =>
    world.control('alipay/trades/pay', { out_trade_no: outTradeNo, buyer: '2088102100000001' })
  const log = async (outTradeNo: string) =>
    listOf(await world.control(`alipay/notifications?out_trade_no=${outTradeNo}`), 'notifications')
  return {
    ...world,
    merchant,
    application,
    create,
    pay,
    log,
    sdk: application.sdk,
    payNew: async (fault?: string, more = {}) => {
      const outTradeNo = orderNumber()
      if (fault) await world.control('faults', { kind: fault, out_trade_no: outTradeNo, ...more })
      await create(outTradeNo)
      return { outTradeNo, paid: await pay(outTradeNo) }
    },
    /** Resolves when the log of an order looks as wanted; the books are written after the answer. */
    logged: async (outTradeNo: string, wanted: (notice: Record<string, unknown>) => boolean) => {
      for (;;) {
        const [notice] = await log(outTradeNo)
        if (notice && wanted(notice)) return notice
        await new Promise((resolve) => setTimeout(resolve, EVENT_POLL_MS))
      }
    },
    async [Symbol.asyncDispose]() {
      await world.sandbox.close()
      await merchant[Symbol.asyncDispose]()
    },
  }
}

const state = (name: string) => (notice: Record<string, unknown>) => notice.state === name
const deliveries = (count: number) => (notice: Record<string, unknown>) =>
  Array.isArray(notice.deliveries) && notice.deliveries.length === count

test('ends with exactly “success” and is not repeated', async () => {
  await using world = await start()
  const { outTradeNo } = await world.payNew()
  await world.logged(outTradeNo, state('acknowledged'))
  await world.control('clock/advance', { seconds: 200_000 })
  const { outTradeNo: next } = await world.payNew()
  await world.logged(next, state('acknowledged'))
  assert.equal(world.merchant.received.length, 2)
})

test('anything but “success” is repeated after 4 m, 10 m, 10 m, 1 h, 2 h, 6 h, 15 h, then given up; its id stays', async () => {
  await using world = await start()
  world.merchant.answer = 'success\n'
  const { outTradeNo } = await world.payNew()
  let count = 1
  await world.logged(outTradeNo, deliveries(count))
  for (const minutes of [4, 10, 10, 60, 120, 360, 900]) {
    await world.control('clock/advance', { seconds: minutes * 60 - 1 })
    assert.equal(world.merchant.received.length, count, 'not a second early')
    await world.control('clock/advance', { seconds: 1 })
    count += 1
    await world.logged(outTradeNo, deliveries(count))
  }
  const notice = await world.logged(outTradeNo, state('exhausted'))
  assert.equal(count, 8)
  assert.equal(new Set(world.merchant.received.map((each) => each.notify_id)).size, 1)
  assert.equal(world.merchant.received[0]?.notify_id, notice.notify_id)
  for (const each of world.merchant.received) assert.ok(world.sdk.checkNotifySignV2({ ...each }))
})

test('a face-to-face payment is tried three more times at once', async () => {
  await using world = await start()
  world.merchant.answer = 'fail'
  const outTradeNo = orderNumber()
  const call = gatewayCall(world.sandbox, world.application)
  const { answer } = await call(
    'alipay.trade.precreate',
    { out_trade_no: outTradeNo, total_amount: '1.00', subject: 'x' },
    { notify_url: world.merchant.url },
  )
  await world.control('alipay/trades/pay', { qr: String(answer.qr_code) })
  await world.merchant.arrived(4)
  const notice = await world.logged(outTradeNo, deliveries(4))
  assert.equal(notice.next_at, '2026-03-09T10:09:10.000Z')
})

test('lost: never arrives, though the books say paid', async () => {
  await using world = await start()
  const { outTradeNo, paid } = await world.payNew('notification_lost')
  assert.equal(paid.status, 'TRADE_SUCCESS')
  await world.control('clock/advance', { seconds: 200_000 })
  const { outTradeNo: next } = await world.payNew()
  await world.logged(next, state('acknowledged'))
  assert.deepEqual(
    world.merchant.received.map((each) => each.out_trade_no),
    [next],
  )
  assert.equal((await world.log(outTradeNo))[0]?.state, 'lost')
})

test('doubled: the same notification arrives twice', async () => {
  await using world = await start()
  const { outTradeNo } = await world.payNew('notification_doubled')
  const [one, two] = await world.merchant.arrived(2)
  assert.deepEqual(one, two)
  assert.equal(one?.out_trade_no, outTradeNo)
})

test('reordered: arrives behind the next one', async () => {
  await using world = await start()
  const { outTradeNo: first } = await world.payNew('notification_reordered')
  const { outTradeNo: second } = await world.payNew()
  const received = await world.merchant.arrived(2)
  assert.deepEqual(
    received.map((each) => each.out_trade_no),
    [second, first],
  )
})

test('delayed: arrives after its seconds on the sandbox clock', async () => {
  await using world = await start()
  const { outTradeNo } = await world.payNew('notification_delayed', { seconds: 3600 })
  await world.control('clock/advance', { seconds: 3599 })
  assert.equal(world.merchant.received.length, 0)
  await world.control('clock/advance', { seconds: 1 })
  const [only] = await world.merchant.arrived(1)
  assert.equal(only?.out_trade_no, outTradeNo)
})

const LIES: { fault: string; genuine: boolean; lie: (received: Record<string, string>) => void }[] =
  [
    {
      fault: 'notification_tampered',
      genuine: false,
      lie: ({ total_amount }) => assert.equal(total_amount, '0.01'),
    },
    {
      fault: 'notification_wrong_amount',
      genuine: true,
      lie: ({ total_amount }) => assert.equal(total_amount, '88.51'),
    },
    {
      fault: 'notification_wrong_seller',
      genuine: true,
      lie: ({ seller_id }) => assert.equal(seller_id, '2088999999999999'),
    },
    {
      fault: 'notification_wrong_key',
      genuine: false,
      lie: ({ total_amount }) => assert.equal(total_amount, '88.50'),
    },
    {
      fault: 'notification_recut',
      genuine: true,
      lie: ({ gmt_create }) => assert.match(gmt_create ?? '', /&gmt_payment=/),
    },
    {
      fault: 'notification_return_replayed',
      genuine: true,
      lie: ({ method, notify_type }) => {
        assert.equal(method, 'alipay.trade.page.pay.return')
        assert.equal(notify_type, undefined)
      },
    },
  ]

for (const { fault, genuine, lie } of LIES) {
  test(`${fault}: the first delivery lies, the next tells the truth`, async () => {
    await using world = await start()
    world.merchant.answer = 'fail'
    const { outTradeNo } = await world.payNew(fault)
    const [first = {}] = await world.merchant.arrived(1)
    lie(first)
    assert.equal(world.sdk.checkNotifySignV2({ ...first }), genuine)
    await world.logged(outTradeNo, deliveries(1))
    world.merchant.answer = 'success'
    await world.control('clock/advance', { seconds: 240 })
    const [, second = {}] = await world.merchant.arrived(2)
    assert.equal(second.total_amount, '88.50')
    assert.equal(second.seller_id, world.application.sellerId)
    assert.ok(world.sdk.checkNotifySignV2({ ...second }))
  })
}

test('other states are notified only to merchants who asked for them', async () => {
  await using world = await setup()
  await using merchant = await listen()
  const application = await world.application({
    notified: ['WAIT_BUYER_PAY', 'TRADE_SUCCESS', 'TRADE_CLOSED'],
  })
  const call = gatewayCall(world.sandbox, application)
  const content = {
    out_trade_no: orderNumber(),
    total_amount: '1.00',
    subject: 'x',
    buyer_id: '2088102100000001',
  }
  await call('alipay.trade.create', content, { notify_url: merchant.url })
  await merchant.arrived(1)
  await call('alipay.trade.close', { out_trade_no: content.out_trade_no })
  const received = await merchant.arrived(2)
  assert.deepEqual(
    received.map((each) => each.trade_status),
    ['WAIT_BUYER_PAY', 'TRADE_CLOSED'],
  )
})
