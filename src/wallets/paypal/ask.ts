// One question about an order, and what its answer has to agree with.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { PaypalAccount } from './account.ts'
import { callApi } from './api.ts'
import type { Kept } from './memory.ts'
import { ORDERS_PATH, type OrderView, readOrder } from './messages.ts'
import { isIssue, problemOf } from './problems.ts'

/** The order as PayPal has it, or what to say instead. */
export async function ask(
  ports: Ports,
  account: PaypalAccount,
  order: AttemptOrder,
  { orderId }: Kept,
): Promise<OrderView | Observation> {
  const answer = await callApi(ports, account, { method: 'GET', path: `${ORDERS_PATH}/${orderId}` })
  const base = { source: 'query', walletReference: order.walletReference } as const
  if (answer.kind === 'silent') return { ...base, status: 'unknown', problem: answer.problem }
  if (answer.status === 200) {
    const walletMessage = 'an answer about another order'
    const problem = { category: 'unknown_outcome', walletMessage } as const
    const view = readOrder(answer.body, order.walletReference, orderId)
    return view ?? { ...base, status: 'unknown', problem }
  }
  const problem = problemOf(answer, 'question')
  // Orders that nobody approved are forgotten after some hours.
  if (answer.status === 404 && isIssue(problem, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID')) {
    return { ...base, status: 'absent', walletStatus: 'RESOURCE_NOT_FOUND' }
  }
  return { ...base, status: 'unknown', problem }
}

export function isObservation(asked: OrderView | Observation): asked is Observation {
  return 'source' in asked
}

/** Nothing was ever handed out for this order: whoever captures knows PayPal's number of it. */
export function neverBegun({ walletReference }: AttemptOrder): Observation {
  return { source: 'query', status: 'absent', walletReference }
}
