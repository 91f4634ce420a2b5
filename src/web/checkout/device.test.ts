// Proves which wallets a device shows and what their buttons start.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payment } from '../../../test/checkout/payments.ts'
import { choicesFor, deviceOf } from './device.ts'

const { wallets } = payment()
const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari'
const DESKTOP = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15'

test('a desktop begins with the code, a phone with the app (CK-20, CK-24)', () => {
  const [desktop] = choicesFor(wallets, deviceOf(DESKTOP))
  assert.deepEqual([desktop?.primary, desktop?.secondary], ['qr', 'desktop'])
  const [phone] = choicesFor(wallets, deviceOf(PHONE))
  assert.deepEqual([phone?.primary, phone?.secondary], ['mobile', 'qr'])
  assert.equal(deviceOf(DESKTOP, true).kind, 'phone')
})

test("inside Alipay's app only Alipay is payable (CK-13)", () => {
  const device = deviceOf(`${PHONE} AliApp(AP/10.6) AlipayClient/10.6`)
  const other = {
    name: 'second',
    display_name: { en: 'S', 'zh-CN': 'S' },
    surfaces: ['mobile' as const],
    sheet: null,
  }
  assert.equal(device.insideApp, 'alipay')
  assert.deepEqual(
    choicesFor([...wallets, other], device).map(({ wallet }) => wallet.name),
    ['alipay'],
  )
})

test('inside WeChat, Alipay cannot be opened and is not offered (CK-13)', () => {
  const device = deviceOf(`${PHONE} MicroMessenger/8.0`)
  assert.deepEqual(choicesFor(wallets, device), [])
  assert.deepEqual(device.blocked, ['alipay'])
})

test('a wallet without a surface for this device is not shown (CK-12)', () => {
  const [wallet] = wallets
  assert.ok(wallet)
  assert.deepEqual(choicesFor([{ ...wallet, surfaces: ['barcode', 'app'] }], deviceOf(PHONE)), [])
})
