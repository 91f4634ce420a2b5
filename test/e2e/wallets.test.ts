// Every wallet as a payer meets it: paid, declined, abandoned and tried again with another one, at a
// desk and on a phone, in both languages.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { eventually } from '../stack.ts'
import { confirmOnPhone, type Language, WORDS } from './payer.ts'
import { DESKTOP, PHONE, site } from './site.ts'

const shop = site()
const ALL = { wallets: null }
const WAYS: readonly (readonly [string, Language, BrowserContextOptions])[] = [
  ['at a desk', 'en', { ...DESKTOP, locale: 'en' }],
  ['on a phone', 'zh-CN', { ...PHONE, locale: 'zh-CN', colorScheme: 'dark' }],
]

const MORE = {
  en: {
    wechatpay: 'Pay with WeChat Pay',
    bitcoin: 'Pay with Bitcoin',
    other: 'Pay another way',
    confirm: 'Confirm',
    cancel: 'Cancel',
    choose: 'How would you like to pay?',
    poor: 'Not enough balance',
    risk: 'Payment not accepted',
    isMe: 'Yes, it is me',
    notMe: 'No, refuse the payment',
    seen: 'Payment seen',
    partly: 'Part of it has arrived',
    again: 'Try again',
    onPhone: 'Pay on the sandbox phone',
  },
  'zh-CN': {
    wechatpay: '微信支付付款',
    bitcoin: '比特币付款',
    other: '换一种方式付款',
    confirm: '确认付款',
    cancel: '取消',
    choose: '请选择付款方式',
    poor: '余额或额度不足',
    risk: '付款未通过',
    isMe: '确认是我',
    notMe: '不是我，拒绝付款',
    seen: '已检测到付款',
    partly: '已收到部分款项',
    again: '重试',
    onPhone: '打开沙箱手机付款',
  },
} as const

const screen = (page: Page, name: string) => page.getByRole('heading', { name, exact: true })
const wallets = (page: Page) => page.locator('.wallets')

const BUTTONS = {
  applepay: (page: Page) => wallets(page).locator('apple-pay-button'),
  googlepay: (page: Page) => wallets(page).getByRole('button', { name: 'Google Pay', exact: true }),
} as const

/** In the simulated sheet: chooses the card whose issuer answers like this, and confirms. */
async function payOnSheet(page: Page, card: string, confirm: string): Promise<void> {
  const sheet = page.getByRole('dialog')
  await sheet.locator(`input[value="${card}"]`).check()
  await sheet.getByRole('button', { name: confirm }).click()
}

async function paidWith(id: string): Promise<unknown> {
  const { status, paid } = await shop.api('GET', `/v1/payments/${id}`)
  assert.equal(status, 'succeeded')
  return paid && typeof paid === 'object' && 'wallet' in paid ? paid.wallet : undefined
}

