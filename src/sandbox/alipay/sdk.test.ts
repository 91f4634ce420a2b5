// The official client works against the sandbox with nothing changed but the address.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import {
  type Credentials,
  clientOf,
  listen,
  orderNumber,
  type Setup,
  setup,
} from '../test-support.ts'

const signed = { validateSign: true }

async function precreateAndPay({ control }: Setup, { sdk }: Credentials, extra: object = {}) {
  const outTradeNo = orderNumber()
  const bizContent = { outTradeNo, totalAmount: '88.50', subject: '云南咖啡豆 1kg' }
  const made = await sdk.exec('alipay.trade.precreate', { ...extra, bizContent }, signed)
  assert.equal(made.code, '10000')
  const before = await sdk.exec(
    'alipay.trade.query',
    { ...extra, bizContent: { outTradeNo } },
    signed,
  )
  assert.equal(before.subCode, 'ACQ.TRADE_NOT_EXIST')
  assert.equal(before.receiptAmount, '0.00')
  const paid = await control('alipay/trades/pay', { qr: String(made.qrCode) })
  const after = await sdk.exec(
    'alipay.trade.query',
    { ...extra, bizContent: { outTradeNo } },
    signed,
  )
  return { outTradeNo, paid, after }
}

test('a QR order is made, paid and queried in key mode, every answer verified', async () => {
  await using world = await setup()
  const { paid, after } = await precreateAndPay(world, await world.application())
  assert.equal(paid.status, 'TRADE_SUCCESS')
  assert.equal(after.tradeStatus, 'TRADE_SUCCESS')
  assert.equal(after.totalAmount, '88.50')
  assert.equal(after.tradeNo, paid.trade_no)
})

test('the same in certificate mode; the platform certificate can be fetched and chains to the root', async () => {
  await using world = await setup()
  const application = await world.application({ mode: 'certificate' })
  const { after } = await precreateAndPay(world, application)
  assert.equal(after.tradeStatus, 'TRADE_SUCCESS')
  const root = new X509Certificate(String(application.raw.root_certificate))
  const platform = new X509Certificate(String(application.raw.alipay_certificate))
  assert.ok(
    root.verify(root.publicKey) && platform.verify(root.publicKey) && platform.checkIssued(root),
  )
  const sn = application.sdk.config.alipayCertSn
  const fetched = await application.sdk.exec(
    'alipay.open.app.alipaycert.download',
    { bizContent: { alipayCertSn: sn } },
    signed,
  )
  const pem = Buffer.from(String(fetched.alipayCertContent), 'base64').toString()
  assert.equal(new X509Certificate(pem).fingerprint256, platform.fingerprint256)
})

test('content is encrypted both ways when the client asks for it', async () => {
  await using world = await setup()
  const { sdk } = await world.application({ content_key: true })
  const outTradeNo = orderNumber()
  // The client cannot verify encrypted nodes, so its own signature check stays off here.
  const bizContent = { outTradeNo, totalAmount: '1.00', subject: 'x' }
  const made = await sdk.exec('alipay.trade.precreate', { needEncrypt: true, bizContent })
  assert.equal(made.code, '10000')
  assert.equal(made.outTradeNo, outTradeNo)
})

test('page pay: cashier page, payment, and a return the client verifies', async () => {
  await using world = await setup()
  const { sdk, sellerId, appId } = await world.application()
  const outTradeNo = orderNumber()
  const url = sdk.pageExecute('alipay.trade.page.pay', 'GET', {
    returnUrl: 'http://127.0.0.1:9/back?shop=1',
    bizContent: {
      outTradeNo,
      totalAmount: '1288.00',
      subject: 'Espresso',
      productCode: 'FAST_INSTANT_TRADE_PAY',
    },
  })
  const page = await fetch(url)
  assert.match(page.url, /\/cashier\/[0-9a-f]{32}$/)
  assert.match(await page.text(), /1,288\.00/)
  const query = await sdk.exec('alipay.trade.query', { bizContent: { outTradeNo } }, signed)
  assert.equal(query.subCode, 'ACQ.TRADE_NOT_EXIST', 'looking at the page makes no trade')
  const paid = await world.control('alipay/trades/pay', { url })
  const back = new URL(String(paid.return_to))
  assert.equal(back.searchParams.get('shop'), '1')
  back.searchParams.delete('shop')
  const parameters = Object.fromEntries(back.searchParams)
  assert.equal(parameters.method, 'alipay.trade.page.pay.return')
  assert.equal(parameters.seller_id, sellerId)
  assert.equal(parameters.app_id, appId)
  assert.ok(sdk.checkNotifySignV2(parameters))
})

