// Notifications and their deliveries in the books.
import { type Books, integer, optionalInteger, optionalText, type Row, text } from '../books.ts'
import { parseTexts } from '../json.ts'
import type { Parameters } from './sign.ts'

export type NoticeState = 'waiting' | 'held' | 'acknowledged' | 'exhausted' | 'lost'

export interface NewNotice {
  notifyId: string
  appId: string
  tradeNo: string
  outTradeNo: string
  url: string
  /** Unsigned and without its time: both come with each delivery. */
  parameters: Parameters
  faceToFace: boolean
  state: NoticeState
  fault?: string | undefined
  nextAt: number
  createdAt: number
}

export interface Delivery {
  at: number
  /** Absent: no answer came. */
  status?: number | undefined
  /** The answer's beginning, or why there was none. */
  answer: string
  fault?: string | undefined
  body: string
}

export interface Notice extends NewNotice {
  /** Deliveries made so far; the two of a doubled one count once. */
  deliveries: number
  log: Delivery[]
}

export interface Notices {
  add(notice: NewNotice): void
  byId(notifyId: string): Notice | undefined
  due(now: number, limit: number, except: readonly string[]): Notice[]
  nextDue(except: readonly string[]): number | undefined
  record(notice: Notice, delivery: Delivery): void
  postpone(notice: Notice, nextAt: number): void
  end(notice: Notice, state: NoticeState): void
  /** Lets go what was held behind the next notification of the same application. */
  releaseHeld(behind: Notice, now: number): void
  /** Newest first, with what was delivered. */
  recent(limit: number, outTradeNo?: string): Notice[]
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS alipay_notices (
    notify_id TEXT PRIMARY KEY, app_id TEXT NOT NULL, trade_no TEXT NOT NULL,
    out_trade_no TEXT NOT NULL, url TEXT NOT NULL, parameters TEXT NOT NULL,
    face_to_face INTEGER NOT NULL, state TEXT NOT NULL, fault TEXT, next_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL, deliveries INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS alipay_notices_due
    ON alipay_notices (next_at) WHERE state IN ('waiting', 'held');
  CREATE INDEX IF NOT EXISTS alipay_notices_held ON alipay_notices (app_id) WHERE state = 'held';
  CREATE INDEX IF NOT EXISTS alipay_notices_number ON alipay_notices (out_trade_no);
  CREATE TABLE IF NOT EXISTS alipay_deliveries (
    notify_id TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER, answer TEXT NOT NULL,
    fault TEXT, body TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS alipay_deliveries_notice ON alipay_deliveries (notify_id);
`

const DUE = "state IN ('waiting', 'held')"

export function openNotices(books: Books): Notices {
  books.define(TABLES)

  function read(row: Row): Notice {
    return {
      notifyId: text(row, 'notify_id'),
      appId: text(row, 'app_id'),
      tradeNo: text(row, 'trade_no'),
      outTradeNo: text(row, 'out_trade_no'),
      url: text(row, 'url'),
      parameters: parseTexts(text(row, 'parameters')),
      faceToFace: row.face_to_face === 1n,
      state: readState(text(row, 'state')),
      fault: optionalText(row, 'fault'),
      nextAt: integer(row, 'next_at'),
      createdAt: integer(row, 'created_at'),
      deliveries: integer(row, 'deliveries'),
      log: [],
    }
  }

  function withLog(row: Row): Notice {
    const notice = read(row)
    const log = books.all(
      'SELECT * FROM alipay_deliveries WHERE notify_id = ? ORDER BY rowid',
      notice.notifyId,
    )
    return { ...notice, log: log.map(readDelivery) }
  }

  return {
    add(notice) {
      books.run(
        'INSERT INTO alipay_notices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)',
        notice.notifyId,
        notice.appId,
        notice.tradeNo,
        notice.outTradeNo,
        notice.url,
        JSON.stringify(notice.parameters),
        notice.faceToFace ? 1 : 0,
        notice.state,
        notice.fault ?? null,
        notice.nextAt,
        notice.createdAt,
      )
    },
    byId(notifyId) {
      const row = books.get('SELECT * FROM alipay_notices WHERE notify_id = ?', notifyId)
      return row && read(row)
    },
    due: (now, limit, except) =>
      books
        .all(
          `SELECT * FROM alipay_notices WHERE ${DUE} AND next_at <= ?
           AND notify_id NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at LIMIT ?`,
          now,
          JSON.stringify(except),
          limit,
        )
        .map(read),
    nextDue(except) {
      const row = books.get(
        `SELECT next_at FROM alipay_notices WHERE ${DUE}
         AND notify_id NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at LIMIT 1`,
        JSON.stringify(except),
      )
      return row && integer(row, 'next_at')
    },
    record(notice, { at, status, answer, fault, body }) {
      books.run(
        'INSERT INTO alipay_deliveries VALUES (?, ?, ?, ?, ?, ?)',
        notice.notifyId,
        at,
        status ?? null,
        answer,
        fault ?? null,
        body,
      )
    },
    postpone(notice, nextAt) {
      books.run(
        "UPDATE alipay_notices SET state = 'waiting', next_at = ?, deliveries = ? WHERE notify_id = ?",
        nextAt,
        notice.deliveries + 1,
        notice.notifyId,
      )
    },
    end(notice, state) {
      books.run(
        'UPDATE alipay_notices SET state = ?, deliveries = ? WHERE notify_id = ?',
        state,
        notice.deliveries + 1,
        notice.notifyId,
      )
    },
    releaseHeld(behind, now) {
      books.run(
        "UPDATE alipay_notices SET state = 'waiting', next_at = ? WHERE app_id = ? AND state = 'held' AND notify_id <> ?",
        now,
        behind.appId,
        behind.notifyId,
      )
    },
    recent: (limit, outTradeNo) =>
      (outTradeNo === undefined
        ? books.all('SELECT * FROM alipay_notices ORDER BY rowid DESC LIMIT ?', limit)
        : books.all(
            'SELECT * FROM alipay_notices WHERE out_trade_no = ? ORDER BY rowid DESC LIMIT ?',
            outTradeNo,
            limit,
          )
      ).map(withLog),
  }
}

function readDelivery(row: Row): Delivery {
  return {
    at: integer(row, 'at'),
    status: optionalInteger(row, 'status'),
    answer: text(row, 'answer'),
    fault: optionalText(row, 'fault'),
    body: text(row, 'body'),
  }
}

function readState(source: string): NoticeState {
  switch (source) {
    case 'waiting':
    case 'held':
    case 'acknowledged':
    case 'exhausted':
    case 'lost':
      return source
    default:
      throw new TypeError(`the books hold the notification state ${source}`)
  }
}
