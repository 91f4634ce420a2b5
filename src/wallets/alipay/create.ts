// Starts an order.

import type { Milliseconds, Ports } from '../../ports.ts'
import type { AttemptOrder, NextAction, Observation, Problem, Surface } from '../wallet.ts'
import type { AlipayAccount } from './account.ts'
import { type Answer, type Call, callGateway } from './gateway.ts'
import {
  expiresTooSoon,
  orderContent,
  orderProblem,
  PRODUCTS,
  QR_LIFETIME_MS,
  readTrade,
  textOf,
  tradeFacts,
} from './messages.ts'
import { isFinalRefusal } from './problems.ts'
import { type AlipayRequest, orderString, pageAction, signedParameters } from './request.ts'
import { about } from './trade.ts'

/** Starts an order (sheet section 2). Pages and order strings are signed without a call. */
export async function create(
  ports: Ports,
  account: AlipayAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const now = ports.clock.now()
  const problem = orderProblem(order)
  if (problem) return { ...about(order), status: 'failed', problem }
  if (expiresTooSoon(order, now)) {
    const walletMessage = 'expires in less than a minute'
    return notStarted(order, { category: 'invalid_request', walletMessage })
  }
  const request = orderRequest(account, order, now)
  switch (order.surface) {
    case 'desktop':
    case 'mobile':
    case 'app':
      return {
        ...about(order),
        status: 'requires_action',
        nextAction: signedAction(account, request, { order, now }),
      }
    case 'qr':
    case 'barcode':
    case 'in_app': {
      const call: Call = { ...request, kind: 'money', reference: order.walletReference }
      return readStart(order, await callGateway(ports, account, call), now)
    }
  }
}

function orderRequest(
  account: AlipayAccount,
  order: AttemptOrder,
  now: Milliseconds,
): AlipayRequest {
  const paged = order.surface === 'desktop' || order.surface === 'mobile'
  return {
    method: PRODUCTS[order.surface].method,
    content: orderContent(order, account.appId, now),
    notifyUrl: order.notifyUrl,
    ...(paged ? { returnUrl: order.returnUrl } : {}),
  }
}

function signedAction(
  account: AlipayAccount,
  request: AlipayRequest,
  { order, now }: { order: AttemptOrder; now: Milliseconds },
): NextAction {
  const parameters = signedParameters(account, request, now)
  return order.surface === 'app'
    ? { type: 'app', link: orderString(parameters) }
    : pageAction(account.gatewayUrl, parameters)
}

function readStart(order: AttemptOrder, answer: Answer, now: Milliseconds): Observation {
  switch (answer.outcome) {
    case 'ok':
      return readStarted(order, answer.fields, now)
    case 'processing':
      return {
        ...about(order),
        ...tradeFacts(answer.fields),
        status: 'processing',
        walletStatus: '10003',
      }
    case 'refused':
      return readRefusedStart(order, answer)
    case 'silent':
      return answer.sent
        ? { ...about(order), status: 'unknown', problem: answer.problem }
        : notStarted(order, answer.problem)
  }
}

function readStarted(
  order: AttemptOrder,
  fields: Record<string, unknown>,
  now: Milliseconds,
): Observation {
  const started: Observation = { ...about(order), ...tradeFacts(fields), status: 'requires_action' }
  const unusable: Observation = {
    ...started,
    status: 'unknown',
    problem: {
      category: 'unknown_outcome',
      walletMessage: 'the answer lacks what the payer needs',
    },
  }
  if (order.surface === 'barcode') {
    if (textOf(fields, 'async_pay_apply_status')) return { ...started, status: 'processing' }
    const paid = readTrade({ ...fields, trade_status: 'TRADE_SUCCESS' }, 'response', 'barcode')
    return { ...paid, walletStatus: '10000' }
  }
  if (order.surface === 'qr') {
    const content = textOf(fields, 'qr_code')
    const expiresAt = Math.min(order.expiresAt, now + QR_LIFETIME_MS)
    return content ? { ...started, nextAction: { type: 'qr', content, expiresAt } } : unusable
  }
  const tradeNO = textOf(fields, 'trade_no')
  return tradeNO
    ? { ...started, nextAction: { type: 'sheet', wallet: 'alipay', parameters: { tradeNO } } }
    : unusable
}

function readRefusedStart(
  order: AttemptOrder,
  { problem, signed }: Extract<Answer, { outcome: 'refused' }>,
): Observation {
  if (!isFinalRefusal(problem)) return { ...about(order), status: 'unknown', problem }
  return signed ? { ...about(order), status: 'failed', problem } : notStarted(order, problem)
}

/**
 * This call started nothing, but it may repeat an earlier one that was never answered. Where the
 * payer needs our answer to pay, nobody can have paid; otherwise only a question can tell.
 */
function notStarted(order: AttemptOrder, problem: Problem): Observation {
  return { ...about(order), status: isPayableUnseen(order.surface) ? 'unknown' : 'failed', problem }
}

function isPayableUnseen(surface: Surface): boolean {
  return surface === 'barcode' || surface === 'in_app'
}
