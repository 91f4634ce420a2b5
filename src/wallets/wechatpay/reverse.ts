// Takes a payer's code back: an unpaid order is canceled, a paid one refunded (sheet 3.6).

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { callApi } from './api.ts'
import { ask, isMiss } from './ask.ts'
import { about, expectedOf } from './expected.ts'
import { orderPath } from './messages.ts'
import { endedBy } from './reversed.ts'
import { textOf } from './transaction.ts'
import { reverseV2 } from './v2-orders.ts'

/** Reverses, then asks: another merchant's order has been called reversed before (sheet 10). */
export async function reverse(
  ports: Ports,
  account: WechatPayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  if (account.v2) return reverseV2(ports, account, account.v2, order)
  const [appid] = expectedOf(account, order).appIds
  const answer = await callApi(ports, account, {
    method: 'POST',
    path: orderPath(order, '/reverse'),
    body: { appid, mchid: account.mchid },
    where: 'code',
  })
  if (isMiss(answer)) return { ...about(order), status: 'absent', walletStatus: 'ORDER_NOT_EXIST' }
  const base: Observation = { ...about(order), status: 'unknown' }
  if (answer.outcome !== 'ok') return { ...base, problem: answer.problem }
  const same =
    answer.status === 200 &&
    textOf(answer.fields, 'out_trade_no') === order.walletReference &&
    textOf(answer.fields, 'mchid') === account.mchid
  if (!same) return { ...base, problem: { category: 'unknown_outcome' } }
  return endedBy(await ask(ports, account, order))
}
