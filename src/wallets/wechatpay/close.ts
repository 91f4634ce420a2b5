// Ends an order.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { callApi } from './api.ts'
import { ask, isMiss } from './ask.ts'
import { about } from './expected.ts'
import { orderPath } from './messages.ts'
import { isCode } from './problems.ts'
import { reverse } from './reverse.ts'
import { textOf } from './transaction.ts'

/**
 * Ends an unpaid order (sheet 3.3). A payer's code is reversed, which gives the money back if it
 * was taken; everything else is closed, which a paid order refuses. Only the state that WeChat Pay
 * tells afterwards is certain.
 */
export async function close(
  ports: Ports,
  account: WechatPayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  if (order.surface === 'barcode') return reverse(ports, account, order)
  const answer = await callApi(ports, account, {
    method: 'POST',
    path: orderPath(order, '/close'),
    body: { mchid: account.mchid },
    where: 'question',
  })
  if (answer.outcome === 'ok') {
    const code = textOf(answer.fields, 'code')
    return answer.status === 202
      ? { ...about(order), status: 'processing', ...(code && { walletStatus: code }) }
      : ask(ports, account, order)
  }
  if (isMiss(answer)) return { ...about(order), status: 'absent', walletStatus: 'ORDER_NOT_EXIST' }
  if (isCode(answer.problem, 'USER_PAYING') && answer.outcome === 'refused' && answer.signed) {
    return { ...about(order), status: 'processing', walletStatus: 'USER_PAYING' }
  }
  // Its state does not allow it: it may have been paid, or closed, a moment ago.
  return isCode(answer.problem, 'ORDER_PAID', 'ORDER_CLOSED', 'ORDER_REVERSED')
    ? ask(ports, account, order)
    : { ...about(order), status: 'unknown', problem: answer.problem }
}
