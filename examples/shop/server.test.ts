// The shop over HTTP: what makes an order paid, what does not, and how bad input is answered. The
// hub on the other side is the few answers that the shop needs.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { createShop } from './server.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ORDER = /name="order" value="(\w+)"/
const folder = mkdtempSync(join(tmpdir(), 'shop-test-'))

interface Asked {
  method: string | undefined
  url: string | undefined
  headers: NodeJS.Dict<string | string[]>
  body: string
}

/** What the hub was asked, and what it answers next. */
const hub = { asked: [] as Asked[], answers: [] as [number, object][] }
const hubServer = createServer(async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  hub.asked.push({ method: request.method, url: request.url, headers: request.headers, body })
  const [status, content] = hub.answers.shift() ?? [500, problem('internal')]
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content))
})
let shop: Server
let shopUrl = ''
let eventCount = 0

before(async () => {
  const hubUrl = await listen(hubServer)
  shop = createShop({
    apiUrl: hubUrl,
    apiKey: 'tb_test_sk_1',
    webhookSecret: SECRET,
    shopUrl: 'https://shop.example',
    folder,
  })
  shopUrl = await listen(shop)
})
beforeEach(() => {
  hub.asked = []
  hub.answers = []
})
after(() => {
  for (const server of [shop, hubServer]) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(folder, { recursive: true })
})

test('a checkout asks the hub once for the amount of the cart and goes to its page', async () => {
  const { number, answer } = await checkOut('longjing.2_postcards.1')
  assert.equal(answer.status, 303)
  assert.equal(answer.headers.get('location'), 'https://hub.example/pay/secret')
  const [asked] = hub.asked
  assert.equal(hub.asked.length, 1)
  assert.equal(asked?.url, '/v1/payments')
  assert.equal(asked?.headers.authorization, 'Bearer tb_test_sk_1')
  assert.equal(asked?.headers['idempotency-key'], number)
  assert.deepEqual(JSON.parse(asked?.body ?? ''), {
    reference: number,
    title: 'Before-the-rain Longjing …',
    amount: 26_590,
    currency: 'CNY',
    items: [
      { name: 'Before-the-rain Longjing', quantity: 2, amount: 25_600 },
      { name: 'Four seasons postcards', quantity: 1, amount: 990 },
    ],
    return_url: `https://shop.example/orders/${number}`,
    locale: 'en',
  })
})

test('a checkout sent twice is one order', async () => {
  const { number } = await checkOut('ink.1')
  const again = await post('/checkout', { order: number, customer: 'Lin' }, 'cart=ink.1')
  assert.equal(again.headers.get('location'), `/orders/${number}`)
  assert.equal(hub.asked.length, 1)
})

test('an order whose payment could not be made is kept and paid later with the same key', async () => {
  const { number, answer } = await checkOut('ink.1', [
    [503, problem('not_ready')],
    [503, problem('not_ready')],
  ])
  assert.equal(answer.headers.get('location'), `/orders/${number}`)
  assert.match(await orderText(number), /could not be opened/)
  hub.asked = []
  hub.answers = [[201, payment(number)]]
  const again = await post(`/orders/${number}/pay`, {})
  assert.equal(again.headers.get('location'), 'https://hub.example/pay/secret')
  assert.equal(hub.asked[0]?.headers['idempotency-key'], number)
})

test('a genuine webhook makes the order paid, once', async () => {
  const { number } = await checkOut('ink.1')
  const event = succeeded(number, 2)
  assert.equal((await sendWebhook(event)).status, 204)
  assert.equal(await statusOf(number), 'succeeded')
  assert.equal((await sendWebhook(event)).status, 204)
  const text = await orderText(number)
  assert.match(text, /it is paid/)
  assert.match(text, /href="https:\/\/hub\.example\/r\/abc"/)
  assert.doesNotMatch(text, /live\.js/)
})

test('a forged or altered webhook changes nothing', async () => {
  const { number } = await checkOut('ink.1')
  const other = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
  assert.equal((await sendWebhook(succeeded(number, 2), { secret: other })).status, 400)
  const unsigned = await fetch(`${shopUrl}/webhooks`, { method: 'POST', body: '{}' })
  assert.equal(unsigned.status, 400)
  assert.equal(await statusOf(number), 'created')
})

