// Proves that a payer who waits is told for what, and is offered only what is safe.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing } from '../../../../../test/checkout/browse.ts'
import { attempt, payment, problem } from '../../../../../test/checkout/payments.ts'

const site = browsing()

test('a payment that is being confirmed offers nothing to press', async () => {
  const page = await site.open('processing')
  await page.getByRole('heading', { name: 'Confirming your payment…' }).waitFor()
  await page.locator('tb-waiting').waitFor({ state: 'attached' })
  assert.equal(await page.locator('.stage').getByRole('button').count(), 0)
  await page.context().close()
})

test('a repeated request says that it is not charged twice', async () => {
  const page = await site.tab()
  const open = attempt('qr', { problem: problem('retry_same') })
  site.hub.payments.set('repeating', payment({ attempt: open }))
  await page.goto(`${site.hub.base}/pay/repeating?lang=en`)
  await page.locator('tb-waiting').getByText('you will not be charged twice').waitFor()
  await page.context().close()
})

test('after asking, the wallet has not confirmed: the page says so and may ask again (CK-27)', async () => {
  const page = await site.open('handoff')
  await page.locator('tb-waiting').getByText('has not confirmed a payment yet').waitFor()
  assert.equal(await page.locator('tb-waiting').getByRole('button').count(), 2)
  await page.context().close()
})
