// What the API adds to a payment and an attempt beyond what events carry.

import type { Attempt, Payment } from '../payments/payment.ts'
import { type PresentContext, presentAttempt, presentPayment } from '../payments/present.ts'
import type { NextAction } from '../wallets/wallet.ts'
import type { HubLinks } from './links.ts'

/** An attempt with what the payer's device has to do next. */
export function presentStarted(payment: Payment, attempt: Attempt, context: PresentContext) {
  return {
    ...presentAttempt(payment, attempt, context),
    payment: payment.paymentId,
    next_action: presentNextAction(attempt.nextAction),
  }
}

export function presentNextAction(action: NextAction | null) {
  if (action === null) return { type: 'none' as const }
  switch (action.type) {
    case 'qr':
      return { type: action.type, content: action.content, expires_at: time(action.expiresAt) }
    case 'address':
      return {
        type: action.type,
        uri: action.uri,
        qr_text: action.qrText ?? action.uri,
        address: action.address,
        amount_sat: action.amountSat,
        rate: action.rate,
        expires_at: time(action.expiresAt),
      }
    case 'redirect':
    case 'form':
    case 'sheet':
    case 'app':
    case 'none':
      return action
  }
}

export function presentCreated(payment: Payment, clientSecret: string, links: HubLinks) {
  return {
    ...presentPayment(payment, links),
    client_secret: clientSecret,
    url: links.pay(clientSecret),
    qr_url: links.short(payment),
  }
}

/** RFC 3339 in UTC with milliseconds. */
export function time(at: number): string
export function time(at: number | null): string | null
export function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
