// The trades in the books and the rules by which they change (sheet sections 3.4, 6 and 8).
import { randomInt } from 'node:crypto'
import type { Money } from '../../money.ts'
import { amount, type Books, integer, text } from '../books.ts'
import type { Application } from './applications.ts'
import type { Buyer, Buyers } from './buyers.ts'
import { business, isRefusal, type Refusal } from './refusals.ts'
import { timeDigits } from './time.ts'
import { readTrade, TRADES, type Trade, type TradeSource, writeTrade } from './trade-rows.ts'

export interface Trades {
  byNo(tradeNo: string): Trade | undefined
  byNumber(sellerId: string, outTradeNo: string): Trade | undefined
  anywhere(outTradeNo: string): Trade | undefined
  /** Newest first. */
  recent(limit: number): Trade[]
  /** Trades after `afterRow` in the order they were made, for a complete reading of the books. */
  page(afterRow: number, limit: number): { trades: Trade[]; nextRow: number | undefined }
  ofBuyer(buyerId: string, limit: number): Trade[]
  counts(): { status: string; trades: number; total: bigint }[]
  /** The trade for an order, made now or known; refuses what section 8 refuses. */
  open(source: TradeSource, buyer: Buyer | undefined, bound?: boolean): Trade | Refusal
  /** Takes the buyer's money. Refusals leave everything as it was. */
  pay(trade: Trade, buyer: Buyer, application: Application): Trade | Refusal
  close(trade: Trade): Trade | Refusal
  cancel(trade: Trade): { action: 'close' | 'refund'; trade: Trade } | Refusal
  /** A second, paid trade beside a paid one. */
  payTwin(trade: Trade): Trade | undefined
  setSkew(trade: Trade, seconds: number): Trade
  /** The earliest time at which a waiting trade expires. */
  nextExpiry(): number | undefined
  /** Closes what has expired and returns it. */
  expire(): Trade[]
}

const CANCEL_WINDOW_MS = 86_400_000
const REFUND_WINDOW_MS = 365 * 86_400_000

