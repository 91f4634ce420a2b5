// PayPal as a payer meets it: approved on PayPal's page and captured by the hub, given up, and refused
// by the bank.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowserContextOptions } from 'playwright-core'
import { eventually } from '../stack.ts'
import { type Language, WORDS } from './payer.ts'
import { DESKTOP, PHONE, site } from './site.ts'

const shop = site()
const WAYS: readonly (readonly [string, Language, BrowserContextOptions])[] = [
  ['at a desk', 'en', { ...DESKTOP, locale: 'en' }],
  ['on a phone', 'zh-CN', { ...PHONE, locale: 'zh-CN', colorScheme: 'dark' }],
]
const MORE = {
  en: { paypal: 'Pay with PayPal', pay: 'Pay now', cancel: 'Cancel and go back to the shop' },
  'zh-CN': { paypal: 'PayPal付款', pay: '立即付款', cancel: '取消并返回商店' },
} as const

async function dollars() {
  return shop.createPayment({ wallets: ['paypal'], currency: 'USD' })
}

for (const [where, language, look] of WAYS) {
  const words = { ...WORDS[language], ...MORE[language] }

  test(`paypal ${where}, in ${language}: approved, captured, paid`, async () => {
    const visitor = await shop.visit(look)
    const { page } = visitor
    const { url, id } = await dollars()
    await page.goto(url)
    await page.getByRole('button', { name: words.paypal }).click()
    await page.getByRole('button', { name: words.pay }).click()
    await page.getByRole('heading', { name: words.complete, exact: true }).waitFor()
    const { status, paid } = await shop.api('GET', `/v1/payments/${id}`)
    assert.equal(status, 'succeeded')
    assert.match(JSON.stringify(paid), /"wallet":"paypal"/)
    await visitor.leave(/paypal/)
  })
}

test('given up at PayPal, the payer is back and can pay all the same', async () => {
  const visitor = await shop.visit({ ...DESKTOP, locale: 'en' })
  const { page } = visitor
  const { url, id } = await dollars()
  await page.goto(url)
  await page.getByRole('button', { name: MORE.en.paypal }).click()
  await page.getByRole('button', { name: MORE.en.cancel }).click()
  await page.waitForURL((at) => !at.pathname.startsWith('/paypal/'))
  const { status } = await shop.api('GET', `/v1/payments/${id}`)
  assert.equal(status, 'requires_action')
  await visitor.leave(/paypal/)
})

test('a notification alone has the hub capture: the way back is lost', async () => {
  const visitor = await shop.visit({ ...DESKTOP, locale: 'en' })
  const { page } = visitor
  const { url, id } = await dollars()
  await page.goto(url)
  await page.getByRole('button', { name: MORE.en.paypal }).click()
  await page.getByRole('button', { name: MORE.en.pay }).waitFor()
  const at = page.url()
  await page.close()
  await shop.control('paypal/orders/approve', { url: at })
  await eventually(async () => {
    const { status } = await shop.api('GET', `/v1/payments/${id}`)
    return status === 'succeeded' || undefined
  })
  await visitor.leave(/paypal/)
})
