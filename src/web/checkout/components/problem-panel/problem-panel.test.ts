// Proves that each problem has its words and exactly its ways on (PRODUCT section 5).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing } from '../../../../../test/checkout/browse.ts'

const site = browsing()

const CASES: [string, string, string[]][] = [
  ['insufficient', 'Not enough balance', ['Try again']],
  ['again', 'Please start again', ['Try again']],
  ['down', 'Alipay is not responding', ['Try again']],
  ['declined', 'Payment not accepted', ['Pay with Second Wallet']],
  ['config', 'Alipay is not available', ['Pay with Second Wallet']],
  ['invalid', 'Something is wrong with this order', []],
]

test('title, text and buttons are those of the catalogue, help is there (CK-36)', async () => {
  for (const [state, title, buttons] of CASES) {
    const page = await site.open(state)
    await page.getByRole('heading', { name: title }).waitFor()
    await page.locator('tb-problem-panel').waitFor({ state: 'attached' })
    const found = await page.locator('tb-problem-panel').getByRole('button').allInnerTexts()
    assert.deepEqual(
      found.map((text) => text.trim()),
      buttons,
      state,
    )
    assert.equal(await page.locator('.help').count(), 1, state)
    await page.context().close()
  }
})

test("a wallet's own code is never shown (CK-39)", async () => {
  const page = await site.open('insufficient')
  await page.getByRole('heading', { name: 'Not enough balance' }).waitFor()
  assert.doesNotMatch(await page.locator('tb-page').innerText(), /ACQ\.|isv\.|_[A-Z]+/)
  await page.context().close()
})
