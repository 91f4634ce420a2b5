import assert from 'node:assert/strict'
import { sign } from 'node:crypto'
import { describe, test } from 'node:test'
import { readV3, v3Text } from './openapi-v3.ts'
import { privateKey, publicKey } from './testing.ts'

const keys = [{ key: publicKey('alipay') }]

function signed(body: string, key = privateKey('alipay')) {
  const headers = { 'alipay-timestamp': '1798761600000', 'alipay-nonce': 'n1' }
  const signature = sign('sha256', Buffer.from(v3Text(headers, body)), key).toString('base64')
  return {
    status: 200,
    headers: { ...headers, 'alipay-signature': signature },
    body: Buffer.from(body),
  }
}

describe('readV3', () => {
  test('believes what is signed', () => {
    assert.equal(readV3(signed('{"a":"1"}'), { keys }, 'money').outcome, 'ok')
  })

  test('does not believe a changed nonce, time, body or key, or a body that is no object', () => {
    const good = signed('{"a":"1"}')
    const cases = [
      { ...good, headers: { ...good.headers, 'alipay-nonce': 'n2' } },
      { ...good, headers: { ...good.headers, 'alipay-timestamp': '1798761600001' } },
      { ...good, body: Buffer.from('{"a":"2"}') },
      { ...good, body: Buffer.from([0xff]) },
      { ...good, headers: {} },
      signed('{"a":"1"}', privateKey('attacker')),
      signed('[]'),
      signed('{"a":"1","a":"2"}'),
      signed('QUJD'),
    ]
    for (const received of cases) {
      const reading = readV3(received, { keys }, 'question')
      assert.ok(reading.outcome === 'problem')
      assert.equal(reading.problem.category, 'unknown_outcome')
    }
  })

  test('reads errors by status first where the outcome is open, then by code', () => {
    const categoryOf = (status: number, code: string, kind: 'money' | 'question') => {
      const body = Buffer.from(JSON.stringify({ code, message: 'x' }))
      const reading = readV3({ status, headers: {}, body }, { keys }, kind)
      return reading.outcome === 'problem' ? reading.problem.category : 'ok'
    }
    assert.equal(categoryOf(202, 'x', 'money'), 'unknown_outcome')
    assert.equal(categoryOf(500, 'ACQ.PAYMENT_FAIL', 'money'), 'unknown_outcome')
    assert.equal(categoryOf(502, 'x', 'question'), 'provider_down')
    assert.equal(categoryOf(400, 'ACQ.SYSTEM_ERROR', 'question'), 'provider_down')
    assert.equal(categoryOf(400, 'ACQ.BUYER_BALANCE_NOT_ENOUGH', 'money'), 'insufficient_funds')
    assert.equal(categoryOf(400, 'NEW', 'money'), 'unknown_outcome')
    assert.equal(categoryOf(401, 'NEW', 'money'), 'merchant_config')
    assert.equal(categoryOf(403, 'NEW', 'money'), 'merchant_config')
    assert.equal(categoryOf(404, 'NEW', 'money'), 'invalid_request')
    assert.equal(categoryOf(404, 'ACQ.TRADE_NOT_EXIST', 'question'), 'not_found')
    assert.equal(categoryOf(429, 'NEW', 'money'), 'retry_same')
    assert.equal(categoryOf(204, 'NEW', 'money'), 'unknown_outcome')
  })
})
