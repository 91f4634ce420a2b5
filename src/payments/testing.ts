// Payments, attempts and observations for tests, each with sensible values that a test overrides.

import { randomBytes } from 'node:crypto'
import { newId, walletReferenceOf } from '../ids.ts'
import type { Clock, Random } from '../ports.ts'
import type { Observation } from '../wallets/wallet.ts'
import { createPayment } from './decide.ts'
import type { Attempt, Payment } from './payment.ts'

export const T0 = Date.UTC(2026, 2, 9, 10, 0, 0)

export interface HeldClock extends Clock {
  time: number
}

/** A clock that stands until a test moves it. */
export function heldClock(time = T0): HeldClock {
  return {
    time,
    now() {
      return this.time
    },
  }
}

export const systemRandom: Random = { bytes: (size) => randomBytes(size) }

const ids = { clock: { now: Date.now }, random: systemRandom }

export function aPayment(overrides: Partial<Payment> = {}): Payment {
  const paymentId = newId('pay', ids)
  const { payment } = createPayment({
    merchantId: 'mer_test',
    paymentId,
    livemode: false,
    status: 'created',
    amount: 8850n,
    currency: 'CNY',
    amountCaptured: 0n,
    amountRefundDue: 0n,
    late: false,
    cancelRequestedAt: null,
    reference: paymentId,
    title: 'Coffee beans 1kg',
    details: {
      items: [],
      customer: null,
      wallets: null,
      returnUrl: null,
      locale: null,
      metadata: {},
      latePayment: 'open',
    },
    paidAttemptId: null,
    clientSecretHash: randomBytes(32),
    createdAt: T0,
    updatedAt: T0,
    expiresAt: T0 + 30 * 60_000,
  })
  return { ...payment, ...overrides }
}

export function anAttempt(overrides: Partial<Attempt> = {}): Attempt {
  const attemptId = overrides.attemptId ?? newId('att', ids)
  return {
    attemptId,
    wallet: 'alipay',
    walletAccountId: 'wac_test',
    surface: 'qr',
    status: 'created',
    amount: 8850n,
    currency: 'CNY',
    amountCaptured: 0n,
    walletReference: walletReferenceOf(attemptId),
    walletTransactionId: null,
    walletStatus: null,
    nextAction: null,
    problem: null,
    details: {},
    paidAt: null,
    observedAt: null,
    createdAt: T0,
    updatedAt: T0,
    expiresAt: T0 + 30 * 60_000,
    ...overrides,
  }
}

/** A success as a wallet tells it, matching {@link anAttempt}. */
export function success(overrides: Partial<Observation> = {}): Observation {
  return {
    source: 'query',
    status: 'succeeded',
    money: { amount: 8850n, currency: 'CNY' },
    walletTransactionId: '2026030922001400000500000001',
    paidAt: T0 + 60_000,
    ...overrides,
  }
}
