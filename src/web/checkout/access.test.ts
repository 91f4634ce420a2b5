// Every screen in every language, scheme and width: no accessibility violation (CK-46) and not one
// report of the content security policy (SE-29).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { browsing } from '../../../test/checkout/browse.ts'
import { PAYMENTS } from '../../../test/checkout/payments.ts'
import { LANGUAGES } from './languages.ts'

const SCHEMES = ['light', 'dark'] as const
const WIDTHS = [320, 768, 1280] as const
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']
const TEXT_PAGES = ['/r/receipt', '/problems/idempotency_key_missing', '/pay/nothing']

// Screens differ, not states: one state for each screen and each look of it.
const STATES = [
  'fresh',
  'wallets',
  'all',
  'address',
  'vanished',
  'confirming',
  'short',
  'held',
  'jsapi',
  'none',
  'qrOld',
  'handoff',
  'processing',
  'unknown',
  'unknownAgain',
  'gaveUp',
  'insufficient',
  'declined',
  'succeeded',
  'late',
  'expired',
  'exhausted',
]

const site = browsing()

// The checker goes in once per page and runs many times: 600 runs have to fit into a minute.
const RUN = `axe.run(document, ${JSON.stringify({
  runOnly: TAGS,
  resultTypes: ['violations'],
  elementRef: false,
})}).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`

async function check(page: Page, where: string): Promise<void> {
  assert.deepEqual(await page.evaluate(RUN), [], where)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0, `${where}: ${wide} px wider than the window`)
}

for (const language of LANGUAGES) {
  test(`every screen in ${language}, light and dark, 320 to 1280 px (CK-46)`, async () => {
    const page = await site.tab({ reducedMotion: 'reduce' })
    const reports: string[] = []
    page.on('console', (message) => message.type() === 'error' && reports.push(message.text()))
    page.on('pageerror', (error) => reports.push(error.message))
    for (const state of STATES) {
      for (const [name, payment] of Object.entries(PAYMENTS)) site.hub.payments.set(name, payment)
      await page.goto(`${site.hub.base}/pay/${state}?lang=${language}`)
      await page.locator('tb-help').waitFor({ state: 'attached' })
      if (state === 'fresh') await page.locator('.qr-card img').waitFor()
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details')) details.open = true
      })
      await each(page, (where) => check(page, `${state} ${language} ${where}`))
    }
    assert.deepEqual(reports, [])
    for (const path of TEXT_PAGES) {
      await page.goto(`${site.hub.base}${path}?lang=${language}`)
      await each(page, (where) => check(page, `${path} ${language} ${where}`))
    }
    await page.context().close()
  })
}

async function each(page: Page, act: (where: string) => Promise<void>): Promise<void> {
  await page.evaluate(axe.source)
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 })
      await act(`${colorScheme} ${width}`)
    }
  }
}

test('the checker finds a planted fault, so silence means something', async () => {
  const page = await site.open('succeeded')
  await page.locator('tb-help').waitFor({ state: 'attached' })
  await page.evaluate(axe.source)
  await page.evaluate(() =>
    document.querySelector('.screen')?.append(document.createElement('img')),
  )
  assert.match(JSON.stringify(await page.evaluate(RUN)), /image-alt/)
  await page.context().close()
})

test('at 400 % zoom and with wide text spacing nothing is lost (CK-50)', async () => {
  for (const state of ['fresh', 'insufficient', 'succeeded']) {
    const page = await site.open(state, { viewport: { width: 320, height: 256 } })
    await page.locator('tb-help').waitFor({ state: 'attached' })
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(
        '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }',
      )
      document.adoptedStyleSheets = [sheet]
    })
    const lost = await page.evaluate(() =>
      [...document.querySelectorAll('.stage *, .order *')]
        .filter((part) => part instanceof HTMLElement && part.scrollWidth > part.clientWidth + 1)
        .filter((part) => getComputedStyle(part).display !== 'inline')
        .map((part) => part.outerHTML.slice(0, 120)),
    )
    assert.deepEqual(lost, [], state)
    await page.context().close()
  }
})

test('nothing moves for who asks for that (CK-50)', async () => {
  const page = await site.open('processing', { reducedMotion: 'reduce' })
  await page.locator('tb-help').waitFor({ state: 'attached' })
  const moving = await page.evaluate(() => document.getAnimations().length)
  assert.equal(moving, 0)
  await page.context().close()
})
