// The receipt page, `GET /r/{token}` (CK-44, CK-45): everything a payer may need later, on one sheet.

import type { Money } from '../../money.ts'
import type { Receipt } from '../../receipts/receipt.ts'
import { formatAmount, formatTime } from '../../web/checkout/amount.ts'
import type { Language } from '../../web/checkout/languages.ts'
import type { PageAssets } from './assets.ts'
import { type Html, html } from './html.ts'
import { documentOf, paperFoot } from './layout.ts'
import { RECEIPT_WORDS, type ReceiptWords } from './receipt-words.ts'

/** The whole document, without scripts. */
export function receiptPage(receipt: Receipt, language: Language, assets: PageAssets): string {
  const words = RECEIPT_WORDS[language]
  const money = ({ amount, currency }: Money) => formatAmount(Number(amount), currency, language)
  const time = (at: number) => formatTime(new Date(at).toISOString(), language, receipt.timeZone)
  return documentOf({
    language,
    title: `${words.receipt} ${receipt.number}`,
    style: assets.paperStyle,
    body: html`${!receipt.livemode && html`<p class="ribbon">${words.testMode}</p>`}
<main class="paper"><article class="paper-sheet">
<div class="receipt-head"><h1>${receipt.merchant.name}</h1><p class="receipt-kind">${words.receipt}</p></div>
<dl class="facts">${pairs([
      [words.number, receipt.number],
      [words.reference, receipt.reference],
      [words.time, time(receipt.paidAt)],
      [words.wallet, walletName(receipt, language)],
      [words.transaction, receipt.walletTransactionId],
    ])}</dl>
${table(receipt, words, money, time)}
<p class="receipt-note">${words.notInvoice}</p>
${receipt.invoiceUrl !== null && webLink(receipt.invoiceUrl, words.invoice)}
${helpSection(receipt, words)}
</article>${paperFoot()}</main>`,
  })
}

function table(
  receipt: Receipt,
  words: ReceiptWords,
  money: (money: Money) => string,
  time: (at: number) => string,
): Html {
  const { currency } = receipt.total
  const lines = receipt.lines.length > 0 ? receipt.lines : [wholeOrder(receipt)]
  const negative = ({ amount }: Money) => money({ amount: -amount, currency })
  const sum = (label: string, value: string, total = false) =>
    html`<tr${total && html` class="total"`}><th scope="row" colspan="2">${label}</th><td>${value}</td></tr>`
  return html`<table class="lines"><thead><tr><th scope="col">${words.item}</th><th scope="col">${words.quantity}</th><th scope="col">${words.amount}</th></tr></thead>
<tbody>${lines.map((line) => html`<tr><td>${line.name}</td><td>${line.quantity}</td><td>${money(line.money)}</td></tr>`)}</tbody>
<tfoot>${sum(words.total, money(receipt.total))}
${receipt.discount.amount > 0n && sum(words.discount, negative(receipt.discount))}
${sum(words.paid, money(receipt.paid), true)}
${receipt.refunds.map((refund) => sum(`${words.refund} ${refund.number}, ${time(refund.at)}`, negative(refund.money)))}
</tfoot></table>`
}

function wholeOrder(receipt: Receipt) {
  return { name: receipt.title, quantity: 1, money: receipt.total }
}

function helpSection({ merchant }: Receipt, words: ReceiptWords): Html {
  const { phone, email, wechat, hours, url } = merchant.support
  return html`<section><h2>${words.help}</h2><p>${words.helpText.replace('{merchant}', merchant.name)}</p>
<dl class="facts">${pairs([
    [words.phone, phone && html`<a href="tel:${phone.replace(/[^\d+]/g, '')}">${phone}</a>`],
    [words.email, email && html`<a href="mailto:${email}">${email}</a>`],
    [words.wechat, wechat],
    [words.hours, hours],
    [words.website, url !== undefined && webLink(url, url)],
  ])}</dl></section>`
}

function pairs(list: [string, string | Html | null | undefined | false][]): Html[] {
  return list.flatMap(([name, value]) => (value ? [html`<dt>${name}</dt><dd>${value}</dd>`] : []))
}

function webLink(url: string, text: string): Html | false {
  return /^https?:\/\//i.test(url) && html`<a href="${url}" rel="noopener">${text}</a>`
}

function walletName({ wallet }: Receipt, language: Language): string {
  return wallet.displayName[language.startsWith('zh') ? 'zh-CN' : 'en']
}
