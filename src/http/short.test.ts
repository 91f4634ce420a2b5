// One code for every wallet (CK-7): where it leads, who can make one up, and how often one may try.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { createLinks } from './links.ts'
import { order, startTestHub, type TestHub, type TestMerchant } from './testing.ts'

const REFILL = { burst: 10, refillMs: 6_000 }
let hub: TestHub
let shop: TestMerchant
before(async () => {
  hub = await startTestHub({ short: REFILL })
  shop = await hub.merchant()
})
after(() => hub.close())

const get = (url: string, headers: Record<string, string> = {}, remoteAddress = '192.0.2.1') =>
  hub.app.inject({ method: 'GET', url, headers, remoteAddress })

async function create(change: object = {}) {
  const { body, text } = await shop.send('POST', '/v1/payments', order(change))
  assert.ok(body.qr_url, text)
  const { pathname } = new URL(String(body.qr_url))
  return { id: String(body.id), path: pathname, short: pathname.slice('/q/'.length) }
}

test('the API names the address, short enough for a small code', async () => {
  const { path } = await create()
  assert.match(path, /^\/q\/[0-9A-Za-z]{60}$/)
})

test('every app is led to the payment page, in the language that it asks for', async () => {
  const { path, short } = await create({ title: 'Silver needle' })
  for (const agent of ['MicroMessenger/8.0', 'AlipayClient/10.6', 'SomeWallet/1', '']) {
    const answer = await get(path, { 'user-agent': agent })
    assert.deepEqual([answer.statusCode, answer.headers.location], [303, `/pay/${short}`], agent)
    const page = await get(`/pay/${short}`, { 'user-agent': agent })
    assert.equal(page.statusCode, 200, agent)
    assert.match(page.body, /Silver needle/)
  }
  assert.equal((await get(`${path}?lang=ja`)).headers.location, `/pay/${short}?lang=ja`)
})

test('who scanned it can pay this payment and no other', async () => {
  const [one, two] = [await create(), await create()]
  const state = async (short: string) => {
    const headers = { authorization: `Bearer ${short}` }
    return (await get('/checkout/v1/payment', headers)).json()
  }
  assert.equal((await state(one.short)).id, one.id)
  assert.equal((await state(two.short)).id, two.id)
})

test('after the end it shows the end', async () => {
  const { id, short } = await create()
  await shop.send('POST', `/v1/payments/${id}/cancel`)
  const page = await get(`/pay/${short}`, { 'accept-language': 'en' })
  assert.match(page.body, /This order was canceled/)
})

test('the picture is a code, and its address leads nowhere else', async () => {
  const { path } = await create()
  const answer = await get(`${path}/code`)
  assert.equal(answer.headers['content-type'], 'image/svg+xml')
  assert.match(answer.body, /^<svg /)
})

test('a changed, foreign or made-up code is not found, and ten tries a minute are enough', async () => {
  const { path, short } = await create()
  const foreign = createLinks('https://hub.example', randomBytes(32), new Map())
  const payment = await hub.services.pool
    .query<{ merchant_id: string; payment_id: string }>('select * from payments limit 1')
    .then(({ rows }) => rows[0])
  assert.ok(payment)
  const wrong = [
    short.slice(0, -1) + (short.endsWith('a') ? 'b' : 'a'),
    (short.startsWith('a') ? 'b' : 'a') + short.slice(1),
    short.slice(1),
    `${short}0`,
    '0'.repeat(60),
    'z'.repeat(60),
    'x',
    encodeURIComponent('ü'.repeat(20)),
    `${short.slice(0, 59)}-`,
    new URL(
      foreign.short(
        Object.assign(Object.create(null), {
          merchantId: payment.merchant_id,
          paymentId: payment.payment_id,
        }),
      ),
    ).pathname.slice('/q/'.length),
  ]
  for (const made of wrong) {
    assert.equal((await get(`/q/${made}`, {}, '192.0.2.9')).statusCode, 404, made)
  }
  const next = await get('/q/x', {}, '192.0.2.9')
  assert.deepEqual([next.statusCode, next.headers['retry-after']], [429, '6'])
  assert.equal((await get(path, {}, '192.0.2.9')).statusCode, 303, 'a right one still opens')
  hub.clock.at += REFILL.refillMs
  assert.equal((await get('/q/x', {}, '192.0.2.9')).statusCode, 404)
})

test('a code of one purpose opens nothing of another', async () => {
  const { short } = await create()
  for (const path of [`/r/${short}`, `/return/${short}`, `/checkout/v1/qr/${short}`]) {
    assert.equal((await get(path)).statusCode, 404, path)
  }
})
