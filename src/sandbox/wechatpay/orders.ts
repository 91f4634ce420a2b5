// The orders in the books and the rules by which they change (sheet sections 3 and 6).
import { amount, type Books, integer, text } from '../books.ts'
import type { OrderBody } from './bodies.ts'
import type { Buyer, Buyers } from './buyers.ts'
import { digits, letters } from './crypto.ts'
import type { Flows } from './flows.ts'
import {
  ORDERS,
  type Order,
  type Prepay,
  readOrder,
  readPrepay,
  rewriteOrder,
  type TradeType,
  writeOrder,
  writePrepay,
} from './order-rows.ts'
import { REFUSALS, type Refusal } from './refusals.ts'
import { DAY_MS, timeDigits } from './time.ts'

export interface Orders {
  byNumber(mchid: string, outTradeNo: string): Order | undefined
  byTransaction(transactionId: string): Order | undefined
  /** The newest order of this number with any merchant. */
  anywhere(outTradeNo: string): Order | undefined
  /** Newest first. */
  recent(limit: number): Order[]
  /** Orders after `afterRow` in the order they were made. */
  page(afterRow: number, limit: number): { orders: Order[]; nextRow: number | undefined }
  ofBuyer(buyerId: string, limit: number): Order[]
  counts(): { state: string; orders: number; total: bigint }[]
  /** What a merchant's bill of a day is made of: orders paid or reversed in the span. */
  within(mchid: string, from: number, until: number): Order[]
  /** Keeps a new order, or finds the one the request repeats; refuses what section 3.1 refuses. */
  take(body: OrderBody, tradeType: TradeType, request: string): Order | Refusal
  /** A fresh way to pay an order. A native code dies when the next is made. */
  prepay(order: Order, serial: string, lifeMs: number): Prepay
  byPrepay(prepayId: string): Prepay | undefined
  byToken(token: string): Prepay | undefined
  bind(order: Order, buyerId: string): Order
  /** Takes the buyer's money. Refusals leave everything as it was. */
  pay(order: Order, buyer: Buyer, coupon?: bigint): Order | Refusal
  /** The payer was asked for the password of a code payment. */
  ask(order: Order, buyer: Buyer): Order
  fail(order: Order, buyer?: Buyer): Order
  close(order: Order): Order | Refusal
  reverse(order: Order): Order | Refusal
}

const UNPAID_LIFE_MS = 7 * DAY_MS
const REVERSE_WINDOW_MS = 7 * DAY_MS

