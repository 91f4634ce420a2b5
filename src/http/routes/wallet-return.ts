// Questions to the wallet when it has sent the payer back. What the payer's browser brings along
// proves nothing.

import type { PaymentContext } from '../../payments/context.ts'
import type { Payment } from '../../payments/payment.ts'
import { syncPayment } from '../../payments/sync-payment.ts'
import { verifyReturn } from '../../payments/verify-return.ts'

// The wallet's answer is waited for only briefly: the page shows "checking" and hears the rest.
const RETURN_WAIT_MS = 1_500

export async function askAfterReturn(
  payments: PaymentContext,
  payment: Payment,
  attemptId: string,
  query: string,
): Promise<void> {
  const asked = noted(payments, payment, verifyReturn(payments, payment, attemptId, query))
  const { promise: waited, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, RETURN_WAIT_MS)
  await Promise.race([asked, waited])
  clearTimeout(timer)
}

/** Waits for nothing: an open page hears of the answer. */
export function askAfterQuit(payments: PaymentContext, payment: Payment): void {
  void noted(payments, payment, syncPayment(payments, payment))
}

async function noted(
  { ports: { log } }: PaymentContext,
  { paymentId }: Payment,
  asking: Promise<unknown>,
): Promise<void> {
  try {
    await asking
  } catch (error) {
    log.warn({ paymentId, error: String(error) }, 'asking after a return failed')
  }
}
