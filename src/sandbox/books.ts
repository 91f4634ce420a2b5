// The sandbox's books: one SQLite file, written before anything is answered.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from 'node:sqlite'

export type Row = Record<string, SQLOutputValue>

export interface Books {
  /** Runs one statement and returns how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number
  get(sql: string, ...values: SQLInputValue[]): Row | undefined
  all(sql: string, ...values: SQLInputValue[]): Row[]
  /** All of `work` is in the books, or nothing of it. Calls inside each other join the outermost. */
  atomically<T>(work: () => T): T
  /** Statements without parameters, for `CREATE TABLE IF NOT EXISTS`. */
  define(sql: string): void
  close(): void
}

const GENERAL = `
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`

/**
 * Opens the books in `folder`, or in memory when it is undefined. Write-ahead logging with
 * `synchronous = NORMAL`: a killed process loses nothing that was answered.
 */
export function openBooks(folder: string | undefined): Books {
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(
    folder === undefined ? ':memory:' : join(folder, 'books.sqlite'),
  )
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON')
  database.exec('PRAGMA busy_timeout = 2000')
  database.exec(GENERAL)

  const statements = new Map<string, StatementSync>()
  function prepared(sql: string): StatementSync {
    const known = statements.get(sql)
    if (known) return known
    const statement = database.prepare(sql)
    statement.setReadBigInts(true)
    statements.set(sql, statement)
    return statement
  }

  let depth = 0
  function atomically<T>(work: () => T): T {
    if (depth > 0) return work()
    database.exec('BEGIN IMMEDIATE')
    depth += 1
    try {
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    } finally {
      depth -= 1
    }
  }

  return {
    run: (sql, ...values) => Number(prepared(sql).run(...values).changes),
    get: (sql, ...values) => prepared(sql).get(...values),
    all: (sql, ...values) => prepared(sql).all(...values),
    atomically,
    define: (sql) => database.exec(sql),
    close: () => database.close(),
  }
}

/** A text column. A missing or differently typed value is a bug. */
export function text(row: Row, name: string): string {
  const value = row[name]
  if (typeof value !== 'string') throw new TypeError(`column ${name} holds no text`)
  return value
}

export function optionalText(row: Row, name: string): string | undefined {
  return row[name] === null ? undefined : text(row, name)
}

/** An amount in minor units. */
export function amount(row: Row, name: string): bigint {
  const value = row[name]
  if (typeof value !== 'bigint') throw new TypeError(`column ${name} holds no integer`)
  return value
}

/** A count or a time in milliseconds. */
export function integer(row: Row, name: string): number {
  return Number(amount(row, name))
}

export function optionalInteger(row: Row, name: string): number | undefined {
  return row[name] === null ? undefined : integer(row, name)
}

export function readSetting(books: Books, name: string): string | undefined {
  const row = books.get('SELECT value FROM settings WHERE name = ?', name)
  return row && text(row, 'value')
}

export function writeSetting(books: Books, name: string, value: string): void {
  books.run(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    name,
    value,
  )
}
