// What the verbs share: how they ask about an order, and how they speak about it.

import type { AttemptOrder, Observation, Problem } from '../wallet.ts'
import type { Answer, Call } from './gateway.ts'
import { defined } from './messages.ts'
import { isCode } from './problems.ts'

/** A call that names the order and nothing else. */
export function questionAbout(order: AttemptOrder, method: string): Call {
  const reference = order.walletReference
  return { method, content: { out_trade_no: reference }, kind: 'question', reference }
}

/** Alipay says, under its signature, that it knows no such trade. */
export function isMiss(answer: Answer): boolean {
  return answer.outcome === 'refused' && answer.signed && isCode(answer.problem, 'TRADE_NOT_EXIST')
}

export function walletStatus(problem: Problem): Partial<Observation> {
  return defined({ walletStatus: problem.walletCode })
}

/** The beginning of every observation that comes from an answer. */
export function about(order: AttemptOrder): Pick<Observation, 'source' | 'walletReference'> {
  return { source: 'response', walletReference: order.walletReference }
}
