// PayPal's errors, as its REST reference shows them.
import { randomBytes } from 'node:crypto'
import type { JsonObject } from '../json.ts'

export interface Answer {
  status: number
  body: JsonObject
}

const NAMES = {
  400: [
    'INVALID_REQUEST',
    'Request is not well-formed, syntactically incorrect, or violates schema.',
  ],
  401: [
    'AUTHENTICATION_FAILURE',
    'Authentication failed due to missing Authorization header, or invalid authentication credentials.',
  ],
  404: ['RESOURCE_NOT_FOUND', 'The specified resource does not exist.'],
  422: [
    'UNPROCESSABLE_ENTITY',
    'The requested action could not be performed, semantically incorrect, or failed business validation.',
  ],
  429: ['RATE_LIMIT_REACHED', 'Too many requests. Blocked due to rate limiting.'],
  500: ['INTERNAL_SERVER_ERROR', 'An internal server error has occurred.'],
} as const

/** `issue` and `field` say more; undefined says nothing more than the status. */
export function failure(
  status: keyof typeof NAMES,
  issue?: string,
  detail: { description?: string; field?: string } = {},
): Answer {
  const [name, message] = NAMES[status]
  const details = issue === undefined ? [] : [{ issue, ...detail }]
  return { status, body: { name, message, details, debug_id: debugId(), links: [] } }
}

export function debugId(): string {
  return randomBytes(7).toString('hex').slice(0, 13)
}
