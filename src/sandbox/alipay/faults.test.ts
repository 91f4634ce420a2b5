// Every fault of the gateway and of trades, and how rules choose whom they strike.
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { test } from 'node:test'
import type { JsonObject } from '../json.ts'
import { gatewayCall, listOf, orderNumber, setup } from '../test-support.ts'

async function start() {
  const world = await setup()
  const application = await world.application()
  const call = gatewayCall(world.sandbox, application)
  const fault = (kind: string, more: JsonObject = {}) => world.control('faults', { kind, ...more })
  const create = (outTradeNo: string) =>
    call('alipay.trade.create', {
      out_trade_no: outTradeNo,
      total_amount: '1.00',
      subject: 'x',
      buyer_id: '2088102100000001',
    })
  const done = async (outTradeNo: string) =>
    listOf(await world.control(`alipay/trades?out_trade_no=${outTradeNo}`), 'trades').length === 1
  const genuine = (text: string, unescaped = false) => {
    const match = /^\{"[a-z_]+":(\{.*\}),"sign":"([^"]+)"\}$/.exec(text)
    const node = match?.[1] ?? ''
    const key = createPublicKey({
      key: Buffer.from(String(application.raw.alipay_public_key), 'base64'),
      format: 'der',
      type: 'spki',
    })
    const signed = Buffer.from(unescaped ? node.replaceAll('\\/', '/') : node)
    return verify('sha256', signed, key, Buffer.from(match?.[2] ?? '', 'base64'))
  }
  return {
    ...world,
    call,
    create,
    fault,
    done,
    genuine,
    [Symbol.asyncDispose]: world.sandbox.close,
  }
}

const HTTP_FAULTS = [
  { kind: 'gateway_5xx_before', status: 500, done: false },
  { kind: 'gateway_5xx_after', status: 500, done: true },
  { kind: 'gateway_html_502', status: 200, done: true },
]

for (const { kind, status, done } of HTTP_FAULTS) {
  test(`${kind}: HTML with status ${status}; the trade is ${done ? 'there' : 'not there'}`, async () => {
    await using world = await start()
    const number = orderNumber()
    await world.fault(kind, { out_trade_no: number })
    const result = await world.create(number)
    assert.equal(result.status, status)
    assert.match(result.text, /^<html>/)
    assert.equal(await world.done(number), done)
    assert.equal((await world.create(number)).answer.code, '10000', 'a fault by order strikes once')
  })
}

for (const done of [false, true]) {
  test(`gateway_20000_${done ? 'after' : 'before'}: unavailable and signed; the trade is ${done ? 'there' : 'not there'}`, async () => {
    await using world = await start()
    const number = orderNumber()
    await world.fault(`gateway_20000_${done ? 'after' : 'before'}`, { out_trade_no: number })
    const result = await world.create(number)
    assert.deepEqual([result.answer.code, result.answer.sub_code], ['20000', 'isp.unknow-error'])
    assert.ok(world.genuine(result.text))
    assert.equal(await world.done(number), done)
  })
}

test('gateway_lost_after: the connection dies, the trade is there', async () => {
  await using world = await start()
  const number = orderNumber()
  await world.fault('gateway_lost_after', { out_trade_no: number })
  await assert.rejects(world.create(number), TypeError)
  assert.ok(await world.done(number))
})

test('gateway_timeout: the trade is there while the answer is not', async () => {
  await using world = await start()
  const number = orderNumber()
  await world.fault('gateway_timeout', { out_trade_no: number, seconds: 1 })
  const answering = world.create(number)
  let answered = false
  answering.then(() => (answered = true))
  while (!(await world.done(number))) await new Promise(setImmediate)
  assert.equal(answered, false)
  assert.equal((await answering).answer.code, '10000')
})

test('gateway_truncated: half of the JSON', async () => {
  await using world = await start()
  await world.fault('gateway_truncated')
  const result = await world.create(orderNumber())
  assert.throws(() => JSON.parse(result.text), SyntaxError)
})

test('gateway_missing_sign and gateway_wrong_key: nothing a careful client accepts', async () => {
  await using world = await start()
  const number = orderNumber()
  await world.fault('gateway_missing_sign', { out_trade_no: number })
  assert.equal((await world.create(number)).body.sign, undefined)
  await world.fault('gateway_wrong_key', { out_trade_no: number })
  const forged = await world.create(number)
  assert.equal(typeof forged.body.sign, 'string')
  assert.equal(world.genuine(forged.text), false)
  assert.ok(world.genuine((await world.create(number)).text))
})

