// The three verbs of taking a payment: start an order, ask about it, end it.

import type { Milliseconds, Ports } from '../../ports.ts'
import type { AttemptOrder, NextAction, Observation, Problem, Surface } from '../wallet.ts'
import type { AlipayAccount } from './account.ts'
import { type Answer, type Call, callGateway } from './gateway.ts'
import {
  defined,
  expiresTooSoon,
  orderContent,
  orderProblem,
  PRODUCTS,
  QR_LIFETIME_MS,
  readTrade,
  textOf,
  tradeFacts,
} from './messages.ts'
import { isCode, isFinalRefusal } from './problems.ts'
import { type AlipayRequest, orderString, pageAction, signedParameters } from './request.ts'

const MAX_CANCELS = 3

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
  )
  return settled ? query(ports, account, order) : { ...base, problem: answer.problem }
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

function questionAbout(order: AttemptOrder, method: string): Call {
  const reference = order.walletReference
  return { method, content: { out_trade_no: reference }, kind: 'question', reference }
}

function isMiss(answer: Answer): boolean {
  return answer.outcome === 'refused' && answer.signed && isCode(answer.problem, 'TRADE_NOT_EXIST')
}

function walletStatus(problem: Problem): Partial<Observation> {
  return defined({ walletStatus: problem.walletCode })
}

function about(order: AttemptOrder): Pick<Observation, 'source' | 'walletReference'> {
  return { source: 'response', walletReference: order.walletReference }
}
