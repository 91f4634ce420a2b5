// The payment page in a real browser: what a payer, a screen reader, a slow line and a policy meet.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { browsing, PHONE } from '../../../test/checkout/browse.ts'
import { after, attempt, PAYMENTS, payment } from '../../../test/checkout/payments.ts'

const site = browsing()

/** Paths of the hub's calls since the tab was opened. */
const calls = (path: string) => site.hub.requests.filter((seen) => seen.path.startsWith(path))

const heading = (page: Page) => page.locator('.stage .screen-title')

/** Waits until the browser has made `count` calls to `path`. */
async function untilCalls(page: Page, path: string, count: number): Promise<void> {
  while (calls(path).length < count) await page.waitForResponse((got) => got.url().includes(path))
}

function setPayment(name: string, changes: Parameters<typeof payment>[0]): void {
  site.hub.payments.set(name, { ...payment(changes), server_time: after(1) })
}

test('one wallet on a desktop: its code is there without a tap, asked for once (CK-20)', async () => {
  const page = await site.open('fresh')
  const image = page.getByRole('img', { name: 'QR code: pay ¥268.50\u00a0CNY with Alipay' })
  await image.waitFor()
  assert.equal(await page.locator('.qr-card img').count(), 1)
  const box = await image.boundingBox()
  assert.ok(box && box.width >= 200 && box.height >= 200, 'CK-22')
  const starts = calls('/checkout/v1/attempts')
  assert.equal(starts.length, 1)
  assert.deepEqual(JSON.parse(starts[0]?.body ?? ''), { wallet: 'alipay', surface: 'qr' })
  assert.match(starts[0]?.headers['idempotency-key']?.toString() ?? '', /^[0-9a-f]{32}$/)
  await page.context().close()
})

test('the secret travels in a header and in the page address only', async () => {
  const page = await site.open('fresh')
  await page.locator('.qr-card img').waitFor()
  await untilCalls(page, '/checkout/v1/stream', 1)
  const api = site.hub.requests.filter(({ path }) => path.startsWith('/checkout/'))
  assert.ok(api.length >= 2)
  for (const { path, headers } of api) {
    assert.ok(!path.includes('fresh'), path)
    assert.equal(headers.authorization, 'Bearer fresh')
    assert.ok(!headers.referer?.includes('fresh'), headers.referer)
  }
  await page.context().close()
})

test('a phone goes to the wallet in one tap, and "pay with another phone" shows the code (CK-24)', async () => {
  const page = await site.open('fresh', PHONE)
  const button = page.getByRole('button', { name: 'Pay with Alipay' })
  await button.waitFor()
  assert.equal(calls('/checkout/v1/attempts').length, 0)
  await button.tap()
  await page.getByRole('heading', { name: 'Wallet' }).waitFor()
  assert.equal(JSON.parse(calls('/checkout/v1/attempts')[0]?.body ?? '').surface, 'mobile')
  await page.context().close()

  const other = await site.open('fresh', PHONE)
  await other.getByRole('button', { name: 'Pay with another phone' }).tap()
  await other.locator('.qr-card img').waitFor()
  await other.context().close()
})

test('a form goes to the wallet with its fields, by POST', async () => {
  const page = await site.tab(PHONE)
  const form = {
    type: 'form' as const,
    action: '/wallet',
    fields: { biz: '{"a":"<&\\""}', 名: '茶' },
  }
  site.hub.payments.set('form', payment({ attempt: attempt('mobile', { next_action: form }) }))
  await page.goto(`${site.hub.base}/pay/form`)
  // Back from the wallet: "pay again" asks first, so the page is opened without a return here.
  await page.evaluate(() =>
    document
      .querySelector('tb-page')
      ?.dispatchEvent(new CustomEvent('tb-action', { detail: { type: 'open' } })),
  )
  await page.getByRole('heading', { name: 'Wallet' }).waitFor()
  const [sent] = site.hub.requests.filter(
    ({ path, method }) => path === '/wallet' && method === 'POST',
  )
  assert.deepEqual(Object.fromEntries(new URLSearchParams(sent?.body)), form.fields)
  await page.context().close()
})

