// The payer's browser came back from a wallet. What it brings along proves nothing; it only is a
// reason to ask the wallet now, or what the wallet wants to be given to go on.

import { observe, orderOf } from './ask.ts'
import type { PaymentContext } from './context.ts'
import { isOpen, type Payment } from './payment.ts'
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
  if (!attempt || !connected?.wallet.verifyReturn(connected.account, query)) return false
  const { wallet, account } = connected
  if (!wallet.continueFromReturn || !isOpen(attempt.status)) {
    return (await syncPayment(ctx, payment))?.asked ?? false
  }
  const order = orderOf(ctx, payment, attempt)
  const observation = await wallet.continueFromReturn(ctx.ports, account, order, query)
  await observe(ctx, payment, attempt, wallet, observation, false)
  return true
}
