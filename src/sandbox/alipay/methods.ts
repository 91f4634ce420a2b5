// The gateway's server-to-server methods (sheet sections 3.2 to 3.4).
import { type JsonObject, stringMember } from '../json.ts'
import type { Accepted } from './checks.ts'
import { type OrderFields, readOrder } from './fields.ts'
import { missMembers, payMembers, queryMembers } from './messages.ts'
import { pay } from './payer.ts'
import { business, invalid, isRefusal, type Refusal, refusalMembers } from './refusals.ts'
import type { Trade, TradeSource } from './trade-rows.ts'
import { conflict, solvent } from './trades.ts'
import type { World } from './world.ts'

export type Answer = Record<string, unknown>
type Method = (world: World, request: Accepted) => Answer | Refusal

/** Above this amount a barcode payment needs the payer's code, as in the official sandbox. */
export const BARCODE_FREE_FEN = 2_000_00n

export const METHODS: Record<string, Method> = {
  'alipay.trade.precreate': precreate,
  'alipay.trade.pay': payBarcode,
  'alipay.trade.create': create,
  'alipay.trade.query': query,
  'alipay.trade.close': close,
  'alipay.trade.cancel': cancel,
  'alipay.open.app.alipaycert.download': downloadCertificate,
}

function done(members: Answer): Answer {
  return { code: '10000', msg: 'Success', ...members }
}

function sourceOf(request: Accepted, fields: OrderFields): TradeSource {
  return { ...fields, appId: request.application.appId, sellerId: request.application.sellerId }
}

function precreate(world: World, request: Accepted): Answer | Refusal {
  const now = world.platform.clock.now()
  const fields = readOrder(request, now)
  if (isRefusal(fields)) return fields
  const { application } = request
  const known = world.trades.byNumber(application.sellerId, fields.outTradeNo)
  const refusal = conflict(known, sourceOf(request, fields))
  if (refusal) return refusal
  if (world.orders.byNumber(application.sellerId, fields.outTradeNo, 'qr')) {
    return business('APPLY_PC_MERCHANT_CODE_ERROR', '申请商户二维码失败，请勿重复预下单')
  }
  const order = world.orders.keep(application, 'qr', fields, now)
  return done({ out_trade_no: order.outTradeNo, qr_code: qrAddress(world, order.qr) })
}

/** The text of a QR: an address of this sandbox, as qr.alipay.com is one of Alipay's. */
export function qrAddress(world: World, qr: string): string {
  return `${world.platform.address()}/qr/${qr}`
}

function payBarcode(world: World, request: Accepted): Answer | Refusal {
  const now = world.platform.clock.now()
  const fields = readOrder(request, now)
  if (isRefusal(fields)) return fields
  if (!/^(2[5-9]|30)\d{14,22}$/.test(fields.authCode ?? '')) {
    return business('INVALID_PARAMETER', '参数有误：auth_code')
  }
  const source = sourceOf(request, fields)
  const known = world.trades.byNumber(source.sellerId, source.outTradeNo)
  const refusal = conflict(known, source)
  if (refusal) return refusal
  // The same request again, while the payer is still asked for the code.
  if (known) return barcodeAnswer(world, known)
  const buyer = world.buyers.useBarcode(fields.authCode ?? '', now)
  if (!buyer)
    return business('PAYMENT_AUTH_CODE_INVALID', '支付失败，获取顾客账户信息失败，请顾客刷新付款码')
  const poor = solvent(buyer, fields.total)
  if (poor) return poor
  const trade = world.trades.open(source, buyer, true)
  if (isRefusal(trade)) return trade
  if (trade.total.amount > BARCODE_FREE_FEN) return barcodeAnswer(world, trade)
  const paid = pay(world, { trade }, buyer, buyer.code)
  return isRefusal(paid) ? paid : barcodeAnswer(world, paid)
}

function barcodeAnswer(world: World, trade: Trade): Answer {
  const members = payMembers(trade, buyerOf(world, trade))
  if (trade.status !== 'WAIT_BUYER_PAY') return done(members)
  return { code: '10003', msg: 'order success pay inprocess', ...members }
}

function create(world: World, request: Accepted): Answer | Refusal {
  const fields = readOrder(request, world.platform.clock.now())
  if (isRefusal(fields)) return fields
  const { buyerId, buyerOpenId } = fields
  if (!buyerId && !buyerOpenId) return business('INVALID_PARAMETER', '参数有误：buyer_open_id')
  const buyer = buyerOpenId ? world.buyers.byOpenId(buyerOpenId) : world.buyers.byId(buyerId ?? '')
  if (!buyer) return business('BUYER_NOT_EXIST', '买家不存在')
  const trade = world.trades.open(sourceOf(request, fields), buyer, true)
  if (isRefusal(trade)) return trade
  return done({ out_trade_no: trade.outTradeNo, trade_no: trade.tradeNo })
}

