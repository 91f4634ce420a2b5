// The part of APIv2 that still matters: a payment at the counter, its query, its reversal
// (sheet section 3.6). The reversal's client certificate is not asked for: the sandbox has no TLS.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { OUT_TRADE_NO } from './bodies.ts'
import { cut, sendPage } from './breakdown.ts'
import { openidOf } from './buyers.ts'
import { payByCode } from './code-pay.ts'
import { letters } from './crypto.ts'
import type { Merchant } from './merchants.ts'
import { describe } from './messages.ts'
import { judgeMerchant } from './operations.ts'
import type { Order } from './order-rows.ts'
import { isRefusal, REFUSALS, type Refusal, refuse } from './refusals.ts'
import { timeDigits } from './time.ts'
import { type SignType, signV2 } from './v2-sign.ts'
import type { World } from './world.ts'
import { type Fields, readXml, writeXml } from './xml.ts'

interface Asked {
  merchant: Merchant
  fields: Fields
}

type Members = Record<string, string | undefined>
type Perform = (world: World, asked: Asked) => Members | Refusal

const OPERATIONS: Record<string, { name: string; perform: Perform; fields: readonly string[] }> = {
  '/pay/micropay': {
    name: 'micropay',
    perform: micropay,
    fields: ['body', 'out_trade_no', 'total_fee', 'spbill_create_ip', 'auth_code'],
  },
  '/pay/orderquery': { name: 'orderquery', perform: orderQuery, fields: [] },
  '/secapi/pay/reverse': { name: 'v2_reverse', perform: reverse, fields: [] },
}

const CODE_PAY_LIFE_MS = 5 * 60_000

/** APIv2 spells some codes without their underscores. */
const CODES: Record<string, string> = {
  ORDER_PAID: 'ORDERPAID',
  ORDER_CLOSED: 'ORDERCLOSED',
  ORDER_NOT_EXIST: 'ORDERNOTEXIST',
  USER_PAYING: 'USERPAYING',
  NOT_ENOUGH: 'NOTENOUGH',
  AUTH_CODE_EXPIRE: 'AUTHCODEEXPIRE',
  SYSTEM_ERROR: 'SYSTEMERROR',
  NO_AUTH: 'NOAUTH',
}

export function addV2(scope: FastifyInstance, world: World): void {
  for (const [url, operation] of Object.entries(OPERATIONS)) {
    scope.post(url, (request, reply) => answer(world, operation, request, reply))
  }
}

async function answer(
  world: World,
  { name, perform, fields: needed }: (typeof OPERATIONS)[string],
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const source = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : ''
  const fields = readXml(source)
  if (!fields) return sendXml(reply, { return_code: 'FAIL', return_msg: 'XML格式错误' })
  const merchant = world.merchants.byId(fields.mch_id ?? '')
  const wrong = judge(fields, merchant, needed)
  if (wrong || !merchant)
    return sendXml(reply, { return_code: 'FAIL', return_msg: wrong ?? '签名错误' })
  const strikes = (kind: string) => world.strikes(kind, fields.out_trade_no ?? '', name)
  if (strikes('gateway_5xx_before')) return sendPage(reply, 502)
  if (strikes('gateway_lost_before')) return cut(reply)
  const early = strikes('gateway_busy_before') && REFUSALS.busy()
  const result = early || world.act(() => perform(world, { merchant, fields }))
  if (strikes('gateway_5xx_after')) return sendPage(reply, 502)
  if (strikes('gateway_lost_after')) return cut(reply)
  if (strikes('gateway_html_200')) return sendPage(reply, 200)
  const told = strikes('gateway_busy_after') ? REFUSALS.busy() : result
  const signed = signedMembers(told, { merchant, fields })
  if (strikes('gateway_missing_sign')) delete signed.sign
  if (strikes('gateway_wrong_key')) {
    signed.sign = signV2(signed, letters(32), signTypeOf(fields))
  }
  return sendXml(reply, signed)
}

function judge(
  fields: Fields,
  merchant: Merchant | undefined,
  needed: readonly string[],
): string | undefined {
  const missing = ['appid', 'mch_id', 'nonce_str', 'sign', ...needed].find((name) => !fields[name])
  if (missing) return `缺少参数：${missing}`
  if (!merchant) return 'mch_id参数错误'
  const type = fields.sign_type ?? 'MD5'
  if (type !== 'MD5' && type !== 'HMAC-SHA256') return 'sign_type参数错误'
  if ((fields.nonce_str ?? '').length > 32) return 'nonce_str参数长度有误'
  return signV2(fields, merchant.apiV2Key, type) === fields.sign ? undefined : '签名错误'
}

