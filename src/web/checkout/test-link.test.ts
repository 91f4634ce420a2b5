// Proves where the page's test link may lead.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { after, attempt, bitcoinAction, payment } from '../../../test/checkout/payments.ts'
import { testLinkOf } from './test-link.ts'

const code = (test_url: string | null) =>
  attempt('qr', {
    next_action: {
      type: 'qr',
      content: 'weixin://wxpay/bizpayurl?pr=1',
      expires_at: after(60),
      svg_url: '/qr.svg',
      test_url,
    },
  })

test('in test mode a code and an address lead to the phone that the hub names', () => {
  const url = 'http://127.0.0.1:1/wechatpay/phone?text=x'
  assert.equal(testLinkOf(payment(), code(url)), url)
  const next_action = { ...bitcoinAction(), test_url: url }
  assert.equal(testLinkOf(payment(), attempt('qr', { next_action })), url)
  assert.equal(testLinkOf(payment({ livemode: true }), code(url)), null)
})

test('nothing else is ever linked', () => {
  for (const url of [null, '', 'javascript:alert(1)', 'weixin://wxpay', '/relative']) {
    assert.equal(testLinkOf(payment(), code(url)), null, String(url))
  }
  assert.equal(testLinkOf(payment(), attempt('qr', { next_action: { type: 'none' } })), null)
})
