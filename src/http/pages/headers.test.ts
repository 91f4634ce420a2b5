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

const sheet = {
  script: 'https://pay.example/js/pay.js?v=2',
  frames: ['https://pay.example'],
  connects: ['https://pay.example', 'https://www.pay.example'],
  images: ['https://static.example'],
}
const nonce = 'AAECAwQFBgcICQoLDA0ODw=='

test("a wallet's sheet is let in by origin: script, frames, questions, pictures, and its window", () => {
  const headers = pageHeaders('checkout', { ...settings, sheets: [sheet], nonce })
  const policy = headers['content-security-policy']?.split('; ') ?? []
  for (const part of [
    `default-src 'none'`,
    `script-src 'self' https://pay.example`,
    `style-src 'self' 'nonce-${nonce}'`,
    `img-src 'self' data: https://static.example`,
    `connect-src 'self' https://pay.example https://www.pay.example`,
    'frame-src https://pay.example',
  ]) {
    assert.ok(policy.includes(part), part)
  }
  assert.ok(!policy.some((part) => /trusted-types|unsafe|\*/.test(part)))
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin-allow-popups')
  assert.match(headers['permissions-policy'] ?? '', /payment=\(self "https:\/\/pay\.example"\)/)
})

test('two sheets of one origin name it once', () => {
  const headers = pageHeaders('checkout', { ...settings, sheets: [sheet, sheet], nonce })
  assert.match(
    headers['content-security-policy'] ?? '',
    /script-src 'self' https:\/\/pay\.example;/,
  )
})

test('without sheets, and on pages of text, nothing of that is there', () => {
  for (const headers of [
    pageHeaders('checkout', { ...settings, nonce }),
    pageHeaders('text', { ...settings, sheets: [sheet], nonce }),
  ]) {
    assert.doesNotMatch(headers['content-security-policy'] ?? '', /nonce|pay\.example|frame-src/)
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    assert.match(headers['permissions-policy'] ?? '', /payment=\(\)/)
  }
})

test('a script or a nonce cannot smuggle a directive into the policy', () => {
  const script = 'https://pay.example/;script-src%20*/x.js'
  const policy = pageHeaders('checkout', { ...settings, sheets: [{ ...sheet, script }], nonce })
  assert.match(policy['content-security-policy'] ?? '', /script-src 'self' https:\/\/pay\.example;/)
  for (const bad of ['', "x' *", 'short', `${nonce}; script-src *`]) {
    const of = () => pageHeaders('checkout', { ...settings, sheets: [sheet], nonce: bad })
    if (bad === '') assert.doesNotMatch(of()['content-security-policy'] ?? '', /nonce/)
    else assert.throws(of, bad)
  }
  const frames = ['javascript:alert(1)']
  assert.throws(() => pageHeaders('checkout', { ...settings, sheets: [{ ...sheet, frames }] }))
})
