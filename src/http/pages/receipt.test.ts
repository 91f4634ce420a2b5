// Proves what a receipt says and what it never says, and that it prints on both papers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browsing } from '../../../test/checkout/browse.ts'
import { RECEIPT } from '../../../test/checkout/receipt.ts'
import type { Receipt } from '../../receipts/receipt.ts'
import { LANGUAGES, type Language } from '../../web/checkout/languages.ts'
import { receiptPage } from './receipt.ts'
import { RECEIPT_WORDS } from './receipt-words.ts'

const site = browsing()
const assets = {
  checkoutScript: '/c.js',
  checkoutStyle: '/c.css',
  paperStyle: '/p.css',
  translations: { en: '/en.js', 'zh-CN': '/zh.js', 'zh-TW': '/tw.js', ja: '/ja.js' },
}

const OVERFLOW = 'document.documentElement.scrollWidth - innerWidth'

function textOf(receipt: Receipt, language: Language): string {
  return receiptPage(receipt, language, assets).replace(/<[^>]*>/g, ' ')
}

test('number, merchant, reference, lines, amounts, wallet, its number, time and refunds (CK-44)', () => {
  const text = textOf(RECEIPT, 'en')
  for (const part of [
    'R-2026-000042',
    '山间茶舍 Hillside Tea',
    'TH-20261122-0042',
    '青瓷杯 Celadon cup',
    '¥268.50',
    '-¥10.00',
    '¥258.50',
    'Alipay',
    '2026112222001448551407891234',
    '15:59:40 GMT+8',
    'ref_01KAN9',
    '-¥80.50',
    '+86 571 8888 0000',
  ]) {
    assert.ok(text.includes(part), part)
  }
})

test('it says in every language that it is no tax invoice, and uses that word for nothing else (CK-45)', () => {
  assert.match(textOf(RECEIPT, 'zh-CN'), /本回执不是发票/)
  for (const language of LANGUAGES) {
    const { notInvoice } = RECEIPT_WORDS[language]
    const text = textOf({ ...RECEIPT, invoiceUrl: null }, language)
    assert.ok(text.includes(notInvoice), language)
    assert.doesNotMatch(text.replaceAll(notInvoice, ''), /发票|發票|請求書|invoice/i, language)
  }
})

test('an invoice address becomes a link only when it is one of the web', () => {
  assert.match(
    receiptPage(RECEIPT, 'zh-CN', assets),
    /href="https:\/\/hillside\.example\/invoices\/42"[^>]*>发票</,
  )
  const evil = { ...RECEIPT, invoiceUrl: 'javascript:alert(1)' }
  assert.doesNotMatch(receiptPage(evil, 'en', assets), /javascript:/)
})

test('what a merchant wrote stays text', () => {
  const evil = { ...RECEIPT, title: '<img src=x>', lines: [], reference: '"><script>' }
  const page = receiptPage(evil, 'en', assets)
  assert.doesNotMatch(page, /<img|<script/)
  assert.match(page, /&lt;img src=x&gt;/)
})

test('it prints on A4 and on an 80 mm roll without losing a column (CK-44)', async () => {
  const page = await site.tab()
  await page.goto(`${site.hub.base}/r/receipt?lang=zh-CN`)
  await page.emulateMedia({ media: 'print' })
  for (const width of [718, 280]) {
    await page.setViewportSize({ width, height: 900 })
    const wide = Number(await page.evaluate(OVERFLOW))
    assert.ok(wide <= 0, `${wide} px too wide at ${width}`)
  }
  const pdf = await page.pdf({ width: '80mm', height: '297mm' })
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
  await page.context().close()
})
