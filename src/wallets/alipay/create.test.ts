import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SURFACES } from '../wallet.ts'
import { create } from './create.ts'
import { requestText, verifyText } from './signature.ts'
import {
  accountOf,
  certificateFields,
  failed,
  keyFields,
  lost,
  NOW,
  OK,
  orderOf,
  privateKey,
  publicKey,
  REFERENCE,
  refusedConnection,
  script,
  signedAnswer,
  TRADE,
  unsigned,
  vectorKeys,
} from './testing.ts'

const account = accountOf(keyFields())
const PRECREATE = 'alipay.trade.precreate'
const PAY = 'alipay.trade.pay'
const CREATE = 'alipay.trade.create'
const QUERY = 'alipay.trade.query'

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
