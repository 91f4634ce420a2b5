import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NetworkError } from '../../ports.ts'
import { SURFACES } from '../wallet.ts'
import { requestText, verifyText } from './signature.ts'
import {
  accountOf,
  certificateFields,
  keyFields,
  NOW,
  orderOf,
  privateKey,
  publicKey,
  script,
  signedAnswer,
  vectorKeys,
} from './testing.ts'
import { close, create, query } from './trade.ts'

const account = accountOf(keyFields())
const REFERENCE = 'TB20270101000001'
const OK = { code: '10000', msg: 'Success', out_trade_no: REFERENCE }
const TRADE = { trade_no: '2027010122001400000500000001', total_amount: '88.88' }
const lost = new NetworkError('timeout', true, 'no answer')
const refusedConnection = new NetworkError('refused', false, 'connection refused')

const failed = (subCode: string, more: object = {}) => ({
  code: '40004',
  msg: 'Business Failed',
  sub_code: subCode,
  sub_msg: 'x',
  ...more,
})
const unsigned = (method: string, node: object) =>
  JSON.stringify({ [`${method.replaceAll('.', '_')}_response`]: node })

const PRECREATE = 'alipay.trade.precreate'
const PAY = 'alipay.trade.pay'
const CREATE = 'alipay.trade.create'
const QUERY = 'alipay.trade.query'
const CLOSE = 'alipay.trade.close'
const CANCEL = 'alipay.trade.cancel'

