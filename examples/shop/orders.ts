// The shop's own books: its orders and the webhooks it has seen, in one SQLite file.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Payment, WebhookEvent } from './tongbao.ts'
import type { Language } from './words.ts'

export interface OrderLine {
  good: string
  name: string
  quantity: number
  /** For all of the quantity, in fen. */
  amount: number
}

export interface Order {
  number: string
  /** Who picks it up. */
  customer: string
  title: string
  lines: OrderLine[]
  /** In fen. */
  total: number
  language: Language
  /** `new` until there is a payment, then the payment's status. */
  status: string
  paymentId: string | null
  receiptUrl: string | null
  /** Number of the latest webhook that was taken; 0 before the first. */
  sequence: number
  createdAt: Date
}

export type Taken =
  /** The order is now paid and was not before: this happens once per order. */
  | 'paid'
  | 'noted'
  /** Seen before, or older than what is known. */
  | 'known'
  /** No order of this shop, or another amount than was asked for. */
  | 'not_ours'

export type Orders = ReturnType<typeof openOrders>

export function openOrders(folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(join(folder, 'orders.sqlite'))
  db.exec(`
    pragma journal_mode = wal;
    create table if not exists orders (
      number text primary key, customer text not null, title text not null, lines text not null,
      total integer not null, language text not null, status text not null default 'new',
      payment_id text, receipt_url text, sequence integer not null default 0,
      created_at text not null
    ) strict;
    create table if not exists webhooks (webhook_id text primary key) strict;
  `)
  const insert = db.prepare(`insert into orders
    (number, customer, title, lines, total, language, created_at)
    values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing`)
  const select = db.prepare('select * from orders where number = ?')
  const remember = db.prepare('insert into webhooks values (?) on conflict do nothing')
  const assign = db.prepare(`update orders
    set payment_id = ?, status = iif(status = 'new', 'created', status) where number = ?`)
  // A payment never leaves `succeeded`, so neither does an order. The last condition fails when a
  // webhook came in between.
  const update = db.prepare(`update orders
    set status = ?, payment_id = ?, receipt_url = ?, sequence = ?
    where number = ? and status <> 'succeeded' and sequence = ?`)

  /** The order that this payment is for, if it is for the very amount of one of our orders. */
  function orderOf(payment: Payment): Order | undefined {
    const order = find(payment.reference)
    const fits =
      payment.amount === order?.total &&
      payment.currency === 'CNY' &&
      (order.paymentId === null || order.paymentId === payment.id)
    return fits ? order : undefined
  }

  function note(order: Order, payment: Payment, sequence: number): Taken {
    const { status, id, receiptUrl } = payment
    const changed = update.run(status, id, receiptUrl, sequence, order.number, order.sequence)
    if (changed.changes === 0) return 'known'
    return status === 'succeeded' ? 'paid' : 'noted'
  }

  /** The order with this number, if there is one. */
  function find(number: string): Order | undefined {
    const row = select.get(number)
    return row && readOrder(row)
  }

  return {
    find,

    /** Keeps a new order. False when there is one with this number already. */
    add(order: Pick<Order, 'number' | 'customer' | 'title' | 'lines' | 'total' | 'language'>) {
      const { number, customer, title, lines, total, language } = order
      const now = new Date().toISOString()
      const added = insert.run(number, customer, title, JSON.stringify(lines), total, language, now)
      return added.changes === 1
    },

    /** The payment that the hub made for an order. */
    assignPayment(order: Order, paymentId: string) {
      assign.run(paymentId, order.number)
    },

    /** What the hub answered when it was asked about the order as it stood then. */
    takeAnswer(order: Order, payment: Payment): Taken {
      const ours = orderOf(payment)?.number === order.number
      return ours ? note(order, payment, order.sequence) : 'not_ours'
    },

    /**
     * What the hub reported. The hub repeats a webhook until it is acknowledged, so one that was
     * seen changes nothing; nor does one whose number is not above the latest.
     */
    takeWebhook({ id, sequence, payment }: WebhookEvent): Taken {
      db.exec('begin immediate')
      try {
        const taken = takeOnce()
        db.exec('commit')
        return taken
      } catch (error) {
        db.exec('rollback')
        throw error
      }

      function takeOnce(): Taken {
        if (remember.run(id).changes === 0) return 'known'
        const order = payment && orderOf(payment)
        if (!payment || !order) return 'not_ours'
        return sequence > order.sequence ? note(order, payment, sequence) : 'known'
      }
    },

    close: () => db.close(),
  }
}

function readOrder(row: Record<string, unknown>): Order {
  const nullable = (value: unknown) => (value === null ? null : String(value))
  return {
    number: String(row.number),
    customer: String(row.customer),
    title: String(row.title),
    lines: JSON.parse(String(row.lines)),
    total: Number(row.total),
    language: row.language === 'zh-CN' ? 'zh-CN' : 'en',
    status: String(row.status),
    paymentId: nullable(row.payment_id),
    receiptUrl: nullable(row.receipt_url),
    sequence: Number(row.sequence),
    createdAt: new Date(String(row.created_at)),
  }
}