test('page pay by POST form leads to the same page', async () => {
  await using world = await setup()
  const { sdk } = await world.application()
  const form = sdk.pageExecute('alipay.trade.page.pay', 'POST', {
    bizContent: {
      outTradeNo: orderNumber(),
      totalAmount: '5.00',
      subject: 'x',
      productCode: 'FAST_INSTANT_TRADE_PAY',
    },
  })
  const action = /action="([^"]+)"/.exec(form)?.[1] ?? ''
  const inputs = [...form.matchAll(/name="([a-z_]+)" value="([^"]*)"/g)]
  const body = new URLSearchParams()
  for (const [, name = '', value = ''] of inputs) body.set(name, value.replaceAll('&quot;', '"'))
  const page = await fetch(action, { method: 'POST', body })
  assert.match(page.url, /\/cashier\//)
})

test('app pay: the order string opens on the phone and pays', async () => {
  await using world = await setup()
  const { sdk } = await world.application()
  const outTradeNo = orderNumber()
  const orderString = sdk.sdkExecute('alipay.trade.app.pay', {
    bizContent: {
      outTradeNo,
      totalAmount: '9.90',
      subject: 'x',
      productCode: 'QUICK_MSECURITY_PAY',
    },
  })
  const opened = await fetch(`${world.sandbox.url}/phone/api/open`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ buyer: '2088102100000001', text: orderString }),
  })
  assert.equal(opened.status, 200)
  const query = await sdk.exec('alipay.trade.query', { bizContent: { outTradeNo } }, signed)
  assert.equal(query.subCode, 'ACQ.TRADE_NOT_EXIST', 'opening an app order makes no trade')
  const paid = await world.control('alipay/trades/pay', { order_string: orderString })
  assert.equal(paid.status, 'TRADE_SUCCESS')
})

test('the client verifies the notification, which tells what the books hold', async () => {
  await using world = await setup()
  await using merchant = await listen()
  for (const mode of ['key', 'certificate']) {
    const application = await world.application({ mode })
    const already = merchant.received.length
    const { outTradeNo, paid } = await precreateAndPay(world, application, {
      notifyUrl: merchant.url,
    })
    const notification = (await merchant.arrived(already + 1))[already] ?? {}
    assert.ok(application.sdk.checkNotifySignV2({ ...notification }))
    assert.equal(notification.notify_type, 'trade_status_sync')
    assert.equal(notification.trade_status, 'TRADE_SUCCESS')
    assert.equal(notification.out_trade_no, outTradeNo)
    assert.equal(notification.trade_no, paid.trade_no)
    assert.equal(notification.total_amount, '88.50')
    assert.equal(notification.seller_id, application.sellerId)
    assert.equal(notification.app_id, application.appId)
    assert.equal(notification.fund_bill_list, '[{"amount":"88.50","fundChannel":"ALIPAYACCOUNT"}]')
  }
})

test('another application’s key does not verify this one’s notification', async () => {
  await using world = await setup()
  await using merchant = await listen()
  const one = await world.application()
  const other = await world.application()
  await precreateAndPay(world, one, { notifyUrl: merchant.url })
  const [notification = {}] = await merchant.arrived(1)
  assert.ok(one.sdk.checkNotifySignV2({ ...notification }))
  assert.ok(!other.sdk.checkNotifySignV2({ ...notification }))
  assert.equal(clientOf(one.raw, world.sandbox.url).appId, one.appId)
})
