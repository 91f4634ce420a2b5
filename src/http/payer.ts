// The payer of one payment: known by its client secret, by the token with which a wallet sent the
// payer back, or by the token of a scanned code.

import type { FastifyRequest } from 'fastify'
import { ApiError } from '../errors.ts'
import { hashSecret } from '../payments/create-payment.ts'
import type { Attempt, Payment } from '../payments/payment.ts'
import { findPayment, findPaymentBySecret } from '../payments/store.ts'
import { type CheckoutView, checkoutPayment } from './checkout-state.ts'
import type { CheckoutPayment } from './checkout-types.ts'
import { countedAddress } from './client-address.ts'
import type { Services } from './services.ts'

/** The payment that `secret` opens, or undefined; both take one question to the database. */
export function findPayer({ pool, links }: Services, secret: string): Promise<Payment | undefined> {
  const known = links.readReturned(secret) ?? links.readShort(secret)
  return known ? findPayment(pool, known) : findPaymentBySecret(pool, hashSecret(secret))
}

/** What is shown to the payer of `payment`. */
export async function viewOf(services: Services, payment: Payment): Promise<CheckoutView> {
  const { payments, merchants, links, sandboxUrl } = services
  const { merchantId, livemode } = payment
  return {
    payment,
    merchant: await merchants.find(payment),
    connections: await payments.wallets.list(merchantId, livemode),
    registry: payments.registry,
    links,
    sandboxUrl,
    now: payments.ports.clock.now(),
  }
}

export async function stateOf(services: Services, payment: Payment): Promise<CheckoutPayment> {
  return checkoutPayment(await viewOf(services, payment))
}

/**
 * The payment of an `Authorization: Bearer` header. Throws `client_secret_missing` and `not_found`,
 * and `rate_limited` when an address tries one secret after another.
 */
export async function authenticatePayer(
  services: Services,
  { headers, ip }: Pick<FastifyRequest, 'headers' | 'ip'>,
): Promise<Payment> {
  const secret = /^bearer +([0-9A-Za-z]{1,200})$/i.exec(headers.authorization ?? '')?.[1]
  const payment = secret === undefined ? undefined : await findPayer(services, secret)
  if (payment) return payment
  services.rateLimit.take('stranger', countedAddress(ip))
  throw new ApiError(secret === undefined ? 'client_secret_missing' : 'not_found')
}

export function attemptOf(payment: Payment, attemptId: string): Attempt | undefined {
  return payment.attempts.find((attempt) => attempt.attemptId === attemptId)
}
