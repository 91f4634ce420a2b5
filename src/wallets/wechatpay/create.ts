// Starts an order.

import type { JsonObject } from '../../encoding/json.ts'
import type { Milliseconds, Ports } from '../../ports.ts'
import type { AttemptOrder, NextAction, Observation, Problem } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { type Answer, callApi } from './api.ts'
import { payCode } from './code-pay.ts'
import { about } from './expected.ts'
import {
  appIdOf,
  cashierOf,
  MIN_EXPIRY_SECONDS,
  orderBody,
  orderProblem,
  PATHS,
  PREPAY_LIFETIME_MS,
} from './messages.ts'
import { cashierParameters } from './pay-sign.ts'
import { isFinalRefusal } from './problems.ts'
import { nonceOf } from './request.ts'
import { textOf } from './transaction.ts'

/** Starts an order (sheet section 2, 3.1). The same order may be repeated: its body is the same. */
export async function create(
  ports: Ports,
  account: WechatPayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const problem = orderProblem(account, order)
  const appId = appIdOf(account, order)
  if (problem || appId === undefined || order.surface === 'desktop') {
    return failed(order, problem ?? { category: 'invalid_request' })
  }
  if (order.surface === 'barcode') return payCode(ports, account, order)
  // A shorter limit would become a minute, and money could come after it.
  if (order.expiresAt - ports.clock.now() < MIN_EXPIRY_SECONDS * 1000) {
    return failed(order, {
      category: 'invalid_request',
      walletMessage: 'expires in less than a minute',
    })
  }
  const answer = await callApi(ports, account, {
    method: 'POST',
    path: PATHS[order.surface],
    body: orderBody(account, order, appId),
    where: 'prepay',
  })
  const observation = readStart(ports, account, { order, appId, answer })
  return observation.status === 'failed' ? observation : { ...observation, memory: appId }
}

interface Start {
  order: AttemptOrder
  appId: string
  answer: Answer
}

function readStart(ports: Ports, account: WechatPayAccount, start: Start): Observation {
  const { order, answer } = start
  const base: Observation = { ...about(order), status: 'unknown' }
  if (answer.outcome === 'ok') {
    const nextAction =
      answer.status === 200 ? actionOf(ports, account, start, answer.fields) : undefined
    if (nextAction) return { ...base, status: 'requires_action', nextAction }
    const walletMessage = 'the answer lacks what the payer needs'
    return { ...base, problem: { category: 'unknown_outcome', walletMessage } }
  }
  // The payer needs our answer to pay, so a refusal that is not signed means as little money as one
  // that is.
  const over = answer.outcome === 'refused' ? isFinalRefusal(answer.problem) : !answer.sent
  return over ? failed(order, answer.problem) : { ...base, problem: answer.problem }
}

function actionOf(
  ports: Ports,
  account: WechatPayAccount,
  { order, appId }: Start,
  fields: JsonObject,
): NextAction | undefined {
  const now = ports.clock.now()
  if (order.surface === 'qr') {
    const content = textOf(fields, 'code_url')
    const expiresAt = Math.min(order.expiresAt, now + PREPAY_LIFETIME_MS)
    return content === undefined ? undefined : { type: 'qr', content, expiresAt }
  }
  if (order.surface === 'mobile') {
    const url = pageUrl(account, textOf(fields, 'h5_url') ?? '', order.returnUrl)
    return url === undefined ? undefined : { type: 'redirect', url }
  }
  const prepayId = textOf(fields, 'prepay_id')
  return prepayId === undefined || /\s/.test(prepayId)
    ? undefined
    : openCashier(ports, account, { order, appId, prepayId, now })
}

interface Prepay {
  order: AttemptOrder
  appId: string
  prepayId: string
  now: Milliseconds
}

function openCashier(
  ports: Ports,
  account: WechatPayAccount,
  { order, appId, prepayId, now }: Prepay,
): NextAction {
  const timeStamp = String(Math.floor(now / 1000))
  const prepaid = { appId, prepayId, timeStamp, nonceStr: nonceOf(ports) }
  const parameters = cashierParameters(cashierOf(account, order, appId), prepaid, account)
  return { type: 'sheet', wallet: 'wechatpay', parameters }
}

/** The page that opens WeChat, with the way back behind it (sheet section 2). */
function pageUrl(
  { gateway }: WechatPayAccount,
  h5Url: string,
  returnUrl: string,
): string | undefined {
  if (!URL.canParse(h5Url)) return undefined
  const { protocol, search, hash } = new URL(h5Url)
  const secure = protocol === 'https:' || (protocol === 'http:' && !gateway.realMoney)
  if (!secure || hash !== '') return undefined
  return `${h5Url}${search === '' ? '?' : '&'}redirect_url=${encodeURIComponent(returnUrl)}`
}

function failed(order: AttemptOrder, problem: Problem): Observation {
  return { ...about(order), status: 'failed', problem }
}
