// Payments: create, read, list, cancel, sync.

import type { Static } from 'typebox'
import { ApiError } from '../../errors.ts'
import type { Merchant } from '../../merchants/merchant.ts'
import { cancelPayment } from '../../payments/cancel-payment.ts'
import { createPayment, type NewPayment } from '../../payments/create-payment.ts'
import type { Payment } from '../../payments/payment.ts'
import { presentPayment } from '../../payments/present.ts'
import { findPayment, listPayments } from '../../payments/store.ts'
import { syncPayment } from '../../payments/sync-payment.ts'
import { listPage } from '../cursor.ts'
import { acts, type Call, commits, type Operation, reads } from '../operation.ts'
import { presentCreated } from '../present.ts'
import { readTime } from '../query-time.ts'
import { refusalError } from '../refusals.ts'
import { Empty } from '../schemas/common.ts'
import * as schemas from '../schemas/payment.ts'
import type { Services } from '../services.ts'

const TAG = 'Payments'

export function paymentOperations(services: Services): Operation[] {
  return [create(services), list(services), read(services), cancel(services), sync(services)]
}

function create({ payments, merchants, links }: Services): Operation {
  return commits({
    id: 'createPayment',
    tag: TAG,
    path: '/v1/payments',
    summary: 'Create a payment',
    description:
      'Answers 201 with the hosted page and the client secret. The same `reference` with equal content answers 200 with the existing payment, without its secret.',
    scope: 'payments:write',
    query: Empty,
    body: schemas.NewPayment,
    answers: { 201: schemas.CreatedPayment, 200: schemas.Payment },
    errors: ['reference_conflict', 'url_not_allowed', 'wallet_unknown'],
    async handle(call, use, idempotency) {
      const merchant = await merchants.find(call.owner)
      const input = newPayment(call, payments.registry, merchant)
      let text = ''
      const created = await createPayment(payments, input, (payment, clientSecret) => {
        text = JSON.stringify(presentCreated(payment, clientSecret, links))
        return idempotency.answered(use, 201, text)
      })
      if (created.outcome === 'created') return { status: 201, text, replayed: false }
      // The same request may have come twice at once: then its own answer is the right one.
      const found = await idempotency.lookUp(use)
      if (found.kind === 'answered') return found.kept
      switch (created.outcome) {
        case 'existing':
          return idempotency.keep(use, 200, JSON.stringify(presentPayment(created.payment, links)))
        case 'conflict':
          throw referenceConflict(created.field)
        case 'key_taken':
          return idempotency.again(use)
      }
    },
  })
}

function newPayment(
  { owner, body }: Call<schemas.NewPaymentBody, Static<typeof Empty>>,
  registry: ReadonlyMap<string, unknown>,
  merchant: Merchant,
): NewPayment {
  for (const [i, wallet] of (body.wallets ?? []).entries()) {
    if (!registry.has(wallet)) throw new ApiError('wallet_unknown', { param: `/wallets/${i}` })
  }
  return {
    merchantId: owner.merchantId,
    livemode: owner.livemode,
    amount: BigInt(body.amount),
    currency: body.currency,
    reference: body.reference,
    title: body.title,
    items: (body.items ?? []).map((item) => ({ ...item, amount: BigInt(item.amount) })),
    customer: body.customer ?? null,
    wallets: body.wallets ?? null,
    expiresInMs: (body.expires_in ?? 1800) * 1000,
    returnUrl: payerUrl(body.return_url, '/return_url', merchant),
    locale: body.locale ?? null,
    metadata: body.metadata ?? {},
    latePayment: body.late_payment ?? merchant.latePayment,
    ...(body.late_payment === undefined && { leftOut: ['late_payment'] }),
  }
}

/**
 * Where a payer's browser may be sent: a web address, in live mode encrypted, and of one of the
 * merchant's origins where it has named any.
 */
function payerUrl(
  text: string | null | undefined,
  param: string,
  { livemode, returnOrigins }: Merchant,
): string | null {
  if (text === null || text === undefined) return null
  const url = URL.canParse(text) ? new URL(text) : undefined
  const allowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && !livemode)
  if (!url || !allowed || url.username !== '' || url.password !== '') {
    throw new ApiError('url_not_allowed', { param })
  }
  if (returnOrigins.length > 0 && !returnOrigins.includes(url.origin)) {
    throw new ApiError('url_not_allowed', { param, detail: unregistered(url, returnOrigins) })
  }
  return text
}

