// For tests only: an account, an order, and what PayPal answers.

import { isObject, type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import type { OutgoingAnswer, OutgoingRequest } from '../../ports.ts'
import { json, type Step } from '../testing.ts'
import type { AttemptOrder } from '../wallet.ts'
import { type PaypalAccount, readAccount } from './account.ts'

export const NOW = Date.parse('2026-11-20T08:00:00Z')
export const ORDER_ID = '5O190127TN364715T'
export const CAPTURE_ID = '3C679366HH908993F'
export const REFERENCE = 'TB0000000000000000000000000000A1'

export const FIELDS = {
  environment: 'test',
  client_id: 'A'.repeat(80),
  client_secret: 'E'.repeat(80),
  webhook_id: '5GP028458E2496506',
}

export function accountOf(fields: Record<string, string> = {}): PaypalAccount {
  const read = readAccount({ ...FIELDS, ...fields })
  if ('findings' in read) throw new Error(JSON.stringify(read.findings))
  return read.account
}

export function orderOf(more: Partial<AttemptOrder> = {}): AttemptOrder {
  return {
    walletReference: REFERENCE,
    surface: 'desktop',
    money: { amount: 8850n, currency: 'USD' },
    title: 'Coffee beans 1kg',
    expiresAt: NOW + 15 * 60_000,
    notifyUrl: 'https://hub.example/notify/paypal/wac_1',
    returnUrl: 'https://hub.example/return/x',
    quitUrl: 'https://hub.example/quit/x',
    ...more,
  }
}

/** An order that has begun. */
export function begun(more: Partial<AttemptOrder> = {}): AttemptOrder {
  return orderOf({ memory: JSON.stringify({ order: ORDER_ID }), ...more })
}

export const TOKEN: Step = json({
  access_token: 'A21AAtoken',
  token_type: 'Bearer',
  expires_in: 900,
})

/** An order in this state; `unit` and `more` change what it says. */
export function paypalOrder(
  status: string,
  unit: object = {},
  more: object = {},
  http = 200,
): OutgoingAnswer {
  const page = `https://www.sandbox.paypal.com/checkoutnow?token=${ORDER_ID}`
  const amount = { currency_code: 'USD', value: '88.50' }
  const body = {
    id: ORDER_ID,
    intent: 'CAPTURE',
    status,
    purchase_units: [{ reference_id: REFERENCE, amount, custom_id: REFERENCE, ...unit }],
    links: [{ href: page, rel: 'payer-action', method: 'GET' }],
    ...more,
  }
  return json(body, http)
}

/** `payments` of a purchase unit with one capture. */
export function captured(status: string, more: object = {}): { payments: object } {
  const capture = {
    id: CAPTURE_ID,
    status,
    amount: { currency_code: 'USD', value: '88.50' },
    create_time: '2026-11-20T07:59:58Z',
  }
  return { payments: { captures: [{ ...capture, ...more }] } }
}

export function issue(http: number, name: string, ...issues: string[]): OutgoingAnswer {
  return json({ name, message: 'm', details: issues.map((each) => ({ issue: each })) }, http)
}

/** The one purchase unit of what was sent. */
export function unitOf(request: OutgoingRequest | undefined): JsonObject | undefined {
  const body = parseJsonObject(String(request?.body))
  return Array.isArray(body?.purchase_units) ? body.purchase_units.find(isObject) : undefined
}
