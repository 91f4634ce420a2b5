// The payer's sheets in a real browser: desktop and phone, Chinese and English, light and dark, by
// keyboard, under a strict content policy.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../../test/chromium.ts'
import { isObject } from '../json.ts'
import { type Setup, setup } from '../test-support.ts'
import { googleRequest, textsOf } from './test-support.ts'

let browser: Browser
let world: Setup
let shop: Server
let address: string
let apple: Record<string, string>
let google: Record<string, string>

const APPLE_REQUEST = {
  countryCode: 'US',
  currencyCode: 'USD',
  merchantCapabilities: ['supports3DS'],
  supportedNetworks: ['visa', 'masterCard', 'amex'],
  total: { label: 'Coffee', amount: '10.99' },
  applicationData: 'dGIx',
}

/** A page as strict as the hub's checkout, but for this sandbox. */
function page(language: string): string {
  const { url } = world.sandbox
  const parameters = { gateway: 'adyen', gatewayMerchantId: google.acquirer_merchant_account }
  const wanted = JSON.stringify(googleRequest({ type: 'PAYMENT_GATEWAY', parameters }))
  const script = `
    const out = (name, value) => { document.body.dataset[name] = JSON.stringify(value) }
    document.getElementById('apple').addEventListener('click', () => {
      const session = new ApplePaySession(3, ${JSON.stringify(APPLE_REQUEST)})
      session.onvalidatemerchant = async ({ validationURL }) => {
        out('validation', validationURL)
        const answer = await fetch('/session', { method: 'POST' })
        session.completeMerchantValidation(await answer.json())
      }
      session.onpaymentauthorized = ({ payment }) => {
        out('token', payment.token)
        session.completePayment({ status: ApplePaySession.STATUS_SUCCESS })
        try { session.completePayment(0) } catch (error) { out('second', error.name) }
      }
      session.oncancel = (event) => out('canceled', event.sessionError)
      session.begin()
    })
    document.getElementById('google').addEventListener('click', () => {
      const client = new window.google.payments.api.PaymentsClient({ environment: 'TEST' })
      client.loadPaymentData(${wanted}).then((data) => out('data', data), (error) => out('error', error))
    })
    const early = () => { try { new ApplePaySession(3, ${JSON.stringify(APPLE_REQUEST)}) } catch (e) { out('early', e.name) } }
    addEventListener('load', early)`
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'self' ${url}; connect-src 'self' ${url}; style-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'">
<script src="${url}/applepay/sheet.js" crossorigin></script><script src="${url}/googlepay/pay.js"></script></head>
<body><main><h1>Shop</h1><button id="apple">A</button><button id="google">G</button></main><script src="/shop.js"></script></body></html>
<!--${script}-->`
}

function openSession(): Promise<string> {
  const sent = request(`${world.sandbox.gateway}/paymentservices/startSession`, {
    method: 'POST',
    ca: apple.root_certificate,
    cert: apple.merchant_identity_certificate,
    key: apple.merchant_identity_key,
  })
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', (response) => {
      let text = ''
      response.on('data', (part) => (text += part)).on('end', () => resolve(text))
    })
    sent.end(
      JSON.stringify({
        merchantIdentifier: apple.merchant_id,
        displayName: 'Coffee',
        initiative: 'web',
        initiativeContext: '127.0.0.1',
      }),
    )
  })
}

before(async () => {
  world = await setup()
  apple = textsOf((await world.control('applepay/hub-account')).fields)
  google = textsOf((await world.control('googlepay/hub-account')).fields)
  shop = createServer((asked, answer) => {
    const language = asked.url === '/zh' ? 'zh-CN' : 'en'
    const [html, script] = page(language).split('<!--')
    if (asked.url === '/shop.js') {
      answer.setHeader('content-type', 'text/javascript').end(script?.replace('-->', ''))
    } else if (asked.url === '/session') void openSession().then((text) => answer.end(text))
    else answer.setHeader('content-type', 'text/html').end(html)
  })
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve))
  const bound = shop.address()
  address = `http://127.0.0.1:${bound && typeof bound === 'object' ? bound.port : 0}`
  browser = await launchChromium()
})
after(async () => {
  await browser.close()
  shop.closeAllConnections()
  shop.close()
  await world.sandbox.close()
})

interface Look {
  width: number
  height: number
  path: '/zh' | '/en'
  colorScheme: 'light' | 'dark'
}

async function visit({ width, height, path, colorScheme }: Look): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme })
  const tab = await context.newPage()
  tab.setDefaultTimeout(10_000)
  await tab.goto(`${address}${path}`)
  return tab
}

const DESKTOP: Look = { width: 1280, height: 800, path: '/en', colorScheme: 'light' }
const PHONE: Look = { width: 360, height: 740, path: '/zh', colorScheme: 'dark' }

/** What the shop's script noted under `name`. */
async function noted(tab: Page, name: string): Promise<unknown> {
  await tab.locator(`body[data-${name}]`).waitFor({ state: 'attached' })
  const text = await tab.locator('body').getAttribute(`data-${name}`)
  return JSON.parse(text ?? 'null')
}

