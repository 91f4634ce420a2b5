// The payer's browser came back from a wallet. What it brings along proves nothing; it only is a
// reason to ask the wallet now.

import type { PaymentContext } from './context.ts'
import type { Payment } from './payment.ts'
import { syncPayment } from './sync-payment.ts'

/** Asks about the payment if the query string is genuine; true when it asked. */
export async function verifyReturn(
  ctx: PaymentContext,
  payment: Payment,
  attemptId: string,
  query: string,
): Promise<boolean> {
  const attempt = payment.attempts.find((a) => a.attemptId === attemptId)
  const connected = attempt && (await ctx.wallets.find(attempt.walletAccountId))
  if (!connected?.wallet.verifyReturn(connected.account, query)) return false
  return (await syncPayment(ctx, payment))?.asked ?? false
}
