import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { createPool } from '../db/pool.ts'
import { createAuthenticator } from '../merchants/authenticate.ts'
import { createServer, operationsOf } from './server.ts'
import {
  ASSETS,
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

async function refused(body: object, code: string, param?: string, status = 400): Promise<void> {
  const answer = await shop.send('POST', '/v1/payments', body)
  assert.equal(answer.body.code, code, answer.text)
  assert.equal(answer.status, status)
  if (param !== undefined) assert.equal(answer.body.param, param)
}

function raw(payload: string | Buffer, contentType = 'application/json') {
  return hub.app.inject({
    method: 'POST',
    url: '/v1/payments',
    headers: {
      authorization: `Bearer ${shop.key}`,
      'idempotency-key': 'raw',
      ...(contentType && { 'content-type': contentType }),
    },
    payload,
  })
}

test('AP-2 answers in the version of the key, and names the supported ones for an unknown one', async () => {
  const answer = await shop.send('GET', '/v1/payments')
  assert.equal(answer.headers['tongbao-version'], '2026-11-01')
  const unknown = await shop.send('GET', '/v1/payments', undefined, {
    'tongbao-version': '2020-01-01',
  })
  assert.equal(unknown.status, 400)
  assert.equal(unknown.body.code, 'version_unknown')
  assert.match(String(unknown.body.detail), /2026-11-01/)
})

test('AP-3 an unknown field is refused with its pointer and a remedy', async () => {
  await refused(order({ colour: 'red' }), 'unknown_field', '/colour')
  await refused(order({ 'a/b~c': 1 }), 'unknown_field', '/a~1b~0c')
  await refused(
    order({ items: [{ name: 'x', quantity: 1, amount: 1, sku: 'y' }] }),
    'unknown_field',
    '/items/0/sku',
  )
  const answer = await shop.send('POST', '/v1/payments', order({ colour: 'red' }))
  assert.match(String(answer.body.detail), /Remove the field/)
})

test('AP-3 a missing field is named', () =>
  refused({ amount: 1, currency: 'CNY', title: 'x' }, 'field_missing', '/reference'))

test('AP-3 a member twice is refused', async () => {
  const answer = answered(
    await raw('{"amount":1,"amount":2,"currency":"CNY","reference":"x","title":"x"}'),
  )
  assert.equal(answer.status, 400)
  assert.equal(answer.body.code, 'body_invalid')
  assert.equal(answer.body.param, '/amount')
})

test('AP-3 more than 256 KB is refused', async () => {
  const answer = answered(await raw(JSON.stringify({ title: 'x'.repeat(256 * 1024) })))
  assert.equal(answer.status, 413)
  assert.equal(answer.body.code, 'body_too_large')
})

test('AP-3 another content type is refused', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    '',
  ]) {
    const answer = answered(await raw('{"amount":1}', type))
    assert.equal(answer.status, 415, type)
    assert.equal(answer.body.code, 'media_type_unsupported')
  }
})

test('AP-3 another method is refused with the list of those that are taken', async () => {
  const cases: [
    method: 'PUT' | 'DELETE' | 'OPTIONS' | 'PATCH' | 'HEAD',
    url: string,
    allow: string,
  ][] = [
    ['PUT', '/v1/payments', 'POST, GET, HEAD'],
    ['DELETE', '/v1/payments/pay_01jd3v0m8q4w5x6y7z8a9bcdef', 'GET, HEAD'],
    ['OPTIONS', '/v1/payments/pay_01jd3v0m8q4w5x6y7z8a9bcdef/cancel', 'POST'],
    ['PATCH', '/v1/events', 'GET, HEAD'],
    ['DELETE', '/checkout/v1/payment', 'GET, HEAD'],
    ['HEAD', '/checkout/v1/stream', 'GET'],
    ['PUT', '/health', 'GET, HEAD'],
    ['DELETE', '/checkout/v1/attempts/att_01jd3v0m8q4w5x6y7z8a9bcdef', 'GET, HEAD'],
    ['PATCH', '/notify/paper/wac_01jd3v0m8q4w5x6y7z8a9bcdef', 'POST'],
    ['HEAD', '/notify/nothing/nobody', 'POST'],
  ]
  for (const [method, url, allow] of cases) {
    const answer = await hub.app.inject({ method, url, payload: method === 'PUT' ? 'x' : '' })
    assert.equal(answer.statusCode, 405, url)
    assert.equal(answer.headers.allow, allow)
    if (method !== 'HEAD') assert.equal(answer.json().code, 'method_not_allowed')
  }
})

