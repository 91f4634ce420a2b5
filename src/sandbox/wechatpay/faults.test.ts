// Faults of answers and trades: what the caller sees, and what the books hold all the same.
import assert from 'node:assert/strict'
import { verify } from 'node:crypto'
import { test } from 'node:test'
import { orderNumber } from '../test-support.ts'
import { codeBody, type Heard, type Merchant, NOW, orderBody, start } from './testing.ts'

const CODEPAY = '/v3/pay/transactions/codepay'

async function open() {
  const { world, merchant, call } = await start()
  const strike = (kind: string, number?: string, more: object = {}) =>
    world.control('faults', { wallet: 'wechatpay', kind, out_trade_no: number, ...more })
  return {
    ...world,
    merchant,
    call,
    strike,
    /** Pays by code while `fault` strikes; null where no answer came. */
    async payByCode(fault: string, more: object = {}) {
      const { auth_code } = await world.control('wechatpay/auth-codes', { buyer: 'wxid_wu_tong' })
      const body = codeBody(merchant, orderNumber(), String(auth_code))
      const number = String(body.out_trade_no)
      await strike(fault, number, more)
      const heard = await call('POST', CODEPAY, body).catch(() => null)
      return { number, heard }
    },
    async stateOf(number: string) {
      const target = `/v3/pay/transactions/out-trade-no/${number}?mchid=${merchant.mchid}`
      const { body } = await call('GET', target)
      return body.trade_state ?? body.code
    },
    [Symbol.asyncDispose]: world.sandbox.close,
  }
}

function judge({ headers, text }: Heard, merchant: Merchant): string {
  const value = (name: string) => headers.get(`wechatpay-${name}`) ?? ''
  if (!value('signature')) return 'unsigned'
  if (value('serial') !== merchant.publicKeyId) return 'unknown serial'
  if (value('signature').startsWith('WECHATPAY/SIGNTEST/')) return 'signtest'
  if (Math.abs(Number(value('timestamp')) - NOW / 1000) >= 300) return 'stale'
  const message = Buffer.from(`${value('timestamp')}\n${value('nonce')}\n${text}\n`)
  const signature = Buffer.from(value('signature'), 'base64')
  return verify('sha256', message, merchant.publicKey, signature) ? 'genuine' : 'signature'
}

const NOT_DONE = ['gateway_5xx_before', 'gateway_busy_before', 'gateway_rate_limited']
const DONE = ['gateway_5xx_after', 'gateway_busy_after', 'gateway_html_200', 'gateway_truncated']

test('faults before the act leave no order', async () => {
  await using world = await open()
  for (const fault of NOT_DONE) {
    const { number, heard } = await world.payByCode(fault)
    assert(heard && heard.status >= 429, fault)
    assert.equal(await world.stateOf(number), 'ORDER_NOT_EXIST', fault)
  }
  const { number, heard } = await world.payByCode('gateway_lost_before')
  assert.equal(heard, null)
  assert.equal(await world.stateOf(number), 'ORDER_NOT_EXIST')
})

test('faults after the act hide a payment that was made', async () => {
  await using world = await open()
  for (const fault of DONE) {
    const { number, heard } = await world.payByCode(fault)
    assert(heard, fault)
    assert.notEqual(heard.body.trade_state, 'SUCCESS', fault)
    assert.equal(await world.stateOf(number), 'SUCCESS', fault)
  }
  const { number, heard } = await world.payByCode('gateway_lost_after')
  assert.equal(heard, null)
  assert.equal(await world.stateOf(number), 'SUCCESS')
})

const SIGNATURES: Record<string, string> = {
  gateway_missing_sign: 'unsigned',
  gateway_wrong_key: 'signature',
  gateway_unknown_serial: 'unknown serial',
  gateway_signtest: 'signtest',
  gateway_tampered: 'signature',
  gateway_stale: 'stale',
}

test('signatures go wrong in every way that can be told apart', async () => {
  await using world = await open()
  for (const [fault, wanted] of Object.entries(SIGNATURES)) {
    const { number, heard } = await world.payByCode(fault)
    assert(heard)
    assert.equal(judge(heard, world.merchant), wanted, fault)
    assert.equal(await world.stateOf(number), 'SUCCESS', fault)
  }
  const target = `/v3/pay/transactions/out-trade-no/TBnothing?mchid=${world.merchant.mchid}`
  assert.equal(judge(await world.call('GET', target), world.merchant), 'genuine')
})

test('a wrong clock refuses good timestamps', async () => {
  await using world = await open()
  await world.strike('gateway_clock_skew', undefined, { times: 1, operation: 'query' })
  const target = `/v3/pay/transactions/out-trade-no/TB000001?mchid=${world.merchant.mchid}`
  assert.equal((await world.call('GET', target)).body.code, 'SIGN_ERROR')
  assert.equal((await world.call('GET', target)).body.code, 'ORDER_NOT_EXIST')
})

test('a certificate rotated in mid-flight signs the very answer', async () => {
  const { world, merchant, call } = await start({ mode: 'certificate' })
  await using _ = world
  const before = (await call('GET', '/v3/certificates')).headers.get('wechatpay-serial')
  const body = orderBody(merchant, orderNumber())
  const number = String(body.out_trade_no)
  const rule = { wallet: 'wechatpay', kind: 'gateway_rotated', out_trade_no: number }
  await world.control('faults', rule)
  const { headers } = await call('POST', '/v3/pay/transactions/native', body)
  assert.notEqual(headers.get('wechatpay-serial'), before)
})

test('queries lag, and then they do not', async () => {
  await using world = await open()
  const { number } = await world.payByCode('gateway_lagging')
  assert.equal(await world.stateOf(number), 'USERPAYING')
  assert.equal(await world.stateOf(number), 'SUCCESS')
})

test('close races with the payer', async () => {
  await using world = await open()
  const begin = async (fault: string) => {
    const body = orderBody(world.merchant, orderNumber())
    const number = String(body.out_trade_no)
    await world.call('POST', '/v3/pay/transactions/native', body)
    await world.strike(fault, number)
    const path = `/v3/pay/transactions/out-trade-no/${number}/close`
    return { number, ...(await world.call('POST', path, { mchid: world.merchant.mchid })) }
  }
  const paid = await begin('trade_paid_at_close')
  assert.equal(paid.body.code, 'ORDER_PAID')
  assert.equal(await world.stateOf(paid.number), 'SUCCESS')
  const paying = await begin('trade_paying_at_close')
  assert.equal(`${paying.status} ${paying.body.code}`, '202 USER_PAYING')
  assert.equal(await world.stateOf(paying.number), 'NOTPAY')
})

test('a coupon: the payer pays less, the order is paid in full', async () => {
  await using world = await open()
  const { heard } = await world.payByCode('trade_coupon')
  assert.deepEqual(heard?.body.amount, {
    currency: 'CNY',
    payer_currency: 'CNY',
    payer_total: 7965,
    total: 8850,
  })
})

test('a password can be asked for below 1,000 yuan', async () => {
  await using world = await open()
  const { heard } = await world.payByCode('trade_userpaying')
  assert.equal(heard?.status, 202)
})

test('a fault is known by its wallet', async () => {
  await using world = await open()
  assert((await world.control('faults', { kind: 'gateway_signtest' })).problem, 'Alipay has none')
})