function query(world: World, request: Accepted): Answer | Refusal {
  const key = readKey(request.content)
  if (isRefusal(key)) return key
  const trade = tradeOf(world, request, key)
  if (!trade) return { ...miss(), ...missMembers(key.outTradeNo) }
  const options = Array.isArray(request.content.query_options)
    ? request.content.query_options.filter((option) => typeof option === 'string')
    : []
  return done(queryMembers(trade, buyerOf(world, trade), options))
}

function close(world: World, request: Accepted): Answer | Refusal {
  const key = readKey(request.content)
  if (isRefusal(key)) return key
  const early = payInTheSecondOfClose(world, request, key)
  const trade = tradeOf(world, request, key)
  if (!trade) return miss()
  // The payer was first: nothing was there when close looked, and now the order is paid.
  if (early === 'without trade') return miss()
  const closed = world.trades.close(trade)
  if (isRefusal(closed)) return { ...refusalMembers(closed), out_trade_no: trade.outTradeNo }
  return done({ out_trade_no: closed.outTradeNo, trade_no: closed.tradeNo })
}

function cancel(world: World, request: Accepted): Answer | Refusal {
  const key = readKey(request.content)
  if (isRefusal(key)) return key
  const trade = tradeOf(world, request, key)
  // An unknown number is canceled with success and without an action.
  if (!trade) return done({ out_trade_no: key.outTradeNo, retry_flag: 'N' })
  const result = world.trades.cancel(trade)
  if (isRefusal(result)) return { ...refusalMembers(result), retry_flag: 'N' }
  return done({
    action: result.action,
    out_trade_no: trade.outTradeNo,
    retry_flag: 'N',
    trade_no: trade.tradeNo,
  })
}

function downloadCertificate(_world: World, request: Accepted): Answer | Refusal {
  const certificate = request.application.alipayCertificate
  const sn = stringMember(request.content, 'alipay_cert_sn')
  if (!certificate || sn !== certificate.sn) {
    return invalid('invalid-parameter', '参数无效：alipay_cert_sn')
  }
  return done({ alipay_cert_content: Buffer.from(certificate.pem).toString('base64') })
}

interface Key {
  tradeNo?: string | undefined
  outTradeNo?: string | undefined
}

function readKey(content: JsonObject): Key | Refusal {
  const tradeNo = stringMember(content, 'trade_no')
  const outTradeNo = stringMember(content, 'out_trade_no')
  if (!tradeNo && !outTradeNo) return business('INVALID_PARAMETER', '参数有误：out_trade_no')
  return { tradeNo, outTradeNo }
}

// trade_no wins when both are given; another merchant's trade does not exist here.
function tradeOf(world: World, request: Accepted, key: Key): Trade | undefined {
  const { sellerId } = request.application
  if (!key.tradeNo) return world.trades.byNumber(sellerId, key.outTradeNo ?? '')
  const trade = world.trades.byNo(key.tradeNo)
  return trade?.sellerId === sellerId ? trade : undefined
}

function miss(): Answer {
  return refusalMembers(business('TRADE_NOT_EXIST', '交易不存在'))
}

function buyerOf(world: World, trade: Trade) {
  return trade.buyerId === undefined ? undefined : world.buyers.byId(trade.buyerId)
}

// A fault: the payer pays while the merchant closes.
function payInTheSecondOfClose(
  world: World,
  request: Accepted,
  key: Key,
): 'with trade' | 'without trade' | undefined {
  const trade = tradeOf(world, request, key)
  const { sellerId } = request.application
  const order = world.orders.byNumber(sellerId, trade?.outTradeNo ?? key.outTradeNo ?? '')
  if (!order && !trade) return undefined
  const outTradeNo = trade?.outTradeNo ?? order?.outTradeNo ?? ''
  const strike = world.platform.faults.strikes({
    wallet: 'alipay',
    kind: 'trade_paid_at_close',
    order: outTradeNo,
  })
  if (!strike) return undefined
  const buyer = (trade && buyerOf(world, trade)) ?? world.buyers.list().at(-1)
  if (!buyer) return undefined
  const paid = pay(world, { order, trade }, buyer, buyer.code)
  if (isRefusal(paid)) return undefined
  return trade ? 'with trade' : 'without trade'
}
