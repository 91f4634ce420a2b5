// Starts an order.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, NextAction, Observation, Problem } from '../wallet.ts'
import type { PaypalAccount } from './account.ts'
import { writeAmount } from './amounts.ts'
import { callApi } from './api.ts'
import { writeMemory } from './memory.ts'
import { ORDERS_PATH, observationOf, orderBody, readOrder } from './messages.ts'
import { problemOf } from './problems.ts'

/**
 * Starts an order. Our number is PayPal's number for the call too, which it keeps for six hours and
 * an order lives for three: a repeat gives the same order.
 */
export async function create(
  ports: Ports,
  account: PaypalAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const value = writeAmount(order.money)
  if (value === undefined) {
    const walletMessage = `PayPal takes no decimals in ${order.money.currency}`
    return failed(order, { category: 'invalid_request', code: 'request_invalid', walletMessage })
  }
  const answer = await callApi(ports, account, {
    method: 'POST',
    path: ORDERS_PATH,
    requestId: order.walletReference,
    body: orderBody(order, value),
  })
  if (answer.kind === 'silent') {
    return answer.sent ? unknown(order, answer.problem) : failed(order, answer.problem)
  }
  if (answer.status !== 200 && answer.status !== 201) {
    const problem = problemOf(answer, 'money')
    return isRefusal(problem) ? failed(order, problem) : unknown(order, problem)
  }
  const view = readOrder(answer.body, order.walletReference)
  const url = view?.link
  if (!view || url === undefined || !isPaypalPage(account, url)) {
    const walletMessage = 'the answer lacks what the payer needs'
    return unknown(order, { category: 'unknown_outcome', walletMessage })
  }
  const observation = observationOf(view, order.walletReference, 'response')
  const nextAction: NextAction = { type: 'redirect', url }
  const memory = writeMemory({ orderId: view.id, closed: false })
  return { ...observation, memory, ...(observation.status === 'requires_action' && { nextAction }) }
}

/** An order that was not begun cannot be approved, and only we capture. */
function isRefusal({ category }: Problem): boolean {
  return !['duplicate', 'not_found', 'unknown_outcome', 'provider_down'].includes(category)
}

/** The payer is sent to PayPal and to nobody else, whatever an answer says. */
function isPaypalPage({ api, live }: PaypalAccount, link: string): boolean {
  if (!URL.canParse(link)) return false
  const url = new URL(link)
  const host = live ? 'www.paypal.com' : 'www.sandbox.paypal.com'
  return url.origin === `https://${host}` || (!live && url.origin === new URL(api).origin)
}

function failed({ walletReference }: AttemptOrder, problem: Problem): Observation {
  return { source: 'response', status: 'failed', walletReference, problem }
}

function unknown({ walletReference }: AttemptOrder, problem: Problem): Observation {
  return { source: 'response', status: 'unknown', walletReference, problem }
}
