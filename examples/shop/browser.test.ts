// The shop in a browser: every page fits its window and passes the WCAG rules, in both languages,
// light and dark, and an open order shows by itself that it was paid.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { Webhook } from 'standardwebhooks'
import { launchChromium } from '../../test/chromium.ts'
import { createShop } from './server.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']
const folder = mkdtempSync(join(tmpdir(), 'shop-browser-'))

/** Answers every question with a payment that waits, and every other address with a page. */
const hub = createServer(async (request, response) => {
  let body = ''
  for await (const part of request) body += part
  const payments = request.url?.startsWith('/v1/payments')
  if (!payments) return void response.end('<!doctype html><title>Pay</title>')
  if (request.method === 'POST') ordered = JSON.parse(body)
  const url = `http://${request.headers.host}/pay/secret`
  response.end(JSON.stringify({ ...payment('created'), url }))
})
/** The latest order, as the shop sent it. */
let ordered = { reference: '', amount: 0 }
let shop: Server
let shopUrl = ''
let browser: Browser

before(async () => {
  const apiUrl = await listen(hub)
  shop = createShop({
    apiUrl,
    apiKey: 'tb_test_sk_1',
    webhookSecret: SECRET,
    shopUrl: 'https://shop.example',
    folder,
  })
  shopUrl = await listen(shop)
  browser = await launchChromium()
})
after(async () => {
  await browser.close()
  for (const server of [shop, hub]) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(folder, { recursive: true })
})

for (const locale of ['en', 'zh-CN']) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`pages fit and pass WCAG A and AA (${locale}, ${colorScheme})`, async () => {
      const context = await browser.newContext({ locale, colorScheme })
      const page = await context.newPage()
      await page.goto(shopUrl)
      await page.locator('#ink button').click()
      await check(page, '/', '/cart', '/nothing')
      await order(page)
      await check(page, `/orders/${ordered.reference}`)
      await sendSucceeded()
      await check(page, `/orders/${ordered.reference}`)
      await context.close()
    })
  }
}

test('an open order shows by itself that it was paid', async () => {
  const page = await browser.newPage({ locale: 'en' })
  await page.goto(shopUrl)
  await page.locator('#brush button').click()
  await order(page)
  await page.goto(`${shopUrl}/orders/${ordered.reference}`)
  await page.getByRole('heading', { name: 'Waiting for your payment' }).waitFor()
  await sendSucceeded()
  await page.getByRole('heading', { name: 'Thank you, it is paid' }).waitFor()
  await page.close()
})

async function check(page: Page, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await page.goto(shopUrl + path)
    for (const width of [320, 390, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      const over = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.ok(Number(over) <= 0, `${path} is ${over} px wider than ${width}`)
    }
    const { violations } = await new AxeBuilder({ page }).withTags(WCAG).analyze()
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`),
      [],
      path,
    )
  }
}

async function order(page: Page): Promise<void> {
  await page.goto(`${shopUrl}/cart`)
  await page.locator('#customer').fill('Lin')
  await page.locator('.sheet .button').click()
  await page.waitForURL(/\/pay\/secret$/)
}

function payment(status: string) {
  const { reference, amount } = ordered
  return { id: `pay_${reference}`, reference, status, amount, currency: 'CNY', receipt_url: null }
}

async function sendSucceeded(): Promise<void> {
  const body = JSON.stringify({
    type: 'payment.succeeded',
    sequence: 2,
    data: payment('succeeded'),
  })
  const id = `evt_${ordered.reference}`
  const now = new Date()
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign(id, now, body),
  }
  const answer = await fetch(`${shopUrl}/webhooks`, { method: 'POST', body, headers })
  assert.equal(answer.status, 204)
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}
