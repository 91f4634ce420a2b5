// What the gateway refuses, in which order, and how its methods treat an order number.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayCall, orderNumber, setup } from '../test-support.ts'

const ORDER = { total_amount: '88.50', subject: 'Coffee' }
const order = (change: object = {}) => ({ out_trade_no: orderNumber(), ...ORDER, ...change })

async function start(given: Record<string, string | boolean> = {}) {
  const world = await setup({ clock: { now: () => Date.parse('2026-03-09T18:05:10+08:00') } })
  const application = await world.application(given)
  const call = gatewayCall(world.sandbox, application)
  const barcode = async (buyer: string) =>
    String((await world.control('alipay/barcodes', { buyer })).auth_code)
  return {
    ...world,
    another: world.application,
    application,
    call,
    barcode,
    [Symbol.asyncDispose]: world.sandbox.close,
  }
}

test('refuses by the sheet’s codes, always with status 200', async () => {
  await using world = await start()
  const query = { out_trade_no: 'X' }
  const cases: [Record<string, string | undefined>, string, string][] = [
    [{ method: undefined }, '40001', 'isv.missing-method'],
    [{ method: 'alipay.trade.refund' }, '40002', 'isv.invalid-method'],
    [{ app_id: undefined }, '40001', 'isv.missing-app-id'],
    [{ app_id: '9999999999999999' }, '40002', 'isv.invalid-app-id'],
    [{ sign_type: undefined }, '40001', 'isv.missing-signature-type'],
    [{ sign: undefined }, '40001', 'isv.missing-signature'],
    [{ timestamp: undefined }, '40001', 'isv.missing-timestamp'],
    [{ version: undefined }, '40001', 'isv.missing-version'],
    [{ sign_type: 'RSA' }, '40002', 'isv.invalid-signature-type'],
    [{ charset: 'gbk' }, '40002', 'isv.invalid-charset'],
    [{ format: 'XML' }, '40002', 'isv.invalid-format'],
    [{ timestamp: '2026-03-09T18:05:07Z' }, '40002', 'isv.invalid-timestamp'],
    [{ timestamp: '2026-02-31 18:05:07' }, '40002', 'isv.invalid-timestamp'],
    [{ sign: 'AAAA' }, '40002', 'isv.invalid-signature'],
    [{ biz_content: '[1]' }, '40002', 'isv.illegal-json'],
    [{ biz_content: '{"out_trade_no":' }, '40002', 'isv.illegal-json'],
    [{ encrypt_type: 'AES' }, '40001', 'isv.missing-encrypt-key'],
    [{ return_url: 'https://shop.example/back?method=x' }, '40002', 'isv.suspected-attack'],
  ]
  for (const [change, code, subCode] of cases) {
    const result = await world.call('alipay.trade.query', query, change)
    assert.equal(result.status, 200)
    assert.deepEqual(
      [result.answer.code, result.answer.sub_code],
      [code, subCode],
      JSON.stringify(change),
    )
  }
})

test('what is wrong before the application is known is answered unsigned, everything else signed', async () => {
  await using world = await start()
  const unknown = await world.call('alipay.trade.query', {}, { app_id: '9999999999999999' })
  assert.equal(unknown.body.sign, undefined)
  const method = await world.call('alipay.trade.querry', {})
  assert.deepEqual([method.node, method.body.sign], ['error_response', undefined])
  const signature = await world.call('alipay.trade.query', {}, { sign: 'AAAA' })
  assert.equal(typeof signature.body.sign, 'string')
})

test('answers compact JSON with escaped slashes as text/html', async () => {
  await using world = await start()
  const made = await world.call('alipay.trade.precreate', order())
  assert.equal(made.type, 'text/html;charset=utf-8')
  assert.match(made.text, /"qr_code":"http:\\\/\\\/127\.0\.0\.1:\d+\\\/qr\\\/bax[0-9a-f]+"/)
})

test('a signature over a blank parameter is refused: the gateway leaves blanks out', async () => {
  await using world = await start()
  const result = await world.call('alipay.trade.query', { out_trade_no: 'X' }, { notify_url: ' ' })
  assert.equal(result.answer.sub_code, 'isv.invalid-signature')
})

