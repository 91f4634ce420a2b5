// Proves what a merchant can set for itself, that each mode has its own, and what it changes for
// payments and for the pages that payers see.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createApiKey } from '../merchants/api-keys.ts'
import { SCOPES } from '../merchants/scopes.ts'
import { operationsOf } from './server.ts'
import { order, sender, startTestHub, type TestHub, type TestMerchant } from './testing.ts'
import { CURRENT_VERSION } from './version.ts'

let hub: TestHub
before(async () => {
  hub = await startTestHub()
})
after(() => hub.close())

const patch = (shop: TestMerchant, body: object, headers?: Record<string, string>) =>
  shop.send('PATCH', '/v1/merchant', body, headers)

/** Calls with a key of the same merchant in live mode. */
async function inLiveMode({ merchantId }: TestMerchant): Promise<TestMerchant> {
  const { text } = await createApiKey(hub.services.pool, hub.context.ports, {
    merchantId,
    livemode: true,
    name: 'live',
    scopes: SCOPES,
    version: CURRENT_VERSION,
    allowedAddresses: null,
    expiresAt: null,
  })
  const key = text.reveal()
  return { merchantId, key, send: sender(hub.app, key, operationsOf(hub.services)) }
}

async function pageOf(shop: TestMerchant, change: object = {}, headers = {}) {
  const made = await shop.send('POST', '/v1/payments', order(change))
  assert.equal(made.status, 201, made.text)
  return hub.app.inject({ url: new URL(String(made.body.url)).pathname, headers })
}

const NO_SUPPORT = { phone: null, email: null, wechat: null, hours: null, url: null }

test('a merchant begins with its name and contacts and with nothing registered', async () => {
  const shop = await hub.merchant()
  const { status, body } = await shop.send('GET', '/v1/merchant')
  assert.equal(status, 200)
  const { created, updated, ...rest } = body
  assert.equal(created, updated)
  assert.deepEqual(rest, {
    id: shop.merchantId,
    object: 'merchant',
    livemode: false,
    name: 'Teahouse',
    support: { ...NO_SUPPORT, phone: '+86 10 1234' },
    language: null,
    time_zone: 'Asia/Shanghai',
    late_payment: 'open',
    return_origins: [],
    embed_origins: [],
  })
})

test('what is named changes, what is not stays; null removes a contact; a list replaces the list', async () => {
  const shop = await hub.merchant()
  await patch(shop, {
    name: '山间茶舍',
    support: {
      email: 'care@hillside.example',
      hours: '9–21',
      wechat: 'tea',
      url: 'https://t.example',
    },
    language: 'zh-TW',
    time_zone: 'Europe/Berlin',
    late_payment: 'refund',
    return_origins: ['https://a.example', 'http://localhost:3000'],
    embed_origins: ['https://a.example'],
  })
  const second = await patch(shop, {
    support: { hours: null, phone: '+49 30 1' },
    return_origins: ['https://b.example:8443'],
    language: null,
  })
  assert.equal(second.status, 200)
  const { created, updated, ...rest } = second.body
  assert.ok(String(updated) >= String(created))
  assert.deepEqual(rest, {
    id: shop.merchantId,
    object: 'merchant',
    livemode: false,
    name: '山间茶舍',
    support: {
      phone: '+49 30 1',
      email: 'care@hillside.example',
      wechat: 'tea',
      hours: null,
      url: 'https://t.example',
    },
    language: null,
    time_zone: 'Europe/Berlin',
    late_payment: 'refund',
    return_origins: ['https://b.example:8443'],
    embed_origins: ['https://a.example'],
  })
  assert.deepEqual((await shop.send('GET', '/v1/merchant')).body, second.body)
})

test('AP-6 what a test key sets, no live key and no other merchant sees', async () => {
  const [shop, other] = [await hub.merchant(), await hub.merchant()]
  const live = await inLiveMode(shop)
  await patch(shop, { name: 'Changed in test', embed_origins: ['http://localhost:3000'] })
  const seen = await live.send('GET', '/v1/merchant')
  assert.equal(seen.body.livemode, true)
  assert.equal(seen.body.name, 'Teahouse')
  assert.deepEqual(seen.body.embed_origins, [])
  assert.equal((await other.send('GET', '/v1/merchant')).body.name, 'Teahouse')
  await patch(live, { name: 'Changed in live' })
  assert.equal((await shop.send('GET', '/v1/merchant')).body.name, 'Changed in test')
})

