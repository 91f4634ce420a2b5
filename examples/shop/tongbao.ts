// Everything that concerns Tongbao: create a payment, read it, and check that a webhook is genuine.
// Plain fetch and node:crypto; copy this file into a shop of your own.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Order } from './orders.ts'

export interface HubSettings {
  /** The hub's base address. */
  apiUrl: string
  /** A secret key of the merchant. It never leaves this server. */
  apiKey: string
  /** The secret of this shop's webhook endpoint, `whsec_…`. */
  webhookSecret: string
}

/** What this shop reads of a payment. Amounts are whole fen. */
export interface Payment {
  id: string
  reference: string
  status: string
  amount: number
  currency: string
  receiptUrl: string | null
}

/** What the hub reports when a payment changes. */
export interface WebhookEvent {
  /** The same for every repetition of this event. */
  id: string
  type: string
  /** Counts the events of one payment: 1, 2, 3, … without gaps. */
  sequence: number
  /** Absent when the event is not about a payment. */
  payment: Payment | undefined
}

/** The hub could not be reached, or said no. */
export class HubError extends Error {}

/** The webhook is not from the hub, or not new. Nothing in it may be believed. */
export class WebhookRefused extends Error {}

/**
 * Asks the hub for a payment page for this order. The order's number is both the reference and the
 * idempotency key: however often this runs for one order, there is one payment, and the answer to
 * each repetition is the same.
 */
export async function createPayment(hub: HubSettings, order: Order, returnUrl: string) {
  const answer = await callHub(hub, 'POST', '/v1/payments', order.number, {
    reference: order.number,
    title: order.title,
    amount: order.total,
    currency: 'CNY',
    items: order.lines.map(({ name, quantity, amount }) => ({ name, quantity, amount })),
    return_url: returnUrl,
    locale: order.language,
  })
  // A repetition is answered as the first time, so its status may be an old one: not read here.
  return { paymentId: text(answer, 'id'), url: text(answer, 'url') }
}

/** The payment as the hub knows it now. */
export async function getPayment(hub: HubSettings, paymentId: string): Promise<Payment> {
  return readPayment(await callHub(hub, 'GET', `/v1/payments/${paymentId}`))
}

/**
 * The event in a webhook, if the hub has signed exactly these bytes in the last five minutes
 * (Standard Webhooks 1.0.0; the npm package `standardwebhooks` does the same). Throws
 * {@link WebhookRefused} otherwise.
 */
export function verifyWebhook(
  secret: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
  now = Date.now(),
): WebhookEvent {
  const id = String(headers['webhook-id'] ?? '')
  const timestamp = String(headers['webhook-timestamp'] ?? '')
  const signatures = String(headers['webhook-signature'] ?? '').split(' ')

  // An old message may be a recorded one, sent again by somebody else.
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now / 1000 - Number(timestamp)) > 300) {
    throw new WebhookRefused('the timestamp is missing or more than five minutes off')
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signed = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
  // There is one signature per secret: two of them for a day after the secret was changed.
  const genuine = signatures.some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ''), 'base64')
    return (
      signature.startsWith('v1,') &&
      given.length === signed.length &&
      timingSafeEqual(given, signed)
    )
  })
  if (id === '' || !genuine) throw new WebhookRefused('no signature matches')

  const event: unknown = JSON.parse(body.toString('utf8'))
  const type = text(event, 'type')
  const payment = type.startsWith('payment.') ? readPayment(member(event, 'data')) : undefined
  return { id, type, sequence: integer(event, 'sequence'), payment }
}

/** One call. A lost answer is asked for again with the same key, so that nothing happens twice. */
async function callHub(
  hub: HubSettings,
  method: 'GET' | 'POST',
  path: string,
  idempotencyKey?: string,
  body?: object,
): Promise<unknown> {
  const request = {
    method,
    headers: {
      authorization: `Bearer ${hub.apiKey}`,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }
  for (let tries = 1; ; tries++) {
    try {
      const signal = AbortSignal.timeout(5000)
      const answer = await fetch(new URL(path, hub.apiUrl), { ...request, signal })
      const content: unknown = await answer.json()
      if (answer.ok) return content
      // Errors are problem documents (RFC 9457): `code` for programs, `detail` for people.
      const reason = `${text(content, 'code')}: ${text(content, 'detail')}`
      if (answer.status < 500 || tries === 2) throw new HubError(`${method} ${path}: ${reason}`)
    } catch (error) {
      if (error instanceof HubError) throw error
      if (tries === 2) throw new HubError(`${method} ${path}: no answer`, { cause: error })
    }
  }
}

function readPayment(value: unknown): Payment {
  const receiptUrl = member(value, 'receipt_url')
  return {
    id: text(value, 'id'),
    reference: text(value, 'reference'),
    status: text(value, 'status'),
    amount: integer(value, 'amount'),
    currency: text(value, 'currency'),
    receiptUrl: typeof receiptUrl === 'string' ? receiptUrl : null,
  }
}

function member(value: unknown, name: string): unknown {
  return Object.entries(Object(value)).find(([key]) => key === name)?.[1]
}

function text(value: unknown, name: string): string {
  const found = member(value, name)
  if (typeof found === 'string') return found
  throw new TypeError(`"${name}" is not a text`)
}

function integer(value: unknown, name: string): number {
  const found = member(value, name)
  if (typeof found === 'number' && Number.isSafeInteger(found)) return found
  throw new TypeError(`"${name}" is not a whole number`)
}
