// Messages to merchants in the books: what waits, what was delivered, what came back.
import { type Books, integer, optionalInteger, optionalText, type Row, text } from './books.ts'

export type MessageState = 'waiting' | 'held' | 'acknowledged' | 'exhausted' | 'lost'

export interface NewMessage {
  id: string
  /** Whose message it is, by the wallet's own number of the merchant. */
  merchant: string
  order: string
  url: string
  /** What every delivery is made of; signatures and times come with each of them. */
  content: string
  /** False for one that is sent once, whatever the answer. */
  repeated: boolean
  state: MessageState
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
  headers: string
  body: string
}

export interface Message extends NewMessage {
  /** Deliveries made so far; the two of a doubled one count once. */
  deliveries: number
  log: Delivery[]
}

export interface Outbox {
  add(message: NewMessage): void
  byId(id: string): Message | undefined
  due(now: number, limit: number, except: readonly string[]): Message[]
  nextDue(except: readonly string[]): number | undefined
  record(message: Message, delivery: Delivery): void
  postpone(message: Message, nextAt: number): void
  end(message: Message, state: MessageState): void
  /** Sends again at once, whatever became of it; its deliveries so far do not count. */
  restart(message: Message, now: number): void
  /** Lets go what was held behind the next message of the same merchant. */
  releaseHeld(behind: Message, now: number): void
  /** Newest first, with what was delivered. */
  recent(limit: number, order?: string): Message[]
}

const DUE = "state IN ('waiting', 'held')"

/** Opens one wallet's outbox. `wallet` names its tables and is never a caller's text. */
export function openOutbox(books: Books, wallet: string): Outbox {
  const messages = `${wallet}_messages`
  const deliveries = `${wallet}_deliveries`
  books.define(`
    CREATE TABLE IF NOT EXISTS ${messages} (
      id TEXT PRIMARY KEY, merchant TEXT NOT NULL, order_number TEXT NOT NULL, url TEXT NOT NULL,
      content TEXT NOT NULL, repeated INTEGER NOT NULL, state TEXT NOT NULL, fault TEXT,
      next_at INTEGER NOT NULL, created_at INTEGER NOT NULL, deliveries INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${messages}_due ON ${messages} (next_at) WHERE ${DUE};
    CREATE INDEX IF NOT EXISTS ${messages}_held ON ${messages} (merchant) WHERE state = 'held';
    CREATE INDEX IF NOT EXISTS ${messages}_number ON ${messages} (order_number);
    CREATE TABLE IF NOT EXISTS ${deliveries} (
      message TEXT NOT NULL, at INTEGER NOT NULL, status INTEGER, answer TEXT NOT NULL,
      fault TEXT, headers TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS ${deliveries}_message ON ${deliveries} (message);
  `)

  function withLog(row: Row): Message {
    const message = readMessage(row)
    const log = books.all(
      `SELECT * FROM ${deliveries} WHERE message = ? ORDER BY rowid`,
      message.id,
    )
    return { ...message, log: log.map(readDelivery) }
  }

  function set(message: Message, state: MessageState, nextAt: number, count: number): void {
    books.run(
      `UPDATE ${messages} SET state = ?, next_at = ?, deliveries = ? WHERE id = ?`,
      state,
      nextAt,
      count,
      message.id,
    )
  }

  return {
    add(message) {
      books.run(
        `INSERT INTO ${messages} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
        message.id,
        message.merchant,
        message.order,
        message.url,
        message.content,
        message.repeated ? 1 : 0,
        message.state,
        message.fault ?? null,
        message.nextAt,
        message.createdAt,
      )
    },
    byId(id) {
      const row = books.get(`SELECT * FROM ${messages} WHERE id = ?`, id)
      return row && readMessage(row)
    },
    due: (now, limit, except) =>
      books
        .all(
          `SELECT * FROM ${messages} WHERE ${DUE} AND next_at <= ?
           AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at, rowid LIMIT ?`,
          now,
          JSON.stringify(except),
          limit,
        )
        .map(readMessage),
    nextDue(except) {
      const row = books.get(
        `SELECT next_at FROM ${messages} WHERE ${DUE}
         AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY next_at LIMIT 1`,
        JSON.stringify(except),
      )
      return row && integer(row, 'next_at')
    },
    record(message, { at, status, answer, fault, headers, body }) {
      books.run(
        `INSERT INTO ${deliveries} VALUES (?, ?, ?, ?, ?, ?, ?)`,
        message.id,
        at,
        status ?? null,
        answer,
        fault ?? null,
        headers,
        body,
      )
    },
    postpone: (message, nextAt) => set(message, 'waiting', nextAt, message.deliveries + 1),
    end: (message, state) => set(message, state, message.nextAt, message.deliveries + 1),
    restart: (message, now) => set(message, 'waiting', now, message.deliveries),
    releaseHeld(behind, now) {
      books.run(
        `UPDATE ${messages} SET state = 'waiting', next_at = ?
         WHERE merchant = ? AND state = 'held' AND id <> ?`,
        now,
        behind.merchant,
        behind.id,
      )
    },
    recent: (limit, order) =>
      (order === undefined
        ? books.all(`SELECT * FROM ${messages} ORDER BY rowid DESC LIMIT ?`, limit)
        : books.all(
            `SELECT * FROM ${messages} WHERE order_number = ? ORDER BY rowid DESC LIMIT ?`,
            order,
            limit,
          )
      ).map(withLog),
  }
}

function readMessage(row: Row): Message {
  return {
    id: text(row, 'id'),
    merchant: text(row, 'merchant'),
    order: text(row, 'order_number'),
    url: text(row, 'url'),
    content: text(row, 'content'),
    repeated: row.repeated === 1n,
    state: readState(text(row, 'state')),
    fault: optionalText(row, 'fault'),
    nextAt: integer(row, 'next_at'),
    createdAt: integer(row, 'created_at'),
    deliveries: integer(row, 'deliveries'),
    log: [],
  }
}

function readDelivery(row: Row): Delivery {
  return {
    at: integer(row, 'at'),
    status: optionalInteger(row, 'status'),
    answer: text(row, 'answer'),
    fault: optionalText(row, 'fault'),
    headers: text(row, 'headers'),
    body: text(row, 'body'),
  }
}

function readState(source: string): MessageState {
  switch (source) {
    case 'waiting':
    case 'held':
    case 'acknowledged':
    case 'exhausted':
    case 'lost':
      return source
    default:
      throw new TypeError(`the books hold the message state ${source}`)
  }
}
