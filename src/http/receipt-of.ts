// The receipt of a paid payment.

import type { Merchant } from '../merchants/merchant.ts'
import type { Payment } from '../payments/payment.ts'
import type { Receipt } from '../receipts/receipt.ts'
import type { Wallet } from '../wallets/wallet.ts'

/** Undefined while nothing was paid: there is no receipt before the money (SE-10). */
export function receiptOf(
  payment: Payment,
  merchant: Merchant,
  registry: ReadonlyMap<string, Wallet>,
): Receipt | undefined {
  const paid = payment.attempts.find((attempt) => attempt.attemptId === payment.paidAttemptId)
  if (!paid) return undefined
  const { currency, details } = payment
  const displayName = registry.get(paid.wallet)?.displayName ?? {
    en: paid.wallet,
    'zh-CN': paid.wallet,
  }
  return {
    // Sortable, unique and never shown elsewhere as an id of something else.
    number: `R${payment.paymentId.slice('pay_'.length).toUpperCase()}`,
    livemode: payment.livemode,
    merchant: { name: merchant.name, support: merchant.support },
    reference: payment.reference,
    title: payment.title,
    lines: details.items.map(({ name, quantity, amount }) => ({
      name,
      quantity,
      money: { amount, currency },
    })),
    total: { amount: payment.amount, currency },
    paid: { amount: paid.amountCaptured, currency },
    discount: { amount: 0n, currency },
    wallet: { name: paid.wallet, displayName },
    walletTransactionId: paid.walletTransactionId,
    paidAt: paid.paidAt ?? paid.updatedAt,
    timeZone: merchant.timeZone,
    refunds: [],
    invoiceUrl: null,
  }
}
