// Codes that payers show, taken over APIv2 (sheet 3.6): pay, ask, reverse.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { V2Account, WechatPayAccount } from './account.ts'
import { about, expectedOf } from './expected.ts'
import { descriptionOf } from './messages.ts'
import { isCode, isFinalRefusal } from './problems.ts'
import { endedBy } from './reversed.ts'
import { beijingTime, readCompactTime } from './time.ts'
import { CURRENCY, readTransaction } from './transaction.ts'
import { callV2, type V2Answer, type V2Call } from './v2-api.ts'

/** WeChat Pay may wait for the payer's bank (sheet section 8). */
const PAY_TIMEOUT_MS = 30_000
const MAX_REVERSALS = 3

export async function payV2(
  ports: Ports,
  account: WechatPayAccount,
  v2: V2Account,
  order: AttemptOrder,
): Promise<Observation> {
  const answer = await callV2(ports, account, v2, {
    ...callAbout(account, order, '/pay/micropay'),
    members: {
      ...membersAbout(account, order),
      body: descriptionOf(order),
      total_fee: order.money.amount.toString(),
      fee_type: CURRENCY,
      spbill_create_ip: order.payerAddress ?? '127.0.0.1',
      auth_code: order.authCode ?? '',
    },
    where: 'code',
    timeoutMs: PAY_TIMEOUT_MS,
  })
  const base: Observation = { ...about(order), status: 'unknown' }
  if (answer.outcome === 'ok') {
    // Success names no state; whatever names one has to name this.
    const state = answer.members.get('trade_state') ?? 'SUCCESS'
    const paid = state === 'SUCCESS' && answer.members.get('trade_type') === 'MICROPAY'
    return paid ? translate(account, order, answer.members, { source: 'response', state }) : base
  }
  if (answer.outcome === 'silent') return { ...base, problem: answer.problem }
  if (isCode(answer.problem, 'USER_PAYING')) {
    return { ...base, status: 'processing', walletStatus: 'USERPAYING' }
  }
  const status = isFinalRefusal(answer.problem) ? 'failed' : 'unknown'
  return { ...base, status, problem: answer.problem }
}

export async function askV2(
  ports: Ports,
  account: WechatPayAccount,
  v2: V2Account,
  order: AttemptOrder,
): Promise<Observation> {
  const answer = await callV2(ports, account, v2, callAbout(account, order, '/pay/orderquery'))
  const base: Observation = { ...about(order), source: 'query', status: 'unknown' }
  if (answer.outcome === 'ok') {
    const state = answer.members.get('trade_state')
    return translate(account, order, answer.members, { source: 'query', state })
  }
  return isMiss(answer)
    ? { ...base, status: 'absent', walletStatus: 'ORDERNOTEXIST' }
    : { ...base, problem: answer.problem }
}

export async function reverseV2(
  ports: Ports,
  account: WechatPayAccount,
  v2: V2Account,
  order: AttemptOrder,
): Promise<Observation> {
  const call: V2Call = { ...callAbout(account, order, '/secapi/pay/reverse'), where: 'code' }
  let answer = await callV2(ports, account, v2, call)
  for (let calls = 1; calls < MAX_REVERSALS && wantsAnother(answer); calls += 1) {
    answer = await callV2(ports, account, v2, call)
  }
  if (isMiss(answer)) return { ...about(order), status: 'absent', walletStatus: 'ORDERNOTEXIST' }
  if (answer.outcome !== 'ok' || wantsAnother(answer)) {
    const problem =
      answer.outcome === 'ok' ? { category: 'unknown_outcome' as const } : answer.problem
    return { ...about(order), status: 'unknown', problem }
  }
  return endedBy(await askV2(ports, account, v2, order))
}

function wantsAnother(answer: V2Answer): boolean {
  return answer.outcome !== 'silent' && answer.members.get('recall') === 'Y'
}

function isMiss(answer: V2Answer): boolean {
  return answer.outcome === 'refused' && isCode(answer.problem, 'ORDER_NOT_EXIST')
}

function callAbout(account: WechatPayAccount, order: AttemptOrder, path: V2Call['path']): V2Call {
  return { path, members: membersAbout(account, order), where: 'question' }
}

function membersAbout(account: WechatPayAccount, order: AttemptOrder): Record<string, string> {
  const [appid = ''] = expectedOf(account, order).appIds
  return { appid, out_trade_no: order.walletReference }
}

/** V2's members as the transaction of V3, so that one reader decides what both mean. */
function translate(
  account: WechatPayAccount,
  order: AttemptOrder,
  members: ReadonlyMap<string, string>,
  { source, state }: { source: 'response' | 'query'; state: string | undefined },
): Observation {
  const total = members.get('total_fee')
  const paidAt = readCompactTime(members.get('time_end') ?? '')
  const text = JSON.stringify({
    mchid: members.get('mch_id'),
    appid: members.get('appid'),
    out_trade_no: members.get('out_trade_no'),
    transaction_id: members.get('transaction_id'),
    trade_state: state,
    trade_state_desc: members.get('trade_state_desc'),
    success_time: paidAt === undefined ? undefined : beijingTime(paidAt),
    payer: { openid: members.get('openid') },
    amount: {
      // A text that is no exact number stays a text, which is no amount.
      total: total !== undefined && /^\d{1,15}$/.test(total) ? Number(total) : total,
      currency: members.get('fee_type') ?? CURRENCY,
    },
  })
  return readTransaction(text, source, expectedOf(account, order)).observation
}