test('a recorded webhook of ten minutes ago changes nothing', async () => {
  const { number } = await checkOut('ink.1')
  const at = new Date(Date.now() - 600_000)
  assert.equal((await sendWebhook(succeeded(number, 2), { at })).status, 400)
  assert.equal(await statusOf(number), 'created')
})

test('webhooks that overtake each other leave the latest state', async () => {
  const { number } = await checkOut('ink.1')
  await sendWebhook(reports(number, 'expired', 4))
  await sendWebhook(reports(number, 'requires_action', 2))
  assert.equal(await statusOf(number), 'expired')
})

test('nothing takes a paid order back', async () => {
  const { number } = await checkOut('ink.1')
  await sendWebhook(succeeded(number, 3))
  await sendWebhook(reports(number, 'expired', 4))
  assert.equal(await statusOf(number), 'succeeded')
})

test('a webhook for another amount, currency or payment does not make the order paid', async () => {
  const { number } = await checkOut('ink.1')
  for (const other of [{ amount: 1 }, { currency: 'JPY' }, { id: 'pay_other' }]) {
    const { data, ...rest } = succeeded(number, 2)
    assert.equal((await sendWebhook({ ...rest, data: { ...data, ...other } })).status, 204)
  }
  assert.equal(await statusOf(number), 'created')
})

test('an event about something else is acknowledged', async () => {
  const event = { type: 'webhook_endpoint.test', timestamp: '', sequence: 1, data: { id: 'whe_1' } }
  assert.equal((await sendWebhook(event)).status, 204)
  assert.equal((await sendWebhook(succeeded('SOMEBODY_ELSES', 1))).status, 204)
})

test('a payer who returns before the webhook sees what the hub answers', async () => {
  const { number } = await checkOut('ink.1')
  hub.answers = [[200, payment(number, { status: 'succeeded' })]]
  const answer = await get(`/orders/${number}?paid=yes`)
  assert.match(await answer.text(), /it is paid/)
  assert.equal(hub.asked.at(-1)?.url, `/v1/payments/pay_${number}`)
})

test('a payer who returns without having paid sees an open order', async () => {
  const { number } = await checkOut('ink.1')
  hub.answers = [[200, payment(number, { status: 'requires_action' })]]
  const text = await (await get(`/orders/${number}?paid=yes&status=succeeded`)).text()
  assert.match(text, /Waiting for your payment/)
  assert.match(text, /live\.js/)
})

test('what a customer types is text on every page', async () => {
  const name = `<img src=x onerror="alert('1')">&`
  const { number } = await checkOut('ink.1', undefined, name)
  const text = await orderText(number)
  assert.doesNotMatch(text, /<img/)
  assert.match(text, /&#60;img src=x onerror=&#34;alert\(&#39;1&#39;\)&#34;&#62;&#38;/)
})

test('bad forms are refused in words', async () => {
  const cases: [string, Record<string, string>, string?][] = [
    ['/cart', { good: 'gold', change: '1' }],
    ['/cart', { good: 'ink', change: '1e3' }],
    ['/checkout', { order: "QS'; drop table orders", customer: 'Lin' }, 'cart=ink.1'],
    ['/checkout', { order: 'QS00000000000001', customer: ' ' }, 'cart=ink.1'],
    ['/checkout', { order: 'QS00000000000001', customer: 'x'.repeat(41) }, 'cart=ink.1'],
    ['/checkout', { order: 'QS00000000000001', customer: 'a\nb' }, 'cart=ink.1'],
  ]
  for (const [path, form, cookie] of cases) {
    const answer = await post(path, form, cookie)
    assert.equal(answer.status, 400, JSON.stringify(form))
    assert.match(await answer.text(), /That did not work/)
  }
  assert.equal(hub.asked.length, 0)
})

test('a cart cookie that is not ours counts as an empty cart', async () => {
  for (const cart of ['', 'gold.1', 'ink.0', 'ink.-1', 'ink.1e3', 'ink.99', '__proto__.1', '%00']) {
    assert.match(
      await (await get('/cart', { cookie: `cart=${cart}` })).text(),
      /Your cart is empty/,
    )
  }
})

test('a form on another site does not act for the customer', async () => {
  const form = new URLSearchParams({ good: 'ink', change: '1' })
  for (const origin of ['https://evil.example', 'null', undefined]) {
    const headers = origin === undefined ? {} : { origin }
    const answer = await fetch(`${shopUrl}/cart`, { method: 'POST', body: form, headers })
    assert.equal(answer.status, 403)
  }
})

test('unknown pages, methods and large bodies are answered properly', async () => {
  assert.equal((await get('/orders/QS00000000000000')).status, 404)
  assert.equal((await get('/orders/QS00000000000000/status')).status, 404)
  assert.equal((await get('//')).status, 404)
  assert.equal((await get('/%')).status, 404)
  const wrongMethod = await fetch(`${shopUrl}/cart`, { method: 'DELETE' })
  assert.equal(wrongMethod.status, 405)
  assert.equal(wrongMethod.headers.get('allow'), 'GET, POST')
  const large = await fetch(`${shopUrl}/webhooks`, { method: 'POST', body: 'x'.repeat(70_000) })
  assert.equal(large.status, 413)
})

test('every page speaks the language that was asked for', async () => {
  const shown = async (path: string, headers: Record<string, string>) =>
    /<html lang="([^"]+)"/.exec(await (await get(path, headers)).text())?.[1]
  assert.equal(await shown('/', { 'accept-language': 'zh-TW,en;q=0.5' }), 'zh-CN')
  assert.equal(await shown('/', { 'accept-language': 'fr,en;q=0.5,zh;q=0.3' }), 'en')
  assert.equal(await shown('/', { 'accept-language': 'fr' }), 'en')
  assert.equal(await shown('/nothing', { 'accept-language': 'zh', cookie: 'lang=en' }), 'en')
  const chosen = await get('/?lang=zh-CN', { cookie: 'lang=en' })
  assert.match(chosen.headers.get('set-cookie') ?? '', /^lang=zh-CN;/)
})