test('AP-5 SE-7 amounts that are no integer of 1 to 2^53-1 are refused', async () => {
  for (const amount of [
    '0',
    '-1',
    '"8850"',
    'null',
    'true',
    '[1]',
    '{}',
    '9007199254740992',
    '99999999999999999999',
    '-0',
  ]) {
    const text = `{"amount":${amount},"currency":"CNY","reference":"hostile","title":"x"}`
    const answer = answered(await raw(text))
    assert.equal(answer.status, 400, amount)
    assert.equal(answer.body.code, 'field_invalid', amount)
    assert.equal(answer.body.param, '/amount')
  }
  for (const amount of ['88.5', '1e3', '1.0', '1E400', 'NaN', 'Infinity', '0x10', '1_000']) {
    const text = `{"amount":${amount},"currency":"CNY","reference":"hostile","title":"x"}`
    const answer = answered(await raw(text))
    assert.equal(answer.status, 400, amount)
    assert.equal(answer.body.code, 'body_invalid', amount)
  }
  const list = await shop.send('GET', '/v1/payments?reference=hostile')
  assert.deepEqual(list.body.data, [])
})

test('AP-5 the smallest and the largest amount are taken, exactly', async () => {
  for (const amount of [1, Number.MAX_SAFE_INTEGER]) {
    const answer = await shop.send('POST', '/v1/payments', order({ amount }))
    assert.equal(answer.status, 201)
    assert.equal(answer.body.amount, amount)
  }
})

test('AP-5 a currency the hub does not know is refused', async () => {
  for (const currency of ['cny', 'XXX', 'RMB', '', 'CNY '])
    await refused(order({ currency }), 'field_invalid', '/currency')
})

test('AP-20 where only certain values are accepted, the refusal names them', async () => {
  const detailOf = async (change: object, headers: Record<string, string> = {}) => {
    const answer = await shop.send('POST', '/v1/payments', order(change), headers)
    assert.equal(answer.body.code, 'field_invalid', answer.text)
    return String(answer.body.detail)
  }
  assert.match(
    await detailOf({ late_payment: 'never' }),
    /^The value must be one of: open, accept, refund\./,
  )
  assert.match(
    await detailOf({ locale: 'fr' }),
    /^The value must be one of: zh-CN, zh-TW, en, ja, null\./,
  )
  const currency = await detailOf({ currency: 'cny' })
  assert.match(currency, /^The value must be one of: AED, AFN, .*… \(1\d\d\)\./)
  const chinese = { 'accept-language': 'zh-CN' }
  assert.match(
    await detailOf({ locale: 5 }, chinese),
    /^该值必须是以下之一：zh-CN, zh-TW, en, ja, null。/,
  )
  // Not only certain values: what is wrong is said, not a list that would leave others out.
  assert.match(await detailOf({ expires_in: 5 }), /^The value must be >= 60\./)
  const filter = await shop.send('GET', '/v1/payments?status=paid')
  assert.match(String(filter.body.detail), /must be one of: created, requires_action, /)
  const types = { url: 'https://shop.example.com/hooks', types: ['payment.paid'] }
  const endpoint = await shop.send('POST', '/v1/webhook_endpoints', types)
  assert.equal(endpoint.body.param, '/types/0')
  assert.match(String(endpoint.body.detail), /must be one of: payment\.created, .*, \*\./)
})

test('AP-7 metadata: 50 keys of 40 characters, texts of 500', async () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']))
  assert.equal((await shop.send('POST', '/v1/payments', order({ metadata: many(50) }))).status, 201)
  await refused(order({ metadata: many(51) }), 'field_invalid', '/metadata')
  await refused(order({ metadata: { ['k'.repeat(41)]: 'v' } }), 'unknown_field')
  await refused(order({ metadata: { k: 'v'.repeat(501) } }), 'field_invalid', '/metadata/k')
  await refused(order({ metadata: { k: 1 } }), 'field_invalid', '/metadata/k')
})