for (const [where, language, look] of WAYS) {
  const words = { ...WORDS[language], ...MORE[language] }

  for (const wallet of ['applepay', 'googlepay'] as const) {
    const button = BUTTONS[wallet]

    test(`${wallet} ${where}, in ${language}: one tap, a card, paid`, async () => {
      const visitor = await shop.visit(look)
      const { page } = visitor
      const { url, id } = await shop.createPayment(ALL)
      await page.goto(url)
      await button(page).click()
      await payOnSheet(page, 'approve', words.confirm)
      await screen(page, words.complete).waitFor()
      assert.equal(await paidWith(id), wallet)
      await visitor.leave()
    })

    test(`${wallet} ${where}, in ${language}: closed, then too poor, then refused, then paid`, async () => {
      const visitor = await shop.visit(look)
      const { page } = visitor
      const { url, id } = await shop.createPayment(ALL)
      await page.goto(url)
      await button(page).click()
      await page.getByRole('dialog').getByRole('button', { name: words.cancel }).click()
      await screen(page, words.choose).waitFor()
      assert.equal(await page.locator('.sign-bad, .notice').count(), 0)
      const untouched = await shop.api('GET', `/v1/payments/${id}`)
      assert.deepEqual(untouched.attempts, [])

      await button(page).click()
      await payOnSheet(page, 'insufficient_funds', words.confirm)
      await screen(page, words.poor).waitFor()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.locator('.stage').getByRole('button', { name: words.again }).click()
      await payOnSheet(page, 'fraud', words.confirm)
      await screen(page, words.risk).waitFor()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      // Other wallets are offered in its place.
      await page.locator('.stage').getByRole('button', { name: words.payWith }).click()
      if (look.hasTouch) {
        await page.waitForURL(`${shop.stack.sandboxUrl}/**`)
        await confirmOnPhone(page, language)
        await page.getByRole('link', { name: words.toShop }).tap()
      } else await shop.control('alipay/trades/pay', { qr: await shop.readCode(page) })
      await screen(page, words.complete).waitFor()
      assert.equal(await paidWith(id), 'alipay')
      await visitor.leave()
    })
  }

  test(`a bank that asks back ${where}, in ${language}: refused once, confirmed then`, async () => {
    const visitor = await shop.visit(look)
    const { page } = visitor
    const { url, id } = await shop.createPayment({ wallets: ['googlepay'] })
    await page.goto(url)
    await BUTTONS.googlepay(page).click()
    await payOnSheet(page, 'challenge', words.confirm)
    await page.waitForURL(`${shop.stack.sandboxUrl}/**`)
    await page.getByRole('button', { name: words.notMe }).click()
    await page.waitForURL(`${shop.stack.hubUrl}/pay/**`)
    // Who said no is asked again, without an error color.
    await page.locator('.notice').waitFor()
    assert.equal(await page.locator('.sign-bad').count(), 0)
    await BUTTONS.googlepay(page).click()
    await payOnSheet(page, 'challenge', words.confirm)
    await page.waitForURL(`${shop.stack.sandboxUrl}/**`)
    await page.getByRole('button', { name: words.isMe }).click()
    await screen(page, words.complete).waitFor()
    assert.equal(await paidWith(id), 'googlepay')
    await visitor.leave()
  })

  test(`wechatpay ${where}, in ${language}: declined on the phone, then paid`, async () => {
    const visitor = await shop.visit(look)
    const { page, context } = visitor
    const { url, id } = await shop.createPayment(ALL)
    await page.goto(url)
    await wallets(page).getByRole('button', { name: words.wechatpay }).click()
    let link = page.getByRole('link', { name: words.openPhone })
    if (look.hasTouch) {
      await page.waitForURL(`${shop.stack.sandboxUrl}/**`)
      link = page.getByRole('link', { name: words.onPhone })
    } else {
      assert.match(await shop.readCode(page), /^weixin:\/\/wxpay\/bizpayurl\?pr=/)
    }
    const [phone] = await Promise.all([context.waitForEvent('page'), link.click()])
    const scanned = phone.url()
    await phone.getByRole('button', { name: words.notNow }).last().click()
    await phone.locator('.result').waitFor()
    await phone.goto(scanned)
    await confirmOnPhone(phone, language)
    await page.bringToFront()
    await screen(page, words.complete).waitFor({ timeout: 15_000 })
    assert.equal(await paidWith(id), 'wechatpay')
    await visitor.leave()
  })

  test(`bitcoin ${where}, in ${language}: a part, the rest, a block, paid`, async () => {
    const visitor = await shop.visit(look)
    const { page } = visitor
    const { url, id } = await shop.createPayment(ALL)
    // Blocks come when the test says so.
    await shop.control('bitcoin/miner', { seconds: 0 })
    await page.goto(url)
    await wallets(page).getByRole('button', { name: words.bitcoin }).click()
    const asked = await addressOf(page)
    await shop.control('bitcoin/pay', { address: asked.address, sat: 5_000 })
    await screen(page, words.partly).waitFor({ timeout: 15_000 })
    const rest = await addressOf(page)
    assert.equal(rest.address, asked.address)
    assert.equal(rest.sat, asked.sat - 5_000)
    await shop.control('bitcoin/pay', { uri: rest.uri })
    await screen(page, words.seen).waitFor({ timeout: 15_000 })
    assert.equal(await page.locator('.stage a, .stage button').count(), 0, 'nothing more to pay')
    await shop.control('bitcoin/mine', { n: 1 })
    await screen(page, words.complete).waitFor({ timeout: 15_000 })
    assert.equal(await paidWith(id), 'bitcoin')
    await visitor.leave()
  })

  test(`bitcoin ${where}, in ${language}: abandoned for another wallet`, async () => {
    const visitor = await shop.visit(look)
    const { page } = visitor
    const { url, id } = await shop.createPayment(ALL)
    await page.goto(url)
    await wallets(page).getByRole('button', { name: words.bitcoin }).click()
    await addressOf(page)
    await page.getByRole('button', { name: words.other }).click()
    await BUTTONS.applepay(page).click()
    await payOnSheet(page, 'approve_mastercard', words.confirm)
    await screen(page, words.complete).waitFor()
    assert.equal(await paidWith(id), 'applepay')
    await visitor.leave()
  })
}

