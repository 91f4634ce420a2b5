// Asks where an order stands.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { ask } from './ask.ts'
import { reverse } from './reverse.ts'

export async function query(
  ports: Ports,
  account: WechatPayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  return endFailedCode(ports, account, { order, observation: await ask(ports, account, order) })
}

/**
 * A payer's code that failed is reversed before it is called failed: the same basket may be paid
 * again (sheet section 6). Until that is certain, nothing is.
 */
export async function endFailedCode(
  ports: Ports,
  account: WechatPayAccount,
  { order, observation }: { order: AttemptOrder; observation: Observation },
): Promise<Observation> {
  if (order.surface !== 'barcode' || observation.walletStatus !== 'PAYERROR') return observation
  const { status } = await reverse(ports, account, order)
  if (status === 'closed' || status === 'reversed') return observation
  return { ...observation, status: 'unknown', problem: { category: 'unknown_outcome' } }
}
