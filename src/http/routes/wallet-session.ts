// The session that a wallet's sheet asks the merchant for, before it shows anything (Apple Pay).

import { ApiError } from '../../errors.ts'
import type { Payment } from '../../payments/payment.ts'
import { allows } from '../../payments/start-attempt.ts'
import type { OpenSession } from '../checkout-types.ts'
import type { Services } from '../services.ts'

/** Throws `wallet_unavailable`, and `wallet_session_refused` with what the wallet said in the log. */
export async function openWalletSession(
  { payments, merchants, links }: Services,
  payment: Payment,
  { wallet: name, validation_url: validationUrl }: OpenSession,
): Promise<{ session: Record<string, unknown> }> {
  const { merchantId, livemode, paymentId } = payment
  const connections = await payments.wallets.list(merchantId, livemode)
  const connected = connections.find((c) => c.enabled && c.wallet.name === name)
  if (!connected?.wallet.openSession || !allows(payment, name)) {
    throw new ApiError('wallet_unavailable', { param: '/wallet' })
  }
  const opened = await connected.wallet.openSession(payments.ports, connected.account, {
    validationUrl,
    domain: new URL(links.base).hostname,
    merchantName: (await merchants.find(payment)).name,
  })
  if ('session' in opened) return opened
  payments.ports.log.warn(
    { paymentId, wallet: name, problem: opened.problem },
    'a wallet opened no session',
  )
  throw new ApiError('wallet_session_refused')
}
