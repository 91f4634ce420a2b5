// Proves what a payer reads and can do once the money has moved (CK-43).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing } from '../../../../../test/checkout/browse.ts'

const site = browsing()

test("amount, discount, merchant, order, wallet, number, and the time in the merchant's zone", async () => {
  // Wherever the reader is: it is the time that stands on the receipt.
  const page = await site.open('succeeded', { timezoneId: 'America/New_York' })
  await page.locator('tb-success').waitFor({ state: 'attached' })
  const text = (await page.locator('.success').innerText()).replace(/\s+/g, ' ')
  for (const part of [
    'Payment complete',
    'Amount paid ¥258.50 CNY',
    'Discount -¥10.00 CNY',
    'Paid to 山间茶舍 Hillside Tea',
    'Order number TH-20261122-0042',
    'Paid with Alipay',
    'Transaction number 2026112222001448551407891234',
    '15:59:40 GMT+8',
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`)
  }
  await page.context().close()
})

test('the way back and the receipt are links without a secret', async () => {
  const page = await site.open('succeeded')
  const back = page.getByRole('link', { name: 'Back to' })
  assert.equal(await back.getAttribute('href'), 'https://hillside.example/orders/42')
  assert.equal(
    await page.getByRole('link', { name: 'View receipt' }).getAttribute('href'),
    '/r/receipt?lang=en',
  )
  await page.context().close()
})

test('held money is not called paid', async () => {
  const page = await site.open('authorized')
  await page.getByRole('heading', { name: 'Payment approved' }).waitFor()
  assert.equal(await page.getByText('Amount paid').count(), 0)
  await page.context().close()
})
