// The phone and the cashier page in a real browser: both widths, languages and themes.
import assert from 'node:assert/strict'
import { accessSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type Credentials, orderNumber, type Setup, setup } from '../test-support.ts'

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

function findChromium(): string {
  const found = PLACES.find((place) => {
    try {
      accessSync(place ?? '')
      return true
    } catch {
      return false
    }
  })
  if (!found)
    throw new Error('No Chromium found: install the package chromium, or set CHROMIUM to its path.')
  return found
}

let browser: Browser
let world: Setup
let application: Credentials

before(async () => {
  browser = await chromium.launch({
    executablePath: findChromium(),
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  })
  world = await setup()
  application = await world.application()
})

after(async () => {
  await browser.close()
  await world.sandbox.close()
})

async function qr(totalAmount = '88.50'): Promise<string> {
  const bizContent = { outTradeNo: orderNumber(), totalAmount, subject: '云南咖啡豆 1kg' }
  const { qrCode } = await application.sdk.exec('alipay.trade.precreate', { bizContent })
  return String(qrCode)
}

interface Look {
  width: number
  height: number
  locale: string
  colorScheme: 'light' | 'dark'
}

const DESK: Look = { width: 1280, height: 900, locale: 'en-US', colorScheme: 'light' }
const HAND: Look = { width: 390, height: 844, locale: 'zh-CN', colorScheme: 'dark' }

async function open({ width, height, locale, colorScheme }: Look): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, locale, colorScheme })
  const page = await context.newPage()
  page.on('pageerror', (error) => assert.fail(error))
  return page
}

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
  const boxes = await page
    .locator('button, a, select, textarea, label.switch, .sign-in input')
    .all()
  for (const target of boxes) {
    const box = await target.boundingBox()
    if (box) assert.ok(box.height >= 44 && box.width >= 44, await target.innerText())
  }
  const fits = await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')
  assert.equal(fits, true, 'no sideways scrolling')
}

for (const look of [DESK, HAND]) {
  test(`scan, confirm, pay at ${look.width} px in ${look.locale}, ${look.colorScheme}`, async () => {
    const page = await open(look)
    await page.goto(await qr())
    await page.waitForSelector('.sheet')
    await inspect(page)
    assert.match(await page.locator('.amount').innerText(), /¥\s*88\.50/)
    assert.equal(
      await page.evaluate('document.activeElement.tagName'),
      'H1',
      'the new screen is announced',
    )
    await page.click('.main')
    await inspect(page)
    await page.keyboard.type('111111')
    await page.locator('#wrong', { hasText: '2' }).waitFor()
    await inspect(page)
    await page.keyboard.type('123456')
    await page.waitForSelector('.badge.good')
    await inspect(page)
    assert.equal(
      await page.locator('html').getAttribute('lang'),
      look.locale === 'zh-CN' ? 'zh-CN' : 'en',
    )
    await page.context().close()
  })

  test(`every other screen and page holds at ${look.width} px`, async () => {
    const page = await open(look)
    for (const [path, ready] of [
      ['/phone', '.balance'],
      ['/', '.figures'],
      ['/books', 'h1'],
      ['/notifications', 'h1'],
      ['/faults', '.switches'],
    ]) {
      await page.goto(world.sandbox.url + path)
      await page.waitForSelector(ready ?? '')
      await inspect(page)
    }
    await page.goto(`${world.sandbox.url}/phone`)
    for (const [button, ready] of [
      ['.payer', '.people'],
      ['.tile >> nth=0', 'textarea'],
      ['.tile >> nth=1', '.barcode'],
    ]) {
      await page.click(button ?? '')
      await page.waitForSelector(ready ?? '')
      await inspect(page)
      await page.keyboard.press('Escape')
      await page.waitForSelector('.balance')
    }
    await page.context().close()
  })
}

