import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:http'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { documentedOf } from './server.ts'
import {
  answered,
  createDocumentCheck,
  order,
  startTestHub,
  type TestHub,
  type TestMerchant,
} from './testing.ts'

let hub: TestHub
let shop: TestMerchant
before(async () => {
  hub = await startTestHub()
  shop = await hub.merchant()
})
after(() => hub.close())

interface Opened {
  id: string
  secret: string
}

async function open(change: object = {}): Promise<Opened> {
  const { body, text } = await shop.send('POST', '/v1/payments', order(change))
  assert.ok(body.client_secret, text)
  return { id: String(body.id), secret: String(body.client_secret) }
}

let keys = 0
async function asPayer(
  secret: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  headers: object = {},
) {
  keys++
  const url = `/checkout/v1/${path}`
  const answer = answered(
    await hub.app.inject({
      method,
      url,
      headers: {
        authorization: `Bearer ${secret}`,
        'idempotency-key': `payer-${keys}`,
        ...headers,
      },
      ...(body && { payload: body }),
    }),
  )
  // AP-1: every answer is one that the document describes.
  createDocumentCheck(documentedOf(hub.services))(method, url, answer)
  return answer
}

const paid = (reference: string) => ({
  source: 'query' as const,
  status: 'succeeded' as const,
  walletReference: reference,
  walletTransactionId: `W${reference}`,
  money: { amount: 8850n, currency: 'CNY' },
})

test('CK-31 the state is at most 2 KB, tagged, and holds no secret of the merchant', async () => {
  const { secret } = await open({
    customer: { id: 'c', email: 'a@example.com' },
    metadata: { note: 'internal' },
  })
  const answer = await asPayer(secret, 'GET', 'payment')
  assert.equal(answer.status, 200)
  assert.ok(Buffer.byteLength(answer.text) <= 2048)
  assert.ok(!/internal|a@example\.com|secret|mer_|wac_/.test(answer.text))
  assert.equal(answer.headers['cache-control'], 'no-store')
  hub.clock.at += 5_000
  const same = await asPayer(secret, 'GET', 'payment', undefined, {
    'if-none-match': answer.headers.etag,
  })
  assert.equal(same.status, 304)
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  const changed = await asPayer(secret, 'GET', 'payment', undefined, {
    'if-none-match': answer.headers.etag,
  })
  assert.equal(changed.status, 200)
})

test('CK-31 the state is at most 2 KB also for the longest order, attempt and answer', async () => {
  const longest = (length: number) => '\u{20bb7}'.repeat(length)
  const items = Array.from({ length: 100 }, () => ({
    name: longest(200),
    quantity: 1_000_000,
    amount: Number.MAX_SAFE_INTEGER,
  }))
  const { id, secret } = await open({
    items,
    title: longest(128),
    reference: longest(64),
    return_url: `https://shop.example/${'a'.repeat(1979)}`,
  })
  const small = async (answer: Promise<Awaited<ReturnType<typeof asPayer>>>) => {
    const { text } = await answer
    assert.ok(Buffer.byteLength(text) <= 2048, `${Buffer.byteLength(text)} bytes`)
    return answer
  }
  await small(asPayer(secret, 'GET', 'payment'))
  const order = await asPayer(secret, 'GET', 'order')
  assert.deepEqual(order.body.items, items)
  assert.equal(order.body.title, longest(128))
  assert.equal(order.body.return_url, `https://shop.example/${'a'.repeat(1979)}?payment=${id}`)

  const plain = { create: hub.wallet.onCreate, query: hub.wallet.onQuery }
  const fields = { biz_content: 'b'.repeat(20_000) }
  hub.wallet.onCreate = () => ({
    source: 'response',
    status: 'requires_action',
    nextAction: { type: 'form', action: 'https://wallet.example/', fields },
    problem: { category: 'payer_action', walletMessage: longest(500) },
  })
  const wish = { wallet: 'paper', surface: 'desktop' }
  const started = await asPayer(secret, 'POST', 'attempts', wish)
  const state = await small(asPayer(secret, 'GET', 'payment'))
  const { action } = started.body
  assert.match(JSON.stringify(state.body.attempt), new RegExp(`"action":"${action}"`))
  const read = await asPayer(secret, 'GET', `attempts/${started.body.id}`)
  assert.deepEqual(read.body, started.body)
  assert.deepEqual(read.body.next_action, {
    type: 'form',
    action: 'https://wallet.example/',
    fields,
  })

  hub.wallet.onQuery = (asked) => ({
    ...paid(asked.walletReference),
    walletTransactionId: 'w'.repeat(128),
    walletStatus: longest(200),
  })
  const done = await small(asPayer(secret, 'POST', 'sync'))
  Object.assign(hub.wallet, { onCreate: plain.create, onQuery: plain.query })
  assert.equal(done.body.status, 'succeeded')
  // Nothing is left to do, so nothing has to be fetched.
  assert.match(JSON.stringify(done.body.attempt), /"action":null/)
})

