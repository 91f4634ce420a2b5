// Orders: what WeChat Pay refuses, by code and status, and what repeating does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../json.ts'
import { orderNumber, setup } from '../test-support.ts'
import { type Call, caller, codeBody, merchantOf, NOW, orderBody, start } from './testing.ts'

const NATIVE = '/v3/pay/transactions/native'

async function refused(call: Call, path: string, body: unknown, wanted: string): Promise<void> {
  const answer = await call('POST', path, body)
  assert.equal(`${answer.status} ${answer.body.code}`, wanted, answer.text)
  assert(answer.headers.get('wechatpay-signature'), 'refusals are signed too')
}

test('a body that breaks a rule is refused, by field', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const good = () => orderBody(merchant, orderNumber())
  const bad: Record<string, JsonObject> = {
    'an unknown field': { extra: 1 },
    'a null': { attach: null },
    'an amount in text': { amount: { total: '100' } },
    'a fraction of a fen': { amount: { total: 1.5 } },
    'no amount': { amount: { total: 0 } },
    'another currency': { amount: { total: 1, currency: 'USD' } },
    'a number too short': { out_trade_no: 'TB001' },
    'a number too long': { out_trade_no: 'T'.repeat(33) },
    'a number with other characters': { out_trade_no: 'TB 000001' },
    'a description too long': { description: '茶'.repeat(128) },
    'an emoji': { description: '茶🍵' },
    'an empty text': { attach: '' },
    'a query in notify_url': { notify_url: 'https://shop.example/n?x=1' },
    'a blank before notify_url': { notify_url: ' https://shop.example/n' },
    'no address at all': { notify_url: 'shop.example' },
    'a time that is none': { time_expire: '2026-02-31T00:00:00+08:00' },
    'a payer where none belongs': { payer: { openid: 'x' } },
    'an unknown inner field': { scene_info: { payer_client_ip: '1.2.3.4', x: 1 } },
    'an address that is none': { scene_info: { payer_client_ip: '1.2.3.400' } },
  }
  for (const [name, change] of Object.entries(bad)) {
    const answer = await call('POST', NATIVE, { ...good(), ...change })
    assert.equal(`${answer.status} ${answer.body.code}`, '400 PARAM_ERROR', name)
    assert(answer.body.detail, name)
  }
  await refused(call, NATIVE, '{"appid":', '400 PARAM_ERROR')
  const fine = { ...good(), description: '茶'.repeat(127), attach: 'a'.repeat(128) }
  assert.equal((await call('POST', NATIVE, fine)).status, 200)
})

test('merchant, app, openid and product must belong together', async () => {
  const { world, merchant, call } = await start({ products: ['jsapi', 'h5'] })
  await using _ = world
  const other = await merchantOf(world)
  const body = orderBody(merchant, orderNumber())
  const jsapi = '/v3/pay/transactions/jsapi'
  const payer = { openid: 'oUnknown' }
  await refused(call, jsapi, { ...body, payer, mchid: other.mchid }, '400 PARAM_ERROR')
  await refused(call, jsapi, { ...body, payer, appid: other.appid }, '400 APPID_MCHID_NOT_MATCH')
  await refused(call, jsapi, { ...body, payer }, '500 OPENID_MISMATCH')
  await refused(call, jsapi, body, '400 PARAM_ERROR')
  await refused(call, NATIVE, body, '403 NO_AUTH')
  const h5 = '/v3/pay/transactions/h5'
  await refused(call, h5, body, '400 PARAM_ERROR')
  const scene_info = { payer_client_ip: '2001:db8::1', h5_info: { type: 'Wap' } }
  const made = await call('POST', h5, { ...body, scene_info })
  assert.match(String(made.body.h5_url), /checkmweb\?prepay_id=wx\d{34}&package=/)
})