test('an unknown field, a wrong value and what is no origin are refused with a pointer', async () => {
  const shop = await hub.merchant()
  const before = await shop.send('GET', '/v1/merchant')
  for (const [body, code, param] of [
    [{ livemode: true }, 'unknown_field', '/livemode'],
    [{ id: 'mer_x' }, 'unknown_field', '/id'],
    [{ support: { fax: '1' } }, 'unknown_field', '/support/fax'],
    [{ name: '' }, 'field_invalid', '/name'],
    [{ name: null }, 'field_invalid', '/name'],
    [{ support: { url: 'javascript:alert(1)' } }, 'field_invalid', '/support/url'],
    [{ support: { email: 'no' } }, 'field_invalid', '/support/email'],
    [{ language: 'fr' }, 'field_invalid', '/language'],
    [{ time_zone: 'Mars/Olympus' }, 'field_invalid', '/time_zone'],
    [{ time_zone: '+08:00' }, 'field_invalid', '/time_zone'],
    [{ late_payment: 'keep' }, 'field_invalid', '/late_payment'],
    ...[
      'https://shop.example/',
      'https://shop.example/path',
      'https://Shop.example',
      'https://shop.example:443',
      'https://user@shop.example',
      'https://*.shop.example',
      "https://a;script-src'",
      'https://a,b',
      'https://münchen.example',
      'ftp://shop.example',
      'javascript:alert(1)',
      'data:text/html,x',
      'shop.example',
      'null',
      '*',
      'https:',
    ].flatMap((origin) => [
      [{ embed_origins: ['https://ok.example', origin] }, 'field_invalid', '/embed_origins/1'],
      [{ return_origins: [origin] }, 'field_invalid', '/return_origins/0'],
    ]),
    [
      { embed_origins: ['https://a.example', 'https://a.example'] },
      'field_invalid',
      '/embed_origins',
    ],
  ] as [object, string, string][]) {
    const answer = await patch(shop, body)
    assert.equal(answer.status, 400, JSON.stringify(body))
    assert.equal(answer.body.code, code, JSON.stringify(body))
    assert.equal(answer.body.param, param, JSON.stringify(body))
  }
  assert.deepEqual((await shop.send('GET', '/v1/merchant')).body, before.body)
})

test('in live mode an origin has to be https', async () => {
  const live = await inLiveMode(await hub.merchant())
  for (const field of ['return_origins', 'embed_origins']) {
    const answer = await patch(live, { [field]: ['http://shop.example'] })
    assert.equal(answer.body.code, 'field_invalid')
    assert.match(String(answer.body.detail), /https/)
    assert.equal((await patch(live, { [field]: ['https://shop.example'] })).status, 200)
  }
})

test('AP-36 a change on an old state is refused, also when two come at once', async () => {
  const shop = await hub.merchant()
  const read = await shop.send('GET', '/v1/merchant')
  const tag = { 'if-match': String(read.headers.etag) }
  const first = await patch(shop, { name: 'First' }, tag)
  assert.equal(first.status, 200)
  const late = await patch(shop, { name: 'Second' }, tag)
  assert.equal(late.status, 412)
  assert.equal(late.body.code, 'precondition_failed')
  const fresh = { 'if-none-match': String(first.headers.etag) }
  assert.equal((await shop.send('GET', '/v1/merchant', undefined, fresh)).status, 304)
  const names = Array.from({ length: 20 }, (_, i) => `Name ${i}`)
  const answers = await Promise.all(names.map((name) => patch(shop, { name })))
  for (const { status, text } of answers) assert.ok(status === 200 || status === 412, text)
  const won = answers.filter(({ status }) => status === 200)
  assert.ok(won.length > 0)
  const { body } = await shop.send('GET', '/v1/merchant')
  assert.ok(won.some((answer) => answer.body.name === body.name))
})

test('AP-11 a key without the scope may neither read nor change; one that reads may not change', async () => {
  const stranger = await hub.merchant({ scopes: ['payments:write', 'webhooks:write'] })
  assert.equal((await stranger.send('GET', '/v1/merchant')).body.code, 'scope_missing')
  assert.equal((await patch(stranger, { name: 'x' })).body.code, 'scope_missing')
  const reader = await hub.merchant({ scopes: ['merchant:read'] })
  assert.equal((await reader.send('GET', '/v1/merchant')).status, 200)
  assert.equal((await patch(reader, { name: 'x' })).body.code, 'scope_missing')
})

test('SE-39 a change is logged with who made it and which settings, not with what they hold', async () => {
  const shop = await hub.merchant()
  await patch(shop, { support: { email: 'canary@example.com' }, name: 'Canary House' })
  const line = hub.log.lines.findLast((each) => each.includes('settings were changed'))
  assert.ok(line)
  assert.ok(line.includes(shop.merchantId) && line.includes('"fields":["support","name"]'))
  assert.match(line, /"apiKeyId":"key_\w{26}"/)
  assert.ok(!hub.log.lines.join().includes('canary@example.com'))
})

