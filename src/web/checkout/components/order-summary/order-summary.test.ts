// Proves that the payer sees who is paid, how much and for what.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing, PHONE } from '../../../../../test/checkout/browse.ts'

const site = browsing()

test('merchant, amount with its code, title, items and order number are named', async () => {
  const page = await site.open('wallets')
  const order = page.getByRole('region', { name: 'Order summary' })
  await page.locator('tb-order-summary').waitFor({ state: 'attached' })
  const text = (await order.innerText()).replace(/\s+/g, ' ')
  for (const part of [
    '山间茶舍 Hillside Tea',
    'Amount to pay ¥268.50 CNY',
    '青瓷杯 Celadon cup × 2 ¥80.50 CNY',
    'TH-20261122-0042',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`)
  }
  assert.equal(await page.locator('h1').count(), 1)
  await page.context().close()
})

test('on a phone the items are folded away, so that the button stays near the top', async () => {
  const page = await site.open('fresh', PHONE)
  await page.locator('tb-order-summary').waitFor({ state: 'attached' })
  assert.equal(await page.locator('.items').evaluate((items) => items.hasAttribute('open')), false)
  const button = await page.getByRole('button', { name: 'Pay with Alipay' }).boundingBox()
  assert.ok(button && button.y + button.height <= 780)
  await page.context().close()
})

test('a finished order is not called "to pay"', async () => {
  const page = await site.open('succeeded')
  await page.getByText('Order amount').waitFor()
  assert.equal(await page.getByText('Amount to pay').count(), 0)
  await page.context().close()
})
