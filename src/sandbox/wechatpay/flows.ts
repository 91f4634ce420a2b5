// The merchant's money at WeChat Pay, line by line: what came in, what the fee took, what went back.
import { formatDecimal } from '../../money.ts'
import { amount, type Books, integer, type Row, text } from '../books.ts'
import { digits } from './crypto.ts'
import type { Order } from './order-rows.ts'
import { timeDigits } from './time.ts'

export interface Flow {
  at: number
  /** The wallet's number of the payment or refund. */
  businessNo: string
  flowNo: string
  name: string
  /** In fen; negative when it goes out. */
  change: bigint
  balance: bigint
  applicant: string
  remark: string
  voucher: string
}

export interface Flows {
  paid(order: Order): void
  reversed(order: Order): void
  within(mchid: string, from: number, until: number): Flow[]
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS wechatpay_flows (
    mchid TEXT NOT NULL, at INTEGER NOT NULL, business_no TEXT NOT NULL, flow_no TEXT NOT NULL,
    name TEXT NOT NULL, change INTEGER NOT NULL, balance INTEGER NOT NULL,
    applicant TEXT NOT NULL, remark TEXT NOT NULL, voucher TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS wechatpay_flows_day ON wechatpay_flows (mchid, at);
`

/** 0.60 % of what is settled, rounded half up to a fen. */
export function feeOf(order: Order): bigint {
  return (order.total * 6n + 500n) / 1_000n
}

export function openFlows(books: Books, now: () => number): Flows {
  books.define(TABLE)

  function add(
    order: Order,
    line: Pick<Flow, 'businessNo' | 'name' | 'change' | 'applicant' | 'remark'>,
  ): void {
    const last = books.get(
      'SELECT balance FROM wechatpay_flows WHERE mchid = ? ORDER BY rowid DESC LIMIT 1',
      order.mchid,
    )
    const at = now()
    books.run(
      'INSERT INTO wechatpay_flows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      order.mchid,
      at,
      line.businessNo,
      `${order.mchid}${timeDigits(at).slice(0, 8)}${digits(10)}`,
      line.name,
      line.change,
      (last ? amount(last, 'balance') : 0n) + line.change,
      line.applicant,
      line.remark,
      order.outTradeNo,
    )
  }

  return {
    paid(order) {
      const businessNo = order.transactionId ?? ''
      const fee = feeOf(order)
      const remark = `结算总金额 ${yuan(order.total)} 元;含手续费 ${yuan(fee)} 元`
      add(order, { businessNo, name: '交易', change: order.total, applicant: 'system', remark })
      if (fee === 0n) return
      const name = '扣除交易手续费'
      add(order, { businessNo, name, change: -fee, applicant: 'system', remark: '' })
    },
    reversed(order) {
      const fee = feeOf(order)
      add(order, {
        businessNo: order.refundId ?? '',
        name: '退款',
        change: fee - order.total,
        applicant: `${order.mchid}API`,
        remark: `退款总金额${yuan(order.total)}元;含手续费${yuan(fee)}元`,
      })
    },
    within: (mchid, from, until) =>
      books
        .all(
          'SELECT * FROM wechatpay_flows WHERE mchid = ? AND at >= ? AND at < ? ORDER BY rowid',
          mchid,
          from,
          until,
        )
        .map(readFlow),
  }
}

function readFlow(row: Row): Flow {
  return {
    at: integer(row, 'at'),
    businessNo: text(row, 'business_no'),
    flowNo: text(row, 'flow_no'),
    name: text(row, 'name'),
    change: amount(row, 'change'),
    balance: amount(row, 'balance'),
    applicant: text(row, 'applicant'),
    remark: text(row, 'remark'),
    voucher: text(row, 'voucher'),
  }
}

/** Fen as yuan with two decimals. */
export function yuan(fen: bigint): string {
  return formatDecimal({ amount: fen, currency: 'CNY' })
}
