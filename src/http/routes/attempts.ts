// Attempts of merchants with their own page, counter or app.

import { ApiError } from '../../errors.ts'
import type { PaymentContext } from '../../payments/context.ts'
import type { Attempt, Payment } from '../../payments/payment.ts'
import { type NewAttempt, startAttempt } from '../../payments/start-attempt.ts'
import { findPayment } from '../../payments/store.ts'
import { syncPayment } from '../../payments/sync-payment.ts'
import type { Browser } from '../../wallets/wallet.ts'
import { type Idempotency, inProgress, type Kept, type KeyUse } from '../idempotency.ts'
import { commits, type Operation } from '../operation.ts'
import { presentStarted } from '../present.ts'
import { refusalError } from '../refusals.ts'
import { Empty } from '../schemas/common.ts'
import * as schemas from '../schemas/payment.ts'
import type { Services } from '../services.ts'
import { owned } from './payments.ts'

export function attemptOperations({ pool, payments, links }: Services): Operation[] {
  return [
    commits({
      id: 'startAttempt',
      tag: 'Payments',
      path: '/v1/payments/{payment}/attempts',
      summary: 'Start an attempt with a wallet',
      description:
        "Answers 201 also when the wallet refuses: the attempt then carries its `problem`. `next_action` says what the payer's device has to do.",
      scope: 'payments:write',
      params: { payment: 'pay' },
      query: Empty,
      body: schemas.NewAttempt,
      answers: { 201: schemas.StartedAttempt },
      errors: [
        'not_found',
        'payment_paid',
        'payment_not_payable',
        'attempt_unresolved',
        'attempts_exhausted',
        'not_supported',
        'wallet_unavailable',
        'token_refused',
        'token_used',
      ],
      async handle(call, use, idempotency) {
        const payment = await owned(pool, call)
        const {
          wallet,
          surface,
          auth_code: authCode,
          payer,
          payer_address: payerAddress,
          token,
          browser,
        } = call.body
        if (surface === 'barcode' && authCode === undefined) {
          throw new ApiError('field_missing', { param: '/auth_code' })
        }
        const input: NewAttempt = {
          wallet,
          surface,
          ...(authCode !== undefined && { authCode }),
          ...(payer && { payer: payerOf(payer) }),
          ...(payerAddress !== undefined && { payerAddress }),
          ...(token !== undefined && { token }),
          ...(browser && { browser: browserOf(browser) }),
        }
        return startKept(payments, payment, input, {
          use,
          idempotency,
          present: (after, attempt) => presentStarted(after, attempt, links),
        })
      },
    }),
  ]
}

function payerOf(payer: schemas.PayerBody): NonNullable<NewAttempt['payer']> {
  return {
    ...(payer.app_id !== undefined && { appId: payer.app_id }),
    ...(payer.open_id !== undefined && { openId: payer.open_id }),
    ...(payer.user_id !== undefined && { userId: payer.user_id }),
  }
}

function browserOf(browser: schemas.BrowserBody): Browser {
  return {
    userAgent: browser.user_agent,
    acceptHeader: browser.accept_header,
    javaEnabled: browser.java_enabled,
    ...screenOf(browser),
  }
}

/** What a page tells of its screen, as a wallet is told. */
export function screenOf(browser: schemas.BrowserScreenBody) {
  return {
    language: browser.language,
    colorDepth: browser.color_depth,
    screenHeight: browser.screen_height,
    screenWidth: browser.screen_width,
    timeZoneOffset: browser.time_zone_offset,
  }
}

interface Keeping {
  use: KeyUse
  idempotency: Idempotency
  present(payment: Payment, attempt: Attempt): object
}

/**
 * Starts an attempt once per idempotency key. The key is written with the intention, before the
 * wallet is asked: a repeat after a crash answers with that attempt and starts no other (AP-17).
 */
export async function startKept(
  payments: PaymentContext,
  payment: Payment,
  input: NewAttempt,
  { use, idempotency, present }: Keeping,
): Promise<Kept> {
  const found = await idempotency.look(use)
  if (found.kind === 'answered') return found.kept
  const finish = (after: Payment, attempt: Attempt) =>
    idempotency.finish(use, 201, JSON.stringify(present(after, attempt)))
  if (found.kind === 'running') {
    const { note } = found
    const now = await findPayment(payments.pool, payment)
    const attempt = now?.attempts.find((known) => known.attemptId === note)
    // The first request's outcome is committed: whatever became of its connection, this is the answer.
    if (now && attempt && hasOutcome(attempt)) return finish(now, attempt)
    throw inProgress()
  }
  if (found.kind === 'interrupted' && found.note !== null) {
    const attemptId = found.note
    const synced = await syncPayment(payments, payment)
    const after = synced?.payment ?? (await findPayment(payments.pool, payment))
    const attempt = after?.attempts.find((known) => known.attemptId === attemptId)
    if (!after || !attempt) throw new Error(`the attempt ${attemptId} of a kept key does not exist`)
    return finish(after, attempt)
  }
  const started = await startAttempt(payments, payment, input, (_payment, attempt) =>
    idempotency.running(use, attempt.attemptId),
  )
  switch (started.outcome) {
    case 'started':
      return finish(started.payment, started.attempt)
    case 'refused': {
      // The same request may have come twice at once: then the other one's answer is the right one.
      const other = await idempotency.lookUp(use)
      if (other.kind === 'answered') return other.kept
      throw refusalError(started.refusal, payments.ports.clock.now())
    }
    case 'not_found':
      throw new ApiError('not_found')
    case 'key_taken':
      return idempotency.again(use)
  }
}

/**
 * Whether the wallet's answer to the start is in the attempt. One that waits for its payer and has
 * nothing for them to do was heard of another way; what they can do may still come.
 */
function hasOutcome({ status, nextAction }: Attempt): boolean {
  return status !== 'created' && !(status === 'requires_action' && nextAction === null)
}
