// What goes wrong between shop and wallet, and what the payer sees of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { eventually } from '../stack.ts'
import { confirmOnPhone, enterCode, ownPhone, WORDS } from './payer.ts'
import { DESKTOP, PHONE, site } from './site.ts'

const shop = site()
const { complete, scan, payWith } = WORDS.en

/** A screen of this title. */
const screen = (page: Page, name: string | RegExp) => page.getByRole('heading', { name })

/** The wallet's number of the payment's latest attempt. */
async function walletReference(paymentId: string): Promise<string> {
  return eventually(async () => {
    const { attempts } = await shop.api('GET', `/v1/payments/${paymentId}`)
    return /"wallet_reference":"(\w+)"[^[]*$/.exec(JSON.stringify(attempts))?.[1]
  })
}

test('a payer who declines comes back to the wallets and an intact order, no error color (CK-39)', async () => {
  const visitor = await shop.visit(PHONE)
  const { page } = visitor
  const payment = await shop.createPayment()
  await page.goto(payment.url)
  await page.getByRole('button', { name: payWith }).tap()
  await page.getByRole('button', { name: WORDS.en.notNow }).last().tap()
  await screen(page, 'Not paid').waitFor()
  await page.getByRole('link', { name: WORDS.en.toShop }).tap()
  await page.locator('.wallets').getByRole('button', { name: payWith }).waitFor()
  assert.equal(await page.locator('.sign-bad').count(), 0)
  assert.equal(await page.locator('.order-facts dd').textContent(), payment.reference)
  // It stands in the address of the page as always, for a reload or a link in another language.
  assert.match(page.url(), /\/pay\/\w+\?lang=en$/)
  await page.locator('.wallets').getByRole('button', { name: payWith }).tap()
  await confirmOnPhone(page)
  await page.getByRole('link', { name: WORDS.en.toShop }).tap()
  await screen(page, complete).waitFor()
  await visitor.leave()
})

test('the language that a payer chose stays through the wallet, paid or not', async () => {
  const visitor = await shop.visit(PHONE)
  const { page } = visitor
  const words = WORDS['zh-CN']
  const { url } = await shop.createPayment()
  await page.goto(`${url}?lang=zh-CN`)
  await page.getByRole('button', { name: words.payWith }).tap()
  await page.getByRole('button', { name: WORDS.en.notNow }).last().tap()
  await page.getByRole('link', { name: WORDS.en.toShop }).tap()
  await page.locator('.wallets').getByRole('button', { name: words.payWith }).tap()
  await confirmOnPhone(page)
  await page.getByRole('link', { name: WORDS.en.toShop }).tap()
  await screen(page, words.complete).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
  await visitor.leave()
})

test('a payer without the money hears it from the wallet; another payer pays the same code', async () => {
  const visitor = await shop.visit()
  const { page, context } = visitor
  const { url } = await shop.createPayment()
  await page.goto(url)
  const code = await shop.readCode(page)
  const phone = await context.newPage()
  await ownPhone(phone, shop, 'poor')
  await phone.goto(code)
  await screen(phone, 'Not enough balance').waitFor()
  await screen(page, scan).waitFor()
  await phone.getByRole('button', { name: 'Another payer' }).click()
  await phone.getByRole('button', { name: /Chen Yiming/ }).click()
  await confirmOnPhone(phone)
  await screen(page, complete).waitFor()
  await visitor.leave(/409 \(Conflict\)/)
})

test('three wrong codes end this payer’s tries and nothing else', async () => {
  const visitor = await shop.visit()
  const { page, context } = visitor
  const { url } = await shop.createPayment()
  await page.goto(url)
  const phone = await context.newPage()
  await phone.goto(await shop.readCode(page))
  await phone.getByRole('button', { name: WORDS.en.confirm }).click()
  await enterCode(phone, '000000')
  await phone.getByText('Wrong code. Tries left: 2').waitFor()
  await enterCode(phone, '111111')
  await phone.getByText('Wrong code. Tries left: 1').waitFor()
  await enterCode(phone, '222222')
  await screen(phone, 'Too many wrong codes').waitFor()
  await screen(page, scan).waitFor()
  await phone.getByRole('button', { name: 'Another payer' }).click()
  await phone.getByRole('button', { name: /Chen Yiming/ }).click()
  await confirmOnPhone(phone)
  await screen(page, complete).waitFor()
  await visitor.leave(/409 \(Conflict\)/)
})

test('a payer who walks out of the cashier starts again with a new attempt; the old one is closed', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  const { url, id } = await shop.createPayment()
  await page.goto(url)
  await screen(page, scan).waitFor()
  await page.getByRole('button', { name: WORDS.en.thisBrowser }).click()
  await page.waitForURL(`${shop.stack.sandboxUrl}/cashier/**`)
  const cashier = page.url()
  await page.goBack()
  await page.getByRole('button', { name: 'Pay again' }).click()
  await page.locator('.wallets').getByRole('button', { name: payWith }).click()
  await shop.control('alipay/trades/pay', { qr: await shop.readCode(page) })
  await screen(page, complete).waitFor()
  const { attempts } = await shop.api('GET', `/v1/payments/${id}`)
  assert.equal(JSON.stringify(attempts).match(/"status":"succeeded"/g)?.length, 1)
  assert.match(cashier, /cashier/)
  await visitor.leave()
})

