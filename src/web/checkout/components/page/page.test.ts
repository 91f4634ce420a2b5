// Proves the shell: ribbon, languages, title, regions.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing } from '../../../../../test/checkout/browse.ts'

const site = browsing()

test('test mode is told, live mode has no ribbon', async () => {
  const trial = await site.open('fresh')
  await trial.getByText('Test mode: no real money moves').waitFor()
  await trial.context().close()
  const live = await site.open('live')
  await live.locator('tb-help').waitFor({ state: 'attached' })
  assert.equal(await live.locator('.ribbon').count(), 0)
  await live.context().close()
})

test('the language changes by a link and the document says which it is', async () => {
  const page = await site.open('wallets')
  await page.locator('tb-help').waitFor({ state: 'attached' })
  await page.getByRole('link', { name: '日本語' }).click()
  await page.getByRole('heading', { name: 'お支払い方法を選択してください' }).waitFor()
  assert.equal(await page.locator('html').getAttribute('lang'), 'ja')
  assert.equal(await page.locator('[aria-current]').textContent(), '日本語')
  await page.context().close()
})

test('one polite region beside the offline banner, one assertive (CK-48)', async () => {
  const page = await site.open('wallets')
  await page.locator('tb-help').waitFor({ state: 'attached' })
  assert.equal(await page.locator('.sr[role=status]').count(), 1)
  assert.equal(await page.locator('[role=alert]').count(), 1)
  await page.context().close()
})
