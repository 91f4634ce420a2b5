// Orders a merchant has signed and a payer may open: before anybody acts there is no trade yet
// (sheet section 2).
import { randomBytes } from 'node:crypto'
import { amount, type Books, integer, optionalText, type Row, text } from '../books.ts'
import type { Application } from './applications.ts'
import type { OrderFields } from './fields.ts'

export type Surface = 'page' | 'wap' | 'app' | 'qr'

export interface Order extends Omit<OrderFields, 'buyerOpenId' | 'authCode'> {
  id: string
  appId: string
  sellerId: string
  surface: Surface
  /** The last part of the QR's address. */
  qr: string
  /** The QR text is good for two hours, whatever the order says. */
  qrExpiresAt: number
  createdAt: number
}

export interface Orders {
  byId(id: string): Order | undefined
  byQr(qr: string): Order | undefined
  /** The newest order of this number. */
  byNumber(sellerId: string, outTradeNo: string, surface?: Surface): Order | undefined
  /** The newest order of this number with any merchant. */
  anywhere(outTradeNo: string): Order | undefined
  /** Keeps an order; the same order again is the one already kept. */
  keep(application: Application, surface: Surface, fields: OrderFields, now: number): Order
}

export const QR_LIFE_MS = 2 * 3_600_000

const TABLE = `
  CREATE TABLE IF NOT EXISTS alipay_orders (
    id TEXT PRIMARY KEY, app_id TEXT NOT NULL, seller_id TEXT NOT NULL, surface TEXT NOT NULL,
    qr TEXT NOT NULL UNIQUE, qr_expires_at INTEGER NOT NULL, out_trade_no TEXT NOT NULL,
    total INTEGER NOT NULL, subject TEXT NOT NULL, body TEXT, product_code TEXT NOT NULL,
    passback TEXT, notify_url TEXT, return_url TEXT, quit_url TEXT, qr_pay_mode TEXT,
    buyer_id TEXT, expires_at INTEGER NOT NULL, created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS alipay_orders_number ON alipay_orders (out_trade_no, seller_id);
`

export function openOrders(books: Books): Orders {
  books.define(TABLE)
  const find = (sql: string, ...values: string[]) => {
    const row = books.get(sql, ...values)
    return row && readRow(row)
  }
  const newest = 'ORDER BY created_at DESC, rowid DESC LIMIT 1'
  function byNumber(sellerId: string, outTradeNo: string, surface?: Surface): Order | undefined {
    const sql = 'SELECT * FROM alipay_orders WHERE out_trade_no = ? AND seller_id = ?'
    return surface === undefined
      ? find(`${sql} ${newest}`, outTradeNo, sellerId)
      : find(`${sql} AND surface = ? ${newest}`, outTradeNo, sellerId, surface)
  }
  return {
    byId: (id) => find('SELECT * FROM alipay_orders WHERE id = ?', id),
    byQr: (qr) => find('SELECT * FROM alipay_orders WHERE qr = ?', qr),
    byNumber,
    anywhere: (number) =>
      find(`SELECT * FROM alipay_orders WHERE out_trade_no = ? ${newest}`, number),
    keep(application, surface, fields, now) {
      const known = byNumber(application.sellerId, fields.outTradeNo, surface)
      if (known && same(known, fields) && known.qrExpiresAt > now) return known
      const order: Order = {
        ...fields,
        id: randomBytes(16).toString('hex'),
        appId: application.appId,
        sellerId: application.sellerId,
        surface,
        qr: `bax${randomBytes(12).toString('hex')}`,
        qrExpiresAt: now + QR_LIFE_MS,
        createdAt: now,
      }
      write(books, order)
      return order
    },
  }
}

function same(known: Order, fields: OrderFields): boolean {
  return (
    known.total.amount === fields.total.amount &&
    known.subject === fields.subject &&
    known.body === fields.body &&
    known.notifyUrl === fields.notifyUrl &&
    known.returnUrl === fields.returnUrl &&
    known.passbackParams === fields.passbackParams &&
    known.expiresAt === fields.expiresAt
  )
}

function write(books: Books, order: Order): void {
  books.run(
    'INSERT INTO alipay_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    order.id,
    order.appId,
    order.sellerId,
    order.surface,
    order.qr,
    order.qrExpiresAt,
    order.outTradeNo,
    order.total.amount,
    order.subject,
    order.body ?? null,
    order.productCode,
    order.passbackParams ?? null,
    order.notifyUrl ?? null,
    order.returnUrl ?? null,
    order.quitUrl ?? null,
    order.qrPayMode ?? null,
    order.buyerId ?? null,
    order.expiresAt,
    order.createdAt,
  )
}

function readRow(row: Row): Order {
  const surface = text(row, 'surface')
  return {
    id: text(row, 'id'),
    appId: text(row, 'app_id'),
    sellerId: text(row, 'seller_id'),
    surface: surface === 'page' || surface === 'wap' || surface === 'app' ? surface : 'qr',
    qr: text(row, 'qr'),
    qrExpiresAt: integer(row, 'qr_expires_at'),
    outTradeNo: text(row, 'out_trade_no'),
    total: { amount: amount(row, 'total'), currency: 'CNY' },
    subject: text(row, 'subject'),
    body: optionalText(row, 'body'),
    productCode: text(row, 'product_code'),
    passbackParams: optionalText(row, 'passback'),
    notifyUrl: optionalText(row, 'notify_url'),
    returnUrl: optionalText(row, 'return_url'),
    quitUrl: optionalText(row, 'quit_url'),
    qrPayMode: optionalText(row, 'qr_pay_mode'),
    buyerId: optionalText(row, 'buyer_id'),
    expiresAt: integer(row, 'expires_at'),
    createdAt: integer(row, 'created_at'),
  }
}