test('certificate mode asks for both serial names, and for the right ones', async () => {
  await using world = await start({ mode: 'certificate' })
  const { appCertSn, alipayRootCertSn } = world.application.sdk.config
  assert.ok(appCertSn && alipayRootCertSn)
  const both = { app_cert_sn: appCertSn, alipay_root_cert_sn: alipayRootCertSn }
  const ask = async (change: Record<string, string | undefined>) =>
    (await world.call('alipay.trade.query', { out_trade_no: 'X' }, { ...both, ...change })).answer
      .sub_code
  assert.equal(await ask({}), 'ACQ.TRADE_NOT_EXIST')
  assert.equal(await ask({ app_cert_sn: undefined }), 'isv.missing-app-cert-sn')
  assert.equal(await ask({ alipay_root_cert_sn: undefined }), 'isv.missing-alipay-root-cert-sn')
  assert.equal(await ask({ app_cert_sn: '0'.repeat(32) }), 'isv.app-cert-not-exist')
  assert.equal(
    await ask({ alipay_root_cert_sn: '0'.repeat(32) }),
    'isv.invalid-alipay-root-cert-sn',
  )
})

test('refuses order fields that break the rules', async () => {
  await using world = await start()
  const wrong = [
    { out_trade_no: 'has-dash' },
    { out_trade_no: 'x'.repeat(65) },
    { out_trade_no: 1 },
    { total_amount: '88.5' },
    { total_amount: '0.00' },
    { total_amount: '100000000.01' },
    { total_amount: 88.5 },
    { total_amount: '-1.00' },
    { total_amount: '088.50' },
    { subject: '' },
    { subject: 'a&b' },
    { subject: 'a=b' },
    { subject: 'a/b' },
    { body: 'x'.repeat(129) },
    { product_code: 'FAST_INSTANT_TRADE_PAY' },
    { time_expire: '2026-03-09' },
    { time_expire: '2026-03-25 18:06:00' },
    { timeout_express: '1.5h' },
    { timeout_express: '16d' },
    { passback_params: 'a=b&c=d' },
    { enable_pay_channels: 'balance', disable_pay_channels: 'pcredit' },
  ]
  for (const change of wrong) {
    const { answer } = await world.call('alipay.trade.precreate', order(change))
    assert.deepEqual(
      [answer.code, answer.sub_code],
      ['40004', 'ACQ.INVALID_PARAMETER'],
      JSON.stringify(change),
    )
  }
  const past = await world.call(
    'alipay.trade.precreate',
    order({ time_expire: '2026-03-09 18:00:00' }),
  )
  assert.equal(past.answer.sub_code, 'ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR')
})

test('errors of page payments are shown to the payer as HTML in GBK', async () => {
  await using world = await start()
  const result = await world.call('alipay.trade.page.pay', order())
  assert.match(result.type ?? '', /charset=GBK/i)
  const wrong = {
    app_id: world.application.appId,
    method: 'alipay.trade.wap.pay',
    charset: 'utf-8',
  }
  const answer = await fetch(`${world.sandbox.url}/gateway.do?${new URLSearchParams(wrong)}`, {
    headers: { 'accept-language': 'zh-CN' },
  })
  const page = new TextDecoder('gbk', { fatal: true }).decode(await answer.arrayBuffer())
  assert.match(page, /抱歉，暂时无法完成此次付款/)
  assert.match(page, /isv\.missing-signature-type/)
})

test('a number is one order: repeated, changed, paid, closed', async () => {
  await using world = await start()
  const create = (change: object) => world.call('alipay.trade.create', { ...content, ...change })
  const content = order({ buyer_id: '2088102100000001' })
  const first = await create({})
  const again = await create({})
  assert.equal(again.answer.trade_no, first.answer.trade_no)
  assert.equal(
    (await create({ total_amount: '88.51' })).answer.sub_code,
    'ACQ.CONTEXT_INCONSISTENT',
  )
  assert.equal((await create({ subject: 'Tea' })).answer.sub_code, 'ACQ.CONTEXT_INCONSISTENT')
  await world.control('alipay/trades/pay', {
    out_trade_no: content.out_trade_no,
    buyer: '2088102100000001',
  })
  assert.equal((await create({})).answer.sub_code, 'ACQ.TRADE_HAS_SUCCESS')
  const closed = order({ buyer_id: '2088102100000001' })
  await world.call('alipay.trade.create', closed)
  await world.call('alipay.trade.close', { out_trade_no: closed.out_trade_no })
  assert.equal(
    (await world.call('alipay.trade.create', closed)).answer.sub_code,
    'ACQ.TRADE_HAS_CLOSE',
  )
})

test('an order for one buyer is payable by that buyer only; an unknown buyer is refused', async () => {
  await using world = await start()
  const content = order({ buyer_id: '2088102100000001' })
  await world.call('alipay.trade.create', content)
  const refused = await world.control('alipay/trades/pay', { out_trade_no: content.out_trade_no })
  assert.deepEqual(refused.problem, {
    code: 'ACQ.TRADE_BUYER_NOT_MATCH',
    message: '交易买家不匹配',
  })
  const nobody = await world.call('alipay.trade.create', order({ buyer_id: '2088000000000000' }))
  assert.equal(nobody.answer.sub_code, 'ACQ.BUYER_NOT_EXIST')
})

