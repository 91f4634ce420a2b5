// Statements of acquirers: the sheet's samples line by line, and files that may not be believed.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ReadStatement, StatementError, type StatementLine } from '../wallets/statement.ts'
import { readStatement as readAdyen } from './adyen/statement.ts'
import { readStatement as readStripe } from './stripe/statement.ts'

const ADYEN = `Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number
TongbaoTest,TongbaoTestECOM,QFQTPCQ8HXSKGK82,tb_1001,visa,2026-11-22 13:00:05,CET,Settled,B7PV8KDS5WWQZC82,USD,,9.99,1,USD,,9.66,,0.06,0.07,0.20,visa_applepay,tb_cap_1,17
TongbaoTest,TongbaoTestECOM,QFQTPCQ8HXSKGK82,tb_1001,visa,2026-11-23 09:00:00,CET,Refunded,B7PV8KDS5WWQZC83,USD,3.00,,1,USD,3.00,,,,,,visa_applepay,tb_rf_1,17
TongbaoTest,TongbaoTestECOM,,,,2026-11-24 02:00:00,CET,MerchantPayout,TX1 batch 17,,,,,USD,6.66,,,,,,,,17
`
const STRIPE = `balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id,automatic_payout_id,payment_metadata[tongbao_payment]
txn_test_1,2026-11-22 12:00:05,usd,9.99,0.59,9.40,charge,ch_test_1,pi_test_1,po_test_1,tb_1001
txn_test_2,2026-11-23 08:00:00,usd,-3.00,0.00,-3.00,refund,re_test_1,pi_test_1,po_test_1,tb_1001
`

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function readAll(read: ReadStatement, text: string) {
  const lines: StatementLine[] = []
  const reader = read(once(text))
  for (let step = await reader.next(); ; step = await reader.next()) {
    if (step.done) return { lines, totals: step.value }
    lines.push(step.value)
  }
}

const usd = (amount: bigint) => ({ amount, currency: 'USD' })

test('Adyen: a payment, a refund and the payout of a batch', async () => {
  const { lines, totals } = await readAll(readAdyen, ADYEN)
  assert.deepEqual(lines, [
    {
      line: 2,
      kind: 'payment',
      walletReference: 'tb_1001',
      walletTransactionId: 'QFQTPCQ8HXSKGK82',
      walletStatus: 'Settled',
      money: usd(999n),
      fee: usd(33n),
      at: Date.parse('2026-11-22T12:00:05Z'),
    },
    {
      line: 3,
      kind: 'refund',
      walletReference: 'tb_1001',
      walletTransactionId: 'QFQTPCQ8HXSKGK82',
      refundReference: 'tb_rf_1',
      walletRefundId: 'B7PV8KDS5WWQZC83',
      walletStatus: 'Refunded',
      money: usd(300n),
      at: Date.parse('2026-11-23T08:00:00Z'),
    },
    {
      line: 4,
      kind: 'other',
      walletStatus: 'MerchantPayout',
      money: usd(666n),
      at: Date.parse('2026-11-24T01:00:00Z'),
    },
  ])
  assert.deepEqual(totals, { lines: 3, consistent: true, summary: { 'Net USD': '0.00' } })
})

test('Adyen: a batch with a missing line does not come to nothing', async () => {
  const [header, first, , payout] = ADYEN.split('\n')
  const { totals } = await readAll(readAdyen, [header, first, payout].join('\n'))
  assert.deepEqual(totals, { lines: 2, consistent: false, summary: { 'Net USD': '3.00' } })
})

test('Stripe: a payment and a refund', async () => {
  const { lines, totals } = await readAll(readStripe, STRIPE)
  assert.deepEqual(lines, [
    {
      line: 2,
      kind: 'payment',
      walletReference: 'tb_1001',
      walletTransactionId: 'pi_test_1',
      walletStatus: 'charge',
      money: usd(999n),
      fee: usd(59n),
      at: Date.parse('2026-11-22T12:00:05Z'),
    },
    {
      line: 3,
      kind: 'refund',
      walletReference: 'tb_1001',
      walletTransactionId: 'pi_test_1',
      walletRefundId: 're_test_1',
      walletStatus: 'refund',
      money: usd(300n),
      fee: usd(0n),
      at: Date.parse('2026-11-23T08:00:00Z'),
    },
  ])
  assert.deepEqual(totals, { lines: 2, consistent: true, summary: { 'net USD': '6.40' } })
})

test('Stripe: a line whose fee does not fit is told', async () => {
  const { totals } = await readAll(readStripe, STRIPE.replace('9.40', '9.50'))
  assert.equal(totals.consistent, false)
})

test('columns may stand in any order, and more of them', async () => {
  const turned = STRIPE.trim()
    .split('\n')
    .map((line, index) => [...line.split(','), index === 0 ? 'more' : '"x,y"'].reverse().join(','))
    .join('\n')
  const { lines } = await readAll(readStripe, turned)
  assert.deepEqual(lines, (await readAll(readStripe, STRIPE)).lines)
})

describe('files that may not be believed', () => {
  const cases: [string, ReadStatement, string, StatementError['reason'], number][] = [
    ['a column is missing', readAdyen, ADYEN.replace('Psp Reference', 'Psp'), 'columns', 1],
    ['a column stands twice', readStripe, STRIPE.replace('net,', 'gross,'), 'columns', 1],
    ['a cell is missing', readStripe, STRIPE.replace('ch_test_1,', ''), 'cells', 2],
    ['a part of a cent', readAdyen, ADYEN.replace('9.66', '9.665'), 'amount', 2],
    ['a decimal comma', readStripe, STRIPE.replace('9.99', '"9,99"'), 'amount', 2],
    ['a currency that nobody knows', readStripe, STRIPE.replace('usd', 'xxx'), 'amount', 2],
    ['a zone that is not known', readAdyen, ADYEN.replace('CET', 'XYZ'), 'time', 2],
    ['a day that is none', readStripe, STRIPE.replace('2026-11-22', '2026-11-31'), 'time', 2],
    ['a quote that never closes', readStripe, STRIPE.replace('txn_test_2', '"txn'), 'truncated', 3],
    ['nothing at all', readAdyen, '', 'truncated', 1],
  ]
  for (const [name, read, text, reason, line] of cases) {
    test(name, async () => {
      await assert.rejects(readAll(read, text), (error) => {
        assert(error instanceof StatementError, String(error))
        assert.deepEqual([error.reason, error.line], [reason, line])
        return true
      })
    })
  }
})