test("AP-8 every answer has a Request-Id, and the caller's own is logged beside it", async () => {
  for (const url of ['/v1/payments', '/nothing', '/health', '/pay/unknown', '/openapi.json']) {
    const answer = await hub.app.inject({ url, headers: { 'request-id': 'mine-42' } })
    assert.match(String(answer.headers['request-id']), /^req_[0-9a-z]{26}$/)
    const logged = hub.log.lines.find((line) => line.includes(String(answer.headers['request-id'])))
    assert.match(logged ?? '', /"clientRequestId":"mine-42"/)
  }
  await hub.app.inject({ url: '/health', headers: { 'request-id': 'a b' } })
  assert.ok(!hub.log.lines.at(-1)?.includes('clientRequestId'))
})

test('SE-14 what only the hub sets cannot be set', async () => {
  for (const name of [
    'id',
    'status',
    'merchant_id',
    'livemode',
    'risk',
    'amount_captured',
    'client_secret',
    'version',
    'paid',
  ]) {
    await refused(order({ [name]: 'x' }), 'unknown_field', `/${name}`)
  }
})

test("AP-20 a refusal is problem+json with every member, in the caller's language", async () => {
  const english = await shop.send('GET', '/v1/payments/pay_01jd3v0m8q4w5x6y7z8a9bcdef')
  assert.equal(english.headers['content-type'], 'application/problem+json; charset=utf-8')
  assert.equal(english.body.type, 'https://hub.example/problems/not_found')
  assert.equal(english.body.instance, english.headers['request-id'])
  assert.equal(english.body.status, 404)
  assert.equal(english.body.retry, 'never')
  const chinese = await shop.send('GET', '/v1/payments/pay_01jd3v0m8q4w5x6y7z8a9bcdef', undefined, {
    'accept-language': 'fr;q=0.9, zh-Hans-CN, en;q=0.8',
  })
  assert.equal(chinese.body.title, '对象不存在')
  assert.equal(chinese.headers['content-language'], 'zh-CN')
})

test('AP-20 the address of a problem is a page about it', async () => {
  const answer = await hub.app.inject({ url: '/problems/reference_conflict' })
  assert.equal(answer.statusCode, 200)
  assert.match(answer.body, /The reference belongs to another payment/)
  assert.match(answer.body, /该 reference 已属于另一笔付款/)
  assert.equal((await hub.app.inject({ url: '/problems/nothing' })).statusCode, 404)
})

test('AP-22 hostile addresses are refused in our words', async () => {
  for (const url of [
    '/v1/payments/%',
    '/v1/payments?reference=%00',
    '/v1/payments?limit=1&limit=2',
    '/v1/payments?__proto__=1',
  ]) {
    const answer = answered(
      await hub.app.inject({ url, headers: { authorization: `Bearer ${shop.key}` } }),
    )
    assert.equal(answer.status, 400, `${url} ${answer.text}`)
    assert.ok(answer.body.code)
  }
})

test('AP-24 a bug answers 500 without saying anything, and the log has it', async () => {
  const broken = await createServer({
    services: {
      ...hub.services,
      rateLimit: {
        take: () => {
          throw new TypeError('secret-path /etc/passwd')
        },
      },
    },
    assets: ASSETS,
    webFolder: import.meta.dirname,
    trustedProxies: [],
    formTargets: [],
    readiness: async () => ({ database: true, migrations: true, clock: true }),
  })
  const answer = await sender(broken, shop.key, operationsOf(hub.services))('GET', '/v1/payments')
  assert.equal(answer.status, 500)
  assert.equal(answer.body.code, 'internal')
  assert.ok(!answer.text.includes('secret-path'))
  assert.ok(hub.log.lines.some((line) => line.includes('secret-path')))
  await broken.close()
})

