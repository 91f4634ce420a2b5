// An order, the ways to pay it that were handed out, and how both stand in the books.
import {
  amount,
  type Books,
  integer,
  optionalInteger,
  optionalText,
  type Row,
  text,
} from '../books.ts'

export const STATES = [
  'NOTPAY',
  'USERPAYING',
  'SUCCESS',
  'REFUND',
  'CLOSED',
  'REVOKED',
  'PAYERROR',
] as const
export type TradeState = (typeof STATES)[number]

export const TRADE_TYPES = ['JSAPI', 'NATIVE', 'MWEB', 'APP', 'MICROPAY'] as const
export type TradeType = (typeof TRADE_TYPES)[number]

export interface Order {
  mchid: string
  appid: string
  outTradeNo: string
  tradeType: TradeType
  description: string
  attach?: string | undefined
  /** In fen. */
  total: bigint
  /** Part of the total that a coupon of WeChat's pays: a fault. In fen. */
  coupon: bigint
  notifyUrl?: string | undefined
  deviceId?: string | undefined
  clientAddress?: string | undefined
  /** The first request in canonical form: repeating it must be exact. */
  request: string
  state: TradeState
  transactionId?: string | undefined
  /** Who may pay: named by openid or code, or the first who scanned. */
  buyerId?: string | undefined
  createdAt: number
  /** The last moment to pay. */
  expiresAt: number
  paidAt?: number | undefined
  /** When it was closed, reversed or failed. */
  endedAt?: number | undefined
  /** The number of the refund that a reversal made. */
  refundId?: string | undefined
}

/** One `prepay_id` with what was made of it. */
export interface Prepay {
  prepayId: string
  mchid: string
  outTradeNo: string
  /** The last part of a native code's text, or of an H5 address. */
  token: string
  /** The merchant certificate that asked: its key signs for the payer's device. */
  serial: string
  expiresAt: number
  dead: boolean
}

export const ORDERS = `
  CREATE TABLE IF NOT EXISTS wechatpay_orders (
    mchid TEXT NOT NULL, appid TEXT NOT NULL, out_trade_no TEXT NOT NULL, trade_type TEXT NOT NULL,
    description TEXT NOT NULL, attach TEXT, total INTEGER NOT NULL, coupon INTEGER NOT NULL,
    notify_url TEXT, device_id TEXT, client_address TEXT, request TEXT NOT NULL,
    state TEXT NOT NULL, transaction_id TEXT UNIQUE, buyer_id TEXT, created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, paid_at INTEGER, ended_at INTEGER, refund_id TEXT
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS wechatpay_orders_number
    ON wechatpay_orders (out_trade_no, mchid);
  CREATE INDEX IF NOT EXISTS wechatpay_orders_buyer ON wechatpay_orders (buyer_id, created_at);
  CREATE INDEX IF NOT EXISTS wechatpay_orders_paid ON wechatpay_orders (mchid, paid_at);
  CREATE TABLE IF NOT EXISTS wechatpay_prepays (
    prepay_id TEXT PRIMARY KEY, mchid TEXT NOT NULL, out_trade_no TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE, serial TEXT NOT NULL, expires_at INTEGER NOT NULL,
    dead INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS wechatpay_prepays_order ON wechatpay_prepays (out_trade_no, mchid);
`

export function writeOrder(books: Books, order: Order): void {
  books.run(
    'INSERT INTO wechatpay_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    order.mchid,
    order.appid,
    order.outTradeNo,
    order.tradeType,
    order.description,
    order.attach ?? null,
    order.total,
    order.coupon,
    order.notifyUrl ?? null,
    order.deviceId ?? null,
    order.clientAddress ?? null,
    order.request,
    order.state,
    order.transactionId ?? null,
    order.buyerId ?? null,
    order.createdAt,
    order.expiresAt,
    order.paidAt ?? null,
    order.endedAt ?? null,
    order.refundId ?? null,
  )
}

/** Writes what can change of an order. */
export function rewriteOrder(books: Books, order: Order): Order {
  books.run(
    `UPDATE wechatpay_orders SET state = ?, transaction_id = ?, buyer_id = ?, paid_at = ?,
       ended_at = ?, refund_id = ?, coupon = ? WHERE out_trade_no = ? AND mchid = ?`,
    order.state,
    order.transactionId ?? null,
    order.buyerId ?? null,
    order.paidAt ?? null,
    order.endedAt ?? null,
    order.refundId ?? null,
    order.coupon,
    order.outTradeNo,
    order.mchid,
  )
  return order
}

export function readOrder(row: Row): Order {
  return {
    mchid: text(row, 'mchid'),
    appid: text(row, 'appid'),
    outTradeNo: text(row, 'out_trade_no'),
    tradeType: oneOf(TRADE_TYPES, text(row, 'trade_type')),
    description: text(row, 'description'),
    attach: optionalText(row, 'attach'),
    total: amount(row, 'total'),
    coupon: amount(row, 'coupon'),
    notifyUrl: optionalText(row, 'notify_url'),
    deviceId: optionalText(row, 'device_id'),
    clientAddress: optionalText(row, 'client_address'),
    request: text(row, 'request'),
    state: oneOf(STATES, text(row, 'state')),
    transactionId: optionalText(row, 'transaction_id'),
    buyerId: optionalText(row, 'buyer_id'),
    createdAt: integer(row, 'created_at'),
    expiresAt: integer(row, 'expires_at'),
    paidAt: optionalInteger(row, 'paid_at'),
    endedAt: optionalInteger(row, 'ended_at'),
    refundId: optionalText(row, 'refund_id'),
  }
}

export function writePrepay(books: Books, prepay: Prepay): void {
  books.run(
    'INSERT INTO wechatpay_prepays VALUES (?, ?, ?, ?, ?, ?, 0)',
    prepay.prepayId,
    prepay.mchid,
    prepay.outTradeNo,
    prepay.token,
    prepay.serial,
    prepay.expiresAt,
  )
}

export function readPrepay(row: Row): Prepay {
  return {
    prepayId: text(row, 'prepay_id'),
    mchid: text(row, 'mchid'),
    outTradeNo: text(row, 'out_trade_no'),
    token: text(row, 'token'),
    serial: text(row, 'serial'),
    expiresAt: integer(row, 'expires_at'),
    dead: row.dead === 1n,
  }
}

function oneOf<T extends string>(values: readonly T[], source: string): T {
  const found = values.find((value) => value === source)
  if (!found) throw new TypeError(`the books hold ${source}, none of ${values.join(', ')}`)
  return found
}
