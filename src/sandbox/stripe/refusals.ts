// Stripe's errors (sheet 4.4).
import type { Answer } from '../cards/idempotency.ts'
import type { Verdict } from '../cards/issuer.ts'
import type { JsonObject } from '../json.ts'

export function fault(status: number, error: JsonObject): Answer {
  return { status, body: { error } }
}

/** A request that is wrong in itself. */
export function invalid(message: string, more: { code?: string; param?: string } = {}): Answer {
  return fault(400, { type: 'invalid_request_error', message, ...more })
}

export function notFound(kind: string, id: string): Answer {
  const message = `No such ${kind}: '${id}'`
  return fault(404, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    param: 'id',
    message,
  })
}

export interface Decline {
  code: string
  decline_code: string
  message: string
}

export const DECLINES: Record<Exclude<Verdict, 'approve' | 'challenge'>, Decline> = {
  insufficient_funds: {
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  declined: {
    code: 'card_declined',
    decline_code: 'generic_decline',
    message: 'Your card was declined.',
  },
  fraud: { code: 'card_declined', decline_code: 'fraudulent', message: 'Your card was declined.' },
  expired: {
    code: 'expired_card',
    decline_code: 'expired_card',
    message: 'Your card has expired.',
  },
  unavailable: {
    code: 'card_declined',
    decline_code: 'issuer_not_available',
    message: 'Your card was declined.',
  },
  unknown_number: {
    code: 'incorrect_number',
    decline_code: 'incorrect_number',
    message: 'Your card number is incorrect.',
  },
}

export const NOT_AUTHENTICATED = {
  code: 'payment_intent_authentication_failure',
  message: 'The provided payment method has failed authentication.',
}