test('keyboard alone: scan a pasted text, pay', async () => {
  const page = await open(DESK)
  await page.goto(`${world.sandbox.url}/phone`)
  await page.getByRole('button', { name: 'Scan', exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('QR text, link or order string').focus()
  await page.keyboard.insertText(await qr())
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Confirm and pay' }).focus()
  await page.keyboard.press('Enter')
  await page.waitForSelector('.keys')
  await page.keyboard.type('123456')
  await page.getByRole('heading', { name: 'Paid' }).waitFor()
  await page.context().close()
})

test('not enough money: says so, and another payer can take over', async () => {
  const page = await open(DESK)
  await page.goto(await qr('60000.00'))
  await page.getByRole('heading', { name: 'Not enough balance' }).waitFor()
  await inspect(page)
  await page.getByRole('button', { name: 'Another payer' }).click()
  await page.getByRole('button', { name: /Sun Jing/ }).click()
  await page.getByRole('heading', { name: 'Account frozen' }).waitFor()
  await page.getByRole('button', { name: 'Another payer' }).click()
  await page.getByRole('button', { name: /Zhou Yuan/ }).click()
  await page.getByRole('button', { name: 'Confirm and pay' }).waitFor()
  await page.context().close()
})

test('declining takes nothing and the order stays payable', async () => {
  const page = await open(DESK)
  await page.goto(await qr())
  await page.getByRole('button', { name: 'Not now' }).last().click()
  await page.getByRole('heading', { name: 'Not paid' }).waitFor()
  await inspect(page)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Confirm and pay' }).waitFor()
  await page.context().close()
})

test('an unknown or expired code is explained', async () => {
  const page = await open(HAND)
  await page.goto(`${world.sandbox.url}/qr/bax000000000000000000000000`)
  await page.getByRole('heading', { name: '无法识别' }).waitFor()
  await inspect(page)
  await page.context().close()
})

test('wap pay opens the phone and leads back with signed parameters', async () => {
  const page = await open(HAND)
  const url = application.sdk.pageExecute('alipay.trade.wap.pay', 'GET', {
    returnUrl: `${world.sandbox.url}/books`,
    bizContent: {
      outTradeNo: orderNumber(),
      totalAmount: '12.00',
      subject: 'x',
      productCode: 'QUICK_WAP_WAY',
    },
  })
  await page.goto(url)
  await page.getByRole('button', { name: '确认付款' }).click()
  await page.waitForSelector('.keys')
  for (const digit of '123456') await page.getByRole('button', { name: digit, exact: true }).click()
  await page.getByRole('link', { name: '返回商家' }).click()
  await page.waitForURL(/\/books\?/)
  const parameters = Object.fromEntries(new URL(page.url()).searchParams)
  assert.equal(parameters.method, 'alipay.trade.wap.pay.return')
  assert.ok(application.sdk.checkNotifySignV2(parameters))
  await page.context().close()
})

for (const look of [DESK, HAND]) {
  test(`the cashier page: sign in, pay, back to the shop at ${look.width} px`, async () => {
    const page = await open(look)
    const url = application.sdk.pageExecute('alipay.trade.page.pay', 'GET', {
      returnUrl: `${world.sandbox.url}/books`,
      bizContent: {
        outTradeNo: orderNumber(),
        totalAmount: '1288.00',
        subject: 'x',
        productCode: 'FAST_INSTANT_TRADE_PAY',
      },
    })
    await page.goto(url)
    await page.waitForSelector('.sign-in')
    await inspect(page)
    await page.fill('input[name=code]', '000000')
    await page.keyboard.press('Enter')
    await page.locator('.notice.bad').waitFor()
    await inspect(page)
    await page.fill('input[name=code]', '123456')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/books\?.*alipay\.trade\.page\.pay\.return/)
    await page.context().close()
  })
}

test('the cashier page notices a payment made on the phone', async () => {
  const page = await open(DESK)
  const url = application.sdk.pageExecute('alipay.trade.page.pay', 'GET', {
    bizContent: {
      outTradeNo: orderNumber(),
      totalAmount: '5.00',
      subject: 'x',
      productCode: 'FAST_INSTANT_TRADE_PAY',
    },
  })
  await page.goto(url)
  await page.waitForSelector('.scan')
  const link = await page.getByRole('link', { name: 'Open the sandbox phone' }).getAttribute('href')
  await world.control('alipay/trades/scan', { qr: String(link).replace('/phone?qr=', '') })
  await page.getByText('Scanned. Please confirm on the phone.').waitFor()
  await world.control('alipay/trades/pay', { qr: String(link).replace('/phone?qr=', '') })
  await page.locator('.notice', { hasText: 'Paid' }).waitFor()
  await page.context().close()
})

test('a barcode taken at the counter shows its result on the phone', async () => {
  const page = await open(HAND)
  await page.goto(`${world.sandbox.url}/phone`)
  await page.locator('.tile').last().click()
  const digits = (await page.locator('.digits').innerText()).replaceAll(' ', '')
  assert.match(digits, /^28\d{16}$/)
  const bizContent = {
    outTradeNo: orderNumber(),
    totalAmount: '3.00',
    subject: 'x',
    authCode: digits,
    scene: 'bar_code',
  }
  const { code } = await application.sdk.exec('alipay.trade.pay', { bizContent })
  assert.equal(code, '10000')
  await page.getByRole('heading', { name: '付款成功' }).waitFor()
  await page.context().close()
})

test('a fault is switched on and off with its box', async () => {
  const page = await open(DESK)
  await page.goto(`${world.sandbox.url}/faults`)
  const box = page.getByRole('checkbox', { name: /Arrives twice at once/ })
  await box.check()
  await page.getByText('Saved').waitFor()
  assert.match(JSON.stringify(await world.control('faults')), /"kind":"notification_doubled"/)
  await page.reload()
  assert.ok(await box.isChecked())
  await page.getByRole('button', { name: 'Switch all off' }).click()
  await page.getByText('Saved').waitFor()
  assert.deepEqual((await world.control('faults')).faults, [])
  await page.context().close()
})