test('gateway_signed_unescaped: verifies only with the slashes put back', async () => {
  await using world = await start()
  const number = orderNumber()
  await world.fault('gateway_signed_unescaped', { out_trade_no: number })
  const content = { out_trade_no: number, total_amount: '1.00', subject: 'x' }
  const result = await world.call('alipay.trade.precreate', content)
  assert.equal(world.genuine(result.text), false)
  assert.ok(world.genuine(result.text, true))
})

test('gateway_clock_skew: correct timestamps are refused', async () => {
  await using world = await setup({ clock: { now: () => Date.parse('2026-03-09T18:05:10+08:00') } })
  const call = gatewayCall(world.sandbox, await world.application())
  const ask = async () => (await call('alipay.trade.query', { out_trade_no: 'X' })).answer.sub_code
  await world.control('faults', { kind: 'gateway_clock_skew', seconds: 601 })
  assert.equal(await ask(), 'isv.invalid-timestamp')
  await world.control('faults', undefined, 'DELETE')
  assert.equal(await ask(), 'ACQ.TRADE_NOT_EXIST')
})

test('trade_clock_skew: the times told are off', async () => {
  await using world = await start()
  const number = orderNumber()
  await world.fault('trade_clock_skew', { out_trade_no: number, seconds: 86_400 })
  await world.create(number)
  const paid = await world.control('alipay/trades/pay', {
    out_trade_no: number,
    buyer: '2088102100000001',
  })
  const { answer } = await world.call('alipay.trade.query', { out_trade_no: number })
  const told = Date.parse(`${String(answer.send_pay_date).replace(' ', 'T')}+08:00`)
  assert.equal(told, Math.floor(Date.parse(String(paid.paid_at)) / 1000) * 1000 + 86_400_000)
})

test('trade_second: a paid order has two paid trades, and both took money', async () => {
  await using world = await start()
  const number = orderNumber()
  await world.fault('trade_second', { out_trade_no: number })
  await world.create(number)
  await world.control('alipay/trades/pay', { out_trade_no: number, buyer: '2088102100000001' })
  const trades = listOf(await world.control('alipay/books'), 'trades')
  assert.deepEqual(
    trades.map((trade) => [trade.out_trade_no, trade.status, trade.twin]),
    [
      [number, 'TRADE_SUCCESS', 0],
      [number, 'TRADE_SUCCESS', 1],
    ],
  )
  const buyers = listOf(await world.control('alipay/buyers'), 'buyers')
  assert.equal(buyers[0]?.balance, '49998.00')
})

test('trade_paid_at_close: close comes too late, or finds nothing and the payer pays after all', async () => {
  await using world = await start()
  await world.fault('trade_paid_at_close')
  const number = orderNumber()
  await world.create(number)
  const late = await world.call('alipay.trade.close', { out_trade_no: number })
  assert.equal(late.answer.sub_code, 'ACQ.TRADE_STATUS_ERROR')
  const content = { out_trade_no: orderNumber(), total_amount: '1.00', subject: 'x' }
  await world.call('alipay.trade.precreate', content)
  const nothing = await world.call('alipay.trade.close', { out_trade_no: content.out_trade_no })
  assert.equal(nothing.answer.sub_code, 'ACQ.TRADE_NOT_EXIST')
  const { answer } = await world.call('alipay.trade.query', { out_trade_no: content.out_trade_no })
  assert.equal(answer.trade_status, 'TRADE_SUCCESS')
})

test('a rate strikes its share, and the same seed strikes the same orders', async () => {
  await using one = await start()
  await using two = await start()
  const numbers = Array.from({ length: 60 }, (_, index) => `SEED${index}`)
  const struck = async (world: typeof one, seed: string) => {
    const { id } = await world.fault('gateway_20000_before', { rate: 0.3, seed })
    const codes = []
    for (const number of numbers) {
      codes.push(
        (await world.call('alipay.trade.query', { out_trade_no: number })).answer.code === '20000',
      )
    }
    await world.control(`faults?id=${id}`, undefined, 'DELETE')
    return codes
  }
  const first = await struck(one, 'a')
  assert.deepEqual(await struck(two, 'a'), first)
  const share = first.filter(Boolean).length
  assert.ok(share > 6 && share < 32, `${share} of 60`)
  await using three = await start()
  assert.notDeepEqual(await struck(three, 'b'), first)
})

test('a rule can name one operation; unknown kinds and odd values are refused', async () => {
  await using world = await start()
  await world.fault('gateway_20000_before', { operation: 'alipay.trade.close' })
  assert.equal((await world.create(orderNumber())).answer.code, '10000')
  assert.equal((await world.call('alipay.trade.close', { out_trade_no: 'X' })).answer.code, '20000')
  for (const wrong of [
    { kind: 'nothing' },
    { kind: 'trade_second', rate: 2 },
    { kind: 'trade_second', times: 0 },
  ]) {
    assert.ok((await world.control('faults', wrong)).problem)
  }
})