test('the page never follows an address that is not of the web', async () => {
  const page = await site.tab(PHONE)
  const action = { type: 'redirect' as const, url: 'javascript:document.title="taken"' }
  site.hub.payments.set('evil', payment({ attempt: attempt('mobile', { next_action: action }) }))
  await page.goto(`${site.hub.base}/pay/evil`)
  await page.getByRole('button', { name: 'I have paid' }).waitFor()
  await page.evaluate(() =>
    document
      .querySelector('tb-page')
      ?.dispatchEvent(new CustomEvent('tb-action', { detail: { type: 'open' } })),
  )
  assert.notEqual(await page.title(), 'taken')
  await page.context().close()
})

test('who comes back sees "checking" at once; "I have paid" and "pay again" only ask (CK-27)', async () => {
  const page = await site.open('handoff', PHONE)
  await page.getByRole('button', { name: 'I have paid' }).waitFor()
  assert.equal(calls('/checkout/v1/sync').length, 1)
  await page.getByRole('button', { name: 'I have paid' }).tap()
  await untilCalls(page, '/checkout/v1/sync', 2)
  await page.getByRole('button', { name: 'Pay again' }).tap()
  await page.getByRole('button', { name: 'Pay with Alipay' }).waitFor()
  assert.equal(calls('/checkout/v1/sync').length, 3)
  assert.equal(calls('/checkout/v1/attempts').length, 0)
  await page.context().close()
})

test("the wallet's parameters on the way back are dropped from the address (SE-11)", async () => {
  const page = await site.tab()
  await page.goto(`${site.hub.base}/pay/handoff?out_trade_no=1&sign=x&lang=en`)
  await page.getByRole('button', { name: 'I have paid' }).waitFor()
  assert.equal(new URL(page.url()).search, '?lang=en')
  await page.context().close()
})

test('the stream changes the page at once, and focus moves to the new heading (CK-34, CK-47)', async () => {
  const page = await site.open('fresh')
  await page.locator('.qr-card img').waitFor()
  await untilCalls(page, '/checkout/v1/stream', 1)
  setPayment('fresh', { ...PAYMENTS.succeeded })
  const told = Date.now()
  site.hub.notify()
  await page.getByRole('heading', { name: 'Payment complete' }).waitFor()
  assert.ok(Date.now() - told < 1_500, `${Date.now() - told} ms`)
  await page.waitForFunction(() => document.activeElement?.classList.contains('screen-title'))
  assert.equal(await page.locator('[role=status].sr').textContent(), 'Payment complete')
  assert.equal(await page.locator('[role=alert]').textContent(), '')
  await page.context().close()
})

test('a failure is told assertively, with reason and retry (CK-36, CK-48)', async () => {
  const page = await site.open('fresh')
  await page.locator('.qr-card img').waitFor()
  await untilCalls(page, '/checkout/v1/stream', 1)
  setPayment('fresh', { ...PAYMENTS.insufficient })
  site.hub.notify()
  await page.getByRole('heading', { name: 'Not enough balance' }).waitFor()
  assert.match((await page.locator('[role=alert]').textContent()) ?? '', /No money was taken/)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.locator('.qr-card img').waitFor()
  assert.equal(calls('/checkout/v1/attempts').filter(({ method }) => method === 'POST').length, 2)
  await page.context().close()
})

test('what the state only names is fetched when the name is another, and only then (CK-31)', async () => {
  const page = await site.open('wallets')
  await page.getByRole('button', { name: 'Pay with Alipay' }).waitFor()
  await untilCalls(page, '/checkout/v1/payment', 1)
  // The page came with the order.
  assert.equal(calls('/checkout/v1/order').length, 0)
  const items = Array.from({ length: 100 }, (_, i) => ({
    name: `Cup ${i}`,
    quantity: 1,
    amount: 100,
  }))
  // Another tab has begun: this one learns what the attempt's code is.
  setPayment('wallets', { status: 'requires_action', attempt: attempt('qr'), items })
  site.hub.notify()
  await page.locator('.qr-card img').waitFor()
  assert.equal(await page.locator('.items li').count(), 100)
  const fetched = () => [
    calls('/checkout/v1/order').length,
    calls('/checkout/v1/attempts/att_qr').length,
  ]
  assert.deepEqual(fetched(), [1, 1])
  setPayment('wallets', { status: 'succeeded', payable: false, attempt: attempt('qr'), items })
  site.hub.notify()
  await page.getByRole('heading', { name: 'Payment complete' }).waitFor()
  assert.deepEqual(fetched(), [1, 1])
  await page.context().close()
})

