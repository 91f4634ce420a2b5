// From an invoice's state to the hub's words (sheet 6).

import type { AttemptOrder, ChainProgress, Observation, Problem } from '../wallet.ts'
import { type InvoiceState, isLost } from './invoice.ts'
import type { Invoice, Memory } from './memory.ts'

/** As many payments as a page can show; the sums count all of them. */
const MAX_SHOWN = 20

export function progressOf(invoice: Invoice, state: InvoiceState): ChainProgress {
  const { seenSat, confirmedSat, creditedSat, heldSat, reversedSat, dueSat, payments } = state
  const counting = payments.filter(
    ({ status, onTime }) => onTime && (status === 'mempool' || status === 'confirmed'),
  )
  return {
    askedSat: invoice.amountSat,
    seenSat,
    confirmedSat,
    creditedSat,
    heldSat,
    reversedSat,
    dueSat,
    confirmations:
      counting.length === 0 ? 0 : Math.min(...counting.map(({ confirmations }) => confirmations)),
    requiredConfirmations: state.requiredConf,
    flags: state.exceptions,
    payments: payments
      .slice(0, MAX_SHOWN)
      .map(({ outpoint, sat, status, onTime }) => ({ outpoint, sat, status, inTime: onTime })),
  }
}

export interface Observed {
  state: InvoiceState
  memory: Memory
  /** Unix seconds. */
  now: number
}

/** Everything but the next action. */
export function observationOf(order: AttemptOrder, observed: Observed): Observation {
  const { state, memory } = observed
  const status = statusOf(observed)
  const chain = progressOf(memory.invoice, state)
  const problem = problemOf(state)
  const common: Observation = {
    source: 'query',
    status,
    walletReference: order.walletReference,
    walletStatus: statusWords(state, chain),
    chain,
  }
  if (status !== 'succeeded' && status !== 'reversed') {
    const ended = status === 'closed' || status === 'failed'
    return { ...common, money: order.money, ...(ended && problem && { problem }) }
  }
  return {
    ...common,
    money: order.money,
    ...(memory.settledBy !== null && { walletTransactionId: memory.settledBy }),
    paidAt: paidAt(memory) * 1000,
  }
}

function statusOf({ state, memory, now }: Observed): Observation['status'] {
  switch (state.status) {
    case 'requires_action':
    case 'processing':
    case 'failed':
      return state.status
    case 'succeeded':
      return isLost(memory.invoice, memory.facts) ? 'reversed' : 'succeeded'
    case 'expired': {
      const { expiresAt, policy } = memory.invoice
      // Until the grace is over, a payment that is seen now is in time.
      return now <= expiresAt + policy.graceSec ? 'requires_action' : 'closed'
    }
  }
}

function problemOf({ status, exceptions }: InvoiceState): Problem | undefined {
  if (status === 'failed') {
    const byHand = exceptions.includes('manual')
    return byHand
      ? { category: 'risk_declined', walletCode: 'rejected_by_merchant' }
      : { category: 'payer_action', walletCode: 'never_confirmed' }
  }
  if (exceptions.includes('double_spent')) {
    return { category: 'risk_declined', walletCode: 'double_spent' }
  }
  if (exceptions.includes('late')) return { category: 'payer_action', walletCode: 'late' }
  return exceptions.includes('underpaid')
    ? { category: 'payer_action', walletCode: 'underpaid' }
    : undefined
}

/** E.g. `processing 1/3 reorged`. */
function statusWords(state: InvoiceState, chain: ChainProgress): string {
  const count =
    state.status === 'processing' ? [`${chain.confirmations}/${chain.requiredConfirmations}`] : []
  return [state.status, ...count, ...state.exceptions].join(' ')
}

/** When the last of what settled it was first seen, by our own clock. */
function paidAt({ facts, invoice }: Memory): number {
  const seen = facts.transactions
    .filter(({ place }) => place.in !== 'nowhere')
    .map(({ firstSeen }) => firstSeen)
  return Math.max(invoice.createdAt, ...seen)
}
