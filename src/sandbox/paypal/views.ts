// An order and a capture as PayPal's API writes them.
import type { JsonObject } from '../json.ts'
import { decimalsOf, textOf, unitsOf } from './amounts.ts'
import type { App } from './apps.ts'
import type { Order } from './orders.ts'
import { payerById } from './payers.ts'

export interface Addresses {
  /** Base of the API. */
  api: string
  /** Where payers approve. */
  page: string
}

/** The whole order (`Prefer: return=representation`), or number, state and links alone. */
export function viewOrder(order: Order, app: App, at: Addresses, whole = true): JsonObject {
  const self = `${at.api}/v2/checkout/orders/${order.id}`
  const waits = order.status === 'PAYER_ACTION_REQUIRED'
  const links = [
    { href: self, rel: 'self', method: 'GET' },
    ...(waits
      ? [{ href: `${at.page}?token=${order.id}`, rel: 'payer-action', method: 'GET' }]
      : []),
    ...(order.status === 'APPROVED'
      ? [{ href: `${self}/capture`, rel: 'capture', method: 'POST' }]
      : []),
  ]
  if (!whole) return { id: order.id, status: order.status, links }
  const payer = payerById(order.payer)
  const account = payer && {
    email_address: payer.email,
    account_id: payer.payerId,
    account_status: 'VERIFIED',
    name: { given_name: payer.given, surname: payer.surname },
    address: { country_code: 'US' },
  }
  return {
    id: order.id,
    intent: 'CAPTURE',
    status: order.status,
    payment_source: { paypal: account ?? {} },
    purchase_units: [
      {
        reference_id: order.customId,
        amount: money(order),
        payee: { email_address: 'shop@merchants.example', merchant_id: app.merchantId },
        description: order.description,
        custom_id: order.customId,
        invoice_id: order.invoiceId,
        ...(order.captureId !== undefined && { payments: payments(order, at) }),
      },
    ],
    ...(payer && {
      payer: {
        name: { given_name: payer.given, surname: payer.surname },
        email_address: payer.email,
        payer_id: payer.payerId,
        address: { country_code: 'US' },
      },
    }),
    create_time: time(order.createdAt),
    update_time: time(order.updatedAt),
    links,
  }
}

function payments(order: Order, at: Addresses): JsonObject {
  const back = order.refunded > 0 ? [viewRefund(order)] : []
  return { captures: [viewCapture(order, at)], ...(back.length > 0 && { refunds: back }) }
}

function viewRefund(order: Order): JsonObject {
  return {
    id: `${order.captureId}R`,
    status: 'COMPLETED',
    amount: {
      currency_code: order.currency,
      value: textOf(order.refunded, decimalsOf(order.currency) ?? 2),
    },
    invoice_id: order.invoiceId,
    create_time: time(order.updatedAt),
  }
}

export function viewCapture(order: Order, at: Addresses): JsonObject {
  const units = unitsOf(order.value, decimalsOf(order.currency) ?? 2) ?? 0
  // 3.49 % and a fixed part, as PayPal keeps for itself; the fixed part is left out here.
  const fee = Math.floor((units * 349) / 10_000)
  const amount = (value: number) => ({
    currency_code: order.currency,
    value: textOf(value, decimalsOf(order.currency) ?? 2),
  })
  const settled = order.captureStatus !== 'PENDING' && order.captureStatus !== 'DECLINED'
  return {
    id: order.captureId,
    status: order.captureStatus,
    ...(order.captureStatus === 'PENDING' && { status_details: { reason: 'PENDING_REVIEW' } }),
    amount: money(order),
    final_capture: true,
    seller_protection: { status: 'ELIGIBLE' },
    ...(settled && {
      seller_receivable_breakdown: {
        gross_amount: money(order),
        paypal_fee: amount(fee),
        net_amount: amount(units - fee),
      },
    }),
    custom_id: order.customId,
    invoice_id: order.invoiceId,
    supplementary_data: { related_ids: { order_id: order.id } },
    links: [
      { href: `${at.api}/v2/payments/captures/${order.captureId}`, rel: 'self', method: 'GET' },
      { href: `${at.api}/v2/checkout/orders/${order.id}`, rel: 'up', method: 'GET' },
    ],
    create_time: time(order.capturedAt ?? order.updatedAt),
    update_time: time(order.updatedAt),
  }
}

function money({ currency, value }: Order): JsonObject {
  return { currency_code: currency, value }
}

/** Whole seconds, as PayPal tells time. */
export function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`
}
