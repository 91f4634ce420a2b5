// Stripe's objects as its API shows them.
import type { Change, Charge } from '../cards/ledger.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'

const STATUSES: Record<Charge['state'], string> = {
  idle: 'requires_payment_method',
  challenged: 'requires_action',
  answered: 'requires_action',
  authorized: 'requires_capture',
  captured: 'succeeded',
  declined: 'requires_payment_method',
  canceled: 'canceled',
  expired: 'canceled',
}

export function statusOf(charge: Charge): string {
  return STATUSES[charge.state]
}

export interface IntentParts {
  charge: Charge
  /** The issuer's page, while it waits for the payer. */
  challengeUrl?: string | undefined
  expandCharge?: boolean
}

export function intentObject({ charge, challengeUrl, expandCharge }: IntentParts): JsonObject {
  const { more } = charge
  const over = charge.state === 'canceled' || charge.state === 'expired'
  const charged = charge.state !== 'idle' && charge.state !== 'challenged'
  return {
    id: charge.id,
    object: 'payment_intent',
    amount: Number(charge.amount),
    amount_capturable: charge.state === 'authorized' ? Number(charge.amount) : 0,
    amount_details: { tip: {} },
    amount_received: Number(charge.captured),
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: over ? (more.canceledAt ?? null) : null,
    cancellation_reason: over ? (more.cancellationReason ?? null) : null,
    capture_method: charge.capture,
    client_secret: `${charge.id}_secret_${stringMember(more, 'secret') ?? ''}`,
    confirmation_method: 'automatic',
    created: Math.floor(charge.createdAt / 1000),
    currency: charge.currency,
    customer: null,
    description: null,
    last_payment_error: isObject(more.lastError) ? more.lastError : null,
    latest_charge: !charged ? null : expandCharge ? chargeObject(charge) : chargeId(charge),
    livemode: false,
    metadata: isObject(more.metadata) ? more.metadata : {},
    next_action:
      challengeUrl === undefined
        ? null
        : {
            type: 'redirect_to_url',
            redirect_to_url: { return_url: more.returnUrl ?? null, url: challengeUrl },
          },
    payment_method: charge.card === undefined ? null : `pm_${charge.id.slice(3)}`,
    payment_method_options: { card: { request_three_d_secure: 'automatic' } },
    payment_method_types: ['card'],
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    statement_descriptor: null,
    status: statusOf(charge),
    transfer_data: null,
    transfer_group: null,
  }
}

export function chargeId(charge: Charge): string {
  return `ch_${charge.id.slice(3)}`
}

export function chargeObject(charge: Charge): JsonObject {
  const failed = charge.state === 'declined'
  const captured = charge.state === 'captured'
  const error = isObject(charge.more.lastError) ? charge.more.lastError : {}
  return {
    id: chargeId(charge),
    object: 'charge',
    amount: Number(charge.amount),
    amount_captured: Number(charge.captured),
    amount_refunded: Number(charge.refunded),
    balance_transaction: captured ? `txn_${charge.id.slice(3)}` : null,
    captured,
    created: Math.floor(charge.createdAt / 1000),
    currency: charge.currency,
    disputed: false,
    failure_code: failed ? (error.code ?? null) : null,
    failure_message: failed ? (error.message ?? null) : null,
    livemode: false,
    metadata: isObject(charge.more.metadata) ? charge.more.metadata : {},
    outcome: {
      network_status: failed ? 'declined_by_network' : 'approved_by_network',
      reason: failed ? (error.decline_code ?? null) : null,
      type: failed ? 'issuer_declined' : 'authorized',
    },
    paid: !failed,
    payment_intent: charge.id,
    payment_method: `pm_${charge.id.slice(3)}`,
    payment_method_details: {
      card: {
        brand: charge.more.brand ?? null,
        last4: charge.more.last4 ?? null,
        wallet: {
          dynamic_last4: charge.more.dynamicLast4 ?? null,
          type: charge.wallet === 'applepay' ? 'apple_pay' : 'google_pay',
        },
      },
      type: 'card',
    },
    refunded: captured && charge.refunded === charge.captured,
    status: failed ? 'failed' : 'succeeded',
  }
}

export function refundObject(charge: Charge, change: Change): JsonObject {
  const { more } = change
  return {
    id: change.id,
    object: 'refund',
    amount: Number(change.amount),
    balance_transaction: `txn_${change.id.slice(3)}`,
    charge: chargeId(charge),
    created: Math.floor(change.createdAt / 1000),
    currency: charge.currency,
    destination_details: { card: { type: 'refund' }, type: 'card' },
    ...(more.status === 'failed' && { failure_reason: 'lost_or_stolen_card' }),
    metadata: isObject(more.metadata) ? more.metadata : {},
    payment_intent: charge.id,
    reason: more.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: stringMember(more, 'status') ?? 'succeeded',
    transfer_reversal: null,
  }
}

/** What was taken and given back, as lines of the balance; newest first. */
export function balanceLines(charges: readonly Charge[], refunds: (id: string) => Change[]) {
  const lines = charges.flatMap((charge) => {
    if (charge.captured === 0n) return []
    const line = (id: string, source: string, amount: bigint, type: string, at: number) => ({
      id: `txn_${id.slice(3)}`,
      object: 'balance_transaction',
      amount: Number(amount),
      available_on: Math.floor(at / 1000) + 172_800,
      created: Math.floor(at / 1000),
      currency: charge.currency,
      description: null,
      exchange_rate: null,
      fee: 0,
      fee_details: [],
      net: Number(amount),
      reporting_category: type,
      source,
      status: 'available',
      type,
    })
    return [
      line(charge.id, chargeId(charge), charge.captured, 'charge', charge.createdAt),
      ...refunds(charge.id)
        .filter(({ state }) => state === 'approved')
        .map(({ id, amount, createdAt }) => line(id, id, -amount, 'refund', createdAt)),
    ]
  })
  return lines.reverse()
}