test('the same order again gives a fresh code and kills the old; a different one is refused', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const body = orderBody(merchant, orderNumber())
  const first = await call('POST', NATIVE, body)
  const { amount, ...rest } = body
  const second = await call('POST', NATIVE, { amount, ...rest })
  assert.equal(second.status, 200, 'the order of fields does not matter')
  assert.notEqual(first.body.code_url, second.body.code_url)
  const dead = await world.control('wechatpay/orders/pay', { text: String(first.body.code_url) })
  assert.deepEqual(dead.problem, { code: 'CODE_EXPIRED', message: '二维码已过期' })
  await refused(call, NATIVE, { ...body, amount: { total: 1 } }, '400 INVALID_REQUEST')
  await refused(call, '/v3/pay/transactions/app', body, '400 INVALID_REQUEST')
  const { auth_code } = await world.control('wechatpay/auth-codes', {})
  const counter = codeBody(merchant, String(body.out_trade_no), String(auth_code))
  await refused(call, '/v3/pay/transactions/codepay', counter, '403 OUT_TRADE_NO_USED')
  await world.control('wechatpay/orders/pay', { text: String(second.body.code_url) })
  await refused(call, NATIVE, body, '400 ORDER_PAID')
})

test('close: again is fine, unknown and paid are refused, closed orders cannot be paid', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const close = (number: string) => `/v3/pay/transactions/out-trade-no/${number}/close`
  const mchid = { mchid: merchant.mchid }
  const body = orderBody(merchant, orderNumber())
  const number = String(body.out_trade_no)
  await refused(call, close('TBunknown'), mchid, '404 ORDER_NOT_EXIST')
  const made = await call('POST', NATIVE, body)
  for (const _again of [1, 2]) {
    assert.equal((await call('POST', close(number), mchid)).status, 204)
  }
  const paid = await world.control('wechatpay/orders/pay', { text: String(made.body.code_url) })
  assert.deepEqual(paid.problem, { code: 'ORDER_CLOSED', message: '该订单已关闭' })
  await refused(call, NATIVE, body, '400 ORDER_CLOSED')
  const other = orderBody(merchant, orderNumber())
  const open = await call('POST', NATIVE, other)
  await world.control('wechatpay/orders/pay', { text: String(open.body.code_url) })
  await refused(call, close(String(other.out_trade_no)), mchid, '400 ORDER_PAID')
})

test('an order is found by its own merchant only, and by transaction once it is paid', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const other = await merchantOf(world)
  const body = orderBody(merchant, orderNumber())
  const made = await call('POST', NATIVE, body)
  const paid = await world.control('wechatpay/orders/pay', { text: String(made.body.code_url) })
  const byNumber = `/v3/pay/transactions/out-trade-no/${body.out_trade_no}?mchid=`
  const byId = `/v3/pay/transactions/id/${paid.transaction_id}?mchid=`
  for (const target of [byNumber, byId]) {
    assert.equal((await call('GET', target + merchant.mchid)).body.trade_state, 'SUCCESS')
    const foreign = await caller(world, other)('GET', target + other.mchid)
    assert.equal(foreign.body.code, 'ORDER_NOT_EXIST')
    assert.equal((await call('GET', target + other.mchid)).body.code, 'PARAM_ERROR')
    assert.equal((await call('GET', target.split('?')[0] ?? '')).body.code, 'PARAM_ERROR')
  }
})

test('a code lives two hours, an order its time, and nothing after that is paid', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const body = orderBody(merchant, orderNumber())
  const first = await call('POST', NATIVE, body)
  await world.control('clock/advance', { seconds: 2 * 3_600 })
  const late = await world.control('wechatpay/orders/pay', { text: String(first.body.code_url) })
  assert.deepEqual(late.problem, { code: 'CODE_EXPIRED', message: '二维码已过期' })
  const again = await call('POST', NATIVE, body)
  assert.equal(again.status, 200, 'the order itself lives on')
  await world.control('clock/advance', { seconds: 8 * 86_400 })
  const target = `/v3/pay/transactions/out-trade-no/${body.out_trade_no}?mchid=${merchant.mchid}`
  assert.equal((await call('GET', target)).body.trade_state, 'CLOSED')
  const past = { ...orderBody(merchant, orderNumber()), time_expire: '2026-03-20T18:06:00+08:00' }
  await refused(call, NATIVE, past, '400 INVALID_REQUEST')
})

