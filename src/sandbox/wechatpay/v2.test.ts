// APIv2: signatures by the vectors, forged and malformed requests, reversal.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isObject, parseObject } from '../json.ts'
import { listOf, orderNumber } from '../test-support.ts'
import { start } from './testing.ts'
import { type SignType, signV2 } from './v2-sign.ts'
import { readXml, writeXml } from './xml.ts'

const file = new URL('../../../test/vectors/wechatpay/v2-signing.json', import.meta.url)

for (const vector of listOf(parseObject(readFileSync(file, 'utf8')) ?? {}, 'vectors')) {
  test(`${vector.id}: ${vector.title}`, () => {
    const { input, expect } = vector
    assert(isObject(input) && isObject(expect) && isObject(input.params))
    const parameters = Object.fromEntries(
      Object.entries(input.params).map(([name, value]) => [name, String(value)]),
    )
    const type: SignType = expect.sign_type === 'HMAC-SHA256' ? 'HMAC-SHA256' : 'MD5'
    assert.equal(signV2(parameters, String(input.key), type), expect.sign)
  })
}

test('XML with a document type, entities, nesting or a repeated member is no message', () => {
  const bad = [
    '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><a>&x;</a></xml>',
    '<xml><a>&x;</a></xml>',
    '<xml><a><b>1</b></a></xml>',
    '<xml><a>1</a><a>2</a></xml>',
    '<xml><a>1</a>',
    '<xml>text</xml>',
    'x',
  ]
  for (const source of bad) assert.equal(readXml(source), undefined, source)
  assert.deepEqual(
    { ...readXml('<?xml version="1.0"?>\n<xml>\n <a>1 &lt; 2</a><b/></xml>') },
    {
      a: '1 < 2',
      b: '',
    },
  )
  const odd = { a: 'x ]]> y & <z>' }
  assert.deepEqual({ ...readXml(writeXml(odd)) }, odd)
})

async function open() {
  const { world, merchant } = await start()
  const { appid, mchid, apiV2Key } = merchant
  const call = async (path: string, fields: Record<string, string>, key = apiV2Key) => {
    const all: Record<string, string> = { appid, mch_id: mchid, nonce_str: 'abc', ...fields }
    const type: SignType = fields.sign_type === 'HMAC-SHA256' ? 'HMAC-SHA256' : 'MD5'
    const answer = await fetch(world.sandbox.url + path, {
      method: 'POST',
      headers: { 'content-type': 'text/xml' },
      body: writeXml({ ...all, sign: signV2(all, key, type) }),
    })
    const members = readXml(await answer.text())
    assert(members)
    if (members.sign) assert.equal(members.sign, signV2({ ...members }, apiV2Key, type))
    return members
  }
  const code = async (buyer: string) =>
    String((await world.control('wechatpay/auth-codes', { buyer })).auth_code)
  const order = async (buyer = 'wxid_wu_tong') => ({
    body: 'Coffee',
    out_trade_no: orderNumber(),
    total_fee: '8850',
    spbill_create_ip: '127.0.0.1',
    auth_code: await code(buyer),
  })
  return { ...world, call, order, [Symbol.asyncDispose]: world.sandbox.close }
}

test('another key, a missing field and an unknown merchant end in return_code FAIL', async () => {
  await using world = await open()
  const order = await world.order()
  assert.equal((await world.call('/pay/micropay', order, 'x'.repeat(32))).return_msg, '签名错误')
  const { auth_code: _code, ...without } = order
  assert.equal((await world.call('/pay/micropay', without)).return_msg, '缺少参数：auth_code')
  const foreign = { ...order, mch_id: '1999999999' }
  assert.equal((await world.call('/pay/micropay', foreign)).return_code, 'FAIL')
})

test('a counter sale with HMAC-SHA256, its query and its reversal', async () => {
  await using world = await open()
  const sign_type = 'HMAC-SHA256'
  const order = { ...(await world.order()), sign_type }
  const paid = await world.call('/pay/micropay', order)
  assert.equal(`${paid.return_code} ${paid.result_code}`, 'SUCCESS SUCCESS')
  const number = { out_trade_no: order.out_trade_no, sign_type }
  assert.equal((await world.call('/pay/orderquery', number)).trade_state, 'SUCCESS')
  assert.equal((await world.call('/secapi/pay/reverse', number)).recall, 'N')
  assert.equal((await world.call('/pay/orderquery', number)).trade_state, 'REVOKED')
  const unknown = await world.call('/pay/orderquery', { out_trade_no: 'TBunknown' })
  assert.equal(unknown.err_code, 'ORDERNOTEXIST')
})

test('refusals carry the spelling of APIv2', async () => {
  await using world = await open()
  const poor = await world.call('/pay/micropay', await world.order('wxid_gao_ming'))
  assert.equal(`${poor.result_code} ${poor.err_code}`, 'FAIL NOTENOUGH')
  const large = { ...(await world.order()), total_fee: '100001' }
  assert.equal((await world.call('/pay/micropay', large)).err_code, 'USERPAYING')
  const busy = await world.order()
  await world.control('faults', {
    wallet: 'wechatpay',
    kind: 'gateway_busy_after',
    out_trade_no: busy.out_trade_no,
  })
  assert.equal((await world.call('/pay/micropay', busy)).err_code, 'SYSTEMERROR')
  const number = { out_trade_no: busy.out_trade_no }
  assert.equal((await world.call('/pay/orderquery', number)).trade_state, 'SUCCESS')
})
