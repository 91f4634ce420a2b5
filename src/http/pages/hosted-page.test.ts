// Proves what the payment page's HTML is before any script runs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attempt, PAYMENTS, payment } from '../../../test/checkout/payments.ts'
import { deviceOf } from '../../web/checkout/device.ts'
import { LANGUAGES, type Language } from '../../web/checkout/languages.ts'
import type { CheckoutPayment } from '../checkout-types.ts'
import { hostedPage } from './hosted-page.ts'
import { notFoundPage } from './not-found-page.ts'
import { problemPage } from './problem-page.ts'

const SECRET = 'Zx81kQm3Nf5Rt7Yw9Bc2Dd'
const DESKTOP = deviceOf('Macintosh')
const assets = {
  checkoutScript: '/assets/checkout-abcdefgh.js',
  checkoutStyle: '/assets/checkout-style-abcdefgh.css',
  paperStyle: '/assets/paper-style-abcdefgh.css',
  translations: { en: '/en.js', 'zh-CN': '/zh.js', 'zh-TW': '/tw.js', ja: '/ja.js' },
}

function page(of: CheckoutPayment, language: Language = 'en', device = DESKTOP): string {
  const rest = {
    clientSecret: SECRET,
    idempotencyKey: 'k1',
    embedOrigins: [],
    assets,
    timeZone: 'Asia/Shanghai',
  }
  return hostedPage({ payment: of, language, device, ...rest })
}

test('every state in every language is at most 14 KB (CK-8)', () => {
  const items = Array.from({ length: 12 }, (_, index) => ({
    name: `Longjing tea of the first flush, harvest ${index}`,
    quantity: 1,
    amount: 100,
  }))
  for (const [state, of] of Object.entries({ ...PAYMENTS, large: payment({ items }) })) {
    for (const language of LANGUAGES) {
      const size = Buffer.byteLength(page(of, language))
      assert.ok(size <= 14_336, `${state} ${language}: ${size} bytes`)
    }
  }
})

test('no inline script, no inline style, no handler (SE-29)', () => {
  for (const each of Object.values(PAYMENTS)) {
    const html = page(each)
    assert.doesNotMatch(html, /\son\w+=|\sstyle=|<style|javascript:/i)
    for (const [tag] of html.matchAll(/<script[^>]*>/g)) {
      assert.match(tag, /type="application\/json"|src="\/assets\//)
    }
  }
})

test('at most four requests before the first paint: page, style, script, words (CK-8)', () => {
  const html = page(payment())
  const files = [...html.matchAll(/(?:href|src)="(\/[^"]+\.(?:css|js|svg))"/g)].map(
    ([, path]) => path,
  )
  assert.deepEqual(files, [assets.checkoutStyle, '/en.js', assets.checkoutScript])
})

test('what a merchant wrote stays text, in the page and in the embedded data', () => {
  const evil = '</script><script>alert(1)</script>'
  const html = page(
    payment({ title: evil, merchant: { name: evil, support: { url: 'javascript:x' } } }),
  )
  assert.doesNotMatch(html, /<script>alert/)
  assert.doesNotMatch(html, /href="javascript/)
  const state = /id="state">(.*?)<\/script>/s.exec(html)?.[1] ?? ''
  assert.equal(JSON.parse(state).payment.title, evil)
})

test('the secret stands only where a form or link without scripts needs it', () => {
  const html = page(payment())
  assert.equal(html.split(SECRET).length - 1, html.split(`/pay/${SECRET}`).length - 1)
  assert.ok(!html.includes(`"${SECRET}"`))
})

test('it refreshes itself only while a wallet may bring news, and only without scripts (CK-6)', () => {
  const refresh = /<noscript><meta http-equiv="refresh" content="5"><\/noscript>/
  for (const [state, expected] of [
    ['qr', true],
    ['handoff', true],
    ['unknown', true],
    ['fresh', false],
    ['succeeded', false],
  ] as const) {
    const of = PAYMENTS[state]
    assert.ok(of)
    assert.equal(refresh.test(page(of)), expected, state)
  }
})

test('a form action becomes a form whose fields arrive unchanged', () => {
  const fields = { biz_content: '{"a":"<&\'\\""}' }
  const action = { type: 'form' as const, action: 'https://openapi.alipay.com/gateway.do', fields }
  const html = page(payment({ attempt: attempt('desktop', { next_action: action }) }))
  assert.match(html, /<form method="post" action="https:\/\/openapi\.alipay\.com\/gateway\.do"/)
  assert.match(html, /value="\{&quot;a&quot;:&quot;&lt;&amp;&#39;\\&quot;&quot;\}"/)
})

test('an address that is not of the web is never linked', () => {
  const action = { type: 'redirect' as const, url: 'javascript:alert(1)' }
  const html = page(
    payment({ attempt: attempt('desktop', { next_action: action }), return_url: 'data:x' }),
  )
  assert.doesNotMatch(html.replace(/<script type="application\/json".*/s, ''), /javascript:|data:x/)
})

test('an open outcome offers no form without scripts either (CK-38)', () => {
  const { unknown, processing } = PAYMENTS
  assert.ok(unknown && processing)
  for (const open of [unknown, processing]) assert.doesNotMatch(page(open), /<form/)
})

test('the not-found page gives no reason, and problem pages speak both languages', () => {
  assert.match(notFoundPage('zh-CN', assets), /未找到该付款/)
  const kind = {
    status: 409,
    category: 'state',
    retry: 'never',
    title: { en: 'Reference <used>', 'zh-CN': '单号已使用' },
    remedy: { en: 'Use another.', 'zh-CN': '请更换。' },
  } as const
  const html = problemPage('reference_conflict', kind, 'zh-TW', assets)
  assert.match(html, /<html lang="zh-CN">/)
  assert.match(html, /<h1>单号已使用<\/h1>.*<h2>Reference &lt;used&gt;<\/h2>/s)
  assert.match(html, /reference_conflict/)
})

test('every form without scripts keeps the language of its page', () => {
  for (const language of LANGUAGES) {
    const actions = [...page(payment(), language).matchAll(/<form method="post" action="([^"]+)"/g)]
    assert.ok(actions.length > 0)
    for (const [, action] of actions)
      assert.equal(action, `/pay/${SECRET}/attempts?lang=${language}`)
  }
})
