// The wallets' sheets in a real browser, with the interfaces that Apple's and Google's scripts define:
// opened in the tap, told how it went, and gone where the browser has none.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { browsing, PHONE } from '../../../../test/checkout/browse.ts'
import { eventually } from '../../../../test/stack.ts'

const site = browsing()

/** What a test reads back: every call in order, and whether a tap was under way at it. */
interface Told {
  call: string
  tap: boolean
  value?: unknown
}

// `outcome` says what the payer does in the sheet. As text: it runs in the browser, before the page.
const API = (options: { apple: string; google: string }) => `(() => {
  const told = (window.told = [])
  const tell = (call, value) =>
    told.push({ call, tap: navigator.userActivation.isActive, ...(value !== undefined && { value }) })
  const { apple, google } = ${JSON.stringify(options)}
  if (apple !== 'none') {
    window.ApplePaySession = class {
      static STATUS_SUCCESS = 0
      static STATUS_FAILURE = 1
      static canMakePayments() { return apple !== 'cannot' }
      static supportsVersion(version) { return version <= 14 }
      constructor(version, request) { tell('new', { version, request }) }
      begin() {
        tell('begin')
        setTimeout(() => this.onvalidatemerchant({ validationURL: 'https://gateway.apple/start' }))
      }
      abort() { tell('abort') }
      completeMerchantValidation(session) {
        tell('validated', session)
        if (apple === 'cancel') return this.oncancel({})
        this.onpaymentauthorized({ payment: { token: { paymentData: { version: 'EC_v1' } } } })
      }
      completePayment(result) { tell('complete', result) }
    }
    customElements.define('apple-pay-button', class extends HTMLElement {
      connectedCallback() {
        if (this.shadowRoot) return
        const button = document.createElement('button')
        button.textContent = 'Apple Pay'
        this.attachShadow({ mode: 'open' }).append(button)
      }
    })
  }
  if (google === 'none') return
  window.google = { payments: { api: { PaymentsClient: class {
    constructor(options) { tell('client', options) }
    isReadyToPay() {
      if (google === 'slow') return new Promise(() => {})
      return Promise.resolve({ result: google !== 'cannot' })
    }
    createButton({ onClick, buttonColor }) {
      const button = document.createElement('button')
      button.textContent = 'Google Pay'
      button.dataset.color = buttonColor
      button.addEventListener('click', onClick)
      return button
    }
    loadPaymentData(request) {
      tell('load', request)
      if (google === 'cancel') return Promise.reject({ statusCode: 'CANCELED' })
      if (google === 'fail') return Promise.reject({ statusCode: 'DEVELOPER_ERROR' })
      const token = '{"signature":"\\\\u003d"}'
      return Promise.resolve({ paymentMethodData: { tokenizationData: { token } } })
    }
  } } } }
})()`

async function open(
  options: { apple?: string; google?: string },
  state = 'sheets',
  look: Parameters<typeof site.tab>[0] = {},
): Promise<Page> {
  const page = await site.tab(look)
  const { apple = 'pay', google = 'pay' } = options
  await page.addInitScript(API({ apple, google }))
  await page.goto(`${site.hub.base}/pay/${state}?lang=en`)
  await page.locator('tb-help').waitFor({ state: 'attached' })
  return page
}

const told = (page: Page) => page.evaluate<Told[]>('window.told')
const apple = (page: Page) => page.locator('apple-pay-button')
const google = (page: Page) =>
  page.locator('.wallet-place').getByRole('button', { name: 'Google Pay' })
const starts = () =>
  site.hub.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/attempts'))

test('Apple Pay: session in the tap, merchant validated by the hub, token as it came (CK-21)', async () => {
  const page = await open({})
  await apple(page).click()
  await page.getByRole('heading', { name: 'Confirming your payment' }).waitFor()
  const calls = (await told(page)).filter(({ call }) => call !== 'client')
  assert.deepEqual(
    calls.map(({ call }) => call),
    ['new', 'begin', 'validated', 'complete'],
  )
  assert.ok(calls[0]?.tap && calls[1]?.tap, 'within the tap')
  assert.deepEqual(calls[0]?.value, { version: 3, request: { total: {} } })
  assert.deepEqual(calls[2]?.value, { id: 'one' })
  assert.deepEqual(calls[3]?.value, { status: 0 })
  const asked = site.hub.requests.find(({ path }) => path.endsWith('/wallet_sessions'))
  assert.deepEqual(JSON.parse(asked?.body ?? ''), {
    wallet: 'applepay',
    validation_url: 'https://gateway.apple/start',
  })
  const [start] = starts()
  const { browser, ...sent } = JSON.parse(start?.body ?? '')
  assert.deepEqual(sent, {
    wallet: 'applepay',
    surface: 'desktop',
    token: '{"paymentData":{"version":"EC_v1"}}',
  })
  assert.deepEqual(Object.keys(browser).sort(), [
    'color_depth',
    'language',
    'screen_height',
    'screen_width',
    'time_zone_offset',
  ])
  await page.context().close()
})

test('Google Pay: payment data loaded in the tap, its token sent as it came', async () => {
  const page = await open({})
  await google(page).click()
  await page.getByRole('heading', { name: 'Confirming your payment' }).waitFor()
  const calls = await told(page)
  assert.ok(calls.find(({ call }) => call === 'load')?.tap, 'within the tap')
  const [client] = calls.filter(({ call }) => call === 'client')
  assert.match(
    JSON.stringify(client?.value),
    /^{"environment":"TEST","nonce":"[0-9A-Za-z+/]{24}"}$/,
  )
  const { wallet, token } = JSON.parse(starts()[0]?.body ?? '')
  assert.deepEqual([wallet, token], ['googlepay', '{"signature":"\\u003d"}'])
  await page.context().close()
})