/** `changed` is told of every new status, inside the transaction that books it. */
export function openTrades(
  books: Books,
  buyers: Buyers,
  now: () => number,
  changed: (trade: Trade) => void,
): Trades {
  books.define(TRADES)
  const find = (sql: string, ...values: string[]) => {
    const row = books.get(sql, ...values)
    return row && settle(readTrade(row))
  }
  const byNo = (no: string) => find('SELECT * FROM alipay_trades WHERE trade_no = ?', no)
  const byNumber = (sellerId: string, outTradeNo: string) =>
    find(
      'SELECT * FROM alipay_trades WHERE out_trade_no = ? AND seller_id = ? AND twin = 0',
      outTradeNo,
      sellerId,
    )

  // Time passes without anybody asking: what is read is first brought up to date.
  function settle(trade: Trade): Trade {
    if (trade.status === 'WAIT_BUYER_PAY' && trade.expiresAt <= now()) {
      return closed(trade, trade.expiresAt)
    }
    if (trade.status === 'TRADE_SUCCESS' && (trade.paidAt ?? 0) + REFUND_WINDOW_MS <= now()) {
      books.run(
        "UPDATE alipay_trades SET status = 'TRADE_FINISHED' WHERE trade_no = ?",
        trade.tradeNo,
      )
      return { ...trade, status: 'TRADE_FINISHED' }
    }
    return trade
  }

  function closed(trade: Trade, at: number): Trade {
    const after: Trade = { ...trade, status: 'TRADE_CLOSED', closedAt: at }
    return books.atomically(() => {
      books.run(
        "UPDATE alipay_trades SET status = 'TRADE_CLOSED', closed_at = ? WHERE trade_no = ?",
        at,
        trade.tradeNo,
      )
      return tell(after)
    })
  }

  function tell(trade: Trade): Trade {
    changed(trade)
    return trade
  }

  function insert(trade: Trade): Trade {
    writeTrade(books, trade)
    return tell(trade)
  }

  return {
    byNo,
    byNumber,
    anywhere: (number) =>
      find(
        'SELECT * FROM alipay_trades WHERE out_trade_no = ? ORDER BY created_at DESC LIMIT 1',
        number,
      ),
    recent: (limit) =>
      books
        .all('SELECT * FROM alipay_trades ORDER BY rowid DESC LIMIT ?', limit)
        .map((row) => settle(readTrade(row))),
    page(afterRow, limit) {
      const rows = books.all(
        'SELECT rowid AS number, * FROM alipay_trades WHERE rowid > ? ORDER BY rowid LIMIT ?',
        afterRow,
        limit,
      )
      const last = rows.at(-1)
      const more = rows.length === limit && last ? integer(last, 'number') : undefined
      return { trades: rows.map((row) => settle(readTrade(row))), nextRow: more }
    },
    ofBuyer: (buyerId, limit) =>
      books
        .all(
          'SELECT * FROM alipay_trades WHERE buyer_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?',
          buyerId,
          limit,
        )
        .map((row) => settle(readTrade(row))),
    counts: () =>
      books
        .all(
          'SELECT status, count(*) AS trades, sum(total) AS total FROM alipay_trades GROUP BY status',
        )
        .map((row) => ({
          status: text(row, 'status'),
          trades: integer(row, 'trades'),
          total: amount(row, 'total'),
        })),
    open: (source, buyer, bound = false) =>
      books.atomically(() => {
        const known = byNumber(source.sellerId, source.outTradeNo)
        if (known) return reopen(known, source, buyer)
        const at = now()
        if (source.expiresAt <= at) {
          return business('NOW_TIME_AFTER_EXPIRE_TIME_ERROR', '当前时间已经超过交易允许支付的时间')
        }
        const { appId, sellerId, outTradeNo, total, subject, body, productCode } = source
        const { passbackParams, notifyUrl, expiresAt } = source
        return insert({
          tradeNo: newTradeNo(at),
          appId,
          sellerId,
          outTradeNo,
          twin: 0,
          status: 'WAIT_BUYER_PAY',
          total,
          refunded: 0n,
          subject,
          body,
          productCode,
          passbackParams,
          notifyUrl,
          buyerId: buyer?.userId,
          bound,
          createdAt: at,
          expiresAt,
          skew: 0,
        })
      }),
    pay: (given, buyer, application) =>
      books.atomically(() => {
        const trade = byNo(given.tradeNo)
        if (!trade) return business('TRADE_NOT_EXIST', '交易不存在')
        const refusal = payable(trade, buyer)
        if (refusal) return refusal
        const status = application.refundable ? 'TRADE_SUCCESS' : 'TRADE_FINISHED'
        const paidAt = now()
        buyers.book(buyer.userId, -trade.total.amount)
        books.run(
          'UPDATE alipay_trades SET status = ?, paid_at = ?, buyer_id = ? WHERE trade_no = ?',
          status,
          paidAt,
          buyer.userId,
          trade.tradeNo,
        )
        return tell({ ...trade, status, paidAt, buyerId: buyer.userId })
      }),
    close: (given) =>
      books.atomically(() => {
        const trade = byNo(given.tradeNo) ?? given
        if (trade.status === 'WAIT_BUYER_PAY') return closed(trade, now())
        const again = trade.status === 'TRADE_CLOSED' && trade.paidAt === undefined
        return again ? trade : business('TRADE_STATUS_ERROR', '交易状态不合法')
      }),
    cancel: (given) =>
      books.atomically(() => {
        const trade = byNo(given.tradeNo) ?? given
        if (trade.status === 'WAIT_BUYER_PAY')
          return { action: 'close', trade: closed(trade, now()) }
        if (trade.status === 'TRADE_CLOSED') {
          return { action: trade.paidAt === undefined ? 'close' : 'refund', trade }
        }
        if (trade.status === 'TRADE_FINISHED') return business('TRADE_HAS_FINISHED', '交易已完结')
        if ((trade.paidAt ?? 0) + CANCEL_WINDOW_MS <= now()) {
          return business('TRADE_CANCEL_TIME_OUT', '超过撤销时间')
        }
        if (trade.buyerId) buyers.book(trade.buyerId, trade.total.amount)
        books.run('UPDATE alipay_trades SET refunded = total WHERE trade_no = ?', trade.tradeNo)
        return {
          action: 'refund',
          trade: closed({ ...trade, refunded: trade.total.amount }, now()),
        }
      }),
    payTwin: (trade) =>
      books.atomically(() => {
        const buyer = trade.buyerId === undefined ? undefined : buyers.byId(trade.buyerId)
        if (!buyer || buyer.balance < trade.total.amount) return undefined
        buyers.book(buyer.userId, -trade.total.amount)
        return insert({ ...trade, tradeNo: newTradeNo(now()), twin: trade.twin + 1 })
      }),
    setSkew(trade, seconds) {
      books.run('UPDATE alipay_trades SET skew = ? WHERE trade_no = ?', seconds, trade.tradeNo)
      return { ...trade, skew: seconds }
    },
    nextExpiry() {
      const row = books.get(
        "SELECT expires_at FROM alipay_trades WHERE status = 'WAIT_BUYER_PAY' ORDER BY expires_at LIMIT 1",
      )
      return row && integer(row, 'expires_at')
    },
    expire: () =>
      books.atomically(() =>
        books
          .all(
            "SELECT * FROM alipay_trades WHERE status = 'WAIT_BUYER_PAY' AND expires_at <= ? LIMIT 500",
            now(),
          )
          .map((row) => settle(readTrade(row))),
      ),
  }
}

