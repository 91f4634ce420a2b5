// A shop that shows the payment page inside its own page: from a registered origin it is framed and
// paid there; from any other the browser shows nothing (CK-2 to CK-4).

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, before, test } from 'node:test'
import type { Frame, Page } from 'playwright-core'
import { confirmOnPhone, PAYERS, WORDS } from './payer.ts'
import { DESKTOP, PHONE, site } from './site.ts'

const hub = site()
const shops: Server[] = []
let shopPage: string
let otherPage: string

before(async () => {
  shopPage = await startShop()
  otherPage = await startShop()
})
after(() => {
  for (const server of shops) server.close()
})

/** A page of a shop on an origin of its own; `?secret=…` names the payment. Answers its origin. */
async function startShop(): Promise<string> {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://shop')
    const secret = searchParams.get('secret') ?? ''
    const language = searchParams.get('lang') ?? 'en'
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(`<!doctype html><html lang="${language}"><title>Shop</title>
<meta name="viewport" content="width=device-width"><h1>Hill shop</h1><p id="state">none</p>
<script type="module" src="${hub.stack.hubUrl}/tongbao.js"></script>
<script>addEventListener('tongbao-state', ({ detail }) => { state.textContent = detail.status })</script>
${/^\w+$/.test(secret) ? `<tongbao-checkout client-secret="${secret}" lang="${language}"></tongbao-checkout>` : ''}`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  shops.push(server)
  const address = server.address()
  assert.ok(address && typeof address === 'object')
  return `http://127.0.0.1:${address.port}`
}

const register = (embed_origins: string[]) => hub.api('PATCH', '/v1/merchant', { embed_origins })

async function visitShop(origin: string, options = DESKTOP, language = 'en') {
  const visitor = await hub.visit(options)
  const payment = await hub.createPayment({ return_url: `${origin}/done` })
  const secret = payment.url.split('/').at(-1)
  const open = () => visitor.page.goto(`${origin}/?secret=${secret}&lang=${language}`)
  return { ...visitor, payment, open }
}

/** The hub's page in the shop's page. */
async function framed(page: Page): Promise<Frame> {
  const element = await page.waitForSelector('tongbao-checkout iframe')
  const frame = await element.contentFrame()
  assert.ok(frame)
  return frame
}

// The shop's own origin is none of those that a visitor is expected to meet.
const ownRequests = /^http:\/\/127\.0\.0\.1:\d+\/(\?secret=\w+&lang=[\w-]+|favicon\.ico|done\S*)$/

test('at the first start the example shop may frame it, without any setting', async () => {
  const { shopUrl } = hub.stack
  const { embed_origins, return_origins } = await hub.api('GET', '/v1/merchant')
  assert.deepEqual([embed_origins, return_origins], [[shopUrl], []])
  const { url } = await hub.createPayment()
  const policy = (await fetch(url)).headers.get('content-security-policy') ?? ''
  assert.ok(policy.split('; ').includes(`frame-ancestors ${shopUrl}`), policy)
})

test('from a registered origin the order is paid in the frame, and the shop’s page hears of it', async () => {
  await register([shopPage])
  const { page, context, open, payment, leave } = await visitShop(shopPage)
  await open()
  const frame = await framed(page)
  const phone = await context.newPage()
  await phone.goto(await hub.readCode(frame))
  await confirmOnPhone(phone)
  await frame.getByRole('heading', { name: WORDS.en.complete }).waitFor()
  await page.locator('#state', { hasText: 'succeeded' }).waitFor()
  assert.equal(page.url().startsWith(shopPage), true)
  assert.equal((await hub.api('GET', `/v1/payments/${payment.id}`)).status, 'succeeded')
  // The way back to the shop takes the whole window.
  await frame.getByRole('link', { name: WORDS.en.back }).click()
  await page.waitForURL(`${shopPage}/done?payment=${payment.id}`)
  await leave(ownRequests)
})

test('from the frame the wallet takes the whole window, and comes back to the page by itself', async () => {
  await register([shopPage])
  const { page, open, leave } = await visitShop(shopPage, DESKTOP, 'zh-CN')
  const words = WORDS['zh-CN']
  await open()
  const frame = await framed(page)
  await frame.getByRole('button', { name: words.thisBrowser }).click()
  await page.waitForURL(`${hub.stack.sandboxUrl}/cashier/**`)
  await page.locator('[name=buyer]').selectOption(PAYERS.rich)
  await page.locator('[name=code]').fill('123456')
  await page.locator('.sign-in button').click()
  await page.waitForURL(`${hub.stack.hubUrl}/pay/**`)
  // The browser speaks English; the payer began in Chinese.
  await page.getByRole('heading', { name: words.complete }).waitFor()
  await leave(ownRequests)
})

test('on a phone’s width the frame is as high as its page, so nothing is cut off', async () => {
  await register([shopPage])
  const { page, open, leave } = await visitShop(shopPage, PHONE)
  await open()
  const frame = await framed(page)
  await frame.getByRole('button', { name: WORDS.en.payWith }).waitFor()
  const resized = `document.querySelector('tongbao-checkout iframe').style.height !== '640px'`
  await page.waitForFunction(resized)
  const inner = await frame.evaluate<number>('document.documentElement.scrollHeight')
  const outer = (await page.locator('tongbao-checkout iframe').boundingBox())?.height ?? 0
  assert.ok(outer >= inner - 1, `${outer} < ${inner}`)
  await leave(ownRequests)
})

test('an origin that is not registered cannot frame it, nor one that no longer is', async () => {
  for (const [origins, origin] of [
    [[shopPage], otherPage],
    [[shopPage.replace('127.0.0.1', 'localhost')], shopPage],
    [[], shopPage],
  ] as const) {
    await register([...origins])
    const { page, open, leave } = await visitShop(origin)
    const refused = page.waitForEvent('console', (message) =>
      /frame-ancestors/.test(message.text()),
    )
    await open()
    await refused
    const frame = await framed(page)
    assert.equal(await frame.locator('tb-page, .order-title').count(), 0)
    assert.equal(await page.locator('#state').textContent(), 'none')
    await leave(/frame-ancestors|\?secret=|favicon/)
  }
})
