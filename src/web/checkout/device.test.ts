// Proves what a device is, by what its browser says of itself.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deviceOf } from './device.ts'

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari'
const DESKTOP = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15'
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36'

test('a narrow touch screen is a phone, whatever it calls itself', () => {
  assert.equal(deviceOf(DESKTOP).kind, 'desktop')
  assert.equal(deviceOf(PHONE).kind, 'phone')
  assert.equal(deviceOf(DESKTOP, { touch: true }).kind, 'phone')
})

test("inside a wallet's app every other wallet is blocked (CK-13)", () => {
  const alipay = deviceOf(`${PHONE} AliApp(AP/10.6) AlipayClient/10.6`)
  assert.equal(alipay.insideApp, 'alipay')
  assert.deepEqual(alipay.blocked, ['wechatpay', 'applepay', 'googlepay', 'paypal', 'bitcoin'])
  const wechat = deviceOf(`${PHONE} MicroMessenger/8.0`)
  assert.equal(wechat.insideApp, 'wechatpay')
  assert.deepEqual(wechat.blocked, ['alipay', 'applepay', 'googlepay', 'paypal', 'bitcoin'])
  assert.equal(deviceOf(`${WINDOWS} MicroMessenger/7.0`).kind, 'phone', 'the app is what counts')
})

test("a device is at home with its maker's wallet", () => {
  assert.deepEqual(deviceOf(PHONE).athome, ['applepay'])
  assert.deepEqual(deviceOf(DESKTOP).athome, ['applepay'])
  assert.deepEqual(deviceOf(WINDOWS).athome, ['googlepay'])
})
