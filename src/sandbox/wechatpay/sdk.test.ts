// An independent client works against the sandbox with nothing changed but the address.
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Aes, Decorator, Formatter, Rsa } from 'wechatpay-axios-plugin'
import { isObject, parseObject } from '../json.ts'
import { listOf, orderNumber, type Setup, setup } from '../test-support.ts'
import { codeBody, listenForJson, type Merchant, merchantOf, orderBody } from './testing.ts'

const { AesGcm } = Aes

/** The platform's keys by serial, as the merchant would hold them. */
function certsOf({ raw, publicKeyId, publicKey }: Merchant): Record<string, string> {
  const listed = listOf(raw, 'platform_certificates').map(({ serial, certificate }) => [
    String(serial),
    String(certificate),
  ])
  return raw.mode === 'certificate'
    ? Object.fromEntries(listed)
    : { ...Object.fromEntries(listed), [publicKeyId]: publicKey }
}

function clientOf(world: Setup, merchant: Merchant) {
  const { mchid, serial, privateKey, apiV2Key } = merchant
  return new Decorator({
    baseURL: world.sandbox.url,
    mchid,
    serial,
    privateKey,
    certs: certsOf(merchant),
    secret: apiV2Key,
    headers: {
      Accept: 'application/json',
      ...(merchant.raw.mode !== 'certificate' && { 'Wechatpay-Serial': merchant.publicKeyId }),
    },
  })
}

const query = ({ mchid }: Merchant, number: string) =>
  `/v3/pay/transactions/out-trade-no/${number}?mchid=${mchid}`

for (const mode of ['public_key', 'certificate', 'migrating']) {
  test(`a native order is made, paid, queried and notified in ${mode} mode, all of it verified`, async () => {
    await using world = await setup()
    await using listener = await listenForJson()
    const merchant = await merchantOf(world, { mode })
    const { v3 } = clientOf(world, merchant)
    const number = orderNumber()
    const body = { ...orderBody(merchant, number), notify_url: listener.url, attach: 'a=1' }
    const made = await v3.post('/v3/pay/transactions/native', body)
    assert.match(made.data.code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=/)
    const asked = mode === 'certificate' ? /^[0-9A-F]{40}$/ : /^PUB_KEY_ID_/
    assert.match(String(made.headers['wechatpay-serial']), asked)
    assert.equal((await v3.get(query(merchant, number))).data.trade_state, 'NOTPAY')

    await world.control('wechatpay/orders/pay', { text: made.data.code_url })
    const { data } = await v3.get(query(merchant, number))
    assert.equal(data.trade_state, 'SUCCESS')
    assert.equal(data.amount.total, 8850)
    assert.equal(data.trade_type, 'NATIVE')
    const again = `/v3/pay/transactions/id/${data.transaction_id}?mchid=${merchant.mchid}`
    assert.deepEqual((await v3.get(again)).data, data)

    const [{ headers, body: raw } = { headers: {}, body: '' }] = await listener.arrived(1)
    const name = (header: string) => String(headers[`wechatpay-${header}`])
    const signed = Formatter.response(name('timestamp'), name('nonce'), raw)
    const key = certsOf(merchant)[name('serial')]
    assert(key, 'the serial names a key that the merchant holds')
    assert(Rsa.verify(signed, name('signature'), Rsa.from(key, 'public')))
    const notification = parseObject(raw) ?? {}
    assert.equal(notification.event_type, 'TRANSACTION.SUCCESS')
    const { resource } = notification
    assert(isObject(resource))
    const plain = AesGcm.decrypt(
      String(resource.ciphertext),
      merchant.apiV3Key,
      String(resource.nonce),
      String(resource.associated_data),
    )
    assert.deepEqual(parseObject(plain), data)
  })
}