test('CK-31 the state names the order and the action, and names them anew when they change', async () => {
  const own = await hub.merchant()
  const { body } = await own.send('POST', '/v1/payments', order())
  const secret = String(body.client_secret)
  const names = async () => {
    const { body: state } = await asPayer(secret, 'GET', 'payment')
    const attempt = JSON.stringify(state.attempt)
    return { order: state.order, action: /"action":("[^"]+"|null)/.exec(attempt)?.[1] }
  }
  const first = await names()
  assert.equal(first.action, undefined)
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  const second = await names()
  assert.equal(second.order, first.order)
  assert.match(String(second.action), /^"[\w-]{22}"$/)
  // Attempts stand in the order of their times.
  hub.clock.at += 1
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  assert.notEqual((await names()).action, second.action)

  const accounts = await own.send('GET', '/v1/wallet_accounts')
  const [account] = Array.isArray(accounts.body.data) ? accounts.body.data : []
  await own.send('PATCH', `/v1/wallet_accounts/${account.id}`, { status: 'disabled' })
  hub.clock.at += 1_000
  assert.notEqual((await names()).order, first.order)
  assert.deepEqual((await asPayer(secret, 'GET', 'order')).body.wallets, [])
})

test("SE-13 a payer reads no other payment's attempts", async () => {
  const [a, b] = [await open(), await open()]
  const wish = { wallet: 'paper', surface: 'qr' }
  const started = await asPayer(a.secret, 'POST', 'attempts', wish)
  for (const id of [started.body.id, 'att_01jd3v0m8q4w5x6y7z8a9bcdef', 'x']) {
    const answer = await asPayer(b.secret, 'GET', `attempts/${id}`)
    assert.equal(answer.status, 404)
  }
})

test('a payer who tries one secret after another is stopped, by network; others are not', async () => {
  const limited = await startTestHub({ stranger: { burst: 2, refillMs: 1_000 } })
  const own = await limited.merchant()
  const { body } = await own.send('POST', '/v1/payments', order())
  const ask = async (secret: unknown, remoteAddress: string, path = 'payment') => {
    const headers = { authorization: `Bearer ${secret}` }
    const url = `/checkout/v1/${path}`
    return (await limited.app.inject({ url, remoteAddress, headers })).statusCode
  }
  const wrong = 'A'.repeat(32)
  assert.equal(await ask(wrong, '2001:db8:0:1::1'), 404)
  assert.equal(await ask('-', '2001:db8:0:1::2'), 401)
  assert.equal(await ask(wrong, '2001:db8:0:1:ffff::3'), 429)
  assert.equal(await ask(wrong, '2001:db8:0:1::4', 'qr/none'), 429)
  // Who shares the network and has the right secret is not locked out.
  assert.equal(await ask(body.client_secret, '2001:db8:0:1::1'), 200)
  assert.equal(await ask(wrong, '2001:db8:0:2::1'), 404)
  limited.clock.at += 1_000
  assert.equal(await ask(wrong, '2001:db8:0:1::1'), 404)
  await limited.close()
})

test('CK-1 a secret that is missing, unknown or of another form opens nothing', async () => {
  const none = answered(await hub.app.inject({ url: '/checkout/v1/payment' }))
  assert.equal(none.status, 401)
  assert.equal(none.body.code, 'client_secret_missing')
  for (const secret of ['A'.repeat(32), 'x', shop.key, '0'.repeat(110)]) {
    const answer = await asPayer(secret, 'GET', 'payment')
    assert.ok(answer.status === 404 || answer.status === 401, secret)
  }
  assert.equal((await hub.app.inject({ url: `/pay/${'A'.repeat(32)}` })).statusCode, 404)
})

test('a payer starts an attempt, and a repeat with the same key starts no other', async () => {
  const { id, secret } = await open()
  const wish = { wallet: 'paper', surface: 'qr' }
  const key = { 'idempotency-key': 'tap' }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => asPayer(secret, 'POST', 'attempts', wish, key)),
  )
  for (const answer of answers) {
    assert.ok(answer.status === 201 || answer.body.code === 'idempotency_in_progress', answer.text)
  }
  const done = await asPayer(secret, 'POST', 'attempts', wish, key)
  assert.equal(done.status, 201)
  assert.equal(done.headers['idempotent-replayed'], 'true')
  const read = await shop.send('GET', `/v1/payments/${id}`)
  assert.equal(Array.isArray(read.body.attempts) && read.body.attempts.length, 1)
})

