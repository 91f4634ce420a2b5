// The payer whose browser runs no scripts (CK-6): everything but the wallet itself works.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WORDS } from './payer.ts'
import { DESKTOP, PHONE, site } from './site.ts'

const shop = site()
const plain = { ...DESKTOP, javaScriptEnabled: false }
const { complete, receipt, openPhone } = WORDS.en

test('order, code as a picture, a page that refreshes itself, success, receipt', async () => {
  const visitor = await shop.visit(plain)
  const { page } = visitor
  const { url, reference } = await shop.createPayment({
    items: [{ name: 'Aged white tea', quantity: 2, amount: 8850 }],
  })
  await page.goto(url)
  await page.getByText('¥88.50').first().waitFor()
  await page.locator('.items').getByText('Aged white tea').waitFor()
  assert.equal(await page.locator('.order-facts dd').textContent(), reference)

  await page.getByRole('button', { name: 'Show a QR code for Alipay' }).click()
  await page.getByRole('img', { name: /^QR code: pay ¥88\.50.CNY with Alipay$/ }).waitFor()
  const code = String(await page.getByRole('link', { name: openPhone }).getAttribute('href'))
  assert.equal(await shop.readCode(page), code)
  await page.locator('noscript p').waitFor()

  await shop.control('alipay/trades/pay', { qr: code })
  await page.getByRole('heading', { name: complete }).waitFor()
  // In the merchant's zone, to the same letter on the page and on the receipt.
  const paidAt = await page.getByText(/\d\d:\d\d:\d\d GMT\+8$/).textContent()
  await page.goto(String(await page.getByRole('link', { name: receipt }).getAttribute('href')))
  await page.getByText('This receipt is not a tax invoice.').waitFor()
  await page.getByText(String(paidAt), { exact: true }).waitFor()
  await visitor.leave()
})

test('on a phone a form leads to the wallet, and the way back to the result', async () => {
  const visitor = await shop.visit({ ...PHONE, javaScriptEnabled: false, locale: 'zh-CN' })
  const { page } = visitor
  const { url } = await shop.createPayment()
  await page.goto(url)
  await page.getByRole('button', { name: '支付宝付款' }).tap()
  await page.getByRole('heading', { name: '请在支付宝中完成付款' }).waitFor()
  await page.locator('.stage .wallet').tap()
  await page.waitForURL(`${shop.stack.sandboxUrl}/**`)
  const order = new URL(page.url()).searchParams.get('order')
  const paid = await shop.control('alipay/trades/pay', { url: order })
  await page.goto(String(paid.return_to))
  await page.getByRole('heading', { name: WORDS['zh-CN'].complete }).waitFor()
  await visitor.leave()
})

test('a wallet that does not answer is said, with a form to try again', async () => {
  const visitor = await shop.visit(plain)
  const { page } = visitor
  const { url } = await shop.createPayment()
  await page.goto(url)
  await shop.stack.sandbox.stop()
  await page.getByRole('button', { name: 'Show a QR code for Alipay' }).click()
  await page.getByRole('heading', { name: 'Alipay is not responding' }).waitFor()
  await page.getByText('No money was taken').waitFor()
  await shop.stack.sandbox.start()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('.qr-card img').waitFor()
  await visitor.leave()
})

test('a canceled order says so', async () => {
  const visitor = await shop.visit(plain)
  const { url, id } = await shop.createPayment()
  await shop.api('POST', `/v1/payments/${id}/cancel`)
  await visitor.page.goto(url)
  await visitor.page.getByRole('heading', { name: 'This order was canceled' }).waitFor()
  await visitor.leave()
})
