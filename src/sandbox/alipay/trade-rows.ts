// A trade and how it stands in the books.
import type { Money } from '../../money.ts'
import {
  amount,
  type Books,
  integer,
  optionalInteger,
  optionalText,
  type Row,
  text,
} from '../books.ts'

export type TradeStatus = 'WAIT_BUYER_PAY' | 'TRADE_SUCCESS' | 'TRADE_FINISHED' | 'TRADE_CLOSED'

export interface Trade {
  tradeNo: string
  appId: string
  sellerId: string
  outTradeNo: string
  /** 1 for the second trade of an already paid order, which only a fault makes. */
  twin: number
  status: TradeStatus
  total: Money
  /** Given back in full when a paid trade was canceled. In fen, cumulative. */
  refunded: bigint
  subject: string
  body?: string | undefined
  productCode: string
  passbackParams?: string | undefined
  notifyUrl?: string | undefined
  buyerId?: string | undefined
  /** True where only `buyerId` may pay. */
  bound: boolean
  createdAt: number
  expiresAt: number
  paidAt?: number | undefined
  closedAt?: number | undefined
  /** Seconds by which the times told of this trade are wrong: a fault. */
  skew: number
}

/** What a trade is made of: an order, or the fields of a barcode payment. */
export interface TradeSource {
  appId: string
  sellerId: string
  outTradeNo: string
  total: Money
  subject: string
  body?: string | undefined
  productCode: string
  passbackParams?: string | undefined
  notifyUrl?: string | undefined
  expiresAt: number
}

export const TRADES = `
  CREATE TABLE IF NOT EXISTS alipay_trades (
    trade_no TEXT NOT NULL UNIQUE, app_id TEXT NOT NULL, seller_id TEXT NOT NULL,
    out_trade_no TEXT NOT NULL, twin INTEGER NOT NULL, status TEXT NOT NULL,
    total INTEGER NOT NULL, refunded INTEGER NOT NULL, subject TEXT NOT NULL, body TEXT,
    product_code TEXT NOT NULL, passback TEXT, notify_url TEXT, buyer_id TEXT,
    bound INTEGER NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    paid_at INTEGER, closed_at INTEGER, skew INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS alipay_trades_number
    ON alipay_trades (out_trade_no, seller_id, twin);
  CREATE INDEX IF NOT EXISTS alipay_trades_waiting
    ON alipay_trades (expires_at) WHERE status = 'WAIT_BUYER_PAY';
  CREATE INDEX IF NOT EXISTS alipay_trades_buyer ON alipay_trades (buyer_id, created_at);
`

export function writeTrade(books: Books, trade: Trade): void {
  books.run(
    'INSERT INTO alipay_trades VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    trade.tradeNo,
    trade.appId,
    trade.sellerId,
    trade.outTradeNo,
    trade.twin,
    trade.status,
    trade.total.amount,
    trade.refunded,
    trade.subject,
    trade.body ?? null,
    trade.productCode,
    trade.passbackParams ?? null,
    trade.notifyUrl ?? null,
    trade.buyerId ?? null,
    trade.bound ? 1 : 0,
    trade.createdAt,
    trade.expiresAt,
    trade.paidAt ?? null,
    trade.closedAt ?? null,
    trade.skew,
  )
}

export function readTrade(row: Row): Trade {
  return {
    tradeNo: text(row, 'trade_no'),
    appId: text(row, 'app_id'),
    sellerId: text(row, 'seller_id'),
    outTradeNo: text(row, 'out_trade_no'),
    twin: integer(row, 'twin'),
    status: readStatus(text(row, 'status')),
    total: { amount: amount(row, 'total'), currency: 'CNY' },
    refunded: amount(row, 'refunded'),
    subject: text(row, 'subject'),
    body: optionalText(row, 'body'),
    productCode: text(row, 'product_code'),
    passbackParams: optionalText(row, 'passback'),
    notifyUrl: optionalText(row, 'notify_url'),
    buyerId: optionalText(row, 'buyer_id'),
    bound: row.bound === 1n,
    createdAt: integer(row, 'created_at'),
    expiresAt: integer(row, 'expires_at'),
    paidAt: optionalInteger(row, 'paid_at'),
    closedAt: optionalInteger(row, 'closed_at'),
    skew: integer(row, 'skew'),
  }
}

function readStatus(source: string): TradeStatus {
  switch (source) {
    case 'WAIT_BUYER_PAY':
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
    case 'TRADE_CLOSED':
      return source
    default:
      throw new TypeError(`the books hold the trade status ${source}`)
  }
}
