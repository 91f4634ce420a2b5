// Proves which buttons a payer gets, and what stands above them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing, PHONE } from '../../../../../test/checkout/browse.ts'

const site = browsing()

test('several wallets are buttons of one size, 44 to 55 px high (CK-19)', async () => {
  const page = await site.open('wallets')
  const buttons = page.locator('tb-wallet-list .wallet')
  await buttons.first().waitFor()
  const boxes = await buttons.evaluateAll((all) =>
    all
      .map((one) => one.getBoundingClientRect())
      .map(({ width, height }) => [Math.round(width), Math.round(height)]),
  )
  assert.equal(boxes.length, 2)
  assert.deepEqual(boxes[0], boxes[1])
  assert.ok((boxes[0]?.[1] ?? 0) >= 44 && (boxes[0]?.[1] ?? 99) <= 55)
  await page.context().close()
})

test('who gave up reads so without an error colour and can pay again (CK-39)', async () => {
  const page = await site.open('gaveUp')
  await page.locator('tb-wallet-list').getByText('Payment not finished').waitFor()
  assert.equal(await page.locator('.sign-bad').count(), 0)
  assert.equal(await page.locator('[role=alert]').textContent(), '')
  await page.getByRole('button', { name: 'Pay with Alipay' }).waitFor()
  await page.context().close()
})

test('paying again after an unknown outcome comes with a plain warning (OB-5)', async () => {
  const page = await site.open('unknownAgain')
  await page.locator('tb-wallet-list').getByText('The first payment is still unconfirmed').waitFor()
  await page.context().close()
})

test('inside an app that blocks the wallet there is a link to copy instead (CK-13)', async () => {
  const userAgent = `${PHONE.userAgent} MicroMessenger/8.0.50`
  const page = await site.open('fresh', { ...PHONE, userAgent, language: 'zh-CN' })
  await page.locator('tb-wallet-list').getByRole('button', { name: '复制链接' }).waitFor()
  assert.equal(await page.locator('.wallet').count(), 0)
  await page.context().close()
})
