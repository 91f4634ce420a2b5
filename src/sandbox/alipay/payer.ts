// What a payer does with an order: open it, scan it, enter the code, decline (sheet section 2).

import type { Buyer } from './buyers.ts'
import { check, isRefused } from './checks.ts'
import { readOrder } from './fields.ts'
import { readParameters } from './form.ts'
import type { Order, Surface } from './orders.ts'
import { business, isRefusal, type Refusal } from './refusals.ts'
import type { Trade } from './trade-rows.ts'
import { conflict, solvent } from './trades.ts'
import type { World } from './world.ts'

/** Something payable: an order, a trade, or both once the order was scanned. */
export interface Payable {
  order?: Order | undefined
  trade?: Trade | undefined
}

export const PAGE_METHODS: Record<string, Surface> = {
  'alipay.trade.page.pay': 'page',
  'alipay.trade.wap.pay': 'wap',
  'alipay.trade.app.pay': 'app',
}

const CODE_TRIES = 3

/** Keeps the order in a signed page, wap or app request, or says why not. */
export function takeOrder(world: World, request: Parameters<typeof readOrder>[0]): Order | Refusal {
  const surface = PAGE_METHODS[request.method]
  if (!surface) throw new RangeError(`${request.method} is no payer's method`)
  const now = world.platform.clock.now()
  const fields = readOrder(request, now)
  if (isRefusal(fields)) return fields
  const { application } = request
  const source = { ...fields, appId: application.appId, sellerId: application.sellerId }
  const known = world.trades.byNumber(application.sellerId, fields.outTradeNo)
  return conflict(known, source) ?? world.orders.keep(application, surface, fields, now)
}

/**
 * What a payer's app finds behind a text: a QR's address, an order string, a gateway address, an
 * order's id or a trade number.
 */
export function find(world: World, source: string): Payable | Refusal {
  const given = source.trim()
  if (/^\d{28}$/.test(given)) return found(world, undefined, world.trades.byNo(given))
  if (/^[0-9a-f]{32}$/.test(given)) return found(world, world.orders.byId(given))
  const qr = /(?:^|\/qr\/)(bax[0-9a-f]{24})$/.exec(given)?.[1]
  if (qr !== undefined) return findQr(world, qr)
  const query = URL.canParse(given) ? new URL(given).search.slice(1) : given
  return query.includes('sign=') ? findSigned(world, query) : unknown()
}

function findQr(world: World, qr: string): Payable | Refusal {
  const order = world.orders.byQr(qr)
  if (order && order.qrExpiresAt <= world.platform.clock.now()) {
    return business('QR_EXPIRED', '二维码已失效')
  }
  return found(world, order)
}

function findSigned(world: World, query: string): Payable | Refusal {
  const { parameters, charset } = readParameters(query, '')
  const methods = new Set(Object.keys(PAGE_METHODS))
  const options = { applications: world.applications, methods, rootSn: world.authority.root.sn }
  const verdict = check(parameters, charset, options)
  if (isRefused(verdict)) return verdict.refusal
  const order = takeOrder(world, verdict)
  return isRefusal(order) ? order : found(world, order)
}

function found(world: World, order: Order | undefined, trade?: Trade): Payable | Refusal {
  const of = trade ?? (order && world.trades.byNumber(order.sellerId, order.outTradeNo))
  return order || of ? { order, trade: of } : unknown()
}

function unknown(): Refusal {
  return business('TRADE_NOT_EXIST', '无法识别的二维码或订单')
}

/**
 * A scan or a log-in. The trade of a page or QR order exists from here on; that of a wap or app
 * order only once the code was entered.
 */
export function scan(world: World, payable: Payable, buyer: Buyer): Payable | Refusal {
  const { order, trade } = payable
  if (!order) return payable
  if (!trade && (order.surface === 'wap' || order.surface === 'app')) return payable
  const opened = world.trades.open(order, buyer, order.buyerId !== undefined)
  if (!isRefusal(opened)) return { order, trade: opened }
  // A finished trade is shown, not refused.
  return trade ? payable : opened
}

/** Pays with the six-digit code. Refusals leave the order payable. */
export function pay(world: World, payable: Payable, buyer: Buyer, code: string): Trade | Refusal {
  const wrong = judgeCode(world, payable, buyer, code)
  if (wrong) return wrong
  const { books, faults } = world.platform
  return books.atomically(() => {
    const trade = payable.order ? world.trades.open(payable.order, buyer) : payable.trade
    if (!trade) return unknown()
    if (isRefusal(trade)) return trade
    const application = world.applications.byId(trade.appId)
    if (!application) return unknown()
    const skew = faults.strikes({
      wallet: 'alipay',
      kind: 'trade_clock_skew',
      order: trade.outTradeNo,
    })
    if (skew) world.trades.setSkew(trade, skew.seconds ?? 300)
    const paid = world.trades.pay(trade, buyer, application)
    if (isRefusal(paid)) return paid
    const twice = faults.strikes({
      wallet: 'alipay',
      kind: 'trade_second',
      order: trade.outTradeNo,
    })
    if (twice) world.trades.payTwin(paid)
    return paid
  })
}

/** Why this buyer could not pay, before any code is asked for. */
export function obstacle(payable: Payable, buyer: Buyer): Refusal | undefined {
  const total = payable.trade?.total ?? payable.order?.total
  if (!total) return unknown()
  if (payable.trade?.bound && payable.trade.buyerId !== buyer.userId) {
    return business('TRADE_BUYER_NOT_MATCH', '交易买家不匹配')
  }
  return solvent(buyer, total)
}

// Three wrong codes end this payer's tries on this order; others may still pay it.
function judgeCode(
  world: World,
  payable: Payable,
  buyer: Buyer,
  code: string,
): Refusal | undefined {
  const { books } = world.platform
  const key = `${payable.trade?.tradeNo ?? payable.order?.id}|${buyer.userId}`
  const row = books.get('SELECT tries FROM alipay_wrong_codes WHERE payable = ?', key)
  const tries = Number(row?.tries ?? 0)
  if (tries >= CODE_TRIES) return locked()
  if (code === buyer.code) return undefined
  books.run(
    'INSERT INTO alipay_wrong_codes VALUES (?, 1) ON CONFLICT (payable) DO UPDATE SET tries = tries + 1',
    key,
  )
  const left = CODE_TRIES - tries - 1
  return left > 0 ? business('PAY_PASSWORD_WRONG', `支付密码错误，还可输入${left}次`) : locked()
}

function locked(): Refusal {
  return business('PAY_PASSWORD_LOCKED', '支付密码错误次数过多')
}

export const WRONG_CODES = `
  CREATE TABLE IF NOT EXISTS alipay_wrong_codes (
    payable TEXT PRIMARY KEY, tries INTEGER NOT NULL
  ) STRICT;
`