test('a native order belongs to the first who scans it', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const made = await call('POST', NATIVE, orderBody(merchant, orderNumber()))
  const text = String(made.body.code_url)
  await world.control('wechatpay/orders/scan', { text, buyer: 'wxid_wu_tong' })
  const other = await world.control('wechatpay/orders/pay', { text, buyer: 'wxid_xu_lan' })
  assert.match(JSON.stringify(other), /BUYER_MISMATCH/)
  const own = await world.control('wechatpay/orders/pay', { text, buyer: 'wxid_wu_tong' })
  assert.equal(own.trade_state, 'SUCCESS')
})

const CODEPAY = '/v3/pay/transactions/codepay'

test('codes: malformed, used, expired, without money and frozen are refused by name', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const code = async (buyer: string) =>
    String((await world.control('wechatpay/auth-codes', { buyer })).auth_code)
  const attempt = (authCode: string) => codeBody(merchant, orderNumber(), authCode)
  await refused(call, CODEPAY, attempt('281234567890123456'), '400 AUTH_CODE_INVALID')
  await refused(call, CODEPAY, attempt('131234567890123456'), '400 AUTH_CODE_INVALID')
  const good = await code('wxid_wu_tong')
  assert.equal((await call('POST', CODEPAY, attempt(good))).status, 200)
  await refused(call, CODEPAY, attempt(good), '400 AUTH_CODE_INVALID')
  const poor = attempt(await code('wxid_gao_ming'))
  await refused(call, CODEPAY, poor, '403 NOT_ENOUGH')
  const target = `/v3/pay/transactions/out-trade-no/${poor.out_trade_no}?mchid=${merchant.mchid}`
  assert.equal((await call('GET', target)).body.trade_state, 'PAYERROR')
  await refused(call, CODEPAY, attempt(await code('wxid_tang_yi')), '403 ACCOUNT_ERROR')
  const old = await code('wxid_wu_tong')
  await world.control('clock/advance', { seconds: 61 })
  await refused(call, CODEPAY, attempt(old), '400 AUTH_CODE_EXPIRE')
})

test('above 1,000 yuan the payer enters the password: 202, then paid, declined or reversed', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const begin = async () => {
    const { auth_code } = await world.control('wechatpay/auth-codes', { buyer: 'wxid_wu_tong' })
    const number = orderNumber()
    const body = codeBody(merchant, number, String(auth_code))
    const answer = await call('POST', CODEPAY, { ...body, amount: { total: 100_001 } })
    assert.equal(answer.status, 202)
    assert.equal(answer.body.trade_state, 'USERPAYING')
    return number
  }
  const state = async (number: string) => {
    const target = `/v3/pay/transactions/out-trade-no/${number}?mchid=${merchant.mchid}`
    return (await call('GET', target)).body.trade_state
  }
  const paid = await begin()
  await world.control('wechatpay/orders/pay', { out_trade_no: paid })
  assert.equal(await state(paid), 'SUCCESS')
  const declined = await begin()
  await world.control('wechatpay/orders/decline', { out_trade_no: declined })
  assert.equal(await state(declined), 'PAYERROR')
  const reversed = await begin()
  const { appid, mchid } = merchant
  const path = `/v3/pay/transactions/out-trade-no/${reversed}`
  await refused(call, `${path}/close`, { mchid }, '400 INVALID_REQUEST')
  const answer = await call('POST', `${path}/reverse`, { appid, mchid })
  assert.deepEqual(answer.body, { appid, mchid, out_trade_no: reversed })
  assert.equal(await state(reversed), 'REVOKED')
  const silent = await begin()
  await world.control('clock/advance', { seconds: 301 })
  assert.equal(await state(silent), 'PAYERROR')
})

test('a reversal gives the money back, once; other orders are not reversed', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const { appid, mchid } = merchant
  const balance = async () => {
    const { balance } = await world.control('wechatpay/buyers/wxid_wu_tong', {})
    return balance
  }
  const before = await balance()
  const { auth_code } = await world.control('wechatpay/auth-codes', { buyer: 'wxid_wu_tong' })
  const body = codeBody(merchant, orderNumber(), String(auth_code))
  await call('POST', CODEPAY, body)
  assert.notEqual(await balance(), before)
  const path = `/v3/pay/transactions/out-trade-no/${body.out_trade_no}/reverse`
  for (const _again of [1, 2]) {
    assert.equal((await call('POST', path, { appid, mchid })).status, 200)
    assert.equal(await balance(), before)
  }
  const native = orderBody(merchant, orderNumber())
  await call('POST', NATIVE, native)
  const other = `/v3/pay/transactions/out-trade-no/${native.out_trade_no}/reverse`
  await refused(call, other, { appid, mchid }, '400 INVALID_REQUEST')
})

