// What WeChat Pay tells a merchant about an order: the answer to a query, which is also what a
// notification carries (sheet sections 3.2 and 5).
import { openidOf } from './buyers.ts'
import type { Order, TradeState } from './order-rows.ts'
import { formatTime } from './time.ts'

const DESCRIPTIONS: Record<TradeState, string> = {
  NOTPAY: '订单未支付',
  USERPAYING: '用户支付中，需要输入密码',
  SUCCESS: '支付成功',
  REFUND: '转入退款',
  CLOSED: '订单已关闭',
  REVOKED: '订单已撤销',
  PAYERROR: '支付失败(其他原因，如银行返回失败)',
}

export function describe(state: TradeState): string {
  return DESCRIPTIONS[state]
}

/** The transaction object. Before payment most of it is absent. */
export function transactionOf(order: Order): Record<string, unknown> {
  const state = {
    appid: order.appid,
    mchid: order.mchid,
    out_trade_no: order.outTradeNo,
    trade_state: order.state,
    trade_state_desc: describe(order.state),
  }
  if (order.transactionId === undefined || order.paidAt === undefined) {
    return {
      ...state,
      amount: { total: Number(order.total), currency: 'CNY' },
      ...(order.tradeType === 'MICROPAY' && { trade_type: order.tradeType }),
    }
  }
  return {
    ...state,
    amount: {
      currency: 'CNY',
      payer_currency: 'CNY',
      payer_total: Number(order.total - order.coupon),
      total: Number(order.total),
    },
    attach: order.attach ?? '',
    bank_type: 'OTHERS',
    payer: { openid: openidOf(order.buyerId ?? '', order.appid) },
    promotion_detail: order.coupon === 0n ? [] : [couponOf(order)],
    ...(order.deviceId !== undefined && { scene_info: { device_id: order.deviceId } }),
    success_time: formatTime(order.paidAt),
    trade_type: order.tradeType,
    transaction_id: order.transactionId,
  }
}

function couponOf(order: Order): Record<string, unknown> {
  return {
    coupon_id: '109519',
    name: '沙箱立减券',
    scope: 'GLOBAL',
    type: 'NOCASH',
    amount: Number(order.coupon),
    stock_id: '931386',
    wechatpay_contribute: Number(order.coupon),
    merchant_contribute: 0,
    other_contribute: 0,
    currency: 'CNY',
  }
}

/** What a notification carries before it is encrypted. */
export interface Event {
  type: string
  original: string
  summary: string
  plain: Record<string, unknown>
}

export function paymentEvent(order: Order): Event {
  return {
    type: 'TRANSACTION.SUCCESS',
    original: 'transaction',
    summary: '支付成功',
    plain: transactionOf(order),
  }
}