test('AP-26 AP-29 an unknown filter is refused', async () => {
  for (const url of [
    '/v1/payments?colour=red',
    '/v1/events?status=created',
    '/v1/api_keys?name=x',
  ]) {
    const answer = await shop.send('GET', url)
    assert.equal(answer.body.code, 'unknown_field', url)
  }
  for (const url of [
    '/v1/payments?limit=0',
    '/v1/payments?limit=101',
    '/v1/payments?limit=x',
    '/v1/payments?status=paid',
    '/v1/payments?created[gte]=2026-02-30T00:00:00Z',
  ]) {
    const answer = await shop.send('GET', url)
    assert.equal(answer.body.code, 'field_invalid', url)
  }
})

test('AP-29 payments are found by reference, status, customer, wallet and time', async () => {
  const own = await hub.merchant()
  const first = await own.send(
    'POST',
    '/v1/payments',
    order({ reference: 'f-1', customer: { id: 'c-1' } }),
  )
  hub.clock.at += 10_000
  const middle = new Date(hub.clock.at).toISOString()
  hub.clock.at += 10_000
  const second = await own.send('POST', '/v1/payments', order({ reference: 'f-2' }))
  await own.send('POST', `/v1/payments/${second.body.id}/attempts`, {
    wallet: 'paper',
    surface: 'qr',
  })
  const found = async (query: string) => {
    const { body } = await own.send('GET', `/v1/payments?${query}`)
    return Array.isArray(body.data) ? body.data.map(({ id }) => id) : []
  }
  assert.deepEqual(await found('reference=f-1'), [first.body.id])
  assert.deepEqual(await found('status=requires_action'), [second.body.id])
  assert.deepEqual(await found('customer=c-1'), [first.body.id])
  assert.deepEqual(await found('wallet=paper'), [second.body.id])
  assert.deepEqual(await found(`created[gte]=${middle}`), [second.body.id])
  assert.deepEqual(await found(`created[lt]=${middle}`), [first.body.id])
})

test('AP-30 expires_in is 60 s to 7 d, 30 min by default', async () => {
  await refused(order({ expires_in: 59 }), 'field_invalid', '/expires_in')
  await refused(order({ expires_in: 604_801 }), 'field_invalid', '/expires_in')
  const answer = await shop.send('POST', '/v1/payments', order())
  assert.equal(answer.body.expires_at, new Date(hub.clock.at + 1_800_000).toISOString())
  assert.equal(answer.body.url, `https://hub.example/pay/${answer.body.client_secret}`)
})

test('AP-30 the client secret is shown by creation only', async () => {
  const { body } = await shop.send('POST', '/v1/payments', order())
  const read = await shop.send('GET', `/v1/payments/${body.id}`)
  assert.ok(!('client_secret' in read.body) && !('url' in read.body))
  const events = await shop.send('GET', `/v1/events?subject=${body.id}`)
  assert.ok(!events.text.includes(String(body.client_secret)))
})

test('AP-36 an ETag answers 304, and If-Match refuses a change of something else', async () => {
  const { body } = await shop.send('POST', '/v1/payments', order())
  const url = `/v1/payments/${body.id}`
  const read = await shop.send('GET', url)
  const etag = String(read.headers.etag)
  assert.equal((await shop.send('GET', url, undefined, { 'if-none-match': etag })).status, 304)
  await shop.send('POST', `${url}/attempts`, { wallet: 'paper', surface: 'qr' })
  assert.equal((await shop.send('GET', url, undefined, { 'if-none-match': etag })).status, 200)
  const stale = await shop.send('POST', `${url}/cancel`, undefined, { 'if-match': etag })
  assert.equal(stale.status, 412)
  assert.equal(stale.body.code, 'precondition_failed')
  const fresh = await shop.send('GET', url)
  const done = await shop.send('POST', `${url}/cancel`, undefined, {
    'if-match': String(fresh.headers.etag),
  })
  assert.equal(done.status, 200)
  assert.equal(done.body.status, 'canceled')
})

test('AP-37 health and readiness tell no version and no secret', async () => {
  assert.equal((await hub.app.inject({ url: '/health' })).body, '{"status":"ok"}')
  assert.equal((await hub.app.inject({ url: '/ready' })).body, '{"status":"ready"}')
  const before = hub.clock.at
  hub.clock.at += 31_000
  const drifted = answered(await hub.app.inject({ url: '/ready' }))
  assert.equal(drifted.status, 503)
  assert.match(String(drifted.body.detail), /clock/)
  hub.clock.at = before
})

