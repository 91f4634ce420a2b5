// Proves which wallets a device shows, in which order, and what their buttons start.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payment, WALLETS, wallet } from '../../../test/checkout/payments.ts'
import { type Chooser, choicesFor, isLimited, sharesCode } from './choices.ts'
import { deviceOf } from './device.ts'

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15'
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36'
const WECHAT = `${PHONE} MicroMessenger/8.0.50`
const ALIPAY = `${PHONE} AliApp(AP/10.6) AlipayClient/10.6`

function chooser(changes: Partial<Chooser> = {}, userAgent = MAC): Chooser {
  const whole = payment({ wallets: WALLETS, currency: 'USD' })
  return { payment: whole, device: deviceOf(userAgent), language: 'en', sheets: {}, ...changes }
}

const names = (of: Chooser) => choicesFor(of).map(({ wallet }) => wallet.name)

test('yuan or simplified Chinese: Alipay, WeChat Pay, Apple or Google, Bitcoin (CK-17)', () => {
  const expected = ['alipay', 'wechatpay', 'applepay', 'googlepay', 'bitcoin']
  assert.deepEqual(names(chooser({ language: 'zh-CN' })), expected)
  assert.deepEqual(names(chooser({ payment: payment({ wallets: WALLETS }) })), expected)
})

test('elsewhere Apple or Google goes first, the one of the device before the other (CK-17)', () => {
  const rest = ['alipay', 'wechatpay', 'bitcoin']
  assert.deepEqual(names(chooser()), ['applepay', 'googlepay', ...rest])
  assert.deepEqual(names(chooser({}, WINDOWS)), ['googlepay', 'applepay', ...rest])
})

test("a merchant's own order stands above everything (CK-17)", () => {
  const wallets = [...WALLETS].reverse()
  const device = deviceOf(MAC, { last: 'alipay' })
  const of = chooser({ payment: payment({ wallets, wallets_ordered: true }), device })
  assert.deepEqual(
    names(of),
    wallets.map(({ name }) => name),
  )
})

test('the wallet used last on this device goes before the common order (CK-17, CK-18)', () => {
  const device = deviceOf(MAC, { last: 'bitcoin' })
  assert.equal(names(chooser({ device }))[0], 'bitcoin')
  assert.equal(names(chooser({ device: deviceOf(MAC, { last: 'gone' }) }))[0], 'applepay')
})

test('a wallet that the page does not know comes last', () => {
  const wallets = [wallet('second', ['qr']), ...WALLETS]
  assert.equal(names(chooser({ payment: payment({ wallets }) })).at(-1), 'second')
})

test('a desktop begins with the code, a phone with the app (CK-20, CK-24)', () => {
  const wallets = [wallet('alipay', ['desktop', 'mobile', 'qr'])]
  const [desktop] = choicesFor(chooser({ payment: payment({ wallets }) }))
  assert.deepEqual([desktop?.primary, desktop?.secondary], ['qr', 'desktop'])
  const [phone] = choicesFor(chooser({ payment: payment({ wallets }) }, PHONE))
  assert.deepEqual([phone?.primary, phone?.secondary], ['mobile', 'qr'])
})

test('an address is the same on every surface, so there is one way to it', () => {
  for (const [userAgent, primary] of [
    [MAC, 'qr'],
    [PHONE, 'mobile'],
  ] as const) {
    const found = choicesFor(chooser({}, userAgent)).find(({ wallet }) => wallet.name === 'bitcoin')
    assert.deepEqual([found?.primary, found?.secondary], [primary, null])
  }
})

test('a sheet is awaited in its place and gone when the browser has none (CK-10, CK-12)', () => {
  const waiting = choicesFor(chooser())
  assert.deepEqual(
    waiting.filter(({ pending }) => pending).map(({ wallet }) => wallet.name),
    ['applepay', 'googlepay'],
  )
  const told = chooser({ sheets: { applepay: 'ready', googlepay: 'absent' } })
  assert.deepEqual(names(told), ['applepay', 'alipay', 'wechatpay', 'bitcoin'])
  assert.ok(choicesFor(told).every(({ pending }) => !pending))
})

test("inside a wallet's app only that wallet is payable, and other browsers can do more (CK-13)", () => {
  assert.deepEqual(names(chooser({}, ALIPAY)), ['alipay'])
  assert.deepEqual(names(chooser({}, WECHAT)), ['wechatpay'])
  assert.ok(isLimited(chooser({}, ALIPAY)))
  assert.ok(isLimited(chooser({}, WECHAT)))
  assert.ok(!isLimited(chooser({}, PHONE)))
  const alone = payment({ wallets: [wallet('alipay', ['mobile'])] })
  assert.ok(!isLimited(chooser({ payment: alone }, ALIPAY)))
})

test("WeChat Pay's page for phones refuses to open inside WeChat, so its code is offered there", () => {
  const [inside] = choicesFor(chooser({}, WECHAT))
  assert.deepEqual([inside?.primary, inside?.secondary], ['qr', null])
  const outside = choicesFor(chooser({}, PHONE)).find(({ wallet }) => wallet.name === 'wechatpay')
  assert.deepEqual([outside?.primary, outside?.secondary], ['mobile', 'qr'])
})

test('inside WeChat, Alipay alone cannot be opened and is not offered (CK-13)', () => {
  const only = payment({ wallets: [wallet('alipay', ['mobile', 'qr'])] })
  assert.deepEqual(choicesFor(chooser({ payment: only }, WECHAT)), [])
})

test('a wallet without a surface for this device is not shown (CK-12)', () => {
  const wallets = [wallet('alipay', ['barcode', 'app'])]
  assert.deepEqual(choicesFor(chooser({ payment: payment({ wallets }) }, PHONE)), [])
})

test('one code is offered where several scanning apps could read it, on a desktop (CK-7)', () => {
  assert.ok(sharesCode(chooser()))
  assert.ok(!sharesCode(chooser({}, PHONE)))
  const [alipay, , , , bitcoin] = WALLETS
  assert.ok(alipay && bitcoin)
  assert.ok(!sharesCode(chooser({ payment: payment({ wallets: [alipay, bitcoin] }) })))
})
