import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isCode, isFinalRefusal, problemOf, type Where } from './problems.ts'

const category = (code: string, status: number, where: Where, internal?: string) =>
  problemOf({ code, status, internal }, where).category

describe('the table of codes', () => {
  // Sheet section 7, row by row: code, status, where, category.
  const rows: readonly [string, number, Where, string][] = [
    ['PARAM_ERROR', 400, 'prepay', 'invalid_request'],
    ['INVALID_REQUEST', 400, 'code', 'invalid_request'],
    ['APPID_MCHID_NOT_MATCH', 400, 'prepay', 'merchant_config'],
    ['MCH_NOT_EXISTS', 404, 'prepay', 'merchant_config'],
    ['SIGN_ERROR', 401, 'prepay', 'merchant_config'],
    ['NO_AUTH', 403, 'prepay', 'merchant_config'],
    ['OUT_TRADE_NO_USED', 403, 'prepay', 'duplicate'],
    ['RULE_LIMIT', 403, 'prepay', 'risk_declined'],
    ['TRADE_ERROR', 403, 'code', 'retry_new'],
    ['ACCOUNT_ERROR', 403, 'code', 'risk_declined'],
    ['NOT_ENOUGH', 403, 'code', 'insufficient_funds'],
    ['NOT_ENOUGH', 403, 'refund', 'merchant_config'],
    ['USER_ACCOUNT_ABNORMAL', 403, 'refund', 'merchant_config'],
    ['REQUEST_BLOCKED', 403, 'refund', 'risk_declined'],
    ['ORDER_NOT_EXIST', 404, 'question', 'not_found'],
    ['RESOURCE_NOT_EXISTS', 404, 'refund', 'not_found'],
    ['ORDER_PAID', 400, 'prepay', 'duplicate'],
    ['ORDER_CLOSED', 400, 'prepay', 'retry_new'],
    ['USER_PAYING', 202, 'code', 'unknown_outcome'],
    ['BANK_ERROR', 500, 'code', 'unknown_outcome'],
    ['OPENID_MISMATCH', 500, 'prepay', 'invalid_request'],
    ['INVALID_TRANSACTIONID', 500, 'question', 'invalid_request'],
    ['FREQUENCY_LIMITED', 429, 'prepay', 'retry_same'],
    ['RATELIMIT_EXCEEDED', 429, 'question', 'retry_same'],
    ['FREQUENCY_LIMITED', 429, 'refund', 'unknown_outcome'],
    ['FREQUENCY_LIMITED', 429, 'code', 'unknown_outcome'],
    ['SYSTEM_ERROR', 500, 'code', 'unknown_outcome'],
    ['SYSTEM_ERROR', 500, 'question', 'provider_down'],
    ['NO_STATEMENT_EXIST', 400, 'bill', 'not_found'],
    ['STATEMENT_CREATING', 400, 'bill', 'retry_same'],
    ['AUTH_CODE_EXPIRE', 400, 'code', 'retry_new'],
    ['AUTHCODEEXPIRE', 200, 'code', 'retry_new'],
    ['AUTH_CODE_ERROR', 400, 'code', 'retry_new'],
    ['AUTH_CODE_INVALID', 400, 'code', 'retry_new'],
    ['BUYER_MISMATCH', 200, 'code', 'retry_new'],
    ['NOTSUPORTCARD', 200, 'code', 'payer_action'],
    ['ORDERREVERSED', 200, 'code', 'retry_new'],
  ]
  for (const [code, status, where, expected] of rows) {
    test(`${code} (${status}, ${where}) is ${expected}`, () => {
      assert.equal(category(code, status, where), expected)
    })
  }

  test('knows both generations of spelling', () => {
    for (const [one, other] of [
      ['SYSTEM_ERROR', 'SYSTEMERROR'],
      ['ORDER_NOT_EXIST', 'ORDERNOTEXIST'],
      ['NOT_ENOUGH', 'NOTENOUGH'],
      ['USER_PAYING', 'USERPAYING'],
      ['ACCOUNT_ERROR', 'ACCOUNTERROR'],
    ] as const) {
      assert.equal(category(one, 400, 'code'), category(other, 400, 'code'))
      assert(isCode({ category: 'not_found', walletCode: other }, one))
    }
  })
})

describe('a code that nobody knows', () => {
  test('is an unknown outcome wherever an order may have been made', () => {
    for (const where of ['prepay', 'code', 'refund'] as const) {
      for (const status of [400, 403, 500, 503]) {
        const problem = problemOf({ code: 'BRAND_NEW', status }, where)
        assert.equal(problem.category, 'unknown_outcome')
        assert.equal(isFinalRefusal(problem), false)
      }
    }
  })

  test('of a question is decided by the class of its status', () => {
    assert.equal(category('BRAND_NEW', 400, 'question'), 'invalid_request')
    assert.equal(category('BRAND_NEW', 503, 'question'), 'provider_down')
    assert.equal(problemOf({ status: 502 }, 'question').walletCode, 'HTTP 502')
  })

  test('like a name of every object is none of the table', () => {
    for (const code of ['constructor', '__proto__', 'toString']) {
      assert.equal(category(code, 400, 'code'), 'unknown_outcome')
    }
  })
})

test('internal numbers tell that the order stands, whatever the code says', () => {
  for (const number of ['268449538', '268498689', '268498688']) {
    const problem = problemOf({ code: 'INVALID_REQUEST', status: 400, internal: number }, 'code')
    assert.equal(problem.category, 'duplicate')
    assert.equal(isFinalRefusal(problem), false)
  }
  assert.equal(category('INVALID_REQUEST', 400, 'code', '268435461'), 'invalid_request')
})

test('finer words where the code allows them', () => {
  const word = (code: string) => problemOf({ code, status: 400 }, 'code').code
  assert.equal(word('SIGN_ERROR'), 'merchant_key_wrong')
  assert.equal(word('NO_AUTH'), 'merchant_permission_missing')
  assert.equal(word('ORDERPAID'), 'order_already_paid')
  assert.equal(word('AUTHCODEEXPIRE'), 'payer_code_invalid')
  assert.equal(word('PARAM_ERROR'), undefined)
})

test('an order that is closed or reversed is asked about before it is called failed', () => {
  for (const code of ['ORDER_CLOSED', 'ORDERREVERSED', 'BUYER_MISMATCH', 'ORDER_PAID']) {
    assert.equal(isFinalRefusal(problemOf({ code, status: 400 }, 'code')), false)
  }
})
