// Bills on demand: made of the books when they are asked for, fetched within five minutes
// (sheet section 3.7).
import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type Books, integer, text } from '../books.ts'
import type { SandboxClock } from '../clock.ts'
import { type BillType, type Flaws, flowBill, type TradeLine, tradeBill } from './bill-files.ts'
import type { Flows } from './flows.ts'
import type { Orders } from './orders.ts'
import { badField, type Refusal, refuse } from './refusals.ts'
import { DAY_MS, dayOf } from './time.ts'

export interface BillRequest {
  mchid: string
  date: string
  zipped: boolean
  flaws: Flaws
}

export interface Bill {
  /** SHA-1 of the file as it is before it is zipped, in hex. */
  hash: string
  /** Names the file for its download. */
  token: string
}

export interface Bills {
  trades(request: BillRequest, type: BillType): Bill | Refusal
  flows(request: BillRequest): Bill | Refusal
  /** The file's bytes for this merchant. */
  download(mchid: string, token: string): Buffer | Refusal
}

export const LINK_LIFE_MS = 5 * 60_000
const KEPT_MS = 92 * DAY_MS
// Bills of a day are ready at ten in the morning of the next.
const READY_MS = 10 * 3_600_000

const TABLE = `
  CREATE TABLE IF NOT EXISTS wechatpay_bill_files (
    token TEXT PRIMARY KEY, mchid TEXT NOT NULL, content TEXT NOT NULL, zipped INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
`

export function openBills(parts: {
  books: Books
  clock: SandboxClock
  orders: Orders
  flows: Flows
}): Bills {
  const { books, clock, orders, flows } = parts
  books.define(TABLE)

  function span({ date }: BillRequest): { from: number; until: number } | Refusal {
    const day = /^\d{4}-\d\d-\d\d$/.test(date) ? dayOf(date) : undefined
    if (!day) return badField('bill_date', '格式不正确', date, 'query')
    const now = clock.now()
    if (day.until > now) return refuse(400, 'INVALID_REQUEST', '账单日期必须早于当天')
    if (day.from < now - KEPT_MS) return refuse(400, 'INVALID_REQUEST', '仅支持三个月内的账单')
    if (day.until + READY_MS > now) {
      return refuse(400, 'STATEMENT_CREATING', '账单正在生成中，请在上午10点后重试')
    }
    return day
  }

  function keep({ mchid, zipped }: BillRequest, content: string): Bill {
    const now = clock.now()
    books.run('DELETE FROM wechatpay_bill_files WHERE expires_at <= ?', now)
    const token = randomBytes(24).toString('base64')
    books.run(
      'INSERT INTO wechatpay_bill_files VALUES (?, ?, ?, ?, ?)',
      token,
      mchid,
      content,
      zipped ? 1 : 0,
      now + LINK_LIFE_MS,
    )
    return { hash: createHash('sha1').update(content).digest('hex'), token }
  }

  return {
    trades(request, type) {
      const day = span(request)
      if ('refused' in day) return day
      const lines = orders
        .within(request.mchid, day.from, day.until)
        .flatMap((order): TradeLine[] => [
          { order, at: order.paidAt ?? 0, reversal: false },
          ...(order.refundId ? [{ order, at: order.endedAt ?? 0, reversal: true }] : []),
        ])
        .filter(({ at }) => at >= day.from && at < day.until)
        .filter(({ reversal }) => type === 'ALL' || reversal === (type === 'REFUND'))
        .sort((one, other) => one.at - other.at)
      return lines.length === 0 ? nothing() : keep(request, tradeBill(lines, type, request.flaws))
    },
    flows(request) {
      const day = span(request)
      if ('refused' in day) return day
      const lines = flows.within(request.mchid, day.from, day.until)
      return lines.length === 0 ? nothing() : keep(request, flowBill(lines, request.flaws))
    },
    download(mchid, token) {
      const row = books.get('SELECT * FROM wechatpay_bill_files WHERE token = ?', token)
      if (!row || text(row, 'mchid') !== mchid || integer(row, 'expires_at') <= clock.now()) {
        return refuse(400, 'INVALID_REQUEST', '下载链接无效或已过期')
      }
      const content = Buffer.from(text(row, 'content'))
      return row.zipped === 1n ? gzipSync(content) : content
    },
  }
}

function nothing(): Refusal {
  return refuse(400, 'NO_STATEMENT_EXIST', '账单文件不存在，该日无交易', 268451329)
}
