// The Bitcoin phone and the chain's page in a real browser: both widths, languages and themes.
import assert from 'node:assert/strict'
import { accessSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, chromium, type Page } from 'playwright-core'
import { listOf, type Setup, setup } from '../test-support.ts'

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']

function findChromium(): string {
  const found = PLACES.find((place) => {
    try {
      accessSync(place ?? '')
      return true
    } catch {
      return false
    }
  })
  if (!found) throw new Error('No Chromium found: set CHROMIUM to its path.')
  return found
}

let browser: Browser
let world: Setup

before(async () => {
  const args = ['--headless', '--no-sandbox', '--disable-gpu']
  browser = await chromium.launch({ executablePath: findChromium(), args })
  world = await setup()
})
after(async () => {
  await browser.close()
  await world.sandbox.close()
})

const ADDRESS = 'bcrt1qac0hd63g4g9fhcrqar2n7hrhkv8grhvs4cjpxx'
const URI = `bitcoin:${ADDRESS.toUpperCase()}?amount=0.00012681&label=Caf%C3%A9&message=Order%2042`

const LOOKS = [
  { width: 1280, height: 900, locale: 'en-US', colorScheme: 'light' },
  { width: 390, height: 844, locale: 'zh-CN', colorScheme: 'dark' },
] as const

async function open({ width, height, locale, colorScheme }: (typeof LOOKS)[number]): Promise<Page> {
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
  const targets = 'button, a, select, textarea, summary, label.choice, .acts input'
  for (const target of await page.locator(targets).all()) {
    const box = await target.boundingBox()
    if (box) assert.ok(box.height >= 44 && box.width >= 44, await target.innerText())
  }
  const fits = await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')
  assert.equal(fits, true, 'no sideways scrolling')
}

const scanned = (text: string) =>
  `${world.sandbox.url}/bitcoin/phone?text=${encodeURIComponent(text)}`

async function latest() {
  const [payment] = listOf(await world.control('bitcoin/payments'), 'payments')
  return payment ?? assert.fail('nothing was paid')
}

for (const look of LOOKS) {
  test(`a link is paid, confirmed and seen at ${look.width} px in ${look.locale}`, async () => {
    const page = await open(look)
    await page.goto(scanned(URI))
    await page.waitForSelector('.sheet')
    await inspect(page)
    assert.match(await page.locator('.amount').innerText(), /0\.00012681\s*BTC/)
    assert.match(await page.locator('.sheet').innerText(), /Café[\s\S]*Order 42/)
    assert.equal(await page.locator('.address').innerText(), ADDRESS.replace(/(.{4})(?=.)/g, '$1 '))
    await page.click('.sheet .main')
    await page.waitForSelector('.result #take_back')
    await inspect(page)
    assert.deepEqual((await latest()).outputs, [{ address: ADDRESS, sat: 12_681 }])
    await world.control('bitcoin/mine', {})
    await page.waitForSelector('.badge.good')
    await inspect(page)
    await page.click('#done')
    await page.waitForSelector('.history')
    await inspect(page)
    await page.context().close()
  })

  test(`every other screen and the chain's page hold at ${look.width} px`, async () => {
    const page = await open(look)
    await page.goto(`${world.sandbox.url}/bitcoin/phone`)
    await page.click('.payer')
    await page.waitForSelector('.people')
    await inspect(page)
    await page.click('.bar .round')
    await page.click('.tile >> nth=0')
    await inspect(page)
    await page.fill('textarea', 'bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4?amount=1')
    await page.click('.main')
    await page.waitForSelector('.badge.bad')
    await inspect(page)
    await page.goto(`${world.sandbox.url}/bitcoin`)
    await inspect(page)
    const height = async () => Number(await page.locator('.figure dd').first().innerText())
    const before = await height()
    await page.click('button[data-post="mine"] >> nth=0')
    await page.locator('.figure dd', { hasText: String(before + 1) }).waitFor()
    await page.click('form[data-post="reorg"] button')
    await page.locator('.figure dd', { hasText: String(before + 2) }).waitFor()
    await inspect(page)
    await page.goto(`${world.sandbox.url}/bitcoin/faults`)
    await inspect(page)
    await page.context().close()
  })
}

test('the test choices pay less, more, and twice', async () => {
  const page = await open(LOOKS[0])
  const wanted = [
    ['less', 6_341],
    ['more', 19_022],
    ['twice', 12_681],
  ] as const
  for (const [way, sat] of wanted) {
    await page.goto(scanned(URI))
    await page.click('summary')
    await page.check(`input[value="${way}"]`)
    await page.check('input[value="low"]')
    await page.click('.sheet .main')
    await page.waitForSelector('.result')
    assert.equal((await latest()).sat, sat)
  }
  const { payments } = await world.control('bitcoin/payments')
  const two = Array.isArray(payments) ? payments.slice(0, 2) : []
  assert.deepEqual(
    two.map(({ sat }) => sat),
    [12_681, 12_681],
  )
  await page.context().close()
})

test('a payment is sped up, taken back, and found replaced', async () => {
  const page = await open(LOOKS[0])
  await page.goto(scanned(URI))
  await page.click('.sheet .main')
  await page.click('#bump')
  await page.waitForFunction("document.getElementById('bump')")
  await assertKind('fee_bump')
  await page.click('#take_back')
  await assertKind('taken_back')
  await page.click('#done')
  await page.locator('.history .row', { hasText: 'Replaced' }).first().waitFor()
  await page.context().close()

  async function assertKind(kind: string) {
    for (let asked = 0; asked < 200; asked += 1) if ((await latest()).kind === kind) return
    assert.fail(`no ${kind}`)
  }
})

test('somebody without enough is told, and another payer pays', async () => {
  const page = await open(LOOKS[1])
  await page.goto(scanned(URI))
  await page.waitForSelector('.sheet')
  await page.evaluate("localStorage.setItem('buyer.bitcoin', 'poor')")
  await page.reload()
  await page.click('.sheet .main')
  await page.waitForSelector('.badge.bad')
  await inspect(page)
  await page.click('.result .main')
  await page.click('.people .row >> nth=1')
  await page.click('.sheet .main')
  await page.waitForSelector('#take_back')
  assert.equal((await latest()).payer, 'hanmeimei')
  await page.context().close()
})

test('an address alone asks for the amount', async () => {
  const page = await open(LOOKS[0])
  await page.goto(scanned(ADDRESS))
  await page.fill('input[name="amount"]', '0.0005')
  await inspect(page)
  await page.click('.sheet .main')
  await page.waitForSelector('#take_back')
  assert.equal((await latest()).sat, 50_000)
  await page.context().close()
})
