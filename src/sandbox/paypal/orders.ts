// The orders in the books, and what may become of them.
import { type Books, integer, optionalInteger, optionalText, type Row, text } from '../books.ts'

export type OrderStatus = 'PAYER_ACTION_REQUIRED' | 'APPROVED' | 'COMPLETED'
export type CaptureStatus = 'COMPLETED' | 'PENDING' | 'DECLINED' | 'PARTIALLY_REFUNDED' | 'REFUNDED'

export interface Order {
  id: string
  clientId: string
  /** The merchant's number of the call that made it. */
  requestId: string
  customId: string
  invoiceId: string
  description: string
  currency: string
  value: string
  returnUrl: string
  cancelUrl: string
  status: OrderStatus
  payer?: string | undefined
  captureRequestId?: string | undefined
  captureId?: string | undefined
  captureStatus?: CaptureStatus | undefined
  /** Given back so far, in the currency's smallest part that PayPal knows. */
  refunded: number
  createdAt: number
  updatedAt: number
  capturedAt?: number | undefined
}

export interface Orders {
  add(order: Order): void
  save(order: Order): void
  byId(id: string): Order | undefined
  byRequest(clientId: string, requestId: string): Order | undefined
  byCapture(captureId: string): Order | undefined
  byInvoice(clientId: string, invoiceId: string): Order[]
  recent(limit: number): Order[]
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS paypal_orders (
    id TEXT PRIMARY KEY, client_id TEXT NOT NULL, request_id TEXT NOT NULL, custom_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL, description TEXT NOT NULL, currency TEXT NOT NULL, value TEXT NOT NULL,
    return_url TEXT NOT NULL, cancel_url TEXT NOT NULL, status TEXT NOT NULL, payer TEXT,
    capture_request_id TEXT, capture_id TEXT, capture_status TEXT, refunded INTEGER NOT NULL,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, captured_at INTEGER
  ) STRICT;
  CREATE INDEX IF NOT EXISTS paypal_orders_request ON paypal_orders (client_id, request_id);
  CREATE INDEX IF NOT EXISTS paypal_orders_invoice ON paypal_orders (client_id, invoice_id);
  CREATE INDEX IF NOT EXISTS paypal_orders_capture ON paypal_orders (capture_id);
`

export function openOrders(books: Books): Orders {
  books.define(TABLE)
  const one = (where: string, ...values: string[]) => {
    const sql = `SELECT * FROM paypal_orders WHERE ${where} ORDER BY rowid DESC LIMIT 1`
    const row = books.get(sql, ...values)
    return row && readOrder(row)
  }
  return {
    add(order) {
      books.run(
        `INSERT INTO paypal_orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        order.id,
        order.clientId,
        order.requestId,
        order.customId,
        order.invoiceId,
        order.description,
        order.currency,
        order.value,
        order.returnUrl,
        order.cancelUrl,
        order.status,
        order.payer ?? null,
        order.captureRequestId ?? null,
        order.captureId ?? null,
        order.captureStatus ?? null,
        order.refunded,
        order.createdAt,
        order.updatedAt,
        order.capturedAt ?? null,
      )
    },
    save(order) {
      books.run(
        `UPDATE paypal_orders SET status = ?, payer = ?, capture_request_id = ?, capture_id = ?,
         capture_status = ?, refunded = ?, updated_at = ?, captured_at = ? WHERE id = ?`,
        order.status,
        order.payer ?? null,
        order.captureRequestId ?? null,
        order.captureId ?? null,
        order.captureStatus ?? null,
        order.refunded,
        order.updatedAt,
        order.capturedAt ?? null,
        order.id,
      )
    },
    byId: (id) => one('id = ?', id),
    byRequest: (clientId, requestId) =>
      one('client_id = ? AND request_id = ?', clientId, requestId),
    byCapture: (captureId) => one('capture_id = ?', captureId),
    byInvoice: (clientId, invoiceId) =>
      books
        .all(
          'SELECT * FROM paypal_orders WHERE client_id = ? AND invoice_id = ? ORDER BY rowid',
          clientId,
          invoiceId,
        )
        .map(readOrder),
    recent: (limit) =>
      books.all('SELECT * FROM paypal_orders ORDER BY rowid DESC LIMIT ?', limit).map(readOrder),
  }
}

function readOrder(row: Row): Order {
  return {
    id: text(row, 'id'),
    clientId: text(row, 'client_id'),
    requestId: text(row, 'request_id'),
    customId: text(row, 'custom_id'),
    invoiceId: text(row, 'invoice_id'),
    description: text(row, 'description'),
    currency: text(row, 'currency'),
    value: text(row, 'value'),
    returnUrl: text(row, 'return_url'),
    cancelUrl: text(row, 'cancel_url'),
    status: readStatus(text(row, 'status')),
    payer: optionalText(row, 'payer'),
    captureRequestId: optionalText(row, 'capture_request_id'),
    captureId: optionalText(row, 'capture_id'),
    captureStatus: readCaptureStatus(optionalText(row, 'capture_status')),
    refunded: integer(row, 'refunded'),
    createdAt: integer(row, 'created_at'),
    updatedAt: integer(row, 'updated_at'),
    capturedAt: optionalInteger(row, 'captured_at'),
  }
}

function readStatus(source: string): OrderStatus {
  if (source === 'PAYER_ACTION_REQUIRED' || source === 'APPROVED' || source === 'COMPLETED') {
    return source
  }
  throw new TypeError(`the books hold the order status ${source}`)
}

function readCaptureStatus(source: string | undefined): CaptureStatus | undefined {
  switch (source) {
    case undefined:
    case 'COMPLETED':
    case 'PENDING':
    case 'DECLINED':
    case 'PARTIALLY_REFUNDED':
    case 'REFUNDED':
      return source
    default:
      throw new TypeError(`the books hold the capture status ${source}`)
  }
}
