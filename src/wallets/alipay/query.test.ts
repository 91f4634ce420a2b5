import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { query } from './query.ts'
import {
  accountOf,
  failed,
  keyFields,
  lost,
  NOW,
  OK,
  orderOf,
  REFERENCE,
  script,
  signedAnswer,
  TRADE,
  unsigned,
} from './testing.ts'

const account = accountOf(keyFields())
const QUERY = 'alipay.trade.query'

describe('query', () => {
  const asked = async (node: object, surface: 'desktop' | 'barcode' = 'desktop') => {
    const { ports } = script(signedAnswer(QUERY, node))
    return query(ports, account, orderOf(surface))
  }
  const trade = (trade_status: string, more: object = {}) => ({
    ...OK,
    ...TRADE,
    trade_status,
    ...more,
  })

  test('translates every trade status', async () => {
    const paid = { send_pay_date: '2027-01-01 08:00:01' }
    assert.equal((await asked(trade('WAIT_BUYER_PAY'))).status, 'requires_action')
    assert.equal((await asked(trade('WAIT_BUYER_PAY'), 'barcode')).status, 'processing')
    assert.equal((await asked(trade('TRADE_SUCCESS', paid))).status, 'succeeded')
    assert.equal((await asked(trade('TRADE_CLOSED', { receipt_amount: '0.00' }))).status, 'closed')
    assert.equal((await asked(trade('TRADE_PAID'))).status, 'unknown')
    assert.equal((await asked({ ...OK, ...TRADE })).status, 'unknown')
    const finished = await asked(trade('TRADE_FINISHED', paid))
    assert.equal(finished.status, 'succeeded')
    assert.equal(finished.notRefundable, true)
    assert.equal(finished.paidAt, NOW + 1_000)
  })

  test('a closed trade with evidence of payment is a success that was refunded in full', async () => {
    for (const evidence of [
      { send_pay_date: '2027-01-01 08:00:01' },
      { buyer_pay_amount: '88.88' },
      { refund_fee: '88.88' },
    ]) {
      const seen = await asked(trade('TRADE_CLOSED', evidence))
      assert.equal(seen.status, 'succeeded')
      assert.deepEqual(seen.refundedTotal, { amount: 8888n, currency: 'CNY' })
    }
  })

  test('says held money in the wallet’s own words', async () => {
    const seen = await asked(trade('TRADE_SUCCESS', { additional_status: 'SELLER_NOT_RECEIVED' }))
    assert.equal(seen.status, 'succeeded')
    assert.equal(seen.walletStatus, 'TRADE_SUCCESS SELLER_NOT_RECEIVED')
  })

  test('a trade is absent only when Alipay says so under its signature and names the trade', async () => {
    const miss = failed('ACQ.TRADE_NOT_EXIST', { out_trade_no: REFERENCE, receipt_amount: '0.00' })
    assert.equal((await asked(miss)).status, 'absent')
    assert.equal((await asked(failed('ACQ.TRADE_NOT_EXIST'))).status, 'unknown')
    assert.equal(
      (await asked(failed('ACQ.TRADE_NOT_EXIST', { out_trade_no: 'TB2' }))).status,
      'unknown',
    )
    const plain = await query(script(unsigned(QUERY, miss)).ports, account, orderOf('qr'))
    assert.equal(plain.status, 'unknown')
  })

  test('the answer about another order is not believed', async () => {
    assert.equal(
      (await asked({ ...trade('TRADE_SUCCESS'), out_trade_no: 'TB2' })).status,
      'unknown',
    )
    const { out_trade_no: _gone, ...nameless } = trade('TRADE_SUCCESS')
    assert.equal((await asked(nameless)).status, 'unknown')
  })

  test('a question that fails on Alipay’s side has no outcome', async () => {
    const seen = await asked({ code: '20000', sub_code: 'aop.ACQ.SYSTEM_ERROR' })
    assert.equal(seen.status, 'unknown')
    assert.equal(seen.problem?.category, 'provider_down')
    const silent = await query(script(lost).ports, account, orderOf('qr'))
    assert.equal(silent.problem?.category, 'provider_down')
  })
})
