// What the payment page knows, in the parts in which it is fetched again: a small state that is asked
// for every other second (PRODUCT CK-31), and the long rest that it names.

import type {
  CheckoutAttempt,
  CheckoutAttemptState,
  CheckoutOrder,
  CheckoutPayment,
  CheckoutState,
} from './checkout-types.ts'
import { etagOf } from './etag.ts'

/** What is paid for: as long as its merchant made it. */
export function orderPart(payment: CheckoutOrder): CheckoutOrder {
  return {
    livemode: payment.livemode,
    amount: payment.amount,
    currency: payment.currency,
    title: payment.title,
    reference: payment.reference,
    items: payment.items,
    merchant: payment.merchant,
    wallets: payment.wallets,
    wallets_ordered: payment.wallets_ordered,
    shared_code: payment.shared_code,
    return_url: payment.return_url,
  }
}

/** What changes while the payer pays, at most 2 KB. */
export function statePart(payment: CheckoutPayment): CheckoutState {
  return {
    id: payment.id,
    status: payment.status,
    payable: payment.payable,
    unresolved: payment.unresolved,
    retry_at: payment.retry_at,
    attempt: payment.attempt && attemptState(payment.attempt),
    attempts_left: payment.attempts_left,
    late: payment.late,
    paid: payment.paid,
    expires_at: payment.expires_at,
    server_time: payment.server_time,
    receipt_url: payment.receipt_url,
    order: payment.order,
  }
}

function attemptState({ problem, ...attempt }: CheckoutAttempt): CheckoutAttemptState {
  const { id, wallet, surface, status, created, expires_at, chain, action } = attempt
  const told = problem && { category: problem.category, code: problem.code, money: problem.money }
  return { id, wallet, surface, status, problem: told, created, expires_at, chain, action }
}

/** The name of an order's content. */
export function orderName(order: CheckoutOrder): string {
  return nameOf(orderPart(order))
}

/** The name of what the payer's device has to do; null when that is nothing. */
export function actionName(action: CheckoutAttempt['next_action']): string | null {
  return action.type === 'none' ? null : nameOf(action)
}

function nameOf(content: object): string {
  return etagOf(JSON.stringify(content)).slice(1, -1)
}
