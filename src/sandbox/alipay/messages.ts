// What Alipay tells a merchant about a trade: notification and return parameters, query members.
import { formatDecimal, type Money } from '../../money.ts'
import type { Application } from './applications.ts'
import type { Buyer } from './buyers.ts'
import { type Parameters, signMessage } from './sign.ts'
import { formatTime, timeDigits } from './time.ts'
import type { Trade } from './trade-rows.ts'

/** Names and values of an answer or a message; blank ones are left out. */
function filled(members: Record<string, string | undefined>): Parameters {
  const kept: Parameters = {}
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && value !== '') kept[name] = value
  }
  return kept
}

function yuan(fen: bigint): string {
  const money: Money = { amount: fen, currency: 'CNY' }
  return formatDecimal(money)
}

/** The time Alipay tells for `at`; a fault can make a trade's times wrong. */
function told(trade: Trade, at: number | undefined): string | undefined {
  return at === undefined ? undefined : formatTime(at + trade.skew * 1000)
}

function funds(trade: Trade, channelMember: string): string {
  return JSON.stringify([{ amount: yuan(trade.total.amount), [channelMember]: 'ALIPAYACCOUNT' }])
}

/** A notification's parameters but for its time and signature (sheet section 5). */
export function notificationOf(
  trade: Trade,
  application: Application,
  buyer: Buyer | undefined,
  notifyId: string,
): Parameters {
  const total = yuan(trade.total.amount)
  const paid = trade.paidAt !== undefined
  const refunded = trade.refunded > 0n
  return filled({
    notify_type: 'trade_status_sync',
    notify_id: notifyId,
    app_id: application.appId,
    auth_app_id: application.appId,
    charset: 'utf-8',
    version: '1.0',
    trade_no: trade.tradeNo,
    out_trade_no: trade.outTradeNo,
    trade_status: trade.status,
    total_amount: total,
    receipt_amount: paid ? total : undefined,
    invoice_amount: paid ? total : undefined,
    buyer_pay_amount: paid ? total : undefined,
    point_amount: paid ? '0.00' : undefined,
    refund_fee: refunded ? yuan(trade.refunded) : undefined,
    send_back_fee: refunded ? yuan(trade.refunded) : undefined,
    buyer_id: buyer?.userId,
    buyer_open_id: buyer?.openId,
    buyer_logon_id: buyer?.logonId,
    seller_id: trade.sellerId,
    seller_email: `test-${trade.sellerId.slice(-4)}@sandbox.example`,
    subject: trade.subject,
    body: trade.body,
    passback_params: trade.passbackParams,
    gmt_create: told(trade, trade.createdAt),
    gmt_payment: told(trade, trade.paidAt),
    gmt_refund:
      refunded && trade.closedAt !== undefined ? `${told(trade, trade.closedAt)}.000` : undefined,
    gmt_close: told(trade, trade.closedAt),
    // camelCase here, snake_case in the answer to a query.
    fund_bill_list: paid ? funds(trade, 'fundChannel') : undefined,
  })
}

/** The signed parameters with which the payer's browser goes back (sheet section 5). */
export function returnOf(
  trade: Trade,
  application: Application,
  surface: 'page' | 'wap',
  now: number,
): Parameters {
  const parameters = {
    charset: 'utf-8',
    out_trade_no: trade.outTradeNo,
    method: `alipay.trade.${surface}.pay.return`,
    total_amount: yuan(trade.total.amount),
    trade_no: trade.tradeNo,
    auth_app_id: application.appId,
    version: '1.0',
    app_id: application.appId,
    seller_id: trade.sellerId,
    timestamp: formatTime(now),
  }
  return signMessage(parameters, application.alipayKey)
}

/** `return_url` with the signed parameters behind what it already had. */
export function returnAddress(returnUrl: string, parameters: Parameters): string {
  const url = new URL(returnUrl)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.append(name, value)
  return url.href
}

/** The members of a query's answer. */
export function queryMembers(
  trade: Trade,
  buyer: Buyer | undefined,
  options: readonly string[],
): Record<string, unknown> {
  const total = yuan(trade.total.amount)
  const paid = trade.paidAt !== undefined
  const members: Record<string, unknown> = filled({
    buyer_logon_id: buyer?.logonId,
    buyer_open_id: buyer?.openId,
    buyer_user_id: buyer?.userId,
    buyer_pay_amount: paid ? total : '0.00',
    invoice_amount: paid ? total : '0.00',
    out_trade_no: trade.outTradeNo,
    point_amount: '0.00',
    receipt_amount: paid ? total : '0.00',
    send_pay_date: told(trade, trade.paidAt),
    total_amount: total,
    trade_no: trade.tradeNo,
    trade_status: trade.status,
  })
  if (paid && options.includes('fund_bill_list')) {
    members.fund_bill_list = [{ amount: total, fund_channel: 'ALIPAYACCOUNT' }]
  }
  return members
}

/** The members of a barcode payment's answer. */
export function payMembers(trade: Trade, buyer: Buyer | undefined): Record<string, unknown> {
  const total = yuan(trade.total.amount)
  const paid = trade.paidAt !== undefined
  return filled({
    buyer_logon_id: buyer?.logonId,
    buyer_open_id: buyer?.openId,
    buyer_user_id: buyer?.userId,
    buyer_pay_amount: paid ? total : undefined,
    gmt_payment: told(trade, trade.paidAt),
    invoice_amount: paid ? total : undefined,
    out_trade_no: trade.outTradeNo,
    point_amount: paid ? '0.00' : undefined,
    receipt_amount: paid ? total : undefined,
    total_amount: total,
    trade_no: trade.tradeNo,
  })
}

/** A query that finds nothing answers zero amounts beside its code (sheet section 3.3). */
export function missMembers(outTradeNo: string | undefined): Parameters {
  return filled({
    buyer_pay_amount: '0.00',
    invoice_amount: '0.00',
    out_trade_no: outTradeNo,
    point_amount: '0.00',
    receipt_amount: '0.00',
  })
}

/** A notification's id: a date, marks and digits, 34 in all. */
export function notifyIdOf(at: number, digits: string): string {
  const time = timeDigits(at)
  return `${time.slice(0, 8)}00222${time.slice(8)}${digits}`
}
