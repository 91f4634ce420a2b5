// The lines of the success screen, the same on the server and in the browser.

import { formatAmount, formatTime } from './amount.ts'
import type { TextKey } from './translations/translation.ts'
import { type View, walletName } from './view.ts'

/** The receipt, in the language in which the payer reads. */
export function receiptLink({ payment, language }: View): string | null {
  return payment.receipt_url === null ? null : `${payment.receipt_url}?lang=${language}`
}

/** Name and value of each line; the time is the receipt's, in the merchant's zone. */
export function receiptFacts(view: View): [TextKey, string][] {
  const { payment, language, timeZone } = view
  const { paid } = payment
  const money = (amount: number) => formatAmount(amount, payment.currency, language)
  const lines: [TextKey, string][] = []
  if (paid) lines.push(['success.amount', money(paid.amount)])
  if (paid && paid.discount > 0) lines.push(['success.discount', money(-paid.discount)])
  lines.push(['success.merchant', payment.merchant.name])
  lines.push(['order.reference', payment.reference])
  if (!paid) return lines
  lines.push(['success.wallet', walletName(view, paid.wallet)])
  const number = paid.wallet_transaction_id
  if (number !== null) lines.push(['success.transaction', number])
  lines.push(['success.time', formatTime(paid.at, language, timeZone)])
  return lines
}
