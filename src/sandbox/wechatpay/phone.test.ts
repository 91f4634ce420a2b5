// The payer's WeChat Pay phone, the H5 page and the in-app page in a real browser.
import assert from 'node:assert/strict'
import { sign } from 'node:crypto'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../../test/chromium.ts'
import { listOf, orderNumber, type Setup, setup } from '../test-support.ts'
import { type Call, caller, codeBody, type Merchant, merchantOf, orderBody } from './testing.ts'

const DESK = { viewport: { width: 1280, height: 900 }, locale: 'en-US' } as const
const HAND = {
  viewport: { width: 390, height: 844 },
  locale: 'zh-CN',
  colorScheme: 'dark',
} as const

let browser: Browser
let world: Setup
let merchant: Merchant
let call: Call

before(async () => {
  browser = await launchChromium()
  world = await setup()
  merchant = await merchantOf(world)
  call = caller(world, merchant, Date.now())
})

after(async () => {
  await browser.close()
  await world.sandbox.close()
})

async function open(look: typeof DESK | typeof HAND): Promise<Page> {
  const context = await browser.newContext(look)
  const page = await context.newPage()
  page.on('pageerror', (error) => assert.fail(error))
  return page
}

async function native(total = 8_850): Promise<string> {
  const body = { ...orderBody(merchant, orderNumber()), amount: { total } }
  return String((await call('POST', '/v3/pay/transactions/native', body)).body.code_url)
}

const phone = (text: string) =>
  `${world.sandbox.url}/wechatpay/phone?text=${encodeURIComponent(text)}`

// No violation, every target large enough, nothing wider than the screen.
async function inspect(page: Page): Promise<void> {
  await page.waitForFunction(
    "document.getAnimations().every((each) => each.playState === 'finished')",
  )
  const { violations } = await new AxeBuilder({ page }).analyze()
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    [],
  )
  for (const target of await page.locator('button, a, textarea').all()) {
    const box = await target.boundingBox()
    if (box) assert.ok(box.height >= 44 && box.width >= 44, await target.innerText())
  }
  const fits = await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')
  assert.equal(fits, true, 'no sideways scrolling')
}

async function enterCode(page: Page): Promise<void> {
  await page.locator('.sheet .main').click()
  await page.waitForSelector('.keys')
  await inspect(page)
  await page.keyboard.type('123456')
  await page.waitForSelector('.badge.good')
}

for (const look of [DESK, HAND]) {
  test(`a native code is scanned and paid at ${look.viewport.width} px in ${look.locale}`, async () => {
    const page = await open(look)
    await page.goto(phone(await native()))
    await page.waitForSelector('.sheet')
    await inspect(page)
    assert.match(await page.locator('.amount').innerText(), /¥\s*88\.50/)
    await enterCode(page)
    await inspect(page)
    await page.locator('.main').click()
    await page.waitForSelector('.history')
    await inspect(page)
    await page.context().close()
  })

  test(`every page of the operator holds at ${look.viewport.width} px`, async () => {
    const page = await open(look)
    for (const path of ['', '/books', '/notifications', '/faults', '/in-app', '/phone']) {
      await page.goto(`${world.sandbox.url}/wechatpay${path}`)
      await page.waitForSelector(path === '/phone' ? '.balance' : 'h1')
      await inspect(page)
    }
    await page.context().close()
  })
}

test('declining, too little money and an unknown code are told in words', async () => {
  const page = await open(DESK)
  await page.goto(phone(await native()))
  await page.getByRole('button', { name: 'Not now' }).last().click()
  await page.getByRole('heading', { name: 'Not paid' }).waitFor()
  await page.goto(phone(await native(6_000_000)))
  await page.getByRole('heading', { name: 'Not enough balance' }).waitFor()
  await page.goto(phone('weixin://wxpay/bizpayurl?pr=000000000000'))
  await page.getByRole('heading', { name: 'Not recognized' }).waitFor()
  await page.context().close()
})

