// Ends an unpaid order.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { PaypalAccount } from './account.ts'
import { ask, isObservation, neverBegun } from './ask.ts'
import { readMemory, writeMemory } from './memory.ts'
import { observationOf } from './messages.ts'

/**
 * PayPal has no call that ends an order of intent CAPTURE. But its money moves only when we capture
 * it, so an order that is not approved is ended by never capturing it, which is remembered. One that
 * is approved counts as paid: the next question captures it.
 */
export async function close(
  ports: Ports,
  account: PaypalAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const kept = readMemory(order.memory)
  if (!kept) return neverBegun(order)
  const asked = await ask(ports, account, order, kept)
  if (isObservation(asked)) return asked
  const observation = observationOf(asked, order.walletReference, 'query')
  if (observation.status !== 'requires_action') return observation
  return { ...observation, status: 'closed', memory: writeMemory({ ...kept, closed: true }) }
}
