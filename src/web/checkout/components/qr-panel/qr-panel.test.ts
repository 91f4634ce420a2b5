// Proves what stands around a code and what it is called.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing } from '../../../../../test/checkout/browse.ts'
import { PAYMENTS, QR_CONTENT } from '../../../../../test/checkout/payments.ts'

const site = browsing()

test('the code is named by amount and wallet, never by its payload (CK-49)', async () => {
  const page = await site.open('qr', { language: 'zh-CN' })
  await page.getByRole('img', { name: '二维码：用支付宝支付 ¥268.50\u00a0CNY' }).waitFor()
  const names = await page.locator('.qr-card').ariaSnapshot()
  assert.ok(!names.includes(QR_CONTENT))
  await page.context().close()
})

test('in test mode a marked link leads where the code does, in a new tab', async () => {
  const page = await site.open('qr', { language: 'zh-CN' })
  const link = page.locator('.qr-test').getByRole('link', { name: '打开沙箱手机' })
  assert.equal(await link.getAttribute('href'), QR_CONTENT)
  assert.equal(await link.getAttribute('target'), '_blank')
  await page.locator('.qr-test').getByText('测试模式').waitFor()
  await page.context().close()
})

test('in live mode there is no such link, nor the payload anywhere', async () => {
  const page = await site.tab()
  const { qr } = PAYMENTS
  if (!qr) throw new Error('the fixtures have no payment with a code')
  site.hub.payments.set('qr', { ...qr, livemode: true })
  await page.goto(`${site.hub.base}/pay/qr?lang=en`)
  await page.locator('.qr-card img').waitFor()
  assert.equal(await page.locator('.qr-test').count(), 0)
  assert.ok(!(await page.locator('tb-page').innerHTML()).includes(QR_CONTENT))
  await page.context().close()
})

test('wallet, amount, countdown and the other ways stand beside it (CK-23)', async () => {
  const page = await site.open('qr')
  const panel = page.locator('tb-qr-panel')
  await panel.getByRole('heading', { name: 'Scan with Alipay' }).waitFor()
  await panel.getByText('¥268.50').waitFor()
  await panel.getByRole('timer').waitFor()
  await panel.getByRole('button', { name: 'Copy link' }).waitFor()
  await panel.getByRole('button', { name: 'Pay in this browser instead' }).click()
  await page.getByRole('heading', { name: 'Wallet' }).waitFor()
  await page.context().close()
})

test('it is dark on white in dark mode too (CK-22)', async () => {
  const page = await site.open('qr', { colorScheme: 'dark' })
  const card = page.locator('.qr-card')
  await card.locator('img').waitFor()
  const color = await card.evaluate((element) => getComputedStyle(element).backgroundColor)
  assert.equal(color, 'rgb(255, 255, 255)')
  await page.context().close()
})

test('copying says that it copied', async () => {
  const page = await site.open('qr')
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy link' }).click()
  await page.getByText('Copied').waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url())
  await page.context().close()
})

test('time left is spoken at the marks only (CK-48)', async () => {
  const page = await site.tab()
  await page.clock.install({ time: Date.now() })
  // Each answer of this hub bears the same time, so one that came late would turn the clock back.
  site.hub.failing.set('GET /checkout/v1/payment', 503)
  await page.goto(`${site.hub.base}/pay/qr?lang=en`)
  const polite = page.locator('.sr[role=status]')
  await page.locator('tb-qr-panel').getByRole('timer').waitFor()
  const said = await polite.textContent()
  await page.clock.runFor(500_000)
  assert.equal(await polite.textContent(), said)
  await page.clock.runFor(106_000)
  assert.equal(await polite.textContent(), '5 minutes left to pay')
  await page.clock.runFor(240_000)
  assert.equal(await polite.textContent(), '1 minute left to pay')
  await page.context().close()
})
