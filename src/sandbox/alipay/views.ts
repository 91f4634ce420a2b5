// What the phone, the cashier page and the control API show of orders and trades.
import { formatDecimal } from '../../money.ts'
import type { Buyer } from './buyers.ts'
import { returnAddress, returnOf } from './messages.ts'
import type { Payable } from './payer.ts'
import type { Trade } from './trade-rows.ts'
import type { World } from './world.ts'

export function viewBuyer(buyer: Buyer) {
  return {
    id: buyer.userId,
    open_id: buyer.openId,
    logon_id: buyer.logonId,
    name: buyer.name,
    name_en: buyer.nameEn,
    balance: formatDecimal({ amount: buyer.balance, currency: 'CNY' }),
    code: buyer.code,
    frozen: buyer.frozen,
  }
}

/** A trade as the books hold it; times in ISO 8601. */
export function viewTrade(trade: Trade) {
  return {
    trade_no: trade.tradeNo,
    app_id: trade.appId,
    seller_id: trade.sellerId,
    out_trade_no: trade.outTradeNo,
    twin: trade.twin,
    status: trade.status,
    currency: trade.total.currency,
    total_amount: formatDecimal(trade.total),
    refunded_amount: formatDecimal({ amount: trade.refunded, currency: 'CNY' }),
    subject: trade.subject,
    product_code: trade.productCode,
    buyer_id: trade.buyerId,
    created_at: iso(trade.createdAt),
    expires_at: iso(trade.expiresAt),
    paid_at: iso(trade.paidAt),
    closed_at: iso(trade.closedAt),
  }
}

function iso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

export type PayableState = 'payable' | 'paid' | 'closed'

/** An order sheet as the payer sees it. */
export function viewPayable(world: World, payable: Payable) {
  const { order, trade } = payable
  const source = trade ?? order
  if (!source) throw new TypeError('neither order nor trade')
  return {
    key: trade?.tradeNo ?? order?.id,
    order: order?.id,
    surface: order?.surface,
    merchant: world.applications.byId(source.appId)?.name,
    subject: source.subject,
    amount: formatDecimal(source.total),
    out_trade_no: source.outTradeNo,
    trade_no: trade?.tradeNo,
    state: stateOf(world, payable),
    expires_at: iso(source.expiresAt),
    paid_at: iso(trade?.paidAt),
    return_to: returnLink(world, payable),
    quit_to: order?.quitUrl,
  }
}

export function stateOf(world: World, { order, trade }: Payable): PayableState {
  if (trade?.status === 'TRADE_CLOSED') return 'closed'
  if (trade && trade.status !== 'WAIT_BUYER_PAY') return 'paid'
  const expiresAt = trade?.expiresAt ?? order?.expiresAt ?? 0
  return expiresAt <= world.platform.clock.now() ? 'closed' : 'payable'
}

/** Where the browser goes after payment: page and wap orders come back with signed parameters. */
function returnLink(world: World, payable: Payable): string | undefined {
  const { order, trade } = payable
  if (!order?.returnUrl || !trade || stateOf(world, payable) !== 'paid') return undefined
  if (order.surface !== 'page' && order.surface !== 'wap') return undefined
  const application = world.applications.byId(order.appId)
  if (!application) return undefined
  const parameters = returnOf(trade, application, order.surface, world.platform.clock.now())
  return returnAddress(order.returnUrl, parameters)
}
