// Ends an order.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { AlipayAccount } from './account.ts'
import { type Answer, type Call, callGateway } from './gateway.ts'
import { textOf, tradeFacts } from './messages.ts'
import { isCode } from './problems.ts'
import { query } from './query.ts'
import { about, isMiss, questionAbout, walletStatus } from './trade.ts'

const MAX_CANCELS = 3

/**
 * Ends an unpaid order (sheet 3.4). A payer's code is canceled, which gives the money back if it
 * was taken; everything else is closed, which a paid order refuses.
 */
export async function close(
  ports: Ports,
  account: AlipayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  if (order.surface === 'barcode') return cancel(ports, account, order)
  const answer = await callGateway(ports, account, questionAbout(order, 'alipay.trade.close'))
  if (answer.outcome === 'ok') {
    return { ...about(order), ...tradeFacts(answer.fields), status: 'closed' }
  }
  return readRefusedEnd(ports, account, { order, answer })
}

async function cancel(
  ports: Ports,
  account: AlipayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const call: Call = { ...questionAbout(order, 'alipay.trade.cancel'), kind: 'money' }
  let answer = await callGateway(ports, account, call)
  for (let calls = 1; calls < MAX_CANCELS && wantsRetry(answer); calls += 1) {
    answer = await callGateway(ports, account, call)
  }
  if (answer.outcome !== 'ok') return readRefusedEnd(ports, account, { order, answer })
  const base: Observation = { ...about(order), ...tradeFacts(answer.fields), status: 'unknown' }
  if (wantsRetry(answer)) return { ...base, problem: { category: 'unknown_outcome' } }
  const action = textOf(answer.fields, 'action')
  switch (action) {
    case 'close':
      return { ...base, status: 'closed', walletStatus: action }
    case 'refund':
      return { ...base, status: 'reversed', walletStatus: action }
    case undefined:
      // Alipay says success for a number it has never seen.
      return { ...base, status: 'absent' }
    default:
      return { ...base, problem: { category: 'unknown_outcome' }, walletStatus: action }
  }
}

function wantsRetry(answer: Answer): boolean {
  const told = answer.outcome === 'ok' || (answer.outcome === 'refused' && answer.signed)
  return told && textOf(answer.fields, 'retry_flag') === 'Y'
}

interface RefusedEnd {
  order: AttemptOrder
  answer: Answer
}

async function readRefusedEnd(
  ports: Ports,
  account: AlipayAccount,
  { order, answer }: RefusedEnd,
): Promise<Observation> {
  const base: Observation = { ...about(order), status: 'unknown' }
  if (answer.outcome === 'ok' || answer.outcome === 'processing') return base
  if (isMiss(answer)) return { ...base, status: 'absent', ...walletStatus(answer.problem) }
  // Its state does not allow it: it may have been paid a moment ago.
  const settled = isCode(
    answer.problem,
    'TRADE_STATUS_ERROR',
    'REASON_TRADE_STATUS_INVALID',
    'REASON_ILLEGAL_STATUS',
    'TRADE_CANCEL_TIME_OUT',
    'CANCEL_NOT_ALLOWED',
    'TRADE_HAS_FINISHED',
    'TRADE_HAS_CLOSE',
  )
  return settled ? query(ports, account, order) : { ...base, problem: answer.problem }
}
