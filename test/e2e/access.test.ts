// Every real page of the way, in both languages, light and dark, narrow and wide: no violation of
// WCAG A and AA. The API reference is a third party's page and not checked here.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { checkOut, type Language, WORDS } from './payer.ts'
import { DESKTOP, site } from './site.ts'

const shop = site()
const LANGUAGES: readonly Language[] = ['en', 'zh-CN']
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']

const RUN = `axe.run(document, ${JSON.stringify({
  runOnly: TAGS,
  resultTypes: ['violations'],
  elementRef: false,
})}).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, any }) =>
    html + ' ' + any.map(({ message }) => message).join()).join(' ')))`

/** The page as it stands, in both color schemes and widths; then as it was. */
async function check(page: Page, name: string): Promise<void> {
  await page.evaluate(axe.source)
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 900 })
      const where = `${name} ${colorScheme} ${width}`
      const violations = await page.evaluate<string[]>(RUN)
      found.push(...violations.map((violation) => `${where}: ${violation}`))
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      if (wide > 0) found.push(`${where}: ${wide} px wider than the window`)
    }
  }
  assert.deepEqual(found, [])
}

for (const language of LANGUAGES) {
  const words = WORDS[language]
  const lang = { ...DESKTOP, locale: language }

  test(`the shop and the way through it, in ${language}`, async () => {
    const visitor = await shop.visit(lang)
    const { page } = visitor
    await page.goto(`${shop.stack.shopUrl}/`)
    await check(page, 'shop')
    await page.getByRole('button', { name: words.add }).click()
    await page.goto(`${shop.stack.shopUrl}/cart`)
    await check(page, 'cart')
    await page.goto(`${shop.stack.shopUrl}/`)
    await checkOut(shop, page, language)
    await page.locator('.wallets apple-pay-button').waitFor()
    await check(page, 'wallets')
    await page.locator('.wallets').getByRole('button', { name: words.payWith }).click()
    const qr = await shop.readCode(page)
    const order = await page.locator('.order-facts dd').textContent()
    await check(page, 'code')
    await page.goto(`${shop.stack.shopUrl}/orders/${order}`)
    await check(page, 'open order')
    await page.goBack()
    await shop.control('alipay/trades/pay', { qr })
    await page.getByRole('heading', { name: words.complete }).waitFor()
    await check(page, 'success')
    const receipt = await page.getByRole('link', { name: words.receipt }).getAttribute('href')
    await page.getByRole('link', { name: words.back }).click()
    await page.getByRole('heading', { name: words.thanks }).waitFor()
    await check(page, 'paid order')
    await page.goto(String(receipt))
    await check(page, 'receipt')
    await visitor.leave()
  })

  test(`the payment page's other states, in ${language}`, async () => {
    const visitor = await shop.visit({ ...lang, javaScriptEnabled: true })
    const { page } = visitor
    const first = await shop.createPayment({ locale: language })
    await page.goto(first.url)
    await page.getByRole('button', { name: words.thisBrowser }).click()
    await page.waitForURL(`${shop.stack.sandboxUrl}/cashier/**`)
    await check(page, 'cashier')
    await page.goBack()
    await page.locator('.stage .button.second').waitFor()
    await check(page, 'handed over')
    await page.locator('.stage .link').click()
    await page.locator('.wallets').waitFor()
    await check(page, 'wallets')
    await shop.api('POST', `/v1/payments/${first.id}/cancel`)
    await page.locator('.ended').waitFor()
    await check(page, 'canceled')

    const second = await shop.createPayment({ locale: language })
    await shop.control('faults', {
      kind: 'gateway_lost_after',
      operation: 'alipay.trade.precreate',
      times: 1,
    })
    await page.goto(second.url)
    await page.locator('.waiting').waitFor()
    await page.locator('.screen.waiting .spinner').waitFor()
    await check(page, 'outcome unknown')

    const third = await shop.createPayment({ locale: language })
    await shop.stack.sandbox.stop()
    await page.goto(third.url)
    await page.locator('.problem').waitFor()
    await check(page, 'wallet down')
    await shop.stack.sandbox.start()
    for (const path of ['/', '/problems/idempotency_key_missing']) {
      await page.goto(shop.stack.hubUrl + path)
      await check(page, path)
    }
    await page.goto(`${shop.stack.hubUrl}/pay/nothing`)
    await check(page, 'not found')
    await visitor.leave(/status of 404/)
  })

  test(`the sandbox's pages and every screen of its phone, in ${language}`, async () => {
    const visitor = await shop.visit(lang)
    const { page } = visitor
    for (const path of ['/', '/books', '/notifications', '/faults']) {
      await page.goto(shop.stack.sandboxUrl + path)
      await check(page, path)
    }
    const { url } = await shop.createPayment()
    await page.goto(url)
    const code = await shop.readCode(page)
    await page.goto(`${shop.stack.sandboxUrl}/phone`)
    await page.locator('.tiles').waitFor()
    await check(page, 'phone: home')
    for (const [opened, name] of [
      ['.payer', 'payers'],
      ['.tile >> nth=0', 'scan'],
      ['.tile >> nth=1', 'pay code'],
    ] as const) {
      await page.goto(`${shop.stack.sandboxUrl}/phone`)
      await page.locator(opened).click()
      await page.locator('.bar').waitFor()
      await check(page, `phone: ${name}`)
    }
    await page.goto(code)
    await page.getByRole('button', { name: words.confirm }).waitFor()
    await check(page, 'phone: sheet')
    await page.getByRole('button', { name: words.notNow }).last().click()
    await page.locator('.result').waitFor()
    await check(page, 'phone: declined')
    await page.goto(code)
    await page.getByRole('button', { name: words.confirm }).click()
    await page.locator('.keys').waitFor()
    await check(page, 'phone: keypad')
    for (const digit of '123456') await page.keyboard.press(digit)
    await page.getByRole('heading', { name: words.paid, exact: true }).waitFor()
    await check(page, 'phone: paid')
    await page.goto(`${shop.stack.sandboxUrl}/phone?text=nothing`)
    await page.locator('.badge.bad').waitFor()
    await check(page, 'phone: problem')
    await visitor.leave(/409 \(Conflict\)/)
  })
}

