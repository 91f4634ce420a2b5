import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isCode, isFinalRefusal, problemOf } from './problems.ts'

describe('problemOf', () => {
  // Straight from the sheet's section 7: code, sub_code, category on money calls, on questions.
  const table: [string, string | undefined, string, string?][] = [
    ['20000', 'isp.unknow-error', 'unknown_outcome', 'provider_down'],
    ['20000', 'aop.ACQ.SYSTEM_ERROR', 'unknown_outcome', 'provider_down'],
    ['20000', undefined, 'unknown_outcome', 'provider_down'],
    ['20001', 'aop.invalid-app-auth-token', 'merchant_config'],
    ['40001', 'isv.missing-timestamp', 'invalid_request'],
    ['40001', 'isv.missing-signature-key', 'merchant_config'],
    ['40002', 'isv.invalid-parameter', 'invalid_request'],
    ['40002', 'isv.invalid-signature', 'merchant_config'],
    ['40002', 'isv.app-cert-not-exist', 'merchant_config'],
    ['40003', 'isv.missing-signature-config', 'merchant_config'],
    ['40005', 'isv.app-call-limited', 'retry_same'],
    ['40006', 'isv.ip-forbidden', 'merchant_config'],
    ['40004', 'ACQ.SYSTEM_ERROR', 'unknown_outcome', 'provider_down'],
    ['40004', 'AQC.SYSTEM_ERROR', 'unknown_outcome', 'provider_down'],
    ['40004', 'ACQ.INVALID_PARAMETER', 'invalid_request'],
    ['40004', 'ACQ.ACCESS_FORBIDDEN', 'merchant_config'],
    ['40004', 'ACQ.SUB_MERCHANT_NOT_EXIST', 'merchant_config'],
    ['40004', 'ACQ.SECONDARY_MERCHANT_STATUS_ERROR', 'merchant_config'],
    ['40004', 'ACQ.TOTAL_FEE_EXCEED', 'merchant_config'],
    ['40004', 'ACQ.CONTEXT_INCONSISTENT', 'duplicate'],
    ['40004', 'ACQ.TRADE_HAS_SUCCESS', 'duplicate'],
    ['40004', 'ACQ.TRADE_HAS_CLOSE', 'retry_new'],
    ['40004', 'ACQ.APPLY_PC_MERCHANT_CODE_ERROR', 'duplicate'],
    ['40004', 'ACQ.PAYMENT_AUTH_CODE_INVALID', 'retry_new'],
    ['40004', 'ACQ.BUYER_BALANCE_NOT_ENOUGH', 'insufficient_funds'],
    ['40004', 'ACQ.BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR', 'payer_action'],
    ['40004', 'ACQ.PAYMENT_REQUEST_HAS_RISK', 'risk_declined'],
    ['40004', 'ACQ.PAYMENT_FAIL', 'retry_new'],
    ['40004', 'ACQ.AGREEMENT_NOT_EXIST', 'invalid_request'],
    ['40004', 'ACQ.CREDIT_UNSUPPORT_ADVANCE', 'invalid_request'],
    ['40004', 'ACQ.OVERDRAFT_AGREEMENT_NOT_MATCH', 'merchant_config'],
    ['40004', 'ACQ.TRADE_NOT_EXIST', 'not_found'],
    ['40004', 'TRADE_NOT_EXIST', 'not_found'],
    ['40004', 'ACQ.TRADE_STATUS_ERROR', 'invalid_request'],
    ['40004', 'ACQ.DISCORDANT_REPEAT_REQUEST', 'duplicate'],
    ['40004', 'ACQ.REASON_TRADE_BEEN_FREEZEN', 'retry_same'],
    ['40004', 'isp.bill_not_exist', 'not_found'],
    ['40004', 'ACQ.A_CODE_OF_NEXT_YEAR', 'unknown_outcome'],
    ['40004', 'constructor', 'unknown_outcome'],
    ['40004', undefined, 'unknown_outcome'],
    ['99999', undefined, 'unknown_outcome'],
    ['constructor', undefined, 'unknown_outcome'],
  ]
  for (const [code, subCode, money, question = money] of table) {
    test(`${code} ${subCode ?? ''} is ${money}`, () => {
      assert.equal(problemOf({ code, subCode }, 'money').category, money)
      assert.equal(problemOf({ code, subCode }, 'question').category, question)
    })
  }

  test('says more than the category where the code does', () => {
    const codeOf = (subCode: string) => problemOf({ code: '40004', subCode }, 'money').code
    assert.equal(codeOf('ACQ.PAYMENT_AUTH_CODE_INVALID'), 'payer_code_invalid')
    assert.equal(codeOf('ACQ.BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR'), 'payer_limit_reached')
    assert.equal(codeOf('isv.invalid-signature'), 'merchant_key_wrong')
    assert.equal(codeOf('ACQ.BUYER_BALANCE_NOT_ENOUGH'), undefined)
  })

  test('keeps the wallet’s words for the log, cut to a bearable length', () => {
    const problem = problemOf(
      { code: '40004', subCode: 'ACQ.X', message: 'x'.repeat(9_000) },
      'money',
    )
    assert.equal(problem.walletCode, 'ACQ.X')
    assert.equal(problem.walletMessage?.length, 500)
  })
})

test('a refusal that may hide an older outcome is not final', () => {
  for (const code of [
    'TRADE_HAS_CLOSE',
    'TRADE_STATUS_ERROR',
    'TRADE_HAS_SUCCESS',
    'SYSTEM_ERROR',
    'NEW',
  ]) {
    const problem = problemOf({ code: '40004', subCode: `ACQ.${code}` }, 'money')
    assert.equal(isFinalRefusal(problem), false, code)
    assert.equal(isCode(problem, code), true)
  }
  const final = problemOf({ code: '40004', subCode: 'ACQ.PAYMENT_FAIL' }, 'money')
  assert.equal(isFinalRefusal(final), true)
})
