// An order whose time runs out while its page is open. Alone in its file: it takes a minute.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DESKTOP, site } from './site.ts'

const shop = site()

test('an order that expires turns its page into words, with and without scripts', async () => {
  const visitor = await shop.visit()
  const plain = await shop.visit({ ...DESKTOP, javaScriptEnabled: false, locale: 'zh-CN' })
  const { url } = await shop.createPayment({ expires_in: 60 })
  await visitor.page.goto(url)
  await visitor.page
    .getByRole('timer')
    .filter({ hasText: /Valid for [01]:/ })
    .waitFor()
  await visitor.page.getByRole('heading', { name: 'expired' }).waitFor({ timeout: 75_000 })
  assert.equal(await visitor.page.locator('.stage .qr-card, .stage button').count(), 0)
  await visitor.page.getByRole('link', { name: /^Back to / }).waitFor()
  await plain.page.goto(url)
  await plain.page.getByRole('heading', { name: '订单已过期' }).waitFor()
  assert.equal(await plain.page.locator('form').count(), 0)
  await visitor.leave()
  await plain.leave()
})