test('a second precreate of a number is refused, and the first QR stays good', async () => {
  await using world = await start()
  const content = order()
  const { answer } = await world.call('alipay.trade.precreate', content)
  const second = await world.call('alipay.trade.precreate', content)
  assert.equal(second.answer.sub_code, 'ACQ.APPLY_PC_MERCHANT_CODE_ERROR')
  const paid = await world.control('alipay/trades/pay', { qr: String(answer.qr_code) })
  assert.equal(paid.status, 'TRADE_SUCCESS')
})

test('a QR is good for two hours; close before the scan finds nothing and stops nothing', async () => {
  await using world = await start()
  const content = order()
  const { answer } = await world.call('alipay.trade.precreate', content)
  const closed = await world.call('alipay.trade.close', { out_trade_no: content.out_trade_no })
  assert.equal(closed.answer.sub_code, 'ACQ.TRADE_NOT_EXIST')
  await world.control('clock/advance', { seconds: 7_199 })
  assert.equal(
    (await world.control('alipay/trades/scan', { qr: String(answer.qr_code) })).state,
    'payable',
  )
  await world.control('clock/advance', { seconds: 1 })
  const late = await world.control('alipay/trades/pay', { qr: String(answer.qr_code) })
  assert.match(JSON.stringify(late.problem), /QR_EXPIRED/)
})

test('a trade expires at its time and cannot be paid any more', async () => {
  await using world = await start()
  const content = order({ time_expire: '2026-03-09 18:10:10' })
  const { answer } = await world.call('alipay.trade.precreate', content)
  await world.control('alipay/trades/scan', { qr: String(answer.qr_code) })
  const ask = async () =>
    (await world.call('alipay.trade.query', { out_trade_no: content.out_trade_no })).answer
      .trade_status
  assert.equal(await ask(), 'WAIT_BUYER_PAY')
  await world.control('clock/advance', { seconds: 299 })
  assert.equal(await ask(), 'WAIT_BUYER_PAY')
  await world.control('clock/advance', { seconds: 1 })
  assert.equal(await ask(), 'TRADE_CLOSED')
  const late = await world.control('alipay/trades/pay', { qr: String(answer.qr_code) })
  assert.match(JSON.stringify(late.problem), /TRADE_HAS_CLOSE/)
})

test('a barcode pays once; above 2000 yuan it waits for the payer’s code', async () => {
  await using world = await start()
  const code = await world.barcode('2088102100000001')
  const paid = await world.call('alipay.trade.pay', order({ auth_code: code, scene: 'bar_code' }))
  assert.deepEqual([paid.answer.code, paid.answer.receipt_amount], ['10000', '88.50'])
  const used = await world.call('alipay.trade.pay', order({ auth_code: code }))
  assert.equal(used.answer.sub_code, 'ACQ.PAYMENT_AUTH_CODE_INVALID')
  const large = order({
    total_amount: '2000.01',
    auth_code: await world.barcode('2088102100000001'),
  })
  const waits = await world.call('alipay.trade.pay', large)
  assert.equal(waits.answer.code, '10003')
  assert.equal(
    (await world.call('alipay.trade.pay', large)).answer.code,
    '10003',
    'asking again is not paying twice',
  )
  await world.control('alipay/trades/pay', {
    out_trade_no: large.out_trade_no,
    buyer: '2088102100000001',
  })
  const { answer } = await world.call('alipay.trade.query', { out_trade_no: large.out_trade_no })
  assert.equal(answer.trade_status, 'TRADE_SUCCESS')
})

test('a barcode of a minute ago, an empty balance and a frozen account do not pay', async () => {
  await using world = await start()
  const old = await world.barcode('2088102100000001')
  await world.control('clock/advance', { seconds: 60 })
  const pay = async (authCode: string) =>
    (await world.call('alipay.trade.pay', order({ auth_code: authCode }))).answer.sub_code
  assert.equal(await pay(old), 'ACQ.PAYMENT_AUTH_CODE_INVALID')
  assert.equal(await pay(await world.barcode('2088102100000003')), 'ACQ.BUYER_BALANCE_NOT_ENOUGH')
  assert.equal(await pay(await world.barcode('2088102100000004')), 'ACQ.BUYER_ENABLE_STATUS_FORBID')
  assert.equal(await pay('123'), 'ACQ.INVALID_PARAMETER')
})

test('close takes unpaid trades only and may be repeated', async () => {
  await using world = await start()
  const content = order({ buyer_id: '2088102100000001' })
  await world.call('alipay.trade.create', content)
  const close = () => world.call('alipay.trade.close', { out_trade_no: content.out_trade_no })
  assert.equal((await close()).answer.code, '10000')
  assert.equal((await close()).answer.code, '10000')
  const paid = await world.call(
    'alipay.trade.pay',
    order({ auth_code: await world.barcode('2088102100000001') }),
  )
  const refused = await world.call('alipay.trade.close', { trade_no: paid.answer.trade_no })
  assert.equal(refused.answer.sub_code, 'ACQ.TRADE_STATUS_ERROR')
})

