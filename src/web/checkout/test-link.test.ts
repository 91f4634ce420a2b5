// Proves when the page may link to what a code says.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, payment } from '../../../test/checkout/payments.ts'
import { testLinkOf } from './test-link.ts'

function scanned(content: string) {
  const expires_at = new Date().toISOString()
  return attempt('qr', { next_action: { type: 'qr', content, expires_at, svg_url: '/qr.svg' } })
}

test('only in test mode, and only to a web address', () => {
  const url = 'https://qr.example/1'
  assert.equal(testLinkOf(payment(), scanned(url)), url)
  assert.equal(testLinkOf(payment({ livemode: true }), scanned(url)), null)
  for (const content of [
    'weixin://wxpay/bizpayurl?pr=1',
    'javascript:alert(1)',
    '28012345678901',
  ]) {
    assert.equal(testLinkOf(payment(), scanned(content)), null)
  }
  assert.equal(testLinkOf(payment(), attempt('qr', { next_action: { type: 'none' } })), null)
})
