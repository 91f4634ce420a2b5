// What the phone, the pages and the control API show of merchants, people, orders and notifications.
import { formatDecimal } from '../../money.ts'
import type { Message } from '../outbox.ts'
import { type Buyer, openidOf } from './buyers.ts'
import { privatePem, publicPem } from './crypto.ts'
import type { Merchant } from './merchants.ts'
import type { Order } from './order-rows.ts'
import { keyOf } from './payer.ts'
import type { World } from './world.ts'

export function viewBuyer(buyer: Buyer) {
  return {
    id: buyer.id,
    logon_id: buyer.id,
    name: buyer.name,
    name_en: buyer.nameEn,
    balance: formatDecimal({ amount: buyer.balance, currency: 'CNY' }),
    code: buyer.code,
    frozen: buyer.frozen,
  }
}

/** A buyer with the openids by which a merchant's apps know them. */
export function viewBuyerFor(buyer: Buyer, { apps }: Merchant) {
  const openids = Object.fromEntries(
    Object.values(apps).map((appid) => [appid, openidOf(buyer.id, appid)]),
  )
  return { ...viewBuyer(buyer), openids }
}

/** What a merchant would copy from the portal. Test keys, all of it. */
export function viewMerchant(world: World, merchant: Merchant) {
  const now = world.platform.realClock.now()
  const own = world.merchants.certificates(merchant.mchid)
  return {
    test: true,
    base_url: world.platform.address(),
    mchid: merchant.mchid,
    name: merchant.name,
    mode: merchant.mode,
    apps: merchant.apps,
    api_v3_key: merchant.apiV3Key,
    api_v2_key: merchant.apiV2Key,
    products: merchant.products,
    h5_domains: merchant.h5Domains,
    public_key_id: merchant.publicKeyId,
    public_key: publicPem(merchant.publicKey.publicKey),
    certificates: own.map(({ serial, pem, privateKey }) => ({
      serial,
      certificate: pem,
      private_key: privateKey && privatePem(privateKey),
    })),
    platform_certificates:
      merchant.mode === 'public_key'
        ? []
        : world.merchants
            .platformCertificates(merchant.mchid, now)
            .map(({ serial, pem, state }) => ({ serial, certificate: pem, state })),
  }
}

/** An order as the books hold it; times in ISO 8601. */
export function viewOrder(order: Order) {
  return {
    mchid: order.mchid,
    appid: order.appid,
    out_trade_no: order.outTradeNo,
    transaction_id: order.transactionId,
    trade_type: order.tradeType,
    trade_state: order.state,
    description: order.description,
    currency: 'CNY',
    total_amount: yuan(order.total),
    payer_amount: yuan(order.total - order.coupon),
    buyer_id: order.buyerId,
    created_at: iso(order.createdAt),
    expires_at: iso(order.expiresAt),
    paid_at: iso(order.paidAt),
    ended_at: iso(order.endedAt),
    refund_id: order.refundId,
  }
}

function yuan(fen: bigint): string {
  return formatDecimal({ amount: fen, currency: 'CNY' })
}

function iso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

/** A line of the payer's own list of payments. */
export function viewHistory(world: World, order: Order) {
  const state = stateOf(world, order)
  const reversed = order.refundId !== undefined
  return {
    key: keyOf(order),
    subject: order.description,
    merchant: world.merchants.byId(order.mchid)?.name,
    amount: yuan(order.total),
    created_at: iso(order.createdAt),
    state: state === 'payable' ? 'waiting' : reversed ? 'refunded' : state,
  }
}

export type PayableState = 'payable' | 'paid' | 'closed'

export function stateOf(world: World, order: Order): PayableState {
  if (order.state === 'SUCCESS' || order.state === 'REFUND') return 'paid'
  const open = order.state === 'NOTPAY' || order.state === 'USERPAYING'
  return open && order.expiresAt > world.platform.clock.now() ? 'payable' : 'closed'
}

/** An order as its payer sees it. */
export function viewPayable(world: World, order: Order) {
  return {
    key: keyOf(order),
    surface: order.tradeType,
    merchant: world.merchants.byId(order.mchid)?.name,
    subject: order.description,
    amount: yuan(order.total),
    out_trade_no: order.outTradeNo,
    trade_no: order.transactionId,
    state: stateOf(world, order),
    expires_at: iso(order.expiresAt),
    paid_at: iso(order.paidAt),
  }
}

export function viewMessage(message: Message) {
  return {
    id: message.id,
    mchid: message.merchant,
    out_trade_no: message.order,
    url: message.url,
    state: message.state,
    fault: message.fault,
    created_at: iso(message.createdAt),
    next_at:
      message.state === 'waiting' || message.state === 'held' ? iso(message.nextAt) : undefined,
    deliveries: message.log.map((delivery) => ({ ...delivery, at: iso(delivery.at) })),
  }
}
