// One request to Stripe: form in, JSON out (sheet section 2).

import { encodeForm } from '../../encoding/form.ts'
import type { Ports } from '../../ports.ts'
import { type Answer, call } from '../call.ts'
import type { StripeAccount } from './account.ts'

/** The version that every answer and webhook is read by. */
export const API_VERSION = '2026-10-28.endive'

export type Pairs = readonly (readonly [string, string])[]

export function get(
  ports: Ports,
  account: StripeAccount,
  path: string,
  query: Pairs = [],
): Promise<Answer> {
  const tail = query.length === 0 ? '' : `?${encodeForm(query)}`
  return call(ports, {
    method: 'GET',
    url: `${account.baseUrl}${path}${tail}`,
    headers: headers(account),
  })
}

export function post(
  ports: Ports,
  account: StripeAccount,
  path: string,
  request: { pairs: Pairs; key: string },
): Promise<Answer> {
  return call(ports, {
    method: 'POST',
    url: `${account.baseUrl}${path}`,
    headers: { ...headers(account), 'idempotency-key': request.key },
    body: encodeForm(request.pairs),
  })
}

function headers(account: StripeAccount): Record<string, string> {
  return {
    authorization: `Bearer ${account.secretKey}`,
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'stripe-version': API_VERSION,
  }
}
