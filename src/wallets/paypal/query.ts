// Asks where an order stands, and takes the money of one that the payer has approved.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { PaypalAccount } from './account.ts'
import { ask, isObservation, neverBegun } from './ask.ts'
import { capture } from './capture.ts'
import { readMemory } from './memory.ts'
import { observationOf } from './messages.ts'

/**
 * How long after the order's end a capture sent before it may still be under way. Longer than a
 * call, shorter than the grace after which the hub asks for the last time.
 */
export const SETTLE_MS = 120_000

/**
 * Asks, and captures what is approved, while the order's time lasts and nobody has closed it. Without
 * a memory the answer to `create` was lost: no payer was ever sent to PayPal, nothing was captured.
 */
export async function query(
  ports: Ports,
  account: PaypalAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const kept = readMemory(order.memory)
  if (!kept) return neverBegun(order)
  const asked = await ask(ports, account, order, kept)
  if (isObservation(asked)) return asked
  const observation = observationOf(asked, order.walletReference, 'query')
  const now = ports.clock.now()
  const over = kept.closed || now >= order.expiresAt
  if (observation.status === 'requires_action' && over) return { ...observation, status: 'closed' }
  if (asked.status !== 'APPROVED' || observation.status !== 'processing' || asked.capture) {
    return observation
  }
  if (!over) return capture(ports, account, order, kept)
  const settled = kept.closed || now >= order.expiresAt + SETTLE_MS
  return settled ? { ...observation, status: 'closed' } : observation
}