test('the same key for another payment of the same merchant is another key', async () => {
  const [a, b] = [await open(), await open()]
  const wish = { wallet: 'paper', surface: 'qr' }
  const first = await asPayer(a.secret, 'POST', 'attempts', wish, { 'idempotency-key': 'one' })
  const second = await asPayer(b.secret, 'POST', 'attempts', wish, { 'idempotency-key': 'one' })
  assert.notEqual(first.body.id, second.body.id)
})

test('SE-6 extra and changed fields of a payer change nothing', async () => {
  const { id, secret } = await open()
  const hostile = fc.record(
    {
      amount: fc.anything(),
      currency: fc.constant('USD'),
      merchant_id: fc.string(),
      wallet_account: fc.string(),
      reference: fc.string(),
      auth_code: fc.string(),
      payer: fc.object(),
      notify_url: fc.webUrl(),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(hostile, async (extra) => {
      if (Object.keys(extra).length === 0) return
      const answer = await asPayer(secret, 'POST', 'attempts', {
        wallet: 'paper',
        surface: 'qr',
        ...extra,
      })
      assert.ok(answer.status === 400, answer.text)
    }),
    { numRuns: 40 },
  )
  for (const surface of ['barcode', 'in_app', 'app', 'x', null]) {
    assert.equal(
      (await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface })).status,
      400,
    )
  }
  const read = await shop.send('GET', `/v1/payments/${id}`)
  assert.deepEqual(read.body.attempts, [])
  assert.equal(read.body.amount, 8850)
})

test("SE-32 another website may not call the checkout; the hub's own pages may", async () => {
  const { secret } = await open()
  const from = async (origin: string) =>
    (await asPayer(secret, 'GET', 'payment', undefined, { origin })).status
  assert.equal(await from('https://hub.example'), 200)
  assert.equal(await from('https://evil.example'), 403)
  assert.equal(await from('null'), 403)
  const answer = await asPayer(secret, 'GET', 'payment', undefined, {
    origin: 'https://evil.example',
  })
  assert.equal(answer.body.code, 'origin_not_allowed')
  assert.equal(answer.headers['access-control-allow-origin'], undefined)
})

test('SE-45 a secret may ask for the state 2 times a second, an address may start 30 attempts an hour', async () => {
  const limited = await startTestHub({
    state: { burst: 2, refillMs: 500 },
    attempt: { burst: 2, refillMs: 120_000 },
  })
  const own = await limited.merchant()
  const { body } = await own.send('POST', '/v1/payments', order())
  const headers = { authorization: `Bearer ${body.client_secret}` }
  const ask = async () =>
    (await limited.app.inject({ url: '/checkout/v1/payment', headers })).statusCode
  assert.deepEqual([await ask(), await ask(), await ask()], [200, 200, 429])
  limited.clock.at += 500
  assert.equal(await ask(), 200)
  const start = async (key: string) =>
    (
      await limited.app.inject({
        method: 'POST',
        url: '/checkout/v1/attempts',
        headers: { ...headers, 'idempotency-key': key },
        payload: { wallet: 'paper', surface: 'qr' },
      })
    ).statusCode
  assert.deepEqual([await start('a'), await start('b'), await start('c')], [201, 201, 429])
  assert.equal(await start('a'), 201)
  await limited.close()
})