test('the checker finds a planted fault, so silence means something', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  await page.goto(`${shop.stack.shopUrl}/`)
  await page.evaluate(`document.querySelector('main').append(document.createElement('img'))`)
  await assert.rejects(check(page, 'shop'), /image-alt/)
  await visitor.leave()
})

test('a page that breaks its policy would be heard', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  await page.goto((await shop.createPayment()).url)
  await page.locator('.qr-card img').waitFor()
  const refused = page.waitForEvent('console', (message) => message.type() === 'error')
  await page.evaluate(`document.body.append(
    Object.assign(document.createElement('img'), { src: 'https://elsewhere.invalid/x.png' }))`)
  await refused
  await assert.rejects(visitor.leave(), /elsewhere\.invalid/)
})

test('a payment with the keyboard alone, from the shop to the paid order', async () => {
  const visitor = await shop.visit()
  const { page, context } = visitor
  const { keyboard } = page
  await page.goto(`${shop.stack.shopUrl}/`)
  await tabTo(page, WORDS.en.add)
  await keyboard.press('Enter')
  await page.waitForURL(/#longjing$/)
  await tabTo(page, /^Cart/)
  await keyboard.press('Enter')
  await page.waitForURL('**/cart')
  await tabTo(page, WORDS.en.customer)
  await keyboard.type('Xiaoman')
  await keyboard.press('Enter')
  await page.waitForURL(`${shop.stack.hubUrl}/pay/**`)
  await page.locator('.wallets apple-pay-button').waitFor()
  await tabTo(page, WORDS.en.payWith)
  await keyboard.press('Enter')
  await page.locator('.qr-card img').waitFor()
  await tabTo(page, WORDS.en.openPhone)
  const [phone] = await Promise.all([context.waitForEvent('page'), keyboard.press('Enter')])
  await phone.getByRole('button', { name: WORDS.en.confirm }).waitFor()
  await tabTo(phone, WORDS.en.confirm)
  await phone.keyboard.press('Enter')
  await phone.getByRole('heading', { name: WORDS.en.enterCode }).waitFor()
  await phone.keyboard.type('123456')
  await phone.getByRole('heading', { name: WORDS.en.paid, exact: true }).waitFor()
  await phone.close()
  await page.getByRole('heading', { name: WORDS.en.complete }).waitFor()
  const focused = await page.evaluate<string>('document.activeElement.textContent.trim()')
  assert.equal(focused, WORDS.en.complete, 'the focus moves to what is new (CK-47)')
  await tabTo(page, WORDS.en.back)
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: WORDS.en.thanks }).waitFor()
  await visitor.leave()
})

/** Presses Tab until what has this name is focused and seen to be. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab')
    const { label, outlined, covered } = await page.evaluate<Focus>(FOCUS)
    if (typeof name === 'string' ? label !== name : !name.test(label)) continue
    assert.ok(outlined, `${label} shows no focus`)
    assert.ok(!covered, `${label} is covered or outside the window`)
    return
  }
  assert.fail(`Tab does not reach ${name}`)
}

interface Focus {
  label: string
  outlined: boolean
  covered: boolean
}

const FOCUS = `(() => {
  const element = document.activeElement
  const label = element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent
  const style = getComputedStyle(element)
  const box = element.getBoundingClientRect()
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
  return {
    label: label.trim().replace(/\\s+/g, ' '),
    outlined: parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== 'none',
    covered: !(element.contains(top) || top?.contains(element)),
  }
})()`