test('a database that is away answers 503, and the same request may be repeated', async () => {
  const { services, clock, log } = hub
  const pool = createPool('postgresql://postgres@%2Fnowhere/none', {
    size: 1,
    statementTimeoutMs: 1000,
    log,
  })
  const away = await createServer({
    services: {
      ...services,
      pool,
      authenticator: createAuthenticator({ pool, clock: { now: () => clock.at }, log }),
    },
    assets: ASSETS,
    webFolder: import.meta.dirname,
    trustedProxies: [],
    formTargets: [],
    readiness: async () => ({ database: false, migrations: false, clock: false }),
  })
  const answer = await sender(away, shop.key, operationsOf(services))('GET', '/v1/payments')
  assert.equal(answer.status, 503)
  assert.equal(answer.body.code, 'not_ready')
  assert.equal(answer.body.retry, 'same_request')
  assert.equal(answer.headers['retry-after'], '1')
  assert.equal((await away.inject({ url: '/ready' })).statusCode, 503)
  assert.equal((await away.inject({ url: '/health' })).statusCode, 200)
  await away.close()
  await pool.end()
})

test('SE-31 every kind of answer carries the security headers', async () => {
  for (const url of [
    '/v1/payments',
    '/health',
    '/nothing',
    '/pay/unknown',
    '/openapi.json',
    '/docs',
    '/problems/not_found',
  ]) {
    const { headers } = await hub.app.inject({ url })
    assert.equal(headers['x-content-type-options'], 'nosniff', url)
    assert.equal(headers['strict-transport-security'], 'max-age=63072000; includeSubDomains', url)
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin', url)
    assert.match(String(headers['content-security-policy']), /default-src 'none'/, url)
    assert.ok(headers['referrer-policy'] && headers['permissions-policy'], url)
    assert.equal(headers['access-control-allow-origin'], undefined, url)
  }
})

test('SE-34 the log has routes, never addresses with a secret in them', async () => {
  const { body } = await shop.send('POST', '/v1/payments', order())
  await hub.app.inject({ url: `/pay/${body.client_secret}?lang=en` })
  await hub.app.inject({
    url: '/checkout/v1/payment',
    headers: { authorization: `Bearer ${body.client_secret}` },
  })
  const all = hub.log.lines.join('\n')
  assert.ok(all.includes('/pay/:secret'))
  assert.ok(!all.includes(String(body.client_secret)))
  assert.ok(!all.includes(shop.key))
})

test('an address that the server itself refuses is no bug, and keeps to the conventions', async () => {
  const { body } = await shop.send('POST', '/v1/payments', order())
  for (const [url, status] of [
    [`/pay/${body.client_secret}${'a'.repeat(500)}`, 404],
    ['/assets/%2e%2e/%2e%2e/package.json', 404],
    ['/pay/%zz', 400],
  ] as const) {
    const answer = await hub.app.inject({ url })
    assert.equal(answer.statusCode, status, url)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff', url)
    assert.equal(answer.json().instance, answer.headers['request-id'], url)
    assert.match(String(answer.headers['request-id']), /^req_/, url)
  }
  assert.ok(!hub.log.lines.join('\n').includes(String(body.client_secret)))
})

test('what is no HTTP at all is answered with a problem, on the bare connection', async () => {
  const address = await hub.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = new URL(address)
  const socket = connect(Number(port), '127.0.0.1')
  socket.end('NONSENSE\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += chunk
  assert.match(text, /^HTTP\/1\.1 400 /)
  assert.match(text, /"code":"request_malformed"/)
  // A body that is announced too large is refused before it is sent.
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest(
      `${address}/v1/payments`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${shop.key}`,
          'content-type': 'application/json',
          'content-length': 10_000_000,
        },
      },
      (response) => {
        resolve(response.statusCode)
        request.destroy()
      },
    )
    request.on('error', reject)
    request.write('{')
  })
  assert.equal(status, 413)
})