test('a shown code above 1,000 yuan waits on the phone for the password', async () => {
  const page = await open(HAND)
  await page.goto(`${world.sandbox.url}/wechatpay/phone`)
  await page.locator('.tile').last().click()
  const digits = (await page.locator('.digits').innerText()).replaceAll(' ', '')
  assert.match(digits, /^13\d{16}$/)
  const body = { ...codeBody(merchant, orderNumber(), digits), amount: { total: 200_000 } }
  assert.equal((await call('POST', '/v3/pay/transactions/codepay', body)).status, 202)
  await page.waitForSelector('.sheet')
  await enterCode(page)
  await page.context().close()
})

test('H5: the middle page wants the shop’s Referer, opens the phone and goes back', async () => {
  const scene_info = { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } }
  const body = { ...orderBody(merchant, orderNumber()), scene_info }
  const made = await call('POST', '/v3/pay/transactions/h5', body)
  const back = `${world.sandbox.url}/wechatpay/books`
  const url = `${made.body.h5_url}&redirect_url=${encodeURIComponent(back)}`
  assert.equal((await fetch(url)).status, 400, 'no Referer')
  const foreign = { headers: { referer: 'https://elsewhere.example/' } }
  assert.equal((await fetch(url, foreign)).status, 400)
  const away = `${made.body.h5_url}&redirect_url=https%3A%2F%2Felsewhere.example%2F`
  const own = { headers: { referer: world.sandbox.url } }
  assert.equal((await fetch(away, own)).status, 400, 'the way back is foreign')

  const page = await open(HAND)
  await page.goto(url, { referer: `${world.sandbox.url}/` })
  await inspect(page)
  const [app] = await Promise.all([
    page.context().waitForEvent('page'),
    page.locator('#open').click(),
  ])
  await app.waitForSelector('.sheet')
  await enterCode(app)
  await page.waitForURL(/\/wechatpay\/books$/)
  await page.context().close()
})

test('inside the app: the bridge opens the sheet, and a wrong paySign is refused', async () => {
  const [buyer] = listOf(await world.control(`wechatpay/buyers?mchid=${merchant.mchid}`), 'buyers')
  const openid = Object.values(buyer?.openids ?? {})[0]
  const body = { ...orderBody(merchant, orderNumber()), payer: { openid } }
  const made = await call('POST', '/v3/pay/transactions/jsapi', body)
  const packaged = `prepay_id=${made.body.prepay_id}`
  const message = `${merchant.appid}\n1774001200\nabc\n${packaged}\n`
  const parameters = {
    appId: merchant.appid,
    timeStamp: '1774001200',
    nonceStr: 'abc',
    package: packaged,
    signType: 'RSA',
    paySign: sign('sha256', Buffer.from(message), merchant.privateKey).toString('base64'),
  }
  const page = await open(DESK)
  const begin = async (given: object) => {
    const query = new URLSearchParams({ parameters: JSON.stringify(given) })
    await page.goto(`${world.sandbox.url}/wechatpay/in-app?${query}`)
    await page.getByRole('button', { name: 'Open the payment' }).click()
    return page.frameLocator('iframe')
  }
  const wrong = await begin({ ...parameters, nonceStr: 'abd' })
  await wrong.getByRole('heading', { name: 'Order not genuine' }).waitFor()
  await wrong.getByRole('button', { name: 'Done' }).click()
  await page.getByText('get_brand_wcpay_request:fail').waitFor()
  const left = await begin(parameters)
  await left.getByRole('button', { name: 'Not now' }).last().click()
  await left.getByRole('button', { name: 'Done' }).click()
  await page.getByText('get_brand_wcpay_request:cancel').waitFor()
  const paid = await begin(parameters)
  await paid.locator('.sheet .main').click()
  for (const digit of '123456') {
    await paid.getByRole('button', { name: digit, exact: true }).click()
  }
  await paid.getByRole('button', { name: 'Done' }).click()
  await page.getByText('get_brand_wcpay_request:ok').waitFor()
  await page.context().close()
})