async function check(tab: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page: tab }).analyze()
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    [],
  )
  const wide = await tab.evaluate('document.documentElement.scrollWidth > innerWidth')
  assert.equal(wide, false)
}

for (const [name, look] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  test(`${name}: Apple's sheet hands over a token, and completes once`, async () => {
    const tab = await visit(look)
    assert.equal(await noted(tab, 'early'), 'InvalidAccessError')
    await tab.click('#apple')
    const confirm = tab.getByRole('button', { name: /Confirm|确认付款/ })
    await confirm.and(tab.locator(':enabled')).waitFor()
    await check(tab)
    await tab.getByRole('radio').nth(1).check()
    await confirm.click()
    const token = await noted(tab, 'token')
    assert(isObject(token) && isObject(token.paymentData))
    assert.equal(token.paymentData.version, 'EC_v1')
    assert.equal(await noted(tab, 'second'), 'InvalidAccessError')
    assert.equal(
      await noted(tab, 'validation'),
      `${world.sandbox.gateway}/paymentservices/startSession`,
    )
    await tab.getByRole('dialog').waitFor({ state: 'detached' })
    await tab.context().close()
  })

  test(`${name}: Google's sheet hands over a token, by keyboard alone`, async () => {
    const tab = await visit(look)
    await tab.focus('#google')
    await tab.keyboard.press('Enter')
    const confirm = tab.getByRole('button', { name: /Confirm|确认付款/ })
    await confirm.and(tab.locator(':enabled')).waitFor()
    await check(tab)
    await tab.keyboard.press('Enter')
    const data = await noted(tab, 'data')
    assert(isObject(data) && isObject(data.paymentMethodData))
    const { tokenizationData } = data.paymentMethodData
    assert(isObject(tokenizationData))
    assert.equal(JSON.parse(String(tokenizationData.token)).protocolVersion, 'ECv2')
    await tab.context().close()
  })
}

test('leaving the sheets tells the shop, and the focus goes back', async () => {
  const tab = await visit(DESKTOP)
  await tab.click('#apple')
  await tab.getByRole('button', { name: 'Cancel' }).click()
  assert.deepEqual(await noted(tab, 'canceled'), {})
  await tab.click('#google')
  await tab.getByRole('dialog').waitFor()
  await tab.keyboard.press('Escape')
  const error = await noted(tab, 'error')
  assert(isObject(error))
  assert.equal(error.statusCode, 'CANCELED')
  await tab.locator('#google:focus').waitFor()
  await tab.context().close()
})

test("the bank's page asks in the payer's language and leads back", async () => {
  const parameters = { gateway: 'adyen', gatewayMerchantId: google.acquirer_merchant_account }
  const wanted = googleRequest({ type: 'PAYMENT_GATEWAY', parameters })
  const made = await world.control('googlepay/tokens', { request: wanted, card: 'challenge' })
  const method = isObject(made.paymentMethodData) ? made.paymentMethodData : {}
  const { tokenizationData } = method
  const answer = await fetch(`${google.acquirer_base_url}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': google.acquirer_api_key ?? '' },
    body: JSON.stringify({
      merchantAccount: google.acquirer_merchant_account,
      amount: { currency: 'USD', value: 1099 },
      reference: 'order1',
      returnUrl: `${address}/en`,
      paymentMethod: {
        type: 'googlepay',
        googlePayToken: isObject(tokenizationData) ? tokenizationData.token : '',
      },
    }),
  })
  const started: unknown = await answer.json()
  const action = isObject(started) && isObject(started.action) ? started.action : {}
  const context = await browser.newContext({
    locale: 'zh-CN',
    viewport: { width: 360, height: 740 },
  })
  const tab = await context.newPage()
  await tab.goto(String(action.url))
  await check(tab)
  await tab.getByText('USD 10.99').waitFor()
  await tab.getByRole('button', { name: '确认是我' }).click()
  await tab.waitForURL(/redirectResult=/)
  await tab.goto(String(action.url))
  await tab.getByText('这个验证已经结束').waitFor()
  await context.close()
})

test("the operator's pages show accounts, charges and faults, in both languages", async () => {
  for (const locale of ['en', 'zh-CN']) {
    const context = await browser.newContext({ locale, viewport: { width: 390, height: 800 } })
    const tab = await context.newPage()
    for (const wallet of ['applepay', 'googlepay', 'adyen', 'stripe', 'checkoutcom']) {
      const card = wallet === 'applepay' || wallet === 'googlepay'
      for (const path of card ? ['', '/faults'] : ['', '/books', '/notifications', '/faults']) {
        const answer = await tab.goto(`${world.sandbox.url}/${wallet}${path}`)
        assert.equal(answer?.status(), 200, `${wallet}${path}`)
        // The others are drawn by the same code.
        if (wallet === 'adyen' || wallet === 'applepay') await check(tab)
      }
    }
    await tab.goto(`${world.sandbox.url}/adyen/books`)
    await tab.getByText('order1').waitFor()
    await context.close()
  }
})
