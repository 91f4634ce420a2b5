// One question about an order, and what its answer has to agree with.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { type Answer, callApi } from './api.ts'
import { about, expectedOf } from './expected.ts'
import { orderPath } from './messages.ts'
import { isCode } from './problems.ts'
import { readTransaction } from './transaction.ts'
import { askV2 } from './v2-orders.ts'

/** Asks for the transaction by our number (sheet 3.2), whatever comes of it. */
export async function ask(
  ports: Ports,
  account: WechatPayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  if (order.surface === 'barcode' && account.v2) {
    return askV2(ports, account, account.v2, order)
  }
  const answer = await callApi(ports, account, {
    method: 'GET',
    path: orderPath(order, `?mchid=${account.mchid}`),
    where: 'question',
  })
  const base: Observation = { ...about(order), source: 'query', status: 'unknown' }
  if (answer.outcome === 'ok') {
    return readTransaction(answer.text, 'query', expectedOf(account, order)).observation
  }
  // "No such order" can end an attempt, so it must be signed.
  return isMiss(answer)
    ? { ...base, status: 'absent', walletStatus: 'ORDER_NOT_EXIST' }
    : { ...base, problem: answer.problem }
}

/** WeChat Pay says, under its signature, that it knows no such order. */
export function isMiss(answer: Answer): boolean {
  return (
    answer.outcome === 'refused' &&
    answer.signed &&
    answer.status === 404 &&
    isCode(answer.problem, 'ORDER_NOT_EXIST')
  )
}
