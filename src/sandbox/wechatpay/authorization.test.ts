// The Authorization header: every vector, and what else WeChat Pay refuses before it reads a body.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openBooks } from '../books.ts'
import { isObject, type JsonObject, parseObject, stringMember } from '../json.ts'
import { listOf } from '../test-support.ts'
import { authorize, isUnauthorized } from './authorization.ts'
import { openMerchants } from './merchants.ts'
import { bareCall, NOW, orderBody, start } from './testing.ts'

function load(name: string): JsonObject {
  const url = new URL(`../../../test/vectors/wechatpay/${name}.json`, import.meta.url)
  const read = parseObject(readFileSync(url, 'utf8'))
  assert(read)
  return read
}

function inside(object: JsonObject, name: string): JsonObject {
  const value = object[name]
  assert(isObject(value), name)
  return value
}

const books = openBooks(undefined)
const merchants = openMerchants(books, () => NOW)
for (const given of Object.values(inside(load('keys'), 'merchants'))) {
  assert(isObject(given))
  merchants.add(
    {
      mchid: stringMember(given, 'mchid'),
      publicKey: stringMember(given, 'public_key_pem'),
      serial: stringMember(given, 'cert_serial'),
    },
    NOW,
  )
}

for (const vector of listOf(load('authorization-verification'), 'vectors')) {
  test(`${vector.id}: ${vector.title}`, () => {
    const given = inside(vector, 'input')
    const expected = inside(vector, 'expect')
    const verdict = authorize(
      {
        method: String(given.method),
        target: String(given.request_target),
        authorization: String(inside(given, 'headers').Authorization),
        body: Buffer.from(String(given.body)),
      },
      merchants,
      Number(given.now),
    )
    if (expected.accept) {
      assert(!isUnauthorized(verdict))
      assert.equal(verdict.merchant.mchid, '1900000109')
      return
    }
    assert(isUnauthorized(verdict))
    assert.equal(verdict.reason, expected.reason)
    assert.equal(verdict.refusal.status, expected.status)
    assert.equal(verdict.refusal.code, expected.code)
  })
}

const TARGET = '/v3/pay/transactions/out-trade-no/TB000001?mchid=1'

test('a header that is not exactly the five parameters is refused', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const good = {
    mchid: merchant.mchid,
    nonce_str: 'abc',
    signature: 'AAAA',
    timestamp: String(NOW / 1000),
    serial_no: merchant.serial,
  }
  const write = (parameters: [string, string][]) =>
    `WECHATPAY2-SHA256-RSA2048 ${parameters.map(([name, value]) => `${name}="${value}"`).join(',')}`
  const all = Object.entries(good)
  const bad: Record<string, string> = {
    'a parameter twice': write([...all, ['mchid', merchant.mchid]]),
    'a sixth parameter': write([...all, ['extra', '1']]),
    'no quotes': write(all).replaceAll('"', ''),
    'a nonce too long': write(Object.entries({ ...good, nonce_str: 'a'.repeat(33) })),
    'a nonce with other letters': write(Object.entries({ ...good, nonce_str: 'a-b' })),
    'a fractional timestamp': write(Object.entries({ ...good, timestamp: '1774001200.5' })),
    'a serial in lower case': write(
      Object.entries({ ...good, serial_no: merchant.serial.toLowerCase() }),
    ),
    'an unknown merchant': write(Object.entries({ ...good, mchid: '1999999999' })),
    'the right form, no signature': write(all),
  }
  for (const [name, authorization] of Object.entries(bad)) {
    const { status, body } = await call('GET', TARGET, undefined, { authorization })
    assert.equal(status, 401, name)
    assert.equal(body.code, 'SIGN_ERROR', name)
  }
})

test('a wrong signature is answered with what WeChat Pay would have signed', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const body = orderBody(merchant, 'TB000001')
  const signed = JSON.stringify(body)
  const answer = await call('POST', '/v3/pay/transactions/native', signed, {
    authorization: `WECHATPAY2-SHA256-RSA2048 mchid="${merchant.mchid}",nonce_str="abc",signature="AAAA",timestamp="${NOW / 1000}",serial_no="${merchant.serial}"`,
  })
  const detail = inside(answer.body, 'detail')
  const information = inside(detail, 'sign_information')
  assert.equal(information.url, '/v3/pay/transactions/native')
  assert.match(
    String(information.truncated_sign_message),
    /^POST\n\/v3\/pay\/transactions\/native\n/,
  )
  assert.match(answer.headers.get('request-id') ?? '', /-268443699$/)
})

test('the limit is five minutes either way', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const target = `/v3/pay/transactions/out-trade-no/TB000001?mchid=${merchant.mchid}`
  const at = async (offset: number) =>
    (await call('GET', target, undefined, { timestamp: NOW / 1000 + offset })).status
  assert.deepEqual([await at(-299), await at(299)], [404, 404])
  assert.deepEqual([await at(-300), await at(300)], [401, 401])
})

test('requests without Accept, User-Agent or a JSON Content-Type are refused', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const body = orderBody(merchant, 'TB000001')
  const path = '/v3/pay/transactions/native'
  for (const headers of [{ accept: 'text/html' }, { 'content-type': 'text/plain' }]) {
    const { status } = await call('POST', path, body, { headers: { ...headers } })
    assert.equal(status, 400)
  }
  const url = `${world.sandbox.url}/v3/certificates`
  assert.equal(await bareCall(url, 'GET', { accept: 'application/json' }), 400)
  assert.equal(await bareCall(url, 'GET', { 'user-agent': 'x' }), 400)
  assert.equal(await bareCall(url, 'GET', { 'user-agent': 'x', accept: 'application/json' }), 401)
})

test('a revoked certificate signs no more, a second one does', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const target = `/v3/pay/transactions/out-trade-no/TB000001?mchid=${merchant.mchid}`
  assert.equal((await call('GET', target)).status, 404)
  await world.control(`wechatpay/merchants/${merchant.mchid}/certificates`, {})
  await world.control(
    `wechatpay/merchants/${merchant.mchid}/certificates/${merchant.serial}`,
    undefined,
    'DELETE',
  )
  assert.equal((await call('GET', target)).status, 401)
})
