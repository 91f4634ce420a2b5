// Asks where an order stands.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { AlipayAccount } from './account.ts'
import { callGateway } from './gateway.ts'
import { readTrade, textOf } from './messages.ts'
import { about, isMiss, questionAbout, walletStatus } from './trade.ts'

/** Asks for the trade (sheet 3.3). */
export async function query(
  ports: Ports,
  account: AlipayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const answer = await callGateway(ports, account, questionAbout(order, 'alipay.trade.query'))
  if (answer.outcome === 'ok') return readTrade(answer.fields, 'query', order.surface)
  const base: Observation = { ...about(order), source: 'query', status: 'unknown' }
  if (answer.outcome === 'processing') return base
  // "No such trade" can end an attempt, so it must be signed and name the trade.
  const named =
    answer.outcome === 'refused' && textOf(answer.fields, 'out_trade_no') === order.walletReference
  if (named && isMiss(answer)) return { ...base, status: 'absent', ...walletStatus(answer.problem) }
  return { ...base, problem: answer.problem }
}