test('pages carry headers that keep foreign scripts and frames out', async () => {
  const { headers } = await get('/')
  const policy = headers.get('content-security-policy') ?? ''
  for (const part of [`default-src 'none'`, `script-src 'self';`, `frame-ancestors 'none'`]) {
    assert.ok(policy.includes(part), part)
  }
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('cache-control'), 'no-store')
})

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

function get(path: string, headers: Record<string, string> = {}) {
  return fetch(shopUrl + path, { headers: { 'accept-language': 'en', ...headers } })
}

function post(path: string, form: Record<string, string>, cookie = '') {
  return fetch(shopUrl + path, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { origin: shopUrl, cookie, 'accept-language': 'en' },
    redirect: 'manual',
  })
}

/** Orders what is in the cart; the hub gives the answers, or a payment. */
async function checkOut(cart: string, answers?: [number, object][], customer = 'Lin') {
  const cartPage = await (await get('/cart', { cookie: `cart=${cart}` })).text()
  const number = ORDER.exec(cartPage)?.[1] ?? ''
  hub.answers = answers ?? [[201, payment(number)]]
  const answer = await post('/checkout', { order: number, customer }, `cart=${cart}`)
  return { number, answer }
}

function payment(reference: string, more: object = {}) {
  return {
    id: `pay_${reference}`,
    reference,
    status: 'created',
    amount: 6800,
    currency: 'CNY',
    receipt_url: null,
    url: 'https://hub.example/pay/secret',
    ...more,
  }
}

function problem(code: string) {
  return { code, detail: 'In words.' }
}

function reports(reference: string, status: string, sequence: number) {
  return {
    type: `payment.${status}`,
    timestamp: '',
    sequence,
    data: payment(reference, { status }),
  }
}

function succeeded(reference: string, sequence: number) {
  const event = reports(reference, 'succeeded', sequence)
  return { ...event, data: { ...event.data, receipt_url: 'https://hub.example/r/abc' } }
}

const ids = new WeakMap<object, string>()

/** The same event has the same id each time it is sent. */
function sendWebhook(event: object, { secret = SECRET, at = new Date() } = {}) {
  const id = ids.get(event) ?? `evt_${++eventCount}`
  ids.set(event, id)
  const body = JSON.stringify(event)
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  }
  return fetch(`${shopUrl}/webhooks`, { method: 'POST', body, headers })
}

async function statusOf(number: string): Promise<unknown> {
  const content: unknown = await (await get(`/orders/${number}/status`)).json()
  assert.ok(typeof content === 'object' && content !== null && 'status' in content)
  return content.status
}

async function orderText(number: string): Promise<string> {
  hub.answers = [[200, payment(number, { status: await statusOf(number) })]]
  return (await get(`/orders/${number}`)).text()
}