function signTypeOf({ sign_type }: Fields): SignType {
  return sign_type === 'HMAC-SHA256' ? sign_type : 'MD5'
}

function signedMembers(result: Members | Refusal, { merchant, fields }: Asked): Members {
  const members: Members = {
    return_code: 'SUCCESS',
    return_msg: 'OK',
    appid: fields.appid,
    mch_id: merchant.mchid,
    nonce_str: letters(32),
    ...(isRefusal(result) ? refusalMembers(result) : { result_code: 'SUCCESS', ...result }),
  }
  return { ...members, sign: signV2(members, merchant.apiV2Key, signTypeOf(fields)) }
}

function refusalMembers({ code, message }: Refusal): Members {
  const recall = code === 'SYSTEM_ERROR' ? 'Y' : undefined
  return { result_code: 'FAIL', err_code: CODES[code] ?? code, err_code_des: message, recall }
}

function micropay(world: World, { merchant, fields }: Asked): Members | Refusal {
  const appid = fields.appid ?? ''
  const refusal = judgeMerchant(merchant, 'codepay', { mchid: merchant.mchid, appid })
  if (refusal) return refusal
  const outTradeNo = fields.out_trade_no ?? ''
  const description = fields.body ?? ''
  const wrong =
    !OUT_TRADE_NO.test(outTradeNo) ||
    !/^[1-9]\d{0,9}$/.test(fields.total_fee ?? '') ||
    [...description].length > 127 ||
    (fields.fee_type ?? 'CNY') !== 'CNY'
  if (wrong) return refuse(400, 'PARAM_ERROR', '参数错误')
  const total = BigInt(fields.total_fee ?? '0')
  const { attach, device_info: deviceId, auth_code: authCode } = fields
  const expiresAt = world.platform.clock.now() + CODE_PAY_LIFE_MS
  const body = {
    appid,
    mchid: merchant.mchid,
    description,
    outTradeNo,
    total,
    attach,
    deviceId,
    authCode,
    expiresAt,
  }
  const request = `v2|${appid}|${description}|${total}|${attach ?? ''}`
  const order = payByCode(world, body, request)
  if (isRefusal(order)) return order
  if (order.state === 'USERPAYING') return REFUSALS.paying()
  return { ...paidMembers(order), trade_type: 'MICROPAY' }
}

function paidMembers(order: Order): Members {
  const total = String(order.total)
  return {
    openid: openidOf(order.buyerId ?? '', order.appid),
    is_subscribe: 'N',
    trade_type: order.tradeType,
    bank_type: 'OTHERS',
    fee_type: 'CNY',
    total_fee: total,
    cash_fee_type: 'CNY',
    cash_fee: String(order.total - order.coupon),
    transaction_id: order.transactionId,
    out_trade_no: order.outTradeNo,
    attach: order.attach,
    time_end: order.paidAt === undefined ? undefined : timeDigits(order.paidAt),
  }
}

function find(world: World, { merchant, fields }: Asked): Order | Refusal {
  const { transaction_id: id, out_trade_no: number } = fields
  if (!id && !number) return refuse(400, 'PARAM_ERROR', '参数错误：缺少订单号')
  const order = id
    ? world.orders.byTransaction(id)
    : world.orders.byNumber(merchant.mchid, number ?? '')
  return order?.mchid === merchant.mchid ? order : REFUSALS.noOrder()
}

function orderQuery(world: World, asked: Asked): Members | Refusal {
  const order = find(world, asked)
  if (isRefusal(order)) return order
  const state = { trade_state: order.state, trade_state_desc: describe(order.state) }
  if (order.state === 'SUCCESS') return { ...paidMembers(order), ...state }
  return { out_trade_no: order.outTradeNo, total_fee: String(order.total), ...state }
}

function reverse(world: World, asked: Asked): Members | Refusal {
  const found = find(world, asked)
  if (isRefusal(found)) return found
  const order = world.orders.reverse(found)
  return isRefusal(order) ? order : { recall: 'N' }
}

function sendXml(reply: FastifyReply, members: Members) {
  return reply.type('text/xml; charset=utf-8').send(writeXml(members))
}
