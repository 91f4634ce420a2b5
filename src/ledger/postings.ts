// Which lines a change of money writes. The lines of one change sum to zero per currency.

import type { Entry } from './entry.ts'

interface Taken {
  walletAccountId: string
  amount: bigint
  currency: string
}

/** What a wallet has taken for us and not yet settled to the bank. An asset. */
export function receivable(walletAccountId: string): string {
  return `receivable:${walletAccountId}`
}

/** What payers have paid for what they owed. Income. */
export const SALES = 'sales'

/** What payers have paid and do not owe, so that it has to go back. A liability. */
export const REFUNDS_DUE = 'refunds_due'

/** A payer paid what was owed. */
export function moneyReceived(taken: Taken): Entry[] {
  return transfer(SALES, taken)
}

/** A payer paid what was not owed: a second time, or too late. */
export function moneyOwedBack(taken: Taken): Entry[] {
  return transfer(REFUNDS_DUE, taken)
}

function transfer(from: string, { walletAccountId, amount, currency }: Taken): Entry[] {
  return [
    { account: receivable(walletAccountId), currency, amount },
    { account: from, currency, amount: -amount },
  ]
}
