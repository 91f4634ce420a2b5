// PayPal's order on the wire, and pure translation both ways (Orders v2).

import { isObject, type JsonObject, type JsonValue } from '../../encoding/json.ts'
import type { Money } from '../../money.ts'
import type { Milliseconds } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import { readAmount } from './amounts.ts'
import { ORDER_ID } from './memory.ts'

export const ORDERS_PATH = '/v2/checkout/orders'

const MAX_TITLE_BYTES = 127

/** The same for every repeat of an order. `value` is its amount as PayPal writes it. */
export function orderBody(order: AttemptOrder, value: string): JsonObject {
  return {
    intent: 'CAPTURE',
    purchase_units: [
      {
        reference_id: order.walletReference,
        custom_id: order.walletReference,
        invoice_id: order.walletReference,
        description: titleOf(order.title),
        amount: { currency_code: order.money.currency, value },
      },
    ],
    payment_source: {
      paypal: {
        experience_context: {
          return_url: order.returnUrl,
          cancel_url: order.quitUrl,
          user_action: 'PAY_NOW',
          shipping_preference: 'NO_SHIPPING',
          // No eChecks, which would leave the payment open for days.
          payment_method_preference: 'IMMEDIATE_PAYMENT_REQUIRED',
        },
      },
    },
  }
}

/** PayPal counts 127 characters of ASCII and fewer of others, so the bytes are counted. */
function titleOf(title: string): string {
  let text = ''
  for (const character of title.replace(/\p{Cc}+/gu, ' ')) {
    if (Buffer.byteLength(text + character) > MAX_TITLE_BYTES) break
    text += character
  }
  return text
}

export interface Capture {
  id: string
  status: string
  reason: string | undefined
  money: Money | undefined
  at: Milliseconds | undefined
}

export interface OrderView {
  id: string
  status: string
  /** What was ordered. */
  money: Money | undefined
  receiver: string | undefined
  payer: { id: string | undefined; display: string | undefined }
  /** The one that says most about the order. */
  capture: Capture | undefined
  /** What has gone back so far. */
  refunded: Money | undefined
  /** Where the payer approves. */
  link: string | undefined
}

/** The order in an answer, or undefined where it is no order of ours or not this one. */
export function readOrder(
  body: JsonObject,
  walletReference: string,
  orderId?: string,
): OrderView | undefined {
  const { id, status } = body
  const [unit, ...more] = listOf(body.purchase_units)
  if (typeof id !== 'string' || !ORDER_ID.test(id) || typeof status !== 'string') return undefined
  if (orderId !== undefined && id !== orderId) return undefined
  if (!unit || more.length > 0 || unit.custom_id !== walletReference) return undefined
  const payments = objectOf(unit.payments)
  const payer = objectOf(body.payer)
  return {
    id,
    status: status.slice(0, 100),
    money: readAmount(unit.amount),
    receiver: textOf(objectOf(unit.payee)?.merchant_id),
    payer: { id: textOf(payer?.payer_id), display: masked(textOf(payer?.email_address)) },
    capture: mostTelling(listOf(payments?.captures).map(readCapture)),
    refunded: refundedOf(listOf(payments?.refunds)),
    link: linkOf(listOf(body.links)),
  }
}

export function readCapture(capture: JsonObject): Capture {
  const at = Date.parse(textOf(capture.create_time) ?? '')
  return {
    id: textOf(capture.id) ?? '',
    status: textOf(capture.status) ?? '',
    reason: textOf(objectOf(capture.status_details)?.reason),
    money: readAmount(capture.amount),
    at: Number.isFinite(at) ? at : undefined,
  }
}

const TAKEN: ReadonlySet<string> = new Set(['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'])
const REFUSED: ReadonlySet<string> = new Set(['DECLINED', 'FAILED'])

/** Money that was taken says more than money on its way, and that more than a refusal. */
function mostTelling(captures: readonly Capture[]): Capture | undefined {
  return (
    captures.find(({ status }) => TAKEN.has(status)) ??
    captures.find(({ status }) => !REFUSED.has(status)) ??
    captures[0]
  )
}

/** What an order says about the attempt; before our own decision to capture it. */
export function observationOf(
  view: OrderView,
  walletReference: string,
  source: Observation['source'],
): Observation {
  const { capture, money, receiver, payer, refunded } = view
  const base: Observation = {
    source,
    status: 'unknown',
    walletReference,
    walletStatus: capture ? `${view.status} ${capture.status}` : view.status,
    ...(money && { money }),
    ...(receiver !== undefined && { receiver }),
    ...(payer.id !== undefined && { payerId: payer.id }),
    ...(payer.display !== undefined && { payerDisplay: payer.display }),
  }
  if (capture && !REFUSED.has(capture.status)) return captured(base, capture, refunded)
  switch (view.status) {
    case 'CREATED':
    case 'SAVED':
    case 'PAYER_ACTION_REQUIRED':
      return { ...base, status: 'requires_action' }
    case 'APPROVED':
      return { ...base, status: 'processing' }
    case 'VOIDED':
      return { ...base, status: 'closed' }
    case 'COMPLETED':
      return capture ? declined(base, capture) : open(base)
    default:
      return open(base)
  }
}

function captured(base: Observation, capture: Capture, refunded: Money | undefined): Observation {
  // What was captured counts, and it has to say how much that is.
  const { money: _ordered, ...rest } = base
  const { id, status, money, at } = capture
  if (id === '' || !money) return open(base)
  const told = { ...rest, money, walletTransactionId: id }
  if (status === 'PENDING') return { ...told, status: 'processing' }
  if (!TAKEN.has(status)) return open(base)
  const back = refunded ?? (status === 'REFUNDED' ? money : undefined)
  return {
    ...told,
    status: 'succeeded',
    ...(at !== undefined && { paidAt: at }),
    ...(back && { refundedTotal: back }),
  }
}

function declined(base: Observation, { status, reason }: Capture): Observation {
  const walletCode = reason ?? status
  return { ...base, status: 'failed', problem: { category: 'payer_action', walletCode } }
}

function open(base: Observation): Observation {
  const problem = { category: 'unknown_outcome', walletMessage: 'an unknown state' } as const
  return { ...base, status: 'unknown', problem }
}

function refundedOf(refunds: readonly JsonObject[]): Money | undefined {
  const done = refunds.filter(({ status }) => status === 'COMPLETED')
  const amounts = done.map(({ amount }) => readAmount(amount))
  const [first] = amounts
  if (!first || amounts.some((each) => each?.currency !== first.currency)) return undefined
  const amount = amounts.reduce((sum, each) => sum + (each?.amount ?? 0n), 0n)
  return { amount, currency: first.currency }
}

function linkOf(links: readonly JsonObject[]): string | undefined {
  const named = (rel: string) => links.find((link) => link.rel === rel)
  return textOf((named('payer-action') ?? named('approve'))?.href)
}

/** `w***@example.com`: enough to recognize, too little to write to. */
function masked(email: string | undefined): string | undefined {
  const [, first, host] = /^(.)[^@]*@([^@]+)$/u.exec(email ?? '') ?? []
  return first === undefined ? undefined : `${first}***@${host}`
}

export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined
}

export function listOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
