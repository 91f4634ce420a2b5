// For tests only: ports whose network answers from a script, and what Adyen answers to a charge.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { NetworkError, type OutgoingAnswer, type OutgoingRequest, type Ports } from '../ports.ts'
import type { AttemptOrder } from './wallet.ts'

export type Step = OutgoingAnswer | NetworkError | ((request: OutgoingRequest) => OutgoingAnswer)

export interface Script {
  ports: Ports
  sent: OutgoingRequest[]
  /** Everything that was logged. */
  logged: unknown[]
  clock: { time: number }
}

/** Ports whose network gives these answers in their order. */
export function scriptAt(time: number, ...steps: Step[]): Script {
  const sent: OutgoingRequest[] = []
  const logged: unknown[] = []
  const clock = { time }
  const keep = (...words: unknown[]) => void logged.push(words)
  const ports: Ports = {
    clock: { now: () => clock.time },
    random: { bytes: (size) => randomBytes(size) },
    log: { debug: keep, info: keep, warn: keep, error: keep },
    network: {
      async send(request) {
        const step = steps[sent.length]
        sent.push(request)
        assert.ok(step, `no answer prepared for ${request.url}`)
        if (step instanceof NetworkError) throw step
        return typeof step === 'function' ? step(request) : step
      },
    },
  }
  return { ports, sent, logged, clock }
}

export function json(body: object, status = 200): OutgoingAnswer {
  return { status, headers: {}, body: Buffer.from(JSON.stringify(body)) }
}

/** What Adyen answers when the issuer agreed. */
export function authorised(order: AttemptOrder): OutgoingAnswer {
  return json({
    pspReference: 'QFQTPCQ8HXSKGK82',
    resultCode: 'Authorised',
    merchantReference: order.walletReference,
    amount: { currency: order.money.currency, value: Number(order.money.amount) },
  })
}