function reopen(known: Trade, source: TradeSource, buyer: Buyer | undefined): Trade | Refusal {
  if (known.status === 'TRADE_CLOSED') return business('TRADE_HAS_CLOSE', '交易已经关闭')
  if (known.status !== 'WAIT_BUYER_PAY') return business('TRADE_HAS_SUCCESS', '交易已被支付')
  if (known.total.amount !== source.total.amount || known.subject !== source.subject) {
    return business('CONTEXT_INCONSISTENT', '交易信息被篡改')
  }
  if (known.bound && buyer && known.buyerId !== buyer.userId) {
    return business('TRADE_BUYER_NOT_MATCH', '交易买家不匹配')
  }
  return known
}

/** Why `buyer` cannot pay this trade now, or undefined. */
export function payable(trade: Trade, buyer: Buyer): Refusal | undefined {
  if (trade.status === 'TRADE_CLOSED') return business('TRADE_HAS_CLOSE', '交易已经关闭')
  if (trade.status !== 'WAIT_BUYER_PAY') return business('TRADE_HAS_SUCCESS', '交易已被支付')
  if (trade.bound && trade.buyerId !== buyer.userId) {
    return business('TRADE_BUYER_NOT_MATCH', '交易买家不匹配')
  }
  return solvent(buyer, trade.total)
}

/** Why this buyer cannot part with `total`, or undefined. */
export function solvent(buyer: Buyer, total: Money): Refusal | undefined {
  if (buyer.frozen) return business('BUYER_ENABLE_STATUS_FORBID', '买家状态禁止交易')
  if (buyer.balance < total.amount) return business('BUYER_BALANCE_NOT_ENOUGH', '买家余额不足')
  return undefined
}

/** Whether a number is free for a new order of these contents (section 8). */
export function conflict(known: Trade | undefined, source: TradeSource): Refusal | undefined {
  if (!known) return undefined
  const verdict = reopen(known, source, undefined)
  return isRefusal(verdict) ? verdict : undefined
}

// 28 digits: date, the product's marks, and fourteen of chance.
function newTradeNo(at: number): string {
  const tail = () => String(randomInt(10_000_000)).padStart(7, '0')
  return `${timeDigits(at).slice(0, 8)}220014${tail()}${tail()}`
}