test('cancel closes what is unpaid, gives back what is paid, and says yes to what it never saw', async () => {
  await using world = await start()
  const cancel = async (outTradeNo: string) =>
    (await world.call('alipay.trade.cancel', { out_trade_no: outTradeNo })).answer
  const never = await cancel(orderNumber())
  assert.deepEqual([never.code, never.action, never.retry_flag], ['10000', undefined, 'N'])
  const open = order({ buyer_id: '2088102100000001' })
  await world.call('alipay.trade.create', open)
  assert.equal((await cancel(open.out_trade_no)).action, 'close')
  const buyer = '2088102100000002'
  const balance = async () =>
    JSON.stringify((await world.control('alipay/buyers')).buyers).match(/2688\.50/)
  const paid = order({ auth_code: await world.barcode(buyer) })
  await world.call('alipay.trade.pay', paid)
  assert.equal(await balance(), null)
  assert.equal((await cancel(paid.out_trade_no)).action, 'refund')
  assert.equal(
    (await cancel(paid.out_trade_no)).action,
    'refund',
    'repeating gives nothing back twice',
  )
  assert.ok(await balance())
  const { answer } = await world.call('alipay.trade.query', { out_trade_no: paid.out_trade_no })
  assert.equal(answer.trade_status, 'TRADE_CLOSED')
  assert.ok(answer.send_pay_date, 'that it was paid can still be seen')
  const late = order({ auth_code: await world.barcode(buyer) })
  await world.call('alipay.trade.pay', late)
  await world.control('clock/advance', { seconds: 86_400 })
  assert.equal((await cancel(late.out_trade_no)).sub_code, 'ACQ.TRADE_CANCEL_TIME_OUT')
})

test('another merchant’s trade does not exist; trade_no wins over out_trade_no', async () => {
  await using world = await start()
  const other = gatewayCall(world.sandbox, await world.another())
  const one = order({ buyer_id: '2088102100000001' })
  const two = order({ buyer_id: '2088102100000001' })
  const { answer } = await world.call('alipay.trade.create', one)
  await world.call('alipay.trade.create', two)
  for (const key of [{ trade_no: answer.trade_no }, { out_trade_no: one.out_trade_no }]) {
    assert.equal((await other('alipay.trade.query', key)).answer.sub_code, 'ACQ.TRADE_NOT_EXIST')
    assert.equal((await other('alipay.trade.close', key)).answer.sub_code, 'ACQ.TRADE_NOT_EXIST')
  }
  const both = await world.call('alipay.trade.query', {
    trade_no: answer.trade_no,
    out_trade_no: two.out_trade_no,
  })
  assert.equal(both.answer.out_trade_no, one.out_trade_no)
})

test('a year after payment a trade is finished; products without refunds finish at once', async () => {
  await using world = await start()
  const paid = order({ auth_code: await world.barcode('2088102100000001') })
  await world.call('alipay.trade.pay', paid)
  await world.control('clock/advance', { seconds: 365 * 86_400 })
  const { answer } = await world.call('alipay.trade.query', { out_trade_no: paid.out_trade_no })
  assert.equal(answer.trade_status, 'TRADE_FINISHED')
  const strict = gatewayCall(world.sandbox, await world.another({ refundable: false }))
  const content = order({ auth_code: await world.barcode('2088102100000001') })
  await strict('alipay.trade.pay', content)
  const query = await strict('alipay.trade.query', { out_trade_no: content.out_trade_no })
  assert.equal(query.answer.trade_status, 'TRADE_FINISHED')
})

test('three wrong codes end a payer’s tries on an order, not the order', async () => {
  await using world = await start()
  const { answer } = await world.call('alipay.trade.precreate', order())
  const pay = (buyer: string, code: string) =>
    world.control('alipay/trades/pay', { qr: String(answer.qr_code), buyer, code })
  const wrong = async () => JSON.stringify((await pay('2088102100000001', '000000')).problem)
  assert.match(await wrong(), /PAY_PASSWORD_WRONG.*2/)
  assert.match(await wrong(), /PAY_PASSWORD_WRONG.*1/)
  assert.match(await wrong(), /PAY_PASSWORD_LOCKED/)
  assert.match(
    JSON.stringify((await pay('2088102100000001', '123456')).problem),
    /PAY_PASSWORD_LOCKED/,
  )
  assert.equal((await pay('2088102100000002', '123456')).status, 'TRADE_SUCCESS')
})
