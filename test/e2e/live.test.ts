// How the open page learns what happened: by the stream, by asking, after an outage, when it is
// looked at again; and what its asking costs the wallet (CK-31 to CK-35, CK-54).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { eventually } from '../stack.ts'
import { WORDS } from './payer.ts'
import { site } from './site.ts'

const shop = site()
const PAGES = 10

const success = (page: Page) => page.getByRole('heading', { name: WORDS.en.complete })

/** How often this page asked for the payment's state. */
function countAsking(page: Page): () => number {
  let asked = 0
  page.on('request', (request) => {
    if (request.url().endsWith('/checkout/v1/payment')) asked += 1
  })
  return () => asked
}

async function queries(): Promise<number> {
  const text = await (await fetch(shop.stack.metricsUrl)).text()
  const lines = text.match(/^tongbao_wallet_call_duration_seconds_count\{.*query.*$/gm) ?? []
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

test('the stream alone wakes the page: its timers stand still (CK-32)', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  await page.clock.install()
  const { url } = await shop.createPayment()
  await page.goto(url)
  const qr = await shop.readCode(page)
  await page.clock.pauseAt(Date.now() + 3_600_000)
  await shop.control('alipay/trades/pay', { qr })
  await success(page).waitFor()
  await visitor.leave()
})

test('without the stream the page asks, and tries the stream twice only', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  let tries = 0
  await page.route('**/checkout/v1/stream', async (route) => {
    tries += 1
    await route.abort()
  })
  const asked = countAsking(page)
  const { url } = await shop.createPayment()
  await page.goto(url)
  const qr = await shop.readCode(page)
  await eventually(async () => (asked() >= 3 ? true : undefined))
  await shop.control('alipay/trades/pay', { qr })
  await success(page).waitFor()
  assert.equal(tries, 2)
  await visitor.leave(/stream|ERR_FAILED/)
})

test('offline: a banner at once, nothing lost, and on by itself', async () => {
  const visitor = await shop.visit()
  const { page, context } = visitor
  const { url } = await shop.createPayment()
  await page.goto(url)
  const qr = await shop.readCode(page)
  await context.setOffline(true)
  await page.locator('.offline').getByText('You are offline').waitFor({ timeout: 1_000 })
  await page.locator('.qr-card img').waitFor()
  await shop.control('alipay/trades/pay', { qr })
  await context.setOffline(false)
  await success(page).waitFor()
  await page.locator('.offline').waitFor({ state: 'hidden' })
  await visitor.leave(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/)
})

test('a hidden tab asks nothing; looked at again it knows (CK-33)', async () => {
  const visitor = await shop.visit()
  const { page } = visitor
  await page.clock.install()
  const { url } = await shop.createPayment()
  await page.goto(url)
  const qr = await shop.readCode(page)
  await show(page, false)
  const asked = countAsking(page)
  await shop.control('alipay/trades/pay', { qr })
  await page.clock.runFor(120_000)
  assert.equal(asked(), 0)
  assert.equal(await success(page).count(), 0)
  await show(page, true)
  await page.clock.runFor(300)
  await success(page).waitFor()
  await visitor.leave()
})

// Headless browsers show every tab.
async function show(page: Page, shown: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${!shown} })
    document.dispatchEvent(new Event('visibilitychange'))`)
}

test(`${PAGES} open pages ask the wallet no more often than one (CK-35)`, async () => {
  const { url } = await shop.createPayment()
  // Two to a browser: over HTTP/1.1 a browser has six connections for all its visible pages.
  const visitors = await Promise.all(Array.from({ length: PAGES / 2 }, () => shop.visit()))
  const pages = await Promise.all(
    visitors.flatMap(({ page, context }) => [page, context.newPage()]),
  )
  const [first, ...others] = pages
  assert.ok(first)
  await first.goto(url)
  const qr = await shop.readCode(first)
  await Promise.all(others.map((page) => page.goto(url)))
  await Promise.all(pages.map((page) => page.locator('.qr-card img').waitFor()))
  // By the sheet's plan the hub asks every three seconds, whoever looks. Load only makes it slower.
  const before = await queries()
  const from = performance.now()
  await eventually(async () => ((await queries()) >= before + 2 ? true : undefined), 30_000)
  const took = performance.now() - from
  assert.ok(took > 2_500, `two questions within ${Math.round(took)} ms`)
  await shop.control('alipay/trades/pay', { qr })
  await Promise.all(pages.map((page) => success(page).waitFor({ timeout: 20_000 })))
  // Ten pages of one payer share its allowance of two reads a second.
  for (const visitor of visitors) await visitor.leave(/429 \(Too Many Requests\)/)
})
