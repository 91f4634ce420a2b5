// Takes the code that a payer shows (sheet 3.6). The answer is the result; nothing is notified.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { callApi } from './api.ts'
import { about, expectedOf } from './expected.ts'
import { orderBody, PATHS } from './messages.ts'
import { isCode, isFinalRefusal } from './problems.ts'
import { endFailedCode } from './query.ts'
import { readTransaction, textOf } from './transaction.ts'
import { payV2 } from './v2-orders.ts'

/** WeChat Pay may wait for the payer's bank (sheet section 8). */
const PAY_TIMEOUT_MS = 30_000

export async function payCode(
  ports: Ports,
  account: WechatPayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const observation = account.v2
    ? await payV2(ports, account, account.v2, order)
    : await payV3(ports, account, order)
  const ended = await endFailedCode(ports, account, { order, observation })
  return { ...ended, memory: account.appId }
}

async function payV3(
  ports: Ports,
  account: WechatPayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const answer = await callApi(ports, account, {
    method: 'POST',
    path: PATHS.barcode,
    body: orderBody(account, order, account.appId),
    where: 'code',
    timeoutMs: PAY_TIMEOUT_MS,
  })
  const base: Observation = { ...about(order), status: 'unknown' }
  if (answer.outcome === 'ok') {
    if (textOf(answer.fields, 'trade_state') === undefined && answer.status === 202) {
      // Accepted, and the payer is typing the password.
      return { ...base, status: 'processing', walletStatus: 'USERPAYING' }
    }
    return readTransaction(answer.text, 'response', expectedOf(account, order)).observation
  }
  if (answer.outcome === 'silent') return { ...base, problem: answer.problem }
  if (answer.signed && isCode(answer.problem, 'USER_PAYING')) {
    return { ...base, status: 'processing', walletStatus: 'USERPAYING' }
  }
  // Not a word of this that is unsigned may end an attempt that could have taken money.
  const over = answer.signed && isFinalRefusal(answer.problem)
  return { ...base, status: over ? 'failed' : 'unknown', problem: answer.problem }
}
