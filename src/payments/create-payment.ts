// Creates a payment: what a payer owes. Nothing is asked of any wallet yet.

import { createHash } from 'node:crypto'
import { newId, randomToken } from '../ids.ts'
import type { PaymentContext } from './context.ts'
import { createPayment as firstChange } from './decide.ts'
import type { IdempotencyRecord } from './journal.ts'
import type { Payment, PaymentDetails } from './payment.ts'
import { findPayment, findPaymentByReference } from './store.ts'

export interface NewPayment extends PaymentDetails {
  merchantId: string
  livemode: boolean
  /** Minor units, 1 to 9 007 199 254 740 991. */
  amount: bigint
  currency: string
  /** The merchant's order number, unique per merchant and mode for ever. */
  reference: string
  title: string
  expiresInMs: number
  /**
   * Fields, as the API names them, that the caller left to the merchant's settings: a repeated order
   * is equal whatever they were then.
   */
  leftOut?: readonly string[]
}

export type Created =
  | { outcome: 'created'; payment: Payment; clientSecret: string }
  /** The same order was created before. */
  | { outcome: 'existing'; payment: Payment }
  /** The reference belongs to an order that differs, first in this field. */
  | { outcome: 'conflict'; field: string; payment: Payment }
  | { outcome: 'key_taken' }

export async function createPayment(
  ctx: PaymentContext,
  input: NewPayment,
  idempotency?: (payment: Payment, clientSecret: string) => IdempotencyRecord,
): Promise<Created> {
  const { ports } = ctx
  const now = ports.clock.now()
  const clientSecret = randomToken(ports.random, 32)
  const { merchantId, livemode, amount, currency, reference, title, expiresInMs, ...rest } = input
  const { leftOut = [], ...details } = rest
  const change = firstChange({
    merchantId,
    paymentId: newId('pay', ports),
    livemode,
    status: 'created',
    amount,
    currency,
    amountCaptured: 0n,
    amountRefundDue: 0n,
    late: false,
    cancelRequestedAt: null,
    reference,
    title,
    details,
    paidAttemptId: null,
    clientSecretHash: hashSecret(clientSecret),
    createdAt: now,
    updatedAt: now,
    expiresAt: now + expiresInMs,
  })
  const { payment } = change
  const written = await ctx.journal.commit({
    change,
    resolveAt: payment.expiresAt,
    idempotency: idempotency?.(payment, clientSecret),
  })
  if (written.result === 'committed') return { outcome: 'created', payment, clientSecret }
  if (written.result === 'key_taken') return { outcome: 'key_taken' }
  // The answer to our own commit may have been lost: then the payment is there under our own id.
  if (await findPayment(ctx.pool, payment)) return { outcome: 'created', payment, clientSecret }
  const existing = await findPaymentByReference(ctx.pool, merchantId, livemode, reference)
  if (!existing)
    throw new Error(`payment ${payment.paymentId} was not written and nothing stands in its way`)
  const field = firstDifference(existing, payment, leftOut)
  return field
    ? { outcome: 'conflict', field, payment: existing }
    : { outcome: 'existing', payment: existing }
}

/** SHA-256 under which a payment is found by its client secret. */
export function hashSecret(clientSecret: string): Buffer {
  return createHash('sha256').update(clientSecret).digest()
}

/** The first field, as the API names it, in which two orders with one reference differ. */
function firstDifference(a: Payment, b: Payment, leftOut: readonly string[]): string | undefined {
  const fields: [string, (p: Payment) => unknown][] = [
    ['amount', (p) => p.amount],
    ['currency', (p) => p.currency],
    ['title', (p) => p.title],
    ['items', (p) => p.details.items.map((i) => ({ ...i, amount: i.amount.toString() }))],
    ['customer', (p) => p.details.customer],
    ['wallets', (p) => p.details.wallets],
    ['return_url', (p) => p.details.returnUrl],
    ['locale', (p) => p.details.locale],
    ['late_payment', (p) => p.details.latePayment],
    ['expires_in', (p) => p.expiresAt - p.createdAt],
    ['metadata', (p) => Object.entries(p.details.metadata).sort()],
  ]
  return fields.find(
    ([name, read]) => !leftOut.includes(name) && canonical(read(a)) !== canonical(read(b)),
  )?.[0]
}

function canonical(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  return JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.entries(inner).sort() : inner,
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