test('an unknown outcome shows no way to pay, and after 30 s says the page may be left (CK-38)', async () => {
  const page = await site.tab()
  await page.clock.install({ time: Date.parse(PAYMENTS.unknown?.server_time ?? '') })
  await page.goto(`${site.hub.base}/pay/unknown?lang=en`)
  await page.getByRole('heading', { name: 'Checking your payment' }).waitFor()
  assert.equal(await page.locator('.stage button').count(), 0)
  assert.equal(await page.getByText('You can leave this page safely').count(), 0)
  await page.clock.runFor(31_000)
  await page.getByText('You can leave this page safely').waitFor()
  assert.equal(await page.locator('.stage button').count(), 0)
  await page.context().close()
})

test('the page asks every 2 s, slower after 2 min, and not in a hidden tab (CK-31, CK-33)', async () => {
  const page = await site.tab()
  site.hub.failing.set('GET /checkout/v1/stream', 503)
  await page.clock.install({ time: Date.now() })
  await page.goto(`${site.hub.base}/pay/qr?lang=en`)
  await page.locator('.qr-card img').waitFor()
  const during = async (seconds: number) => {
    const before = calls('/checkout/v1/payment').length
    for (let second = 0; second < seconds; second++) {
      await page.clock.runFor(1_000)
      await page.evaluate(() => fetch('/qr.svg'))
    }
    return calls('/checkout/v1/payment').length - before
  }
  const first = await during(40)
  assert.ok(first >= 14 && first <= 27, `${first} questions in 40 s at first`)
  await page.clock.runFor(120_000)
  const second = await during(40)
  assert.ok(second >= 5 && second <= 11, `${second} questions in 40 s after 2 min`)
  assert.ok(
    calls('/checkout/v1/stream').length <= 2,
    'after two failures the stream is left alone (CK-32)',
  )
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  assert.equal(await during(20), 0)
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => false })
    document.dispatchEvent(new Event('visibilitychange'))
  })
  await page.clock.runFor(300)
  await untilCalls(page, '/checkout/v1/payment', 1)
  assert.ok((await during(4)) >= 1)
  await page.context().close()
})

test('nothing is asked any more once the payment is final (CK-33)', async () => {
  const page = await site.tab()
  await page.clock.install({ time: Date.now() })
  await page.goto(`${site.hub.base}/pay/succeeded?lang=en`)
  await heading(page).waitFor()
  await page.clock.runFor(120_000)
  await page.evaluate(() => fetch('/qr.svg'))
  assert.equal(calls('/checkout/').length, 0)
  await page.context().close()
})

test('a client clock that is wrong by a year changes nothing (CK-30)', async () => {
  const page = await site.tab()
  await page.clock.install({ time: Date.parse('2029-01-01T00:00:00Z') })
  await page.goto(`${site.hub.base}/pay/qr?lang=en`)
  await page.getByText(/Valid for 1[45]:/).waitFor()
  await page.clock.runFor(61_000)
  await page.getByText(/Valid for 1[34]:/).waitFor()
  await page.context().close()
})

test('a code that grew old offers a new one, order intact (CK-28)', async () => {
  const page = await site.open('qrOld')
  await page.getByRole('button', { name: 'New code' }).click()
  await page.getByRole('img', { name: /QR code/ }).waitFor()
  assert.equal(calls('/checkout/v1/attempts').length, 1)
  await page.context().close()
})

test('a start that is not answered is repeated under the same key (CK-54)', async () => {
  const page = await site.tab(PHONE)
  site.hub.failing.set('POST /checkout/v1/attempts', 503)
  await page.goto(`${site.hub.base}/pay/wallets?lang=en`)
  await page.getByRole('button', { name: 'Pay with Alipay' }).tap()
  await page.getByText('We could not reach Alipay').first().waitFor()
  const keys = calls('/checkout/v1/attempts').map(({ headers }) => headers['idempotency-key'])
  assert.equal(keys.length, 3)
  assert.equal(new Set(keys).size, 1)
  site.hub.failing.clear()
  await page.getByRole('button', { name: 'Pay with Alipay' }).tap()
  await page.getByRole('heading', { name: 'Wallet' }).waitFor()
  await page.context().close()
})