test('return origins: any address while there is none, then only these', async () => {
  const shop = await hub.merchant()
  const pay = (return_url: string | null) =>
    shop.send('POST', '/v1/payments', order({ return_url }))
  assert.equal((await pay('https://anywhere.example/done')).status, 201)
  await patch(shop, { return_origins: ['https://shop.example', 'http://localhost:3000'] })
  for (const good of ['https://shop.example/a?b=c', 'http://localhost:3000/', null]) {
    assert.equal((await pay(good)).status, 201, String(good))
  }
  for (const bad of [
    'https://anywhere.example/done',
    'http://shop.example/a',
    'https://shop.example:444/a',
    'https://shop.example.evil.example/a',
    'https://evil.example/https://shop.example',
    'http://localhost:3001/',
  ]) {
    const answer = await pay(bad)
    assert.equal(answer.status, 422, bad)
    assert.equal(answer.body.code, 'url_not_allowed')
    assert.equal(answer.body.param, '/return_url')
    assert.ok(String(answer.body.detail).includes(new URL(bad).origin))
    assert.match(String(answer.body.detail), /https:\/\/shop\.example.*PATCH \/v1\/merchant/)
  }
  await patch(shop, { return_origins: [] })
  assert.equal((await pay('https://anywhere.example/done')).status, 201)
})

test('the late_payment setting counts for payments that name none, and for no earlier one', async () => {
  const shop = await hub.merchant()
  const wanted = order()
  const first = await shop.send('POST', '/v1/payments', wanted)
  assert.equal(first.body.late_payment, 'open')
  await patch(shop, { late_payment: 'refund' })
  const second = await shop.send('POST', '/v1/payments', order())
  assert.equal(second.body.late_payment, 'refund')
  const own = await shop.send('POST', '/v1/payments', order({ late_payment: 'accept' }))
  assert.equal(own.body.late_payment, 'accept')
  // AP-19: the same order again is the same payment, whatever was set meanwhile.
  const again = await shop.send('POST', '/v1/payments', wanted)
  assert.equal(again.status, 200)
  assert.equal(again.body.id, first.body.id)
  const differs = await shop.send('POST', '/v1/payments', { ...wanted, late_payment: 'accept' })
  assert.equal(differs.body.param, '/late_payment')
})

test('CK-4 SE-29 exactly the registered origins may frame the page, in their mode; else nobody', async () => {
  const shop = await hub.merchant()
  const live = await inLiveMode(shop)
  const ancestors = async (of: TestMerchant) => {
    const { headers } = await pageOf(of)
    const policy = String(headers['content-security-policy'])
    const found = policy.split('; ').filter((part) => part.startsWith('frame-ancestors'))
    return [found, headers['cross-origin-resource-policy']]
  }
  assert.deepEqual(await ancestors(shop), [["frame-ancestors 'none'"], 'same-origin'])
  await patch(shop, { embed_origins: ['https://a.example', 'http://localhost:3000'] })
  assert.deepEqual(await ancestors(shop), [
    ['frame-ancestors https://a.example http://localhost:3000'],
    'cross-origin',
  ])
  assert.deepEqual(await ancestors(live), [["frame-ancestors 'none'"], 'same-origin'])
  const { body } = await pageOf(shop)
  const state = JSON.parse(/id="state">(.*?)<\/script>/s.exec(body)?.[1] ?? '{}')
  assert.deepEqual(state.embedOrigins, ['https://a.example', 'http://localhost:3000'])
  await patch(shop, { embed_origins: [] })
  assert.deepEqual(await ancestors(shop), [["frame-ancestors 'none'"], 'same-origin'])
})

test("CK-51 the merchant's language is for payers whose browser names none of ours", async () => {
  const shop = await hub.merchant()
  const language = async (accept: string, change = {}) =>
    /<html lang="([\w-]+)">/.exec(
      (await pageOf(shop, change, { 'accept-language': accept })).body,
    )?.[1]
  assert.equal(await language('fr, de;q=0.8'), 'en')
  await patch(shop, { language: 'ja' })
  assert.equal(await language('fr, de;q=0.8'), 'ja')
  assert.equal(await language('fr, zh;q=0.5'), 'zh-CN')
  assert.equal(await language('fr', { locale: 'zh-TW' }), 'zh-TW')
})

test('name, contacts and zone are those that payers see, on the page and on the receipt', async () => {
  const shop = await hub.merchant()
  await patch(shop, {
    name: 'Hillside & Sons',
    support: { email: 'care@hillside.example' },
    time_zone: 'America/New_York',
  })
  const plain = hub.wallet.onQuery
  hub.wallet.onQuery = ({ walletReference }) => ({
    source: 'query',
    status: 'succeeded',
    walletReference,
    walletTransactionId: `W${walletReference}`,
    money: { amount: 8850n, currency: 'CNY' },
    paidAt: Date.UTC(2026, 6, 1, 12, 0, 0),
  })
  const made = await shop.send('POST', '/v1/payments', order())
  const path = `/v1/payments/${made.body.id}`
  await shop.send('POST', `${path}/attempts`, { wallet: 'paper', surface: 'qr' })
  const paid = await shop.send('POST', `${path}/sync`)
  hub.wallet.onQuery = plain
  assert.equal(paid.body.status, 'succeeded')
  for (const url of [made.body.url, paid.body.receipt_url]) {
    const { body } = await hub.app.inject({ url: new URL(String(url)).pathname })
    assert.match(body, /Hillside &amp; Sons/)
    assert.match(body, /care@hillside\.example/)
    assert.match(body, /Jul 1, 2026, 08:00:00 EDT/)
  }
})
