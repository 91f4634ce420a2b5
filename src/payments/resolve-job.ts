// The job that looks after one payment until it has ended.

import type { Task } from 'graphile-worker'
import type { PaymentContext } from './context.ts'
import { resolvePayment } from './resolve.ts'

interface Payload {
  merchant_id: string
  payment_id: string
}

export function resolveTask(ctx: PaymentContext): Task {
  return async (payload, helpers) => {
    if (!isPayload(payload)) throw new Error('a resolve job names no payment')
    const resolved = await resolvePayment(ctx, {
      merchantId: payload.merchant_id,
      paymentId: payload.payment_id,
    })
    if (!resolved || resolved.next === null) return
    // Under the key of the journal's own jobs; one that was committed meanwhile knows better.
    await helpers.addJob('resolve', payload, {
      jobKey: `resolve:${payload.payment_id}`,
      jobKeyMode: 'preserve_run_at',
      runAt: new Date(resolved.next),
    })
  }
}

function isPayload(value: unknown): value is Payload {
  return (
    typeof value === 'object' && value !== null && 'merchant_id' in value && 'payment_id' in value
  )
}
