// Proves that the pages carry the policy the product promises.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageHeaders } from './headers.ts'

const settings = { formTargets: ['https://openapi.alipay.com'], frameAncestors: [], https: true }

test('the payment page allows its own scripts and styles and nothing inline (SE-29)', () => {
  const policy = pageHeaders('checkout', settings)['content-security-policy'] ?? ''
  for (const part of [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `form-action 'self' https://openapi.alipay.com`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
    'trusted-types lit-html',
  ]) {
    assert.ok(policy.split('; ').includes(part), part)
  }
  assert.doesNotMatch(policy, /unsafe|\*/)
})

test('only registered origins may frame the payment page, none a text page (CK-4)', () => {
  const framed = { ...settings, frameAncestors: ['https://shop.example'] }
  assert.match(
    pageHeaders('checkout', framed)['content-security-policy'] ?? '',
    /frame-ancestors https:\/\/shop\.example;/,
  )
  assert.match(
    pageHeaders('text', framed)['content-security-policy'] ?? '',
    /frame-ancestors 'none'/,
  )
})

test('an origin cannot smuggle a directive into the policy', () => {
  const evil = { ...settings, formTargets: [`https://a.example/; script-src *`] }
  assert.doesNotMatch(
    pageHeaders('checkout', evil)['content-security-policy'] ?? '',
    /script-src \*/,
  )
  for (const text of [
    'javascript:alert(1)',
    'https://a;script-src',
    "https://a'b",
    'https://a,b',
  ]) {
    assert.throws(() => pageHeaders('checkout', { ...settings, formTargets: [text] }), text)
    assert.throws(() => pageHeaders('checkout', { ...settings, frameAncestors: [text] }), text)
  }
})

test('every page forbids storing, sniffing and opener access (SE-31, CK-11)', () => {
  for (const kind of ['checkout', 'text'] as const) {
    const headers = pageHeaders(kind, settings)
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    assert.equal(headers['strict-transport-security'], 'max-age=63072000; includeSubDomains')
  }
  assert.equal(pageHeaders('checkout', settings)['referrer-policy'], 'strict-origin')
  assert.equal(
    pageHeaders('checkout', { ...settings, https: false })['strict-transport-security'],
    undefined,
  )
})