test('CK-22 the QR picture of an attempt is reached by a token that opens nothing else', async () => {
  const { secret } = await open()
  const started = await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  const action = started.body.next_action
  assert.ok(typeof action === 'object' && action !== null && 'svg_url' in action)
  const url = String(action.svg_url)
  const picture = await hub.app.inject({ url })
  assert.equal(picture.statusCode, 200)
  assert.equal(picture.headers['content-type'], 'image/svg+xml')
  const last = url.endsWith('0') ? '1' : '0'
  assert.equal((await hub.app.inject({ url: url.slice(0, -1) + last })).statusCode, 404)
  const token = url.split('/').at(-1) ?? ''
  for (const path of [`/return/${token}`, `/r/${token}`, `/pay/${token}`]) {
    assert.equal((await hub.app.inject({ url: path })).statusCode, 404, path)
  }
})

test('CK-32 the stream says "changed" when the payment changes, on a real connection', async () => {
  const { secret } = await open()
  const address = await hub.app.listen({ port: 0, host: '127.0.0.1' })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(
      `${address}/checkout/v1/stream`,
      { headers: { authorization: `Bearer ${secret}` } },
      resolve,
    ).on('error', reject)
  })
  assert.equal(response.statusCode, 200)
  assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8')
  assert.equal(response.headers['cache-control'], 'no-store')
  const chunks = response[Symbol.asyncIterator]()
  assert.match(String((await chunks.next()).value), /^event: changed\n/)
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  assert.match(String((await chunks.next()).value), /^event: changed\n/)
  response.destroy()
})

test('SE-11 the way back from a wallet asks the wallet when the query is genuine, and only the page is told', async () => {
  const { id, secret } = await open()
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'desktop' })
  const order = hub.wallet.calls.at(-1)?.order
  const path = new URL(order?.returnUrl ?? '').pathname
  const plain = hub.wallet.onQuery
  hub.wallet.onQuery = (asked) => paid(asked.walletReference)
  const forged = await hub.app.inject({ url: `${path}?trade_status=TRADE_SUCCESS&total=0.01` })
  assert.equal(forged.statusCode, 303)
  assert.equal((await shop.send('GET', `/v1/payments/${id}`)).body.status, 'requires_action')
  const genuine = await hub.app.inject({ url: `${path}?genuine=1&lang=ja&x=y` })
  assert.equal(genuine.statusCode, 303)
  assert.equal(genuine.headers.location, `/pay/${path.split('/').at(-1)}?lang=ja`)
  assert.equal((await shop.send('GET', `/v1/payments/${id}`)).body.status, 'succeeded')
  hub.wallet.onQuery = plain
  const page = await hub.app.inject({ url: String(genuine.headers.location) })
  assert.equal(page.statusCode, 200)
  assert.match(page.body, /<html lang="ja">/)
  const altered = path.slice(0, -1) + (path.endsWith('0') ? '1' : '0')
  assert.equal((await hub.app.inject({ url: altered })).statusCode, 404)
})

test('SE-10 there is no receipt before the money, and one after it', async () => {
  const { id, secret } = await open()
  assert.equal((await shop.send('GET', `/v1/payments/${id}`)).body.receipt_url, null)
  const before = await hub.services.payments
  const { findPayment } = await import('../payments/store.ts')
  const payment = await findPayment(before.pool, { merchantId: shop.merchantId, paymentId: id })
  assert.ok(payment)
  const early = new URL(hub.services.links.receipt(payment)).pathname
  assert.equal((await hub.app.inject({ url: early })).statusCode, 404)
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  const plain = hub.wallet.onQuery
  hub.wallet.onQuery = (asked) => paid(asked.walletReference)
  const synced = await asPayer(secret, 'POST', 'sync')
  hub.wallet.onQuery = plain
  assert.equal(synced.body.status, 'succeeded')
  const receipt = await hub.app.inject({ url: new URL(String(synced.body.receipt_url)).pathname })
  assert.equal(receipt.statusCode, 200)
  assert.match(receipt.body, /Teahouse/)
  assert.match(receipt.body, /88\.50/)
})

