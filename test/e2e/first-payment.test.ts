// The first payment as a newcomer makes it: from the shop to the shop, at a desk and on a phone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../stack.ts'
import { checkOut, checkOutWithAlipay, confirmOnPhone, type Language, WORDS } from './payer.ts'
import { DESKTOP, PHONE, site } from './site.ts'

const shop = site()
const LANGUAGES: readonly Language[] = ['en', 'zh-CN']

for (const language of LANGUAGES) {
  const words = WORDS[language]

  test(`at a desk, in ${language}: scan, confirm, success, receipt, paid order`, async () => {
    const visitor = await shop.visit({ ...DESKTOP, locale: language })
    const { page, context } = visitor
    await checkOutWithAlipay(shop, page, language)
    await page.getByRole('heading', { name: words.scan }).waitFor()
    const scanned = await shop.readCode(page)
    assert.match(scanned, /^http:\/\/127\.0\.0\.1:\d+\/qr\/bax[0-9a-f]{24}$/)

    const phone = await context.newPage()
    await phone.goto(scanned)
    await confirmOnPhone(phone, language)
    await page.getByRole('heading', { name: words.complete }).waitFor()
    await page.bringToFront()

    const [receipt] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: words.receipt }).click(),
    ])
    const fact = (name: string) => receipt.locator(`dt:text-is("${name}") + dd`).first()
    assert.match(String(await fact(words.number).textContent()), /^R[0-9A-HJ-NP-TV-Z]{26}$/)
    await receipt.locator('tr.total').getByText('¥128.00').waitFor()
    const number = String(await fact(words.transaction).textContent())
    const { trades } = await shop.control('alipay/trades')
    assert.ok(JSON.stringify(trades).includes(`"trade_no":"${number}"`), number)

    await page.bringToFront()
    await page.getByRole('link', { name: words.back }).click()
    await page.getByRole('heading', { name: words.thanks }).waitFor()
    await visitor.leave()
  })

  test(`on a phone, in ${language}: one tap, the wallet's app, back, success`, async () => {
    const visitor = await shop.visit({ ...PHONE, locale: language })
    const { page } = visitor
    await checkOut(shop, page, language)
    await page.getByRole('button', { name: words.payWith }).tap()
    await page.waitForURL(`${shop.stack.sandboxUrl}/**`)
    await confirmOnPhone(page, language)
    await page.getByRole('link', { name: words.toShop }).tap()
    await page.getByRole('heading', { name: words.complete }).waitFor()
    const { search } = new URL(page.url())
    assert.equal(search, `?lang=${language}`, 'the language stays; what the wallet added is gone')
    await page.getByRole('link', { name: words.back }).tap()
    await page.getByRole('heading', { name: words.thanks }).waitFor()
    await visitor.leave()
  })

  test(`in this browser instead, in ${language}: a payer signs in at the cashier`, async () => {
    const visitor = await shop.visit({ ...DESKTOP, locale: language })
    const { page } = visitor
    await checkOutWithAlipay(shop, page, language)
    await page.getByRole('button', { name: words.thisBrowser }).click()
    await page.waitForURL(`${shop.stack.sandboxUrl}/cashier/**`)
    await page.getByLabel(words.payer).selectOption({ index: 1 })
    await page.getByLabel(words.code).fill('123456')
    await page.getByRole('button', { name: words.signIn }).click()
    await page.waitForURL(`${shop.stack.hubUrl}/pay/**`)
    await page.getByRole('heading', { name: words.complete }).waitFor()
    await visitor.leave()
  })
}

test('the order is paid by the verified webhook, with no customer looking', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  await checkOutWithAlipay(shop, page, 'en')
  const reference = await page.locator('.order-facts dd').textContent()
  const code = await shop.readCode(page)
  await visitor.leave()
  await shop.control('alipay/trades/pay', { qr: code })
  // This address of the shop reads its own books and asks nobody.
  await eventually(async () => {
    const answer = await fetch(`${shop.stack.shopUrl}/orders/${reference}/status`)
    return (await answer.text()) === '{"status":"succeeded"}' ? true : undefined
  })
})

test('the payment page speaks the language of the shop, not of the browser', async () => {
  const visitor = await shop.visit({ ...DESKTOP, locale: 'en-US' })
  const { page } = visitor
  await page.goto(`${shop.stack.shopUrl}/?lang=zh-CN`)
  await checkOutWithAlipay(shop, page, 'zh-CN')
  await page.getByRole('heading', { name: WORDS['zh-CN'].scan }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN')
  await page.getByRole('link', { name: '日本語' }).click()
  await page.locator('html[lang=ja]').waitFor()
  await visitor.leave()
})

test('at a desk without a phone the test-mode link opens the sandbox phone in a new tab', async () => {
  const visitor = await shop.visit()
  const { page, context } = visitor
  await checkOutWithAlipay(shop, page, 'en')
  const link = page.getByRole('link', { name: WORDS.en.openPhone })
  assert.equal(await link.getAttribute('href'), await shop.readCode(page))
  const [phone] = await Promise.all([context.waitForEvent('page'), link.click()])
  await confirmOnPhone(phone)
  await page.getByRole('heading', { name: WORDS.en.complete }).waitFor()
  await visitor.leave()
})

test('page and receipt say the same time, with its zone, wherever the reader is', async () => {
  const visitor = await shop.visit({ ...DESKTOP, timezoneId: 'America/New_York' })
  const { page } = visitor
  await checkOutWithAlipay(shop, page, 'en')
  await shop.control('alipay/trades/pay', { qr: await shop.readCode(page) })
  await page.getByRole('heading', { name: WORDS.en.complete }).waitFor()
  const time = page.locator('dt:text-is("Time") + dd')
  const told = String(await time.textContent())
  assert.match(told, /\d\d:\d\d:\d\d GMT\+8$/)
  const url = await page.getByRole('link', { name: WORDS.en.receipt }).getAttribute('href')
  await page.goto(String(url))
  const paidAt = page.locator('dt:text-is("Paid at") + dd')
  assert.equal(await paidAt.textContent(), told)
  await visitor.leave()
})
