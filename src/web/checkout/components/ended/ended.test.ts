// Proves that an order that cannot be paid any more says so, and offers no way to pay.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing } from '../../../../../test/checkout/browse.ts'

const site = browsing()

const TITLES: Record<string, string> = {
  expired: 'This order has expired',
  canceled: 'This order was canceled',
  failed: 'This order can no longer be paid',
  late: 'Your payment arrived late',
  exhausted: 'Too many tries',
  none: 'Payment is not possible right now',
}

test('each end has its own words, the way back, and no way to pay (CK-40)', async () => {
  for (const [state, title] of Object.entries(TITLES)) {
    const page = await site.open(state)
    await page.getByRole('heading', { name: title }).waitFor()
    await page.locator('tb-ended').waitFor({ state: 'attached' })
    assert.equal(await page.locator('.stage').getByRole('button').count(), 0, state)
    assert.equal(await page.getByRole('link', { name: 'Back to' }).count(), 1, state)
    await page.context().close()
  }
})

test('an order that expires under the eyes of the payer changes by itself (CK-30)', async () => {
  const page = await site.tab()
  await page.clock.install({ time: Date.now() })
  await page.goto(`${site.hub.base}/pay/wallets?lang=en`)
  await page.getByRole('heading', { name: 'How would you like to pay?' }).waitFor()
  site.hub.failing.set('GET /checkout/v1/payment', 503)
  await page.clock.runFor(1_801_000)
  await page.getByRole('heading', { name: 'This order has expired' }).waitFor()
  await page.context().close()
})