test('certificates: none in public-key mode; echo needs the name of a key', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const none = await call('GET', '/v3/certificates')
  assert.equal(`${none.status} ${none.body.code}`, '404 RESOURCE_NOT_EXISTS')
  await refused(call, '/v3/security/echo', { echo_message: 'x' }, '400 PARAM_ERROR')
  const named = { headers: { 'wechatpay-serial': merchant.publicKeyId } }
  const body = { echo_message: 'x', encrypted_echo_message: 'AAAA' }
  assert.equal((await call('POST', '/v3/security/echo', body, named)).body.code, 'PARAM_ERROR')
  const foreign = { headers: { 'wechatpay-serial': 'PUB_KEY_ID_0000000000000000' } }
  const refusedSerial = await call('POST', '/v3/security/echo', { echo_message: 'x' }, foreign)
  assert.equal(refusedSerial.body.code, 'PARAM_ERROR')
})

test('a rotation: listed first, then signing, then the old one leaves the list', async () => {
  const { world, merchant, call } = await start({ mode: 'certificate' })
  await using _ = world
  const look = async () => {
    const { body, headers } = await call('GET', '/v3/certificates')
    const listed = Array.isArray(body.data) ? body.data.map((each) => each.serial_no) : []
    return { listed, signing: headers.get('wechatpay-serial') }
  }
  const step = (name: string) =>
    world.control(`wechatpay/merchants/${merchant.mchid}/rotate`, { step: name })
  const before = await look()
  assert.deepEqual(before.listed, [before.signing])
  await step('issue')
  const issued = await look()
  assert.equal(issued.listed.length, 2)
  assert.equal(issued.signing, before.signing)
  await step('use')
  const used = await look()
  assert.equal(used.signing, issued.listed[1])
  await step('retire')
  assert.deepEqual((await look()).listed, [used.signing])
})

test('bills: bad dates, days without trades and links of others are refused', async () => {
  const { world, merchant, call } = await start()
  await using _ = world
  const ask = async (query: string) => {
    const { status, body } = await call('GET', `/v3/bill/tradebill?${query}`)
    return `${status} ${body.code}`
  }
  assert.equal(await ask('bill_date=2026-02-31'), '400 PARAM_ERROR')
  assert.equal(await ask('bill_date=2026-03-20'), '400 INVALID_REQUEST', 'today')
  assert.equal(await ask('bill_date=2025-01-01'), '400 INVALID_REQUEST', 'too old')
  assert.equal(await ask('bill_date=2026-03-19&bill_type=X'), '400 PARAM_ERROR')
  assert.equal(await ask('bill_date=2026-03-19'), '400 NO_STATEMENT_EXIST')
  const made = await call('POST', NATIVE, orderBody(merchant, orderNumber()))
  await world.control('wechatpay/orders/pay', { text: String(made.body.code_url) })
  await world.control('clock/advance', { seconds: 10 * 3_600 })
  assert.equal(await ask('bill_date=2026-03-20'), '400 STATEMENT_CREATING', 'before ten')
  await world.control('clock/advance', { seconds: 8 * 3_600 })
  const { body } = await call('GET', '/v3/bill/tradebill?bill_date=2026-03-20')
  const { pathname, search } = new URL(String(body.download_url))
  const other = caller(world, await merchantOf(world))
  assert.equal((await other('GET', pathname + search)).body.code, 'INVALID_REQUEST')
  assert.equal((await call('GET', pathname + search)).status, 200)
  await world.control('clock/advance', { seconds: 301 })
  assert.equal((await call('GET', pathname + search)).body.code, 'INVALID_REQUEST')
})

test('the hub is given what its form asks for', async () => {
  await using world = await setup({ clock: { now: () => NOW } })
  const given = await world.control('wechatpay/hub-account')
  assert.equal(given.wallet, 'wechatpay')
  assert.equal(JSON.stringify(given), JSON.stringify(await world.control('wechatpay/hub-account')))
})