test('platform certificates are downloaded, decrypted, and carry the serial they are listed under', async () => {
  await using world = await setup()
  const merchant = await merchantOf(world, { mode: 'certificate' })
  await world.control(`wechatpay/merchants/${merchant.mchid}/rotate`, { step: 'issue' })
  const { data } = await clientOf(world, merchant).v3.get('/v3/certificates')
  assert.equal(data.data.length, 2)
  for (const { serial_no, encrypt_certificate: sealed } of data.data) {
    const pem = AesGcm.decrypt(sealed.ciphertext, merchant.apiV3Key, sealed.nonce, 'certificate')
    assert.equal(new X509Certificate(pem).serialNumber, serial_no)
  }
})

test('close answers 204, which is signed too', async () => {
  await using world = await setup()
  const merchant = await merchantOf(world)
  const { v3 } = clientOf(world, merchant)
  const number = orderNumber()
  await v3.post('/v3/pay/transactions/native', orderBody(merchant, number))
  const path = `/v3/pay/transactions/out-trade-no/${number}/close`
  assert.equal((await v3.post(path, { mchid: merchant.mchid })).status, 204)
  assert.equal((await v3.get(query(merchant, number))).data.trade_state, 'CLOSED')
})

test('page, mini program and app orders open the sheet with parameters the client signs', async () => {
  await using world = await setup()
  const merchant = await merchantOf(world)
  const { v3 } = clientOf(world, merchant)
  const [buyer] = listOf(await world.control(`wechatpay/buyers?mchid=${merchant.mchid}`), 'buyers')
  assert(buyer && isObject(buyer.openids))
  for (const appid of [merchant.appid, merchant.mini]) {
    const payer = { openid: buyer.openids[appid] }
    const body = { ...orderBody(merchant, orderNumber()), appid, payer }
    const { data } = await v3.post('/v3/pay/transactions/jsapi', body)
    const given = {
      appId: appid,
      timeStamp: String(Formatter.timestamp()),
      nonceStr: Formatter.nonce(),
      package: `prepay_id=${data.prepay_id}`,
    }
    const message = Formatter.joinedByLineFeed(...Object.values(given))
    const paySign = Rsa.sign(message, Rsa.from(merchant.privateKey, 'private'))
    const parameters = { ...given, signType: 'RSA', paySign }
    const refused = await world.control('wechatpay/orders/pay', {
      parameters: { ...parameters, timeStamp: '1' },
    })
    assert.deepEqual(refused.problem, { code: 'PAY_SIGN_WRONG', message: '支付验证签名失败' })
    const paid = await world.control('wechatpay/orders/pay', { parameters })
    assert.equal(paid.trade_state, 'SUCCESS')
    assert.equal(paid.buyer_id, buyer.id, 'only the payer named by openid pays')
  }
  const body = { ...orderBody(merchant, orderNumber()), appid: merchant.mobile }
  const { data } = await v3.post('/v3/pay/transactions/app', body)
  const given = [merchant.mobile, '1774001200', Formatter.nonce(), data.prepay_id]
  const [, timeStamp, nonceStr, prepayId] = given
  const sign = Rsa.sign(
    Formatter.joinedByLineFeed(...given),
    Rsa.from(merchant.privateKey, 'private'),
  )
  const parameters = {
    appId: merchant.mobile,
    partnerId: merchant.mchid,
    prepayId,
    packageValue: 'Sign=WXPay',
    nonceStr,
    timeStamp,
    sign,
  }
  assert.equal((await world.control('wechatpay/orders/pay', { parameters })).trade_type, 'APP')
})

