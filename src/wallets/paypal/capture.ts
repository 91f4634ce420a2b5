// Takes the money of an approved order.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation, Problem } from '../wallet.ts'
import type { PaypalAccount } from './account.ts'
import { callApi } from './api.ts'
import { ask, isObservation } from './ask.ts'
import { type Kept, writeMemory } from './memory.ts'
import { ORDERS_PATH, observationOf, readOrder } from './messages.ts'
import { isDecline, isIssue, problemOf } from './problems.ts'

/** Captures once, however often it is called: the call has a number of its own (PayPal-Request-Id). */
export async function capture(
  ports: Ports,
  account: PaypalAccount,
  order: AttemptOrder,
  kept: Kept,
): Promise<Observation> {
  const { walletReference } = order
  const base = { source: 'query', walletReference } as const
  const answer = await callApi(ports, account, {
    method: 'POST',
    path: `${ORDERS_PATH}/${kept.orderId}/capture`,
    requestId: `${walletReference}-capture`,
  })
  if (answer.kind === 'silent') return { ...base, status: 'unknown', problem: answer.problem }
  if (answer.status === 200 || answer.status === 201) {
    const view = readOrder(answer.body, walletReference, kept.orderId)
    if (view) return observationOf(view, walletReference, 'query')
    const walletMessage = 'a capture of another order'
    return { ...base, status: 'unknown', problem: { category: 'unknown_outcome', walletMessage } }
  }
  const problem = problemOf(answer, 'money')
  if (isIssue(problem, 'ORDER_ALREADY_CAPTURED')) {
    const asked = await ask(ports, account, order, kept)
    return isObservation(asked) ? asked : observationOf(asked, walletReference, 'query')
  }
  return refused(base, problem, kept)
}

function refused(
  base: Pick<Observation, 'source' | 'walletReference'>,
  problem: Problem,
  kept: Kept,
): Observation {
  const told = { ...base, problem, ...(problem.walletCode && { walletStatus: problem.walletCode }) }
  if (isDecline(problem)) {
    // The payer may approve again at PayPal; this attempt is over all the same.
    return { ...told, status: 'failed', memory: writeMemory({ ...kept, closed: true }) }
  }
  if (isIssue(problem, 'ORDER_NOT_APPROVED', 'PAYER_ACTION_REQUIRED')) {
    return { ...told, status: 'requires_action' }
  }
  if (isIssue(problem, 'ORDER_COMPLETION_IN_PROGRESS')) return { ...told, status: 'processing' }
  return { ...told, status: 'unknown' }
}
