// When a payment has to be looked at next, although nobody tells anything about it.

import type { Milliseconds } from '../ports.ts'
import type { Wallet } from '../wallets/wallet.ts'
import { type Attempt, blocksTheEnd, isFinal, isOpen, type Payment } from './payment.ts'

/** A wallet that was asked to end an order and did not manage is asked again after this time... */
const CLOSE_AGAIN_MS = 10_000
/** ...and after ever longer ones while nothing changes, so that an outage does not pile up calls. */
const CLOSE_AGAIN_AT_MOST_MS = 3_600_000

/** The next time, or null when the payment and all its attempts have ended. */
export function nextResolve(
  payment: Payment,
  registry: ReadonlyMap<string, Wallet>,
  now: Milliseconds,
  justAsked = false,
): Milliseconds | null {
  const times = payment.attempts
    .filter((attempt) => isOpen(attempt.status))
    .map((attempt) => nextQuery(attempt, registry, now, justAsked))
    .filter((time) => time !== undefined)
  if (!isFinal(payment.status) && (now < payment.expiresAt || canEndNow(payment)))
    times.push(Math.max(payment.expiresAt, now))
  return times.length === 0 ? null : Math.min(...times)
}

/** Its time is over, and not only wallets that are asked to end their orders are waited for. */
function canEndNow({ attempts }: Payment): boolean {
  const blocking = attempts.filter(blocksTheEnd)
  return blocking.length === 0 || blocking.some(({ details }) => !details.closing)
}

function nextQuery(
  attempt: Attempt,
  registry: ReadonlyMap<string, Wallet>,
  now: Milliseconds,
  justAsked: boolean,
): Milliseconds | undefined {
  if (attempt.details.closing && !attempt.details.released)
    return justAsked ? now + closeAgainAfter(now - attempt.updatedAt) : now
  const wallet = registry.get(attempt.wallet)
  const delay = wallet?.nextQueryDelay(
    attempt.surface,
    now - attempt.createdAt,
    attempt.expiresAt - now,
  )
  const reverse = wallet?.reverseAfterMs(attempt.surface)
  if (delay === undefined) return undefined
  const reverseAt = reverse === undefined ? Number.POSITIVE_INFINITY : attempt.createdAt + reverse
  return reverseAt > now ? Math.min(now + delay, reverseAt) : now + delay
}

/** A quarter of the time in which nothing has changed, within the two limits. */
function closeAgainAfter(unchangedMs: Milliseconds): Milliseconds {
  return Math.min(Math.max(CLOSE_AGAIN_MS, unchangedMs / 4), CLOSE_AGAIN_AT_MOST_MS)
}