test('a code is paid over the counter of APIv3 and of APIv2', async () => {
  await using world = await setup()
  const merchant = await merchantOf(world)
  const { v2, v3 } = clientOf(world, merchant)
  const code = async () => String((await world.control('wechatpay/auth-codes', {})).auth_code)
  const body = codeBody(merchant, orderNumber(), await code())
  const { data } = await v3.post('/v3/pay/transactions/codepay', body)
  assert.equal(data.trade_state, 'SUCCESS')
  const number = orderNumber()
  const asked = {
    appid: merchant.appid,
    mch_id: merchant.mchid,
    nonce_str: Formatter.nonce(),
    body: '云南咖啡豆 <1kg>',
    out_trade_no: number,
    total_fee: '8850',
    spbill_create_ip: '127.0.0.1',
    auth_code: await code(),
  }
  const paid = await v2.post('/pay/micropay', asked)
  assert.equal(paid.data.result_code, 'SUCCESS')
  assert.equal(paid.data.total_fee, '8850')
  const { data: found } = await v2.post('/pay/orderquery', {
    appid: merchant.appid,
    mch_id: merchant.mchid,
    nonce_str: Formatter.nonce(),
    out_trade_no: number,
  })
  assert.equal(found.trade_state, 'SUCCESS')
  assert.equal(found.transaction_id, paid.data.transaction_id)
})

test('echo: an encrypted word comes back encrypted for the merchant, and a notification follows', async () => {
  await using world = await setup()
  await using listener = await listenForJson()
  const merchant = await merchantOf(world)
  const encrypted = Rsa.encrypt('hello', Rsa.from(merchant.publicKey, 'public'))
  const { data } = await clientOf(world, merchant).v3.post('/v3/security/echo', {
    echo_message: '你好',
    encrypted_echo_message: encrypted,
    notify_url: listener.url,
  })
  assert.equal(data.echo_message, '你好')
  const key = Rsa.from(merchant.privateKey, 'private')
  assert.equal(Rsa.decrypt(data.encrypted_echo_message, key), 'hello')
  const [{ body } = { body: '' }] = await listener.arrived(1)
  assert.equal(parseObject(body)?.event_type, 'SECURITY_ECHO.SUCCESS')
})

test('bills: both kinds, plain and zipped, hash of the plain bytes, read by the client', async () => {
  const real = Date.now()
  await using world = await setup({ clock: { now: () => real } })
  const merchant = await merchantOf(world)
  const { v3 } = clientOf(world, merchant)
  await world.control('clock/advance', { seconds: 86_400 })
  const numbers = [orderNumber(), orderNumber()]
  for (const number of numbers) {
    const body = { ...orderBody(merchant, number), description: '咖啡, 大杯' }
    const made = await v3.post('/v3/pay/transactions/native', body)
    await world.control('wechatpay/orders/pay', { text: made.data.code_url })
  }
  const day = new Date(real + 86_400_000 + 8 * 3_600_000).toISOString().slice(0, 10)
  await world.control('clock/advance', { seconds: 2 * 86_400 })
  const fetchBill = async (path: string) => {
    const { data } = await v3.get(path)
    assert.equal(data.hash_type, 'SHA1')
    const { pathname, searchParams } = new URL(data.download_url)
    // The client knows unsigned downloads by their path alone.
    const params = Object.fromEntries(searchParams)
    const file = await v3.get(pathname, { params, responseType: 'arraybuffer' })
    assert.equal(file.headers['wechatpay-signature'], undefined)
    const bytes = path.includes('GZIP') ? gunzipSync(file.data) : Buffer.from(file.data)
    assert.equal(createHash('sha1').update(bytes).digest('hex'), data.hash_value)
    return bytes
  }
  for (const tar of ['', '&tar_type=GZIP']) {
    const bytes = await fetchBill(`/v3/bill/tradebill?bill_date=${day}&bill_type=ALL${tar}`)
    const read: unknown = Formatter.castCsvBill(bytes)
    assert(isObject(read) && isObject(read.summary))
    const found = listOf(read, 'rows')
    assert.deepEqual(
      found.map((row) => row.商户订单号),
      numbers,
    )
    assert.equal(found[0]?.商品名称, '咖啡, 大杯')
    assert.equal(found[0]?.订单金额, '88.50')
    assert.equal(read.summary.订单总金额, '177.00')
    const flow = await fetchBill(`/v3/bill/fundflowbill?bill_date=${day}&account_type=BASIC${tar}`)
    const lines: unknown = Formatter.castCsvBill(flow)
    assert(isObject(lines))
    assert.equal(listOf(lines, 'rows').length, 4, 'two payments and their fees')
  }
})