describe('create', () => {
  test('desktop and mobile get a signed redirect to the cashier', async () => {
    for (const [surface, method, product] of [
      ['desktop', 'alipay.trade.page.pay', 'FAST_INSTANT_TRADE_PAY'],
      ['mobile', 'alipay.trade.wap.pay', 'QUICK_WAP_WAY'],
    ] as const) {
      const { ports, sent } = script()
      const seen = await create(ports, account, orderOf(surface))
      assert.equal(sent.length, 0)
      assert.equal(seen.status, 'requires_action')
      assert.ok(seen.nextAction?.type === 'redirect')
      const url = new URL(seen.nextAction.url)
      assert.equal(url.origin + url.pathname, 'https://openapi.alipay.com/gateway.do')
      const { sign = '', ...parameters } = Object.fromEntries(url.searchParams)
      assert.ok(verifyText(requestText(Object.entries(parameters)), sign, [publicKey('app')]))
      const { biz_content, ...open } = parameters
      assert.deepEqual(open, {
        app_id: vectorKeys.ids.app_id,
        method,
        format: 'JSON',
        charset: 'utf-8',
        sign_type: 'RSA2',
        timestamp: '2027-01-01 08:00:00',
        version: '1.0',
        notify_url: 'https://pay.example.com/notify/alipay/wac_1',
        return_url: 'https://pay.example.com/pay/return/1',
      })
      assert.deepEqual(JSON.parse(biz_content ?? ''), {
        out_trade_no: REFERENCE,
        total_amount: '88.88',
        subject: 'Coffee beans 1kg',
        product_code: product,
        time_expire: '2027-01-01 08:30:00',
        ...(surface === 'mobile' ? { quit_url: 'https://shop.example.com/cart' } : {}),
      })
    }
  })

  test('a redirect that would be too long becomes a form', async () => {
    const { ports } = script()
    const seen = await create(ports, account, orderOf('desktop', { title: '咖'.repeat(256) }))
    assert.ok(seen.nextAction?.type === 'form')
    assert.deepEqual(Object.keys(seen.nextAction.fields), ['biz_content'])
    assert.ok(seen.nextAction.action.includes('charset=utf-8'))
    assert.ok(seen.nextAction.action.length < 2000)
  })

  test('an app gets the order string', async () => {
    const seen = await create(script().ports, account, orderOf('app'))
    assert.ok(seen.nextAction?.type === 'app')
    const { sign = '', ...parameters } = Object.fromEntries(
      new URLSearchParams(seen.nextAction.link),
    )
    assert.equal(parameters.method, 'alipay.trade.app.pay')
    assert.equal('return_url' in parameters, false)
    assert.ok(verifyText(requestText(Object.entries(parameters)), sign, [publicKey('app')]))
  })

  test('a QR code lives two hours at most', async () => {
    const answer = signedAnswer(PRECREATE, { ...OK, qr_code: 'https://qr.alipay.com/bax0' })
    for (const [minutes, lives] of [
      [30, 30],
      [600, 120],
    ] as const) {
      const { ports, sent } = script(answer)
      const seen = await create(
        ports,
        account,
        orderOf('qr', { expiresAt: NOW + minutes * 60_000 }),
      )
      assert.deepEqual(seen.nextAction, {
        type: 'qr',
        content: 'https://qr.alipay.com/bax0',
        expiresAt: NOW + lives * 60_000,
      })
      const [call] = sent
      assert.equal(call?.request.timeoutMs, 15_000)
      assert.equal(call?.request.connectTimeoutMs, 3_000)
      assert.equal(new URL(call?.request.url ?? '').searchParams.get('charset'), 'utf-8')
    }
  })

  test('a page inside Alipay gets the trade number', async () => {
    const { ports, sent } = script(signedAnswer(CREATE, { ...OK, trade_no: TRADE.trade_no }))
    const seen = await create(ports, account, orderOf('in_app'))
    assert.deepEqual(seen.nextAction, {
      type: 'sheet',
      wallet: 'alipay',
      parameters: { tradeNO: TRADE.trade_no },
    })
    const content = JSON.parse(sent[0]?.parameters.get('biz_content') ?? '')
    assert.equal(content.op_app_id, vectorKeys.ids.app_id)
    assert.equal(content.buyer_open_id, '074a1CcTG1LelxKe4xQC0zgNdId0nxi9')
  })

  test('a payer’s code is paid, processing, or refused', async () => {
    const paid = { ...OK, ...TRADE, gmt_payment: '2027-01-01 08:00:01', receipt_amount: '88.88' }
    const first = script(signedAnswer(PAY, paid))
    const seen = await create(first.ports, account, orderOf('barcode'))
    assert.equal(seen.status, 'succeeded')
    assert.equal(seen.source, 'response')
    assert.equal(seen.paidAt, NOW + 1_000)
    assert.deepEqual(seen.money, { amount: 8888n, currency: 'CNY' })
    assert.equal(first.sent[0]?.request.timeoutMs, 30_000)
    assert.equal(JSON.parse(first.sent[0]?.parameters.get('biz_content') ?? '').scene, 'bar_code')

    const cases: [object, string, string?][] = [
      [{ ...OK, ...TRADE, code: '10003' }, 'processing'],
      [{ ...paid, async_pay_apply_status: 'S' }, 'processing'],
      [{ ...OK, trade_no: TRADE.trade_no }, 'unknown', 'unknown_outcome'],
      [{ ...paid, total_amount: '88.8' }, 'unknown', 'unknown_outcome'],
      [{ ...paid, trans_currency: 'USD' }, 'unknown', 'unknown_outcome'],
      [{ ...paid, out_trade_no: 'TB2' }, 'unknown', 'unknown_outcome'],
      [failed('ACQ.PAYMENT_AUTH_CODE_INVALID'), 'failed', 'retry_new'],
      [failed('ACQ.BUYER_BALANCE_NOT_ENOUGH'), 'failed', 'insufficient_funds'],
      [failed('ACQ.PAYMENT_REQUEST_HAS_RISK'), 'failed', 'risk_declined'],
      [
        failed('ACQ.BUYER_BALANCE_NOT_ENOUGH', { out_trade_no: 'TB2' }),
        'unknown',
        'unknown_outcome',
      ],
      [failed('ACQ.SYSTEM_ERROR'), 'unknown', 'unknown_outcome'],
      [failed('ACQ.NEVER_SEEN_BEFORE'), 'unknown', 'unknown_outcome'],
      [failed('ACQ.CONTEXT_INCONSISTENT'), 'unknown', 'duplicate'],
      [failed('ACQ.TRADE_HAS_SUCCESS'), 'unknown', 'duplicate'],
      [failed('ACQ.TRADE_HAS_CLOSE'), 'unknown', 'retry_new'],
      [failed('ACQ.REASON_TRADE_STATUS_INVALID'), 'unknown', 'invalid_request'],
      [{ code: '20000', sub_code: 'isp.unknow-error' }, 'unknown', 'unknown_outcome'],
      [
        { code: '40006', sub_code: 'isv.insufficient-isv-permissions' },
        'failed',
        'merchant_config',
      ],
    ]
    for (const [node, status, category] of cases) {
      const { ports } = script(signedAnswer(PAY, node))
      const result = await create(ports, account, orderOf('barcode'))
      assert.equal(result.status, status, JSON.stringify(node))
      assert.equal(result.problem?.category, category, JSON.stringify(node))
    }
  })

  test('silence and answers that prove nothing are never a success and never a failure', async () => {
    const paid = { ...OK, ...TRADE }
    const answers = [
      lost,
      '<html>502</html>',
      '',
      '{"alipay_trade_pay_response":{"code":"10000"',
      unsigned(PAY, paid),
      unsigned(PAY, failed('ACQ.PAYMENT_FAIL')),
      unsigned(PAY, { code: '40002', sub_code: 'isv.invalid-app-id' }),
      signedAnswer(PAY, paid, { key: privateKey('attacker') }),
      signedAnswer(QUERY, { ...paid, trade_status: 'TRADE_SUCCESS' }),
      `{"alipay_trade_pay_response":{"code":"10000"},${signedAnswer(PAY, paid).slice(1)}`,
      signedAnswer('error', paid),
    ]
    for (const answer of answers) {
      const { ports } = script(answer)
      const seen = await create(ports, account, orderOf('barcode'))
      assert.equal(seen.status, 'unknown', String(answer))
      assert.ok(seen.problem, String(answer))
    }
  })

  test('what never left the machine fails where nobody can pay without our answer', async () => {
    for (const [surface, method, status] of [
      ['qr', PRECREATE, 'failed'],
      ['barcode', PAY, 'unknown'],
      ['in_app', CREATE, 'unknown'],
    ] as const) {
      const gone = await create(script(refusedConnection).ports, account, orderOf(surface))
      assert.equal(gone.status, status)
      assert.equal(gone.problem?.category, 'provider_down')
      const node = { code: '40002', sub_code: 'isv.invalid-app-id' }
      const denied = await create(script(unsigned(method, node)).ports, account, orderOf(surface))
      assert.equal(denied.status, status)
      assert.equal(denied.problem?.category, 'merchant_config')
    }
  })

  test('an order that Alipay would never take is refused without a call', async () => {
    const bad = [
      orderOf('qr', { money: { amount: 1n, currency: 'USD' } }),
      orderOf('qr', { money: { amount: 0n, currency: 'CNY' } }),
      orderOf('qr', { money: { amount: 10_000_000_001n, currency: 'CNY' } }),
      orderOf('qr', { walletReference: 'TB-1' }),
      orderOf('qr', { notifyUrl: `https://pay.example.com/${'x'.repeat(256)}` }),
      orderOf('qr', { notifyUrl: 'ftp://pay.example.com/' }),
      orderOf('qr', { expiresAt: NOW + 59_999 }),
      orderOf('desktop', { returnUrl: 'https://pay.example.com/?method=x' }),
      orderOf('mobile', { quitUrl: 'not a url' }),
      orderOf('barcode', { authCode: '1234567890123456' }),
      orderOf('barcode', { authCode: '' }),
      orderOf('in_app', { payer: {} }),
    ]
    for (const order of bad) {
      const { ports, sent } = script()
      const seen = await create(ports, account, order)
      assert.equal(seen.status, 'failed', JSON.stringify(order.returnUrl))
      assert.ok(['invalid_request', 'retry_new'].includes(seen.problem?.category ?? ''))
      assert.equal(sent.length, 0)
    }
  })

  test('certificate mode and content encryption reach every surface', async () => {
    const sealed = accountOf(certificateFields({ content_key: vectorKeys.ids.aes_key_base64 }))
    for (const surface of SURFACES) {
      const { ports, sent } = script(lost)
      const seen = await create(ports, sealed, orderOf(surface))
      const action = seen.nextAction
      const parameters =
        sent[0]?.parameters ??
        new Map(
          action?.type === 'redirect'
            ? new URL(action.url).searchParams
            : new URLSearchParams(action?.type === 'app' ? action.link : ''),
        )
      assert.equal(parameters.get('app_cert_sn'), vectorKeys.certs.app_leaf_sn)
      assert.equal(parameters.get('alipay_root_cert_sn'), vectorKeys.certs.root_bundle_sn)
      assert.equal(parameters.get('encrypt_type'), 'AES')
      assert.match(parameters.get('biz_content') ?? '', /^[A-Za-z0-9+/]+=*$/)
    }
  })
})

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
    const { ports, sent } = script(
      signedAnswer(CLOSE, failed('ACQ.TRADE_STATUS_ERROR')),
      signedAnswer(QUERY, { ...OK, ...TRADE, trade_status: 'TRADE_SUCCESS' }),
    )
    const seen = await close(ports, account, orderOf('desktop'))
    assert.equal(seen.status, 'succeeded')
    assert.equal(sent.length, 2)
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
