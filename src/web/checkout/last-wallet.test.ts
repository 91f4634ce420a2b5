// Proves what is remembered on a device, and that it can be switched off (CK-18).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forgetWallet, lastWallet, rememberWallet } from './last-wallet.ts'

const DAYS_180 = 180 * 86_400

test('a name and nothing else is kept, for 180 days', () => {
  const cookie = rememberWallet('', 'alipay', true)
  assert.equal(cookie, `tongbao_wallet=alipay; Max-Age=${DAYS_180}; Path=/; SameSite=Lax; Secure`)
  assert.equal(lastWallet('a=b; tongbao_wallet=alipay; c=d'), 'alipay')
  assert.doesNotMatch(String(rememberWallet('', 'alipay', false)), /Secure/)
})

test('what is no wallet is not believed', () => {
  for (const value of ['', 'Alipay', '<b>', 'a'.repeat(32), 'a b', '%61lipay']) {
    assert.equal(lastWallet(`tongbao_wallet=${value}`), null, value)
  }
  assert.equal(lastWallet('other=alipay'), null)
})

test('who switched it off stays so', () => {
  const [off = ''] = forgetWallet(true).split(';')
  assert.equal(lastWallet(off), null)
  assert.equal(rememberWallet(off, 'alipay', true), null)
})
