import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NetworkError } from '../../ports.ts'
import { close } from './close.ts'
import {
  accountOf,
  failed,
  keyFields,
  lost,
  OK,
  orderOf,
  refusedConnection,
  script,
  signedAnswer,
  TRADE,
  unsigned,
} from './testing.ts'

const account = accountOf(keyFields())
const QUERY = 'alipay.trade.query'
const CLOSE = 'alipay.trade.close'
const CANCEL = 'alipay.trade.cancel'

describe('close', () => {
  test('closes what is unpaid', async () => {
    const { ports } = script(signedAnswer(CLOSE, { ...OK, trade_no: TRADE.trade_no }))
    const seen = await close(ports, account, orderOf('qr'))
    assert.equal(seen.status, 'closed')
    assert.equal(seen.walletTransactionId, TRADE.trade_no)
  })

  test('an order that Alipay does not know stays payable', async () => {
    const { ports } = script(signedAnswer(CLOSE, failed('ACQ.TRADE_NOT_EXIST')))
    assert.equal((await close(ports, account, orderOf('desktop'))).status, 'absent')
  })

  test('a state that does not allow it is asked about, for it may just have been paid', async () => {
    for (const code of [
      'ACQ.TRADE_STATUS_ERROR',
      'ACQ.TRADE_HAS_CLOSE',
      'ACQ.TRADE_HAS_FINISHED',
    ]) {
      const { ports, sent } = script(
        signedAnswer(CLOSE, failed(code)),
        signedAnswer(QUERY, { ...OK, ...TRADE, trade_status: 'TRADE_SUCCESS' }),
      )
      assert.equal((await close(ports, account, orderOf('desktop'))).status, 'succeeded')
      assert.equal(sent.length, 2)
    }
  })

  test('silence and unsigned answers leave it open', async () => {
    const forged = unsigned(CLOSE, { ...OK })
    for (const answer of [lost, refusedConnection, forged]) {
      const seen = await close(script(answer).ports, account, orderOf('desktop'))
      assert.equal(seen.status, 'unknown')
    }
  })
})

describe('close of a payer’s code cancels', () => {
  const canceled = (more: object) => signedAnswer(CANCEL, { ...OK, retry_flag: 'N', ...more })
  const end = async (...answers: (string | NetworkError)[]) => {
    const { ports, sent } = script(...answers)
    return { seen: await close(ports, account, orderOf('barcode')), calls: sent.length }
  }

  test('says what the cancel did', async () => {
    assert.equal((await end(canceled({ action: 'close' }))).seen.status, 'closed')
    assert.equal((await end(canceled({ action: 'refund' }))).seen.status, 'reversed')
    assert.equal((await end(canceled({}))).seen.status, 'absent')
    assert.equal((await end(canceled({ action: 'other' }))).seen.status, 'unknown')
  })

  test('repeats while Alipay asks for it, three calls at most', async () => {
    const again = canceled({ retry_flag: 'Y', action: 'close' })
    const stuck = signedAnswer(CANCEL, failed('AQC.SYSTEM_ERROR', { retry_flag: 'Y' }))
    const done = await end(again, stuck, canceled({ action: 'refund' }))
    assert.equal(done.seen.status, 'reversed')
    assert.equal(done.calls, 3)
    const never = await end(again, again, again)
    assert.equal(never.seen.status, 'unknown')
    const broken = await end(stuck, stuck, stuck)
    assert.equal(broken.seen.status, 'unknown')
    assert.equal(broken.seen.problem?.category, 'unknown_outcome')
  })

  test('asks when canceling is not possible any more', async () => {
    const paid = signedAnswer(QUERY, { ...OK, ...TRADE, trade_status: 'TRADE_SUCCESS' })
    const { seen } = await end(signedAnswer(CANCEL, failed('ACQ.TRADE_CANCEL_TIME_OUT')), paid)
    assert.equal(seen.status, 'succeeded')
  })

  test('silence and an empty merchant balance leave it open', async () => {
    assert.equal((await end(lost)).seen.status, 'unknown')
    const poor = await end(signedAnswer(CANCEL, failed('ACQ.SELLER_BALANCE_NOT_ENOUGH')))
    assert.equal(poor.seen.status, 'unknown')
    assert.equal(poor.seen.problem?.category, 'retry_same')
  })
})