test('AP-33 sync asks the wallet at most once per 5 seconds', async () => {
  const { id, secret } = await open()
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  const queries = () => hub.wallet.calls.filter(({ operation }) => operation === 'query').length
  const start = queries()
  await asPayer(secret, 'POST', 'sync')
  await shop.send('POST', `/v1/payments/${id}/sync`)
  await asPayer(secret, 'POST', 'sync')
  assert.equal(queries(), start + 1)
  hub.clock.at += 5_000
  await asPayer(secret, 'POST', 'sync')
  assert.equal(queries(), start + 2)
})

test("AP-21 a wallet's refusal is no HTTP error: the attempt carries the problem", async () => {
  const { id, secret } = await open()
  const plain = hub.wallet.onCreate
  hub.wallet.onCreate = () => ({
    source: 'response',
    status: 'failed',
    problem: { category: 'insufficient_funds', walletCode: 'PAPER.EMPTY', walletMessage: 'no ink' },
  })
  const started = await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  hub.wallet.onCreate = plain
  assert.equal(started.status, 201)
  assert.deepEqual(started.body.problem, {
    category: 'insufficient_funds',
    code: 'insufficient_funds',
    money: 'no',
    title: { en: 'Not enough balance', 'zh-CN': '余额或额度不足' },
    text: {
      en: 'Top up or choose another source in Paper, or use another wallet. No money was taken.',
      'zh-CN': '请在纸钱包中充值或更换付款方式，也可改用其他钱包。本次未扣款。',
    },
  })
  // CK-39: the wallet's own code is for the merchant only.
  assert.ok(!started.text.includes('PAPER.EMPTY'))
  const read = await shop.send('GET', `/v1/payments/${id}`)
  assert.match(read.text, /"code":"insufficient_funds","wallet_code":"PAPER.EMPTY"/)
})

test('AP-21 the code is finer than the category where the wallet says more, in events as well', async () => {
  const { id, secret } = await open()
  const plain = hub.wallet.onCreate
  hub.wallet.onCreate = () => ({
    source: 'response',
    status: 'failed',
    problem: { category: 'retry_new', code: 'order_closed', walletCode: 'PAPER.CLOSED' },
  })
  const wish = { wallet: 'paper', surface: 'qr' }
  const started = await asPayer(secret, 'POST', 'attempts', wish)
  hub.wallet.onCreate = plain
  const told = /"category":"retry_new","code":"order_closed"/
  assert.match(started.text, told)
  assert.match((await asPayer(secret, 'GET', 'payment')).text, told)
  // The next change of the payment is an event, and carries the attempt as it stands.
  await asPayer(secret, 'POST', 'attempts', wish)
  const events = await shop.send('GET', `/v1/events?subject=${id}&type=payment.requires_action`)
  assert.match(events.text, told)
})