test('another way, chosen while the code is on its way, is taken', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  const { url } = await shop.createPayment()
  const clicked = Promise.withResolvers<void>()
  await page.route('**/checkout/v1/attempts', async (route) => {
    await clicked.promise
    await route.continue()
  })
  await page.goto(url)
  await page.getByRole('button', { name: WORDS.en.thisBrowser }).click()
  clicked.resolve()
  await page.waitForURL(`${shop.stack.sandboxUrl}/cashier/**`)
  await visitor.leave()
})

test('an answer that was lost: no pay button while the outcome is open, then the truth (CK-38)', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  const { url, id } = await shop.createPayment()
  await shop.control('faults', {
    kind: 'gateway_lost_after',
    operation: 'alipay.trade.precreate',
    times: 1,
  })
  await shop.control('faults', { kind: 'notification_lost', times: 1 })
  await page.goto(url)
  await screen(page, 'Checking your payment').waitFor()
  await page.getByText('Please do not pay again').first().waitFor()
  assert.equal(await page.locator('.stage button, .stage a, .stage form').count(), 0)
  const out_trade_no = await walletReference(id)
  await shop.control('alipay/trades/pay', { out_trade_no })
  await screen(page, complete).waitFor({ timeout: 15_000 })
  await visitor.leave()
})

test('a wallet that is down: said as it is, and tried again', async () => {
  const visitor = await shop.visit(PHONE)
  const { page } = visitor
  const { url } = await shop.createPayment()
  await page.goto(url)
  await page.getByRole('button', { name: payWith }).waitFor()
  await shop.stack.sandbox.stop()
  await page.getByRole('button', { name: 'Pay with another phone' }).tap()
  await screen(page, 'Alipay is not responding').waitFor()
  await page.getByText('No money was taken').first().waitFor()
  await shop.stack.sandbox.start()
  await page.getByRole('button', { name: 'Try again' }).tap()
  await confirmOnPhone(page)
  await page.getByRole('link', { name: WORDS.en.toShop }).tap()
  await screen(page, complete).waitFor()
  await visitor.leave()
})

test('the merchant cancels while the page is open; money that comes late is told (OB-2)', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  const { url, id } = await shop.createPayment()
  await page.goto(url)
  const code = await shop.readCode(page)
  await shop.api('POST', `/v1/payments/${id}/cancel`)
  await screen(page, 'This order was canceled').waitFor()
  assert.equal(await page.locator('.stage .qr-card, .stage button').count(), 0)
  await shop.control('alipay/trades/pay', { qr: code })
  await eventually(async () => {
    const { late } = await shop.api('GET', `/v1/payments/${id}`)
    return late === true ? true : undefined
  })
  await page.reload()
  await screen(page, 'Your payment arrived late').waitFor()
  await page.locator('.sign-calm').waitFor()
  await visitor.leave()
})

test('who pays in the second of the cancel has paid, and the page says so', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  const { url, id } = await shop.createPayment()
  await page.goto(url)
  await shop.control('alipay/trades/scan', { qr: await shop.readCode(page) })
  const order = await walletReference(id)
  await shop.control('faults', { kind: 'trade_paid_at_close', order })
  await assert.rejects(shop.api('POST', `/v1/payments/${id}/cancel`), /payment_paid/)
  await screen(page, complete).waitFor()
  await visitor.leave()
})

test('the link of a paid order shows the success again, in another browser too', async () => {
  const { url } = await shop.createPayment()
  const first = await shop.visit()
  await first.page.goto(url)
  await shop.control('alipay/trades/pay', { qr: await shop.readCode(first.page) })
  await screen(first.page, complete).waitFor()
  await first.leave()
  const later = await shop.visit({ ...DESKTOP, locale: 'zh-CN' })
  await later.page.goto(url)
  await screen(later.page, WORDS['zh-CN'].complete).waitFor()
  assert.equal(await later.page.locator('.qr-card, .wallets').count(), 0)
  await later.leave()
})

test('a link that leads nowhere is a friendly page with status 404', async () => {
  for (const [locale, title] of [
    ['en', 'Payment not found'],
    ['zh-CN', '未找到该付款'],
  ] as const) {
    const visitor = await shop.visit({ ...DESKTOP, locale })
    const answer = await visitor.page.goto(`${shop.stack.hubUrl}/pay/${'x'.repeat(22)}`)
    assert.equal(answer?.status(), 404)
    await screen(visitor.page, title).waitFor()
    await visitor.leave(/status of 404/)
  }
})
