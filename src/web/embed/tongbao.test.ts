// Proves the loader in a shop's page on another origin: it frames, hears only the hub, tells no secret.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { type FixtureServer, startFixtureServer } from '../../../test/checkout/server.ts'
import { launchChromium } from '../../../test/chromium.ts'

let shop: FixtureServer
let hub: FixtureServer
let stranger: FixtureServer
let browser: Browser
before(async () => {
  shop = await startFixtureServer()
  hub = await startFixtureServer({ embedOrigins: [shop.base] })
  stranger = await startFixtureServer()
  browser = await launchChromium()
})
after(async () => {
  await browser.close()
  await Promise.all([shop, hub, stranger].map((server) => server.close()))
})

async function openShop(origin: string, secret: string) {
  const page = await browser.newPage()
  await page.addInitScript(() => {
    const heard: string[] = []
    const note = (text: string) => {
      heard.push(text)
      document.documentElement.dataset.heard = JSON.stringify(heard)
    }
    if (window === window.parent) {
      addEventListener('message', ({ data }) => note(`message ${JSON.stringify(data)}`))
      addEventListener('tongbao-state', (event) => {
        if (event instanceof CustomEvent) note(`state ${JSON.stringify(event.detail)}`)
      })
      addEventListener('tongbao-ready', () => note('ready'))
    }
  })
  await page.goto(`${origin}/shop?hub=${encodeURIComponent(hub.base)}&secret=${secret}`)
  const heard = () =>
    page.evaluate(() => JSON.parse(document.documentElement.dataset.heard ?? '[]').map(String))
  return { page, heard }
}

test('the page is framed, sized, and its state becomes an event without secrets (CK-2, CK-3)', async () => {
  const { page, heard } = await openShop(shop.base, 'succeeded0000000')
  hub.payments.set('succeeded0000000', { ...mustHave('succeeded'), receipt_url: null })
  await page.reload()
  const frame = page.frameLocator('tongbao-checkout iframe')
  await frame.getByRole('heading', { name: 'Payment complete' }).waitFor()
  await page.waitForFunction(() => document.documentElement.dataset.heard?.includes('state'))
  const words: string[] = await heard()
  assert.ok(words.includes('ready'))
  assert.ok(words.includes('state {"status":"succeeded"}'))
  assert.ok(!words.join().includes('succeeded0000000'))
  const iframe = page.locator('tongbao-checkout iframe')
  assert.equal(await iframe.getAttribute('allow'), 'payment; clipboard-write')
  const height = await iframe.evaluate((element) => element.getBoundingClientRect().height)
  assert.ok(height > 300)
  await page.close()
})

test('a page on an unregistered origin can neither frame nor hear it (CK-4)', async () => {
  hub.payments.set('succeeded0000001', mustHave('succeeded'))
  const { page, heard } = await openShop(stranger.base, 'succeeded0000001')
  await page.waitForFunction(() => document.querySelector('tongbao-checkout iframe'))
  await page.waitForLoadState('load')
  assert.equal(await page.frameLocator('tongbao-checkout iframe').locator('tb-page').count(), 0)
  assert.deepEqual(await heard(), [])
  await page.close()
})

test('messages of others, even well-formed ones, are not heard', async () => {
  const { page, heard } = await openShop(shop.base, 'succeeded0000000')
  await page
    .frameLocator('tongbao-checkout iframe')
    .locator('tb-help')
    .waitFor({ state: 'attached' })
  await page.evaluate(() => postMessage({ tongbao: 1, type: 'state', status: 'failed' }, '*'))
  await page.waitForFunction(() => document.documentElement.dataset.heard?.includes('failed'))
  assert.ok(!(await heard()).includes('state {"status":"failed"}'))
  await page.close()
})

test('a secret that is none is not put into an address', async () => {
  const { page } = await openShop(shop.base, '../x')
  await page.waitForFunction(() => customElements.get('tongbao-checkout'))
  assert.equal(await page.locator('iframe').count(), 0)
  await page.close()
})

function mustHave(state: string) {
  const found = hub.payments.get(state)
  assert.ok(found)
  return found
}