test('offline: a banner within a second, and it goes on by itself (CK-54)', async () => {
  const page = await site.open('qr')
  await page.locator('.qr-card img').waitFor()
  await page.context().setOffline(true)
  await page.getByText('You are offline').waitFor({ timeout: 1_000 })
  setPayment('qr', { ...PAYMENTS.succeeded })
  await page.context().setOffline(false)
  await page.getByRole('heading', { name: 'Payment complete' }).waitFor()
  assert.equal(await page.getByText('You are offline').isVisible(), false)
  await page.context().close()
})

test('the whole way works by keyboard, on targets of at least 44 px (CK-47)', async () => {
  const page = await site.open('wallets')
  await page.getByRole('button', { name: 'Pay with Alipay' }).waitFor()
  const reached: string[] = []
  for (let step = 0; step < 10; step++) {
    await page.keyboard.press('Tab')
    reached.push(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ''))
  }
  for (const text of ['Items', 'Pay with Alipay', 'Get help', 'English', '日本語']) {
    assert.ok(reached.includes(text), `${text} in ${reached.join(', ')}`)
  }
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, a, summary')]
      .filter((target) => target.checkVisibility() && target.getBoundingClientRect().height < 44)
      .map((target) => target.textContent?.trim()),
  )
  assert.deepEqual(small, [])
  await page.getByRole('button', { name: 'Pay with Alipay' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('img', { name: /QR code/ }).waitFor()
  await page.context().close()
})

test('taking over from the server moves nothing (upgrade without a flash)', async () => {
  for (const state of ['fresh', 'wallets', 'qr', 'insufficient', 'succeeded']) {
    const page = await site.tab()
    await page.addInitScript(() => {
      new PerformanceObserver((list) => {
        const { dataset } = document.documentElement
        for (const entry of list.getEntries()) {
          const value = 'value' in entry ? Number(entry.value) : 0
          dataset.shift = String(Number(dataset.shift ?? 0) + value)
        }
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(`${site.hub.base}/pay/${state}?lang=en`)
    await page.locator('tb-help').waitFor({ state: 'attached' })
    if (state === 'fresh') await page.locator('.qr-card img').waitFor()
    const shift = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const read = () => resolve(Number(document.documentElement.dataset.shift ?? 0))
          requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(read, 50)))
        }),
    )
    assert.ok(shift < 0.02, `${state}: ${shift}`)
    await page.context().close()
  }
})

test('without scripts: order, amount, forms, code and result are all there (CK-6)', async () => {
  const page = await site.open('fresh', { javaScriptEnabled: false })
  assert.match((await page.textContent('.order')) ?? '', /¥268\.50/)
  const first = page.locator('form').first()
  assert.equal(await first.getAttribute('action'), '/pay/fresh/attempts?lang=en')
  await page.getByRole('button', { name: 'Show a QR code for Alipay' }).click()
  const [sent] = calls('/pay/fresh/attempts?lang=en')
  assert.deepEqual(Object.fromEntries(new URLSearchParams(sent?.body)), {
    wallet: 'alipay',
    surface: 'qr',
    idempotency_key: 'fixture-alipay-qr',
  })
  await page.locator('img[src="/qr.svg"]').waitFor()
  assert.match(await page.content(), /<meta http-equiv="refresh" content="5">/)
  setPayment('qr', { ...PAYMENTS.succeeded })
  await page.getByRole('heading', { name: 'Payment complete' }).waitFor()
  assert.doesNotMatch(await page.content(), /http-equiv="refresh"/)
  await page.context().close()
})

test('an unknown link answers 404 with a page that explains itself', async () => {
  const page = await site.tab()
  const answer = await page.goto(`${site.hub.base}/pay/nothing?lang=zh-CN`)
  assert.equal(answer?.status(), 404)
  await page.getByRole('heading', { name: '未找到该付款' }).waitFor()
  await page.context().close()
})