/** `paid` is told of every payment, inside the transaction that books it. */
export function openOrders(
  books: Books,
  parts: { buyers: Buyers; flows: Flows; now: () => number; paid: (order: Order) => void },
): Orders {
  books.define(ORDERS)
  const { buyers, flows, now } = parts
  const find = (sql: string, ...values: string[]) => {
    const row = books.get(sql, ...values)
    return row && settle(readOrder(row))
  }
  const byNumber = (mchid: string, outTradeNo: string) =>
    find('SELECT * FROM wechatpay_orders WHERE out_trade_no = ? AND mchid = ?', outTradeNo, mchid)
  const prepayBy = (column: 'prepay_id' | 'token', value: string) => {
    const row = books.get(`SELECT * FROM wechatpay_prepays WHERE ${column} = ?`, value)
    return row && readPrepay(row)
  }

  // Time passes without anybody asking: what is read is first brought up to date.
  function settle(order: Order): Order {
    const at = now()
    if (order.state === 'USERPAYING' && order.expiresAt <= at) {
      return rewriteOrder(books, { ...order, state: 'PAYERROR', endedAt: order.expiresAt })
    }
    const closesAt = Math.max(order.createdAt + UNPAID_LIFE_MS, order.expiresAt)
    if (order.state === 'NOTPAY' && closesAt <= at) {
      return rewriteOrder(books, { ...order, state: 'CLOSED', endedAt: closesAt })
    }
    return order
  }

  function repeat(known: Order, body: OrderBody, tradeType: TradeType, request: string) {
    const counter = (type: TradeType) => type === 'MICROPAY'
    if (counter(known.tradeType) !== counter(tradeType)) return REFUSALS.numberUsed()
    switch (known.state) {
      case 'SUCCESS':
      case 'REFUND':
        return REFUSALS.paid()
      case 'CLOSED':
        return REFUSALS.closed()
      case 'REVOKED':
        return REFUSALS.reversed()
      case 'PAYERROR':
        return REFUSALS.failed()
      case 'NOTPAY':
      case 'USERPAYING':
        break
    }
    if (known.appid !== body.appid || known.tradeType !== tradeType || known.request !== request) {
      return REFUSALS.reentryDiffers()
    }
    return known.expiresAt <= now() ? REFUSALS.expired() : known
  }

  return {
    byNumber,
    byTransaction: (id) => find('SELECT * FROM wechatpay_orders WHERE transaction_id = ?', id),
    anywhere: (number) =>
      find(
        'SELECT * FROM wechatpay_orders WHERE out_trade_no = ? ORDER BY created_at DESC LIMIT 1',
        number,
      ),
    recent: (limit) =>
      books
        .all('SELECT * FROM wechatpay_orders ORDER BY rowid DESC LIMIT ?', limit)
        .map((row) => settle(readOrder(row))),
    page(afterRow, limit) {
      const rows = books.all(
        'SELECT rowid AS number, * FROM wechatpay_orders WHERE rowid > ? ORDER BY rowid LIMIT ?',
        afterRow,
        limit,
      )
      const last = rows.at(-1)
      const more = rows.length === limit && last ? integer(last, 'number') : undefined
      return { orders: rows.map((row) => settle(readOrder(row))), nextRow: more }
    },
    ofBuyer: (buyerId, limit) =>
      books
        .all(
          'SELECT * FROM wechatpay_orders WHERE buyer_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?',
          buyerId,
          limit,
        )
        .map((row) => settle(readOrder(row))),
    counts: () =>
      books
        .all(
          'SELECT state, count(*) AS orders, sum(total) AS total FROM wechatpay_orders GROUP BY state',
        )
        .map((row) => ({
          state: text(row, 'state'),
          orders: integer(row, 'orders'),
          total: amount(row, 'total'),
        })),
    within: (mchid, from, until) =>
      books
        .all(
          `SELECT * FROM wechatpay_orders WHERE mchid = ? AND transaction_id IS NOT NULL
             AND ((paid_at >= ? AND paid_at < ?) OR (ended_at >= ? AND ended_at < ?))
           ORDER BY paid_at, rowid`,
          mchid,
          from,
          until,
          from,
          until,
        )
        .map(readOrder),
    take: (body, tradeType, request) =>
      books.atomically(() => {
        const known = byNumber(body.mchid, body.outTradeNo)
        if (known) return repeat(known, body, tradeType, request)
        const payer = body.openid && buyers.byOpenid(body.appid, body.openid)
        const { openid: _openid, authCode: _authCode, ...kept } = body
        const order: Order = {
          ...kept,
          tradeType,
          request,
          coupon: 0n,
          state: 'NOTPAY',
          buyerId: payer ? payer.id : undefined,
          createdAt: now(),
        }
        writeOrder(books, order)
        return order
      }),
    prepay: (order, serial, lifeMs) =>
      books.atomically(() => {
        if (order.tradeType === 'NATIVE') {
          books.run(
            'UPDATE wechatpay_prepays SET dead = 1 WHERE out_trade_no = ? AND mchid = ?',
            order.outTradeNo,
            order.mchid,
          )
        }
        const at = now()
        const prepay: Prepay = {
          prepayId: `wx${timeDigits(at)}${digits(20)}`,
          mchid: order.mchid,
          outTradeNo: order.outTradeNo,
          token: letters(12),
          serial,
          expiresAt: Math.min(at + lifeMs, order.expiresAt),
          dead: false,
        }
        writePrepay(books, prepay)
        return prepay
      }),
    byPrepay: (prepayId) => prepayBy('prepay_id', prepayId),
    byToken: (token) => prepayBy('token', token),
    bind: (order, buyerId) => rewriteOrder(books, { ...order, buyerId }),
    pay: (given, buyer, coupon = 0n) =>
      books.atomically(() => {
        const order = byNumber(given.mchid, given.outTradeNo) ?? given
        const refusal = unpayable(order, now()) ?? insolvent(order, buyer, coupon)
        if (refusal) return refusal
        const at = now()
        buyers.book(buyer.id, coupon - order.total)
        const paid = rewriteOrder(books, {
          ...order,
          state: 'SUCCESS',
          transactionId: `4200${timeDigits(at).slice(0, 8)}${digits(16)}`,
          buyerId: buyer.id,
          paidAt: at,
          coupon,
        })
        flows.paid(paid)
        parts.paid(paid)
        return paid
      }),
    ask: (order, buyer) =>
      rewriteOrder(books, { ...order, state: 'USERPAYING', buyerId: buyer.id }),
    fail: (order, buyer) =>
      rewriteOrder(books, {
        ...order,
        state: 'PAYERROR',
        buyerId: buyer?.id ?? order.buyerId,
        endedAt: now(),
      }),
    close: (given) =>
      books.atomically(() => {
        const order = byNumber(given.mchid, given.outTradeNo) ?? given
        if (order.tradeType === 'MICROPAY') return REFUSALS.cannotClose()
        if (order.state === 'CLOSED') return order
        if (order.state === 'NOTPAY') {
          return rewriteOrder(books, { ...order, state: 'CLOSED', endedAt: now() })
        }
        return order.state === 'USERPAYING' ? REFUSALS.paying() : REFUSALS.paid()
      }),
    reverse: (given) =>
      books.atomically(() => {
        const order = byNumber(given.mchid, given.outTradeNo) ?? given
        if (order.tradeType !== 'MICROPAY') return REFUSALS.cannotReverse()
        if (order.state === 'REVOKED') return order
        const at = now()
        if (order.createdAt + REVERSE_WINDOW_MS <= at) return REFUSALS.reverseExpired()
        if (order.state !== 'SUCCESS') {
          return rewriteOrder(books, { ...order, state: 'REVOKED', endedAt: at })
        }
        if (order.buyerId) buyers.book(order.buyerId, order.total - order.coupon)
        const reversed = rewriteOrder(books, {
          ...order,
          state: 'REVOKED',
          endedAt: at,
          refundId: `5030${digits(10)}${timeDigits(at).slice(0, 8)}${digits(7)}`,
        })
        flows.reversed(reversed)
        return reversed
      }),
  }
}

/** Why nobody can pay this order now, or undefined. */
export function unpayable(order: Order, now: number): Refusal | undefined {
  switch (order.state) {
    case 'SUCCESS':
    case 'REFUND':
      return REFUSALS.paid()
    case 'CLOSED':
    case 'REVOKED':
    case 'PAYERROR':
      return REFUSALS.closed()
    case 'NOTPAY':
    case 'USERPAYING':
      return order.expiresAt <= now ? REFUSALS.expired() : undefined
  }
}

/** Why this buyer cannot pay this order, or undefined. */
export function insolvent(order: Order, buyer: Buyer, coupon = 0n): Refusal | undefined {
  if (order.buyerId !== undefined && order.buyerId !== buyer.id) return REFUSALS.payerDiffers()
  if (buyer.frozen) return REFUSALS.frozen()
  return buyer.balance < order.total - coupon ? REFUSALS.funds() : undefined
}
