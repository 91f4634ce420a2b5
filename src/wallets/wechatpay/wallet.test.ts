import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { descriptionOf } from './messages.ts'
import { accountOf, fieldsOf } from './testing.ts'
import { beijingTime, readCompactTime, readTime } from './time.ts'
import { wechatpay } from './wallet.ts'

test('acknowledges with 204 and nothing, and refuses with a status that is repeated', () => {
  assert.deepEqual(wechatpay.acknowledge(true), {
    status: 204,
    contentType: 'application/json',
    body: '',
  })
  const refused = wechatpay.acknowledge(false)
  assert.equal(refused.status, 500)
  assert.equal(JSON.parse(refused.body).code, 'FAIL')
})

test('takes yuan from one fen, everywhere but on desktop pages', () => {
  const { capabilities } = wechatpay
  assert.deepEqual(capabilities.limits.CNY, { min: 1n, max: 10_000_000_000n })
  assert.deepEqual(capabilities.currencies, ['CNY'])
  assert.deepEqual(capabilities.surfaces, ['qr', 'mobile', 'app', 'in_app', 'barcode'])
  assert.equal(capabilities.expiry.maxSeconds, 604_800)
})

test('takes real money unless its gateway is elsewhere', () => {
  assert.equal(wechatpay.takesRealMoney(accountOf()), true)
  const elsewhere = { gateway: 'http://127.0.0.1:1', environment: 'test' }
  assert.equal(wechatpay.takesRealMoney(accountOf(fieldsOf(undefined, elsewhere))), false)
})

test('coming back is a reason to ask', () => {
  assert.equal(wechatpay.verifyReturn(accountOf(), ''), true)
})

describe('a title', () => {
  const of = (title: string) => descriptionOf({ title, walletReference: 'TB1' })
  test('loses what WeChat Pay refuses and is cut at 127 characters', () => {
    assert.equal(of('奶茶🧋 & "cake" <1/2>'), '奶茶 & "cake" <1/2>')
    assert.equal(of(' a\r\nb\u2028c\0 '), 'a b c')
    assert.equal(of('咖'.repeat(200)).length, 127)
    assert.equal(of('🧋'), 'TB1')
    assert.equal(of('\ud800x'), '\ufffdx')
  })
})

describe('times', () => {
  test('carry an offset in the API', () => {
    const at = Date.parse('2026-03-20T10:06:40Z')
    assert.equal(beijingTime(at + 999), '2026-03-20T18:06:40+08:00')
    for (const text of [
      '2026-03-20T18:06:40+08:00',
      '2026-03-20T10:06:40Z',
      '2026-03-20T10:06:40.000Z',
    ]) {
      assert.equal(readTime(text), at)
    }
    assert.equal(readCompactTime('20260320180640'), at)
  })
  test('that do not exist or have no offset are none', () => {
    for (const text of [
      '2026-02-30T00:00:00Z',
      '2026-03-20T18:06:40',
      '2026-03-20 18:06:40+08:00',
      '1774000000',
      '',
    ]) {
      assert.equal(readTime(text), undefined)
    }
    assert.equal(readCompactTime('20260230000000'), undefined)
  })
})