function unregistered({ origin }: URL, returnOrigins: readonly string[]) {
  const list = returnOrigins.join(', ')
  return {
    en: `${origin} is not one of your return origins (${list}). Use one of these, or add it with PATCH /v1/merchant.`,
    'zh-CN': `${origin} 不在您登记的返回来源之中（${list}）。请使用其中之一，或通过 PATCH /v1/merchant 添加。`,
  }
}

function referenceConflict(field: string): ApiError {
  return new ApiError('reference_conflict', {
    param: `/${field}`,
    detail: {
      en: `The existing payment differs in ${field}.`,
      'zh-CN': `已有付款的 ${field} 与本次不同。`,
    },
  })
}

function list({ pool, cursors, links }: Services): Operation {
  return reads({
    id: 'listPayments',
    tag: TAG,
    path: '/v1/payments',
    summary: 'List payments',
    scope: 'payments:read',
    query: schemas.PaymentQuery,
    body: Empty,
    answers: { 200: schemas.PaymentList },
    errors: ['cursor_invalid'],
    async handle({ owner, query }) {
      const { limit: _limit, after: _after, before: _before, ...given } = query
      const filter = {
        reference: given.reference,
        status: given.status,
        wallet: given.wallet,
        customer: given.customer,
        createdFrom: readTime(given['created[gte]'], '/created[gte]'),
        createdBefore: readTime(given['created[lt]'], '/created[lt]'),
      }
      const body = await listPage(cursors, { list: 'payments', ...owner, filter }, query, {
        read: (page) => listPayments(pool, { ...owner, ...filter }, page),
        idOf: (payment) => payment.paymentId,
        present: (payment) => presentPayment(payment, links),
      })
      return { status: 200, body }
    },
  })
}

const one = {
  tag: TAG,
  params: { payment: 'pay' },
  query: Empty,
  body: Empty,
} as const

function read({ pool, links }: Services): Operation {
  return reads({
    ...one,
    id: 'getPayment',
    path: '/v1/payments/{payment}',
    summary: 'Read a payment',
    scope: 'payments:read',
    answers: { 200: schemas.Payment },
    errors: ['not_found'],
    etag: true,
    async handle(call) {
      const payment = await owned(pool, call)
      return { status: 200, body: presentPayment(payment, links) }
    },
  })
}

function cancel({ pool, payments, links }: Services): Operation {
  return acts({
    ...one,
    id: 'cancelPayment',
    path: '/v1/payments/{payment}/cancel',
    summary: 'Cancel a payment that is not paid',
    description:
      'Ends open attempts at their wallets first. 202 means that a wallet has not confirmed yet: the payment becomes `canceled` when it does, or `succeeded` if it was paid.',
    scope: 'payments:write',
    answers: { 200: schemas.Payment, 202: schemas.Payment },
    errors: ['not_found', 'payment_paid', 'payment_not_payable', 'precondition_failed'],
    async handle(call) {
      const payment = await owned(pool, call)
      call.check(presentPayment(payment, links))
      const canceled = await cancelPayment(payments, payment)
      switch (canceled.outcome) {
        case 'canceled':
          return { status: 200, body: presentPayment(canceled.payment, links) }
        case 'pending':
          return { status: 202, body: presentPayment(canceled.payment, links) }
        case 'refused':
          throw refusalError(canceled.refusal, payments.ports.clock.now())
        case 'not_found':
          throw new ApiError('not_found')
      }
    },
  })
}

function sync({ pool, payments, links }: Services): Operation {
  return acts({
    ...one,
    id: 'syncPayment',
    path: '/v1/payments/{payment}/sync',
    summary: 'Ask the wallets about a payment now',
    description: 'At most once per 5 seconds and payment; else answers what is stored.',
    scope: 'payments:write',
    answers: { 200: schemas.Payment },
    errors: ['not_found'],
    async handle(call) {
      const synced = await syncPayment(payments, await owned(pool, call))
      if (!synced) throw new ApiError('not_found')
      return { status: 200, body: presentPayment(synced.payment, links) }
    },
  })
}

/** The payment of the path, if it is the caller's and of the key's mode. */
export async function owned(
  pool: Services['pool'],
  { owner, id }: Pick<Call<unknown, unknown>, 'owner' | 'id'>,
): Promise<Payment> {
  const payment = await findPayment(pool, {
    merchantId: owner.merchantId,
    paymentId: id('payment'),
  })
  if (!payment || payment.livemode !== owner.livemode) throw new ApiError('not_found')
  return payment
}