async function addressOf(page: Page): Promise<{ uri: string; address: string; sat: number }> {
  const link = page.locator('.stage a[href^="bitcoin:"]')
  const uri = String(await link.getAttribute('href'))
  const [, address = '', amount = ''] = /^bitcoin:(\w+)\?amount=([\d.]+)$/.exec(uri) ?? []
  return { uri, address, sat: Math.round(Number(amount) * 1e8) }
}

test('the code of an address holds what the wallet says, and the shown amount is the asked one', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  const { url } = await shop.createPayment({ wallets: ['bitcoin'] })
  await page.goto(url)
  // An address is made for good, so a single wallet of this kind still waits for the tap.
  await wallets(page).getByRole('button', { name: MORE.en.bitcoin }).click()
  const { address, sat } = await addressOf(page)
  const code = await shop.readCode(page)
  assert.equal(code.toLowerCase().split('?')[0], `bitcoin:${address}`)
  await page.getByText(`${(sat / 1e8).toFixed(8)} BTC`).waitFor()
  assert.equal((await page.locator('.chunks').textContent())?.replace(/\s/g, ''), address)
  await visitor.leave()
})

test('one code: every scanning app goes on with its own wallet (CK-7)', async () => {
  const desk = await shop.visit()
  const { url, id } = await shop.createPayment(ALL)
  await desk.page.goto(url)
  await desk.page.getByText('One code for every wallet').click()
  const code = await shop.readCode(desk.page)
  assert.match(code, new RegExp(`^${shop.stack.hubUrl}/q/[0-9A-Za-z]{60}$`))

  const scan = async (app: string) => {
    const visitor = await shop.visit({ ...PHONE, userAgent: `${PHONE.userAgent} ${app}` })
    await visitor.page.goto(code)
    await wallets(visitor.page).waitFor()
    return visitor
  }
  const wechat = await scan('MicroMessenger/8.0.50')
  assert.equal(await wallets(wechat.page).getByRole('button').count(), 1)
  await wallets(wechat.page).getByRole('button', { name: MORE.en.wechatpay }).waitFor()
  await wechat.page.getByText('Open this page in your browser').waitFor()
  await wechat.leave()

  const other = await scan('SomeWallet/1.0')
  assert.ok((await wallets(other.page).getByRole('button').count()) > 2)
  await other.leave()

  const alipay = await scan('AliApp(AP/10.6) AlipayClient/10.6')
  assert.equal(await wallets(alipay.page).getByRole('button').count(), 1)
  await alipay.page.getByRole('button', { name: WORDS.en.payWith }).tap()
  await confirmOnPhone(alipay.page)
  await alipay.page.getByRole('link', { name: WORDS.en.toShop }).tap()
  await screen(alipay.page, WORDS.en.complete).waitFor()
  await alipay.leave()
  await screen(desk.page, WORDS.en.complete).waitFor()
  assert.equal(await paidWith(id), 'alipay')
  await desk.leave()
})

test('the wallet that paid comes first the next time, until the payer does not want that (CK-18)', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  const first = async () => wallets(page).locator('> *').first()
  await page.goto((await shop.createPayment(ALL)).url)
  await BUTTONS.applepay(page).click()
  await payOnSheet(page, 'approve', MORE.en.confirm)
  await screen(page, WORDS.en.complete).waitFor()
  await page.goto((await shop.createPayment(ALL)).url)
  await (await first()).locator('apple-pay-button').waitFor()
  await page.getByRole('button', { name: 'Do not remember' }).click()
  await (await first()).getByText(WORDS.en.payWith).waitFor()
  await BUTTONS.applepay(page).click()
  await payOnSheet(page, 'approve', MORE.en.confirm)
  await screen(page, WORDS.en.complete).waitFor()
  await page.goto((await shop.createPayment(ALL)).url)
  await (await first()).getByText(WORDS.en.payWith).waitFor()
  await visitor.leave()
})

test('without scripts a Bitcoin address can be paid as well (CK-6)', async () => {
  const visitor = await shop.visit({ ...DESKTOP, javaScriptEnabled: false })
  const { page } = visitor
  const { url, id } = await shop.createPayment(ALL)
  await page.goto(url)
  assert.equal(await wallets(page).getByText('Apple Pay').count(), 0)
  await wallets(page).getByRole('button', { name: MORE.en.bitcoin }).click()
  const { uri } = await addressOf(page)
  await shop.control('bitcoin/pay', { uri, mine: 1 })
  await eventually(async () => {
    const { status } = await shop.api('GET', `/v1/payments/${id}`)
    return status === 'succeeded' ? true : undefined
  })
  await screen(page, WORDS.en.complete).waitFor()
  await visitor.leave()
})
