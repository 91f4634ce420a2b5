// Proves that help stands at the same place on every screen and has what the merchant gave (CK-42).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing } from '../../../../../test/checkout/browse.ts'
import { payment } from '../../../../../test/checkout/payments.ts'

const site = browsing()

test('phone, e-mail, WeChat, hours and the payment number with copy', async () => {
  const page = await site.open('wallets', { language: 'zh-CN' })
  await page.locator('tb-help').waitFor({ state: 'attached' })
  await page.getByText('人工客服').click()
  const body = page.locator('.help-body')
  for (const text of ['+86 571 8888 0000', 'care@hillside.example', 'hillside-tea', '9:00–21:00']) {
    await body.getByText(text).first().waitFor()
  }
  await body.getByText('pay_01KAN7Z3V2C9W4XH8T6Q5R1M0B').waitFor()
  await body.getByRole('button', { name: '复制' }).waitFor()
  assert.equal(await body.getByRole('link').first().getAttribute('href'), 'tel:+8657188880000')
  await page.context().close()
})

test('it is the last thing of the payment column on every screen (3.2.6)', async () => {
  for (const state of ['wallets', 'qr', 'insufficient', 'unknown', 'expired', 'succeeded']) {
    const page = await site.open(state)
    await page.locator('tb-help').waitFor({ state: 'attached' })
    const last = await page.locator('.side').evaluate((side) => side.lastElementChild?.tagName)
    assert.equal(last, 'TB-HELP', state)
    await page.context().close()
  }
})

test('it is open where it is the way on', async () => {
  const page = await site.open('exhausted')
  await page.locator('.help[open]').waitFor()
  await page.context().close()
})

test('an address that is not of the web is no link', async () => {
  const page = await site.tab()
  const merchant = { name: 'Shop', support: { url: 'javascript:document.title="taken"' } }
  site.hub.payments.set('evil', payment({ merchant, wallets: [], payable: false }))
  await page.goto(`${site.hub.base}/pay/evil?lang=en`)
  await page.locator('tb-help').waitFor({ state: 'attached' })
  assert.equal(await page.locator('.help a').count(), 0)
  await page.context().close()
})
