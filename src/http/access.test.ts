import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hashKey, newKeyText, readKeyText } from '../merchants/key-format.ts'
import { SCOPES } from '../merchants/scopes.ts'
import { operationsOf } from './server.ts'
import {
  answered,
  order,
  sender,
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

const sendAs = (key: string) => sender(hub.app, key, operationsOf(hub.services))
const ask = (authorization: string | undefined, remoteAddress = '127.0.0.1') =>
  hub.app
    .inject({
      url: '/v1/payments',
      remoteAddress,
      headers: authorization === undefined ? {} : { authorization },
    })
    .then(answered)

async function makeKey(body: object): Promise<{ id: string; key: string }> {
  const answer = await shop.send('POST', '/v1/api_keys', { name: 'made', ...body })
  assert.equal(answer.status, 201, answer.text)
  return { id: String(answer.body.id), key: String(answer.body.key) }
}

test('AP-9 a key that is missing, malformed, mistyped or unknown is refused', async () => {
  assert.equal((await ask(undefined)).body.code, 'key_missing')
  const typo = shop.key.slice(0, -1) + (shop.key.endsWith('a') ? 'b' : 'a')
  const unknown = newKeyText(false, hub.context.ports.random)
  for (const value of [
    '',
    'Bearer',
    `Basic ${shop.key}`,
    'Bearer x',
    `Bearer ${typo}`,
    `Bearer ${unknown}`,
    `Bearer ${shop.key} x`,
  ]) {
    const answer = await ask(value)
    assert.equal(answer.status, 401, value)
    assert.equal(answer.body.code, 'key_invalid', value)
  }
  assert.equal((await ask(`bearer ${shop.key}`)).status, 200)
})

test('AP-9 a key is shown once; prefix and last four stay visible; the database has its hash only', async () => {
  const { id, key } = await makeKey({})
  assert.match(key, /^tb_test_sk_[0-9A-Za-z]{49}$/)
  assert.deepEqual(readKeyText(key), { livemode: false })
  const read = await shop.send('GET', `/v1/api_keys/${id}`)
  assert.equal(read.body.key, undefined)
  assert.equal(read.body.last4, key.slice(-4))
  assert.ok(key.startsWith(String(read.body.prefix)))
  const { rows } = await hub.services.pool.query<{ row: string; hash: Buffer }>(
    'select k::text as row, hash from api_keys k where api_key_id = $1',
    [id],
  )
  assert.ok(!rows[0]?.row.includes(key))
  assert.deepEqual(rows[0]?.hash, hashKey(key))
})

test('AP-9 an expired key is refused', async () => {
  const expires_at = new Date(hub.clock.at + 60_000).toISOString()
  const { key } = await makeKey({ expires_at })
  assert.equal((await ask(`Bearer ${key}`)).status, 200)
  hub.clock.at += 60_000
  assert.equal((await ask(`Bearer ${key}`)).body.code, 'key_expired')
})

test('AP-9 a key with an address list works from there only', async () => {
  const { key } = await makeKey({ allowed_addresses: ['192.0.2.0/24', '2001:db8::1'] })
  const from = async (address: string) => (await ask(`Bearer ${key}`, address)).body.code ?? 'ok'
  assert.equal(await from('192.0.2.77'), 'ok')
  assert.equal(await from('::ffff:192.0.2.77'), 'ok')
  assert.equal(await from('2001:db8::1'), 'ok')
  assert.equal(await from('192.0.3.1'), 'address_not_allowed')
  assert.equal(await from('2001:db8::2'), 'address_not_allowed')
  for (const entry of ['192.0.2.0/33', '300.1.1.1', 'x', '::1/129']) {
    const answer = await shop.send('POST', '/v1/api_keys', {
      name: 'x',
      allowed_addresses: [entry],
    })
    assert.equal(answer.body.code, 'field_invalid', entry)
  }
})

test('AP-9 the last use of a key is kept', async () => {
  const { id, key } = await makeKey({})
  const before = await shop.send('GET', `/v1/api_keys/${id}`)
  assert.equal(before.body.last_used_at, null)
  hub.clock.at += 61_000
  await ask(`Bearer ${key}`)
  // The note is written beside the answer, on the same pool; a second question comes after it.
  for (let i = 0; i < 100; i++) {
    const read = await shop.send('GET', `/v1/api_keys/${id}`)
    if (read.body.last_used_at === new Date(hub.clock.at).toISOString()) return
  }
  assert.fail('the use was not kept')
})

test('CO-15 a revoked key stops working within a second', async () => {
  const { id, key } = await makeKey({})
  assert.equal((await ask(`Bearer ${key}`)).status, 200)
  const revoked = await shop.send('POST', `/v1/api_keys/${id}/revoke`)
  assert.equal(revoked.status, 200)
  hub.clock.at += 1_000
  assert.equal((await ask(`Bearer ${key}`)).body.code, 'key_revoked')
  assert.equal((await shop.send('POST', `/v1/api_keys/${id}/revoke`)).body.code, 'already_revoked')
})

test('AP-11 new keys may read and write payments, nothing else', async () => {
  const { id, key } = await makeKey({})
  const read = await shop.send('GET', `/v1/api_keys/${id}`)
  assert.deepEqual(read.body.scopes, ['payments:read', 'payments:write'])
  const send = sendAs(key)
  assert.equal((await send('POST', '/v1/payments', order())).status, 201)
  for (const url of [
    '/v1/events',
    '/v1/webhook_endpoints',
    '/v1/wallet_accounts',
    '/v1/api_keys',
    '/v1/wallets',
  ]) {
    const answer = await send('GET', url)
    assert.equal(answer.status, 403, url)
    assert.equal(answer.body.code, 'scope_missing')
  }
})

test('AP-11 every operation needs its scope, and a key with that scope alone may call it', async () => {
  const operations = operationsOf(hub.services)
  const keys = new Map<string, string>()
  for (const scope of SCOPES) keys.set(scope, (await makeKey({ scopes: [scope] })).key)
  for (const operation of operations) {
    const url = operation.path.replace(
      /\{(\w+)\}/g,
      (_all, name: string) => `${operation.params?.[name]}_00000000000000000000000000`,
    )
    for (const scope of SCOPES) {
      const answer = await sendAs(keys.get(scope) ?? '')(operation.method, url)
      const covered =
        scope === operation.scope || scope === operation.scope.replace(':read', ':write')
      assert.equal(
        answer.body.code === 'scope_missing',
        !covered,
        `${operation.id} ${scope} ${answer.text}`,
      )
    }
  }
})

test('a key can give another only what it may do itself', async () => {
  const { key } = await makeKey({ scopes: ['api_keys:write', 'payments:read'] })
  const send = sendAs(key)
  assert.equal(
    (await send('POST', '/v1/api_keys', { name: 'x', scopes: ['payments:read'] })).status,
    201,
  )
  for (const scope of ['payments:write', 'wallet_accounts:read']) {
    const answer = await send('POST', '/v1/api_keys', { name: 'x', scopes: [scope] })
    assert.equal(answer.body.code, 'scope_missing')
  }
})

test("SE-13 AP-6 another merchant's ids and the other mode's are not there, for every operation", async () => {
  const owner = await hub.merchant()
  const payment = await owner.send('POST', '/v1/payments', order())
  const endpoint = await owner.send('POST', '/v1/webhook_endpoints', {
    url: 'https://shop.tongbao-test.com/hook',
  })
  const key = await owner.send('POST', '/v1/api_keys', { name: 'x' })
  const events = await owner.send('GET', '/v1/events')
  const accounts = await owner.send('GET', '/v1/wallet_accounts')
  const ids: Record<string, string> = {
    payment: String(payment.body.id),
    webhook_endpoint: String(endpoint.body.id),
    api_key: String(key.body.id),
    event: firstId(events.body.data),
    wallet_account: firstId(accounts.body.data),
  }
  const bodies: Record<string, object> = {
    startAttempt: { wallet: 'paper', surface: 'qr' },
    redeliverRange: { from: '2026-01-01T00:00:00Z', before: '2027-01-01T00:00:00Z' },
  }
  const strangers = [await hub.merchant(), await hub.merchant({ livemode: true })]
  let tried = 0
  for (const operation of operationsOf(hub.services)) {
    if (!operation.path.includes('{')) continue
    const url = operation.path.replace(/\{(\w+)\}/g, (_all, name: string) => ids[name] ?? '')
    const body =
      operation.method === 'POST' || operation.method === 'PATCH'
        ? (bodies[operation.id] ?? {})
        : undefined
    for (const stranger of strangers) {
      const answer = await stranger.send(operation.method, url, body)
      assert.equal(answer.status, 404, `${operation.id} ${answer.text}`)
      assert.equal(answer.body.code, 'not_found', operation.id)
      tried++
    }
  }
  assert.ok(tried >= 30)
  const still = await owner.send('GET', `/v1/payments/${ids.payment}`)
  assert.equal(still.body.status, 'created')
})

test('AP-6 a live key of the same merchant sees no test object, and lists none', async () => {
  const both = await hub.merchant()
  await both.send('POST', '/v1/payments', order({ reference: 'one-mode' }))
  await hub.services.pool.query('update api_keys set livemode = true where merchant_id = $1', [
    both.merchantId,
  ])
  hub.clock.at += 1_000
  for (const url of [
    '/v1/payments',
    '/v1/events',
    '/v1/wallet_accounts',
    '/v1/payments?reference=one-mode',
  ]) {
    const answer = await both.send('GET', url)
    assert.deepEqual(answer.body.data, [], url)
  }
  const live = await both.send('POST', '/v1/payments', order({ reference: 'one-mode' }))
  assert.equal(live.status, 201)
  assert.equal(live.body.livemode, true)
})

test('in live mode payers are sent back over https only', async () => {
  const live = await hub.merchant({ livemode: true })
  const answer = await live.send(
    'POST',
    '/v1/payments',
    order({ return_url: 'http://shop.example/done' }),
  )
  assert.equal(answer.body.code, 'url_not_allowed')
  assert.equal(answer.body.param, '/return_url')
  const https = await live.send(
    'POST',
    '/v1/payments',
    order({ return_url: 'https://shop.example/done' }),
  )
  assert.equal(https.status, 201)
  for (const return_url of [
    'javascript:alert(1)',
    'https://user:pw@shop.example/',
    'https://',
    'ftp://x',
    '//x',
  ]) {
    assert.equal(
      (await shop.send('POST', '/v1/payments', order({ return_url }))).status >= 400,
      true,
      return_url,
    )
  }
})

test('AP-25 too many requests are refused with Retry-After, and let in again later', async () => {
  const limited = await startTestHub({
    read: { burst: 3, refillMs: 2_000 },
    write: { burst: 2, refillMs: 2_000 },
    stranger: { burst: 2, refillMs: 1_000 },
  })
  const own = await limited.merchant()
  const other = await limited.merchant()
  for (let i = 0; i < 3; i++) assert.equal((await own.send('GET', '/v1/payments')).status, 200)
  const refused = await own.send('GET', '/v1/payments')
  assert.equal(refused.status, 429)
  assert.equal(refused.body.code, 'rate_limited')
  assert.equal(refused.headers['retry-after'], '2')
  assert.equal((await other.send('GET', '/v1/payments')).status, 200)
  assert.equal((await own.send('POST', '/v1/payments', order())).status, 201)
  limited.clock.at += 2_000
  assert.equal((await own.send('GET', '/v1/payments')).status, 200)
  const stranger = () => limited.app.inject({ url: '/v1/payments' })
  assert.deepEqual(
    [(await stranger()).statusCode, (await stranger()).statusCode, (await stranger()).statusCode],
    [401, 401, 429],
  )
  // Counted by network: the other addresses of an IPv6 subscriber are the same stranger.
  const from = async (remoteAddress: string) =>
    (await limited.app.inject({ url: '/v1/payments', remoteAddress })).statusCode
  const statuses = []
  for (const host of ['1', '2', 'ffff:1']) statuses.push(await from(`2001:db8:0:1::${host}`))
  assert.deepEqual(statuses, [401, 401, 429])
  assert.equal(await from('2001:db8:0:2::1'), 401)
  await limited.close()
})

function firstId(data: unknown): string {
  const first: unknown = Array.isArray(data) ? data[0] : undefined
  return typeof first === 'object' && first !== null && 'id' in first ? String(first.id) : ''
}