test('who closes the sheet is back at the wallets, and no attempt was started (CK-39)', async () => {
  const page = await open({ apple: 'cancel', google: 'cancel' })
  for (const button of [apple(page), google(page), apple(page)]) {
    await button.click()
    await page.getByRole('heading', { name: 'How would you like to pay?' }).waitFor()
  }
  assert.equal(await page.locator('.notice, .sign-bad').count(), 0)
  assert.equal(starts().length, 0)
  await page.context().close()
})

test('a sheet that fails says so, and the order is kept', async () => {
  const page = await open({ google: 'fail' })
  await google(page).click()
  await page.locator('.notice').getByText('We could not reach Google Pay').waitFor()
  assert.equal(starts().length, 0)
  await page.context().close()
})

test('a merchant whom Apple does not know: the sheet is closed, the other wallets stay', async () => {
  const page = await open({})
  site.hub.failing.set('POST /checkout/v1/wallet_sessions', 502)
  await apple(page).click()
  await page.locator('.notice').getByText('We could not reach Apple Pay').waitFor()
  assert.equal((await told(page)).at(-1)?.call, 'abort')
  assert.equal(starts().length, 0)
  await page.context().close()
})

test('a token that the hub refuses is a failure in the sheet; silence is none', async () => {
  for (const [status, expected] of [
    [422, 1],
    [500, 0],
  ] as const) {
    const page = await open({})
    site.hub.failing.set('POST /checkout/v1/attempts', status)
    await apple(page).click()
    await page.locator('.notice').waitFor()
    const last = await eventually(async () => {
      const call = (await told(page)).at(-1)
      return call?.call === 'complete' ? call : undefined
    })
    assert.deepEqual(last.value, { status: expected })
    await page.context().close()
  }
})

test('what this browser cannot do is gone within its time; the rest was there before (CK-10, CK-12)', async () => {
  const page = await open({ apple: 'cannot', google: 'slow' }, 'abroad')
  await page.getByRole('button', { name: 'Pay with Alipay' }).waitFor()
  await page.locator('.wallet-place').first().waitFor()
  await page.locator('.wallets:not(:has(.wallet-place))').waitFor({ timeout: 3_000 })
  assert.equal(await page.locator('.wallets > *').count(), 3)
  await page.context().close()
})

test('when no other wallet is left, the only code is shown after all (CK-20)', async () => {
  const page = await open({ apple: 'none', google: 'cannot' })
  await page.locator('.qr-card img').waitFor()
  assert.equal(starts().length, 1)
  await page.context().close()
})

test('nothing moves when a sheet is found', async () => {
  const page = await site.tab()
  await page.addInitScript(API({ apple: 'pay', google: 'pay' }))
  await page.addInitScript(`
    window.shifts = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) window.shifts += entry.value
    }).observe({ type: 'layout-shift', buffered: true })`)
  await page.goto(`${site.hub.base}/pay/abroad?lang=en`)
  await google(page).waitFor()
  await apple(page).waitFor()
  assert.ok((await page.evaluate<number>('window.shifts')) < 0.01)
  await page.context().close()
})

test('the buttons follow the scheme and are as large as the others (CK-15, CK-19)', async () => {
  const page = await open({}, 'abroad', { ...PHONE, colorScheme: 'dark' })
  assert.equal(await apple(page).getAttribute('buttonstyle'), 'white')
  assert.equal(await google(page).getAttribute('data-color'), 'white')
  const heights = await page
    .locator('.wallets > *')
    .evaluateAll((all) => all.map((each) => Math.round(each.getBoundingClientRect().height)))
  assert.deepEqual(new Set(heights).size, 1, heights.join())
  await page.emulateMedia({ colorScheme: 'light' })
  await page.locator('apple-pay-button[buttonstyle="black"]').waitFor()
  await page.context().close()
})

test('a page without such wallets loads neither their scripts nor ours for them', async () => {
  const page = await site.open('live')
  await page.locator('tb-help').waitFor({ state: 'attached' })
  const paths = site.hub.requests.map(({ path }) => path)
  assert.deepEqual(
    paths.filter((path) => /applepay|googlepay|sheets/.test(path)),
    [],
  )
  await page.context().close()
})

test('an attempt for a page inside WeChat is opened by its bridge; its word is only a reason to ask', async () => {
  const page = await site.tab({ ...PHONE, userAgent: `${PHONE.userAgent} MicroMessenger/8.0` })
  await page.addInitScript(`window.WeixinJSBridge = {
    invoke(name, parameters, answer) {
      window.asked = { name, parameters }
      answer({ err_msg: 'get_brand_wcpay_request:ok' })
    },
  }`)
  await page.goto(`${site.hub.base}/pay/jsapi?lang=en`)
  await page.getByRole('button', { name: 'Open WeChat Pay' }).tap()
  await page.locator('.screen').getByText('WeChat Pay has not confirmed').waitFor()
  assert.deepEqual(await page.evaluate('window.asked'), {
    name: 'getBrandWCPayRequest',
    parameters: { appId: 'wx1', package: 'prepay_id=1' },
  })
  assert.ok(site.hub.requests.some(({ path }) => path.endsWith('/sync')))
  await page.context().close()
})

test('where the app of that attempt is not around, the link can be copied (CK-14)', async () => {
  const page = await site.open('jsapi', PHONE)
  await page.getByRole('button', { name: 'Open WeChat Pay' }).tap()
  await page.locator('.notice').getByText('can only open this payment inside').waitFor()
  await page.getByRole('button', { name: 'Copy link' }).waitFor()
  await page.context().close()
})