test('CK-6 the form without scripts starts one attempt, however often it is sent', async () => {
  const { id, secret } = await open()
  const submit = (fields: Record<string, string>) =>
    hub.app.inject({
      method: 'POST',
      url: `/pay/${secret}/attempts`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    })
  const wish = { wallet: 'paper', surface: 'qr', idempotency_key: 'form-1' }
  const first = await submit(wish)
  assert.equal(first.statusCode, 303)
  assert.equal(first.headers.location, `/pay/${secret}`)
  assert.equal((await submit(wish)).statusCode, 303)
  const read = await shop.send('GET', `/v1/payments/${id}`)
  assert.equal(Array.isArray(read.body.attempts) && read.body.attempts.length, 1)
  assert.equal(
    (await submit({ wallet: 'paper', surface: 'barcode', idempotency_key: 'x' })).statusCode,
    400,
  )
  assert.equal((await submit({})).statusCode, 400)
  const page = await hub.app.inject({ url: `/pay/${secret}` })
  assert.match(page.body, /checkout\/v1\/qr\//)
})

test('SE-5 a notification is taken raw, of any type up to 64 KB, and refusals reveal nothing', async () => {
  const { secret } = await open()
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  const given = hub.wallet.calls.at(-1)?.order
  const url = new URL(given?.notifyUrl ?? '').pathname
  const notify = (
    payload: string | Buffer,
    to = url,
    type = 'application/x-www-form-urlencoded;charset=GBK',
  ) =>
    hub.app.inject({
      method: 'POST',
      url: to,
      headers: type ? { 'content-type': type } : {},
      payload,
    })
  const plain = hub.wallet.onQuery
  hub.wallet.onQuery = (asked) => paid(asked.walletReference)
  const taken = await notify(`genuine ${given?.walletReference}`)
  assert.equal(taken.statusCode, 200)
  assert.equal(taken.body, 'success')
  assert.equal((await notify('forged')).body, 'fail')
  assert.equal((await notify('{"a":1,"a":1}', url, 'application/json')).body, 'fail')
  assert.equal((await notify('x', url, '')).body, 'fail')
  const large = await notify(Buffer.alloc(64 * 1024 + 1))
  assert.equal(large.statusCode, 413)
  assert.equal(large.body, 'fail')
  for (const to of [
    '/notify/paper/wac_01jd3v0m8q4w5x6y7z8a9bcdef',
    '/notify/gold/x',
    '/notify/paper/x',
  ]) {
    const answer = await notify('genuine', to)
    assert.equal(answer.body, 'fail', to)
  }
  await hub.services.payments.journal.drain()
  const metrics = await hub.services.metrics.registry.metrics()
  assert.match(metrics, /tongbao_notifications_total\{wallet="paper",outcome="taken"\} 1/)
  assert.match(
    metrics,
    /tongbao_notifications_total\{wallet="paper",outcome="refused_signature"\} 3/,
  )
  assert.match(
    metrics,
    /tongbao_notifications_total\{wallet="paper",outcome="refused_too_large"\} 1/,
  )
  hub.wallet.onQuery = plain
})

test('a genuine notification about an order that is not known is kept for a person, once', async () => {
  const { secret } = await open()
  await asPayer(secret, 'POST', 'attempts', { wallet: 'paper', surface: 'qr' })
  const url = new URL(hub.wallet.calls.at(-1)?.order.notifyUrl ?? '').pathname
  for (let i = 0; i < 3; i++) {
    const payload = 'genuine TBLOST'
    const headers = { 'content-type': 'text/plain' }
    const answer = await hub.app.inject({ method: 'POST', url, headers, payload })
    assert.equal(answer.body, 'fail')
  }
  const { rows } = await hub.services.pool.query(
    `select verdict, reason, convert_from(body, 'UTF8') as body from notifications
     where reason = 'unknown_order'`,
  )
  assert.deepEqual(rows, [
    { verdict: 'quarantined', reason: 'unknown_order', body: 'genuine TBLOST' },
  ])
  assert.ok(hub.log.lines.some((line) => /"level":"error".*TBLOST/.test(line)))
})

test("CK-43 the way back to the shop carries the payment's id and nothing secret", async () => {
  const { id, secret } = await open({ return_url: 'https://shop.example/done?a=1' })
  const { body } = await asPayer(secret, 'GET', 'order')
  assert.equal(body.return_url, `https://shop.example/done?a=1&payment=${id}`)
})

test('closing the server ends open streams', async () => {
  const own = await startTestHub()
  const merchant = await own.merchant()
  const { body } = await merchant.send('POST', '/v1/payments', order())
  const address = await own.app.listen({ port: 0, host: '127.0.0.1' })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(
      `${address}/checkout/v1/stream`,
      { headers: { authorization: `Bearer ${body.client_secret}` } },
      resolve,
    ).on('error', reject)
  })
  response.resume()
  const ended = new Promise((resolve) => response.once('close', resolve))
  await own.close()
  await ended
})
