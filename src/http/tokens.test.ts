// The payer's side of wallets whose sheet hands out a token: what the page is given, what is taken,
// and what is refused.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { documentedOf } from './server.ts'
import {
  answered,
  createDocumentCheck,
  createTokenWallet,
  order,
  SHEET_ORIGIN,
  startTestHub,
  type TestHub,
  type TestMerchant,
} from './testing.ts'

const seal = createTokenWallet()
let hub: TestHub
let shop: TestMerchant
before(async () => {
  hub = await startTestHub({}, [seal])
  shop = await hub.merchant()
})
after(() => hub.close())

let keys = 0
async function asPayer(secret: string, method: 'GET' | 'POST', path: string, body?: object) {
  keys++
  const url = `/checkout/v1/${path}`
  const headers = { authorization: `Bearer ${secret}`, 'idempotency-key': `token-${keys}` }
  const answer = answered(
    await hub.app.inject({ method, url, headers, ...(body && { payload: body }) }),
  )
  createDocumentCheck(documentedOf(hub.services))(method, url, answer)
  return answer
}

async function open(change: object = {}): Promise<{ id: string; secret: string }> {
  const { body, text } = await shop.send('POST', '/v1/payments', order(change))
  assert.ok(body.client_secret, text)
  return { id: String(body.id), secret: String(body.client_secret) }
}

const start = (secret: string, token?: string) =>
  asPayer(secret, 'POST', 'attempts', {
    wallet: 'seal',
    surface: 'desktop',
    ...(token !== undefined && { token }),
  })

const created = () => seal.calls.filter(({ operation }) => operation === 'create').length

test('the page is told what to open the sheet with, for this payment (CK-21)', async () => {
  const { id, secret } = await open()
  const { body } = await asPayer(secret, 'GET', 'order')
  const { wallets } = body
  assert.ok(Array.isArray(wallets))
  assert.deepEqual(wallets.find(({ name }) => name === 'seal')?.sheet, {
    script: `${SHEET_ORIGIN}/sheet.js`,
    parameters: { payment: id, amount: '8850', merchant: 'Teahouse' },
  })
  assert.equal(wallets.find(({ name }) => name === 'paper')?.sheet, null)
})

test('a token reaches the wallet exactly as it came, and with it what the browser tells', async () => {
  const { secret } = await open()
  const token = 'genuine 1 {"a":"\\u003d"}'
  const browser = {
    language: 'zh-CN',
    color_depth: 24,
    screen_height: 900,
    screen_width: 1280,
    time_zone_offset: -480,
  }
  const body = { wallet: 'seal', surface: 'desktop', token, browser }
  const { status, text } = await asPayer(secret, 'POST', 'attempts', body)
  assert.equal(status, 201, text)
  const sent = seal.calls.at(-1)?.order
  assert.equal(sent?.token, token)
  assert.equal(sent?.browser?.timeZoneOffset, -480)
  const { rows } = await hub.services.pool.query<{ all: string }>(
    `select json_agg(a)::text as all from attempts a`,
  )
  assert.doesNotMatch(String(rows[0]?.all), /genuine/, 'it is kept nowhere')
})

test('without a token nothing starts', async () => {
  const { secret } = await open()
  const before = created()
  const answer = await start(secret)
  assert.deepEqual([answer.status, answer.body.code], [400, 'field_missing'])
  assert.equal(answer.body.param, '/token')
  assert.equal(created(), before)
})

test('a token that is not genuine starts nothing', async () => {
  const { secret } = await open()
  const before = created()
  for (const token of ['forged 1', 'genuine', '{}', 'x'.repeat(16_384)]) {
    const answer = await start(secret, token)
    assert.deepEqual([answer.status, answer.body.code], [422, 'token_refused'], token.slice(0, 20))
  }
  assert.equal((await start(secret, 'x'.repeat(16_385))).body.code, 'field_invalid')
  assert.equal(created(), before)
})

test('a token is taken once, also when it is written in another way and for another payment', async () => {
  const [first, second] = [await open(), await open()]
  assert.equal((await start(first.secret, 'genuine 77')).status, 201)
  const before = created()
  const answer = await start(second.secret, 'genuine 77 ')
  assert.deepEqual([answer.status, answer.body.code], [409, 'token_used'])
  assert.equal(created(), before)
  assert.equal((await start(second.secret, 'genuine 78')).status, 201)
})

test('one token for two payments at the same moment starts one attempt', async () => {
  const payers = await Promise.all(Array.from({ length: 8 }, () => open()))
  const before = created()
  const answers = await Promise.all(payers.map(({ secret }) => start(secret, 'genuine 1000')))
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.equal(answers.filter(({ body }) => body.code === 'token_used').length, 7)
  assert.equal(created(), before + 1)
})

test("a session is opened for the hub's own domain and the merchant's name", async () => {
  const { secret } = await open()
  const body = { wallet: 'seal', validation_url: 'https://session.example' }
  const answer = await asPayer(secret, 'POST', 'wallet_sessions', body)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body.session, { domain: 'hub.example', merchantName: 'Teahouse' })
})

test('a session is refused for another address, another wallet, and a payment that may not use it', async () => {
  const { secret } = await open()
  const ask = (of: string, body: object) => asPayer(of, 'POST', 'wallet_sessions', body)
  const elsewhere = { wallet: 'seal', validation_url: 'https://evil.example' }
  assert.equal((await ask(secret, elsewhere)).body.code, 'wallet_session_refused')
  const right = { wallet: 'seal', validation_url: 'https://session.example' }
  const unable = await ask(secret, { ...right, wallet: 'paper' })
  assert.equal(unable.body.code, 'wallet_unavailable')
  const other = await open({ wallets: ['paper'] })
  assert.equal((await ask(other.secret, right)).body.code, 'wallet_unavailable')
  assert.equal((await ask('x'.repeat(32), right)).body.code, 'not_found')
})

test("the domain's file is served byte for byte at its path, and nothing beside it", async () => {
  const get = (url: string) => hub.app.inject({ method: 'GET', url })
  const file = await get('/.well-known/seal-domain')
  assert.equal(file.statusCode, 200)
  assert.equal(file.body, 'sealed\n')
  assert.equal(file.headers['content-type'], 'text/plain; charset=utf-8')
  assert.equal((await get('/.well-known/seal-domain?x=1')).body, 'sealed\n')
  for (const path of ['', 'seal', 'seal-domain/', '../seal-domain', 'security.txt']) {
    assert.equal((await get(`/.well-known/${path}`)).statusCode, 404, path)
  }
})

test("the page's policy lets in the sheet's script and nothing else (SE-29)", async () => {
  const { secret } = await open()
  const page = await hub.app.inject({ method: 'GET', url: `/pay/${secret}` })
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, new RegExp(`script-src 'self' ${SHEET_ORIGIN};`))
  const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1]
  assert.ok(nonce && page.body.includes(`nonce="${nonce}"`), 'a fresh one in page and policy')
  const again = await hub.app.inject({ method: 'GET', url: `/pay/${secret}` })
  assert.ok(!String(again.headers['content-security-policy']).includes(String(nonce)))
  const plain = await open({ wallets: ['paper'] })
  const other = await hub.app.inject({ method: 'GET', url: `/pay/${plain.secret}` })
  assert.doesNotMatch(String(other.headers['content-security-policy']), /sheet\.example|nonce/)
})
