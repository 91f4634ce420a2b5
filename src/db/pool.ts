// Connections to PostgreSQL and how values cross the border: bigint, milliseconds, named statements.

import pg from 'pg'
import type { Log, Milliseconds } from '../ports.ts'

export type Pool = pg.Pool
export type Connection = pg.PoolClient

/** Anything that runs a statement: the pool, or one connection inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>

/** A statement under a name that is used for this text only: each connection parses it once. */
export interface Statement {
  name: string
  text: string
}

export interface PoolOptions {
  /** Most connections at once. */
  size: number
  /** The server ends a statement that runs longer. 0 means never. */
  statementTimeoutMs: number
  log: Log
  /** What `pg_stat_activity` shows. Default `tongbao`. */
  applicationName?: string
}

// Statements of ours are short; compiling their plans would cost more than running them.
const SETTINGS = '-c jit=off'

/**
 * A pool for the database at `url`. `int8` arrives as bigint and `timestamptz` as
 * {@link Milliseconds}. A connection that breaks is logged and replaced; the statement that ran on
 * it rejects, and whether a commit took place is then unknown to its caller.
 */
export function createPool(url: string, options: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.size,
    statement_timeout: options.statementTimeoutMs,
    application_name: options.applicationName ?? 'tongbao',
    options: SETTINGS,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  })
  const report = (error: Error) =>
    options.log.warn({ error: error.message }, 'a database connection broke')
  // An idle connection reports to the pool, a connection in use only to its own listeners, and an
  // error event that nobody hears ends the process.
  pool.on('error', report)
  pool.on('connect', (client) => client.on('error', report))
  return pool
}

/** The rows of one statement. `Row` is what the statement's text selects. */
export async function query<Row extends pg.QueryResultRow>(
  db: Queryable,
  statement: Statement,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const result = await db.query<Row>({ ...statement, values: [...values] })
  return result.rows
}

/**
 * Runs `work` between BEGIN and COMMIT on one connection, and rolls back when it throws. A
 * connection that cannot be rolled back is closed, never reused.
 */
export async function transaction<Result>(
  pool: Pool,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await pool.connect()
  let broken: Error | undefined
  try {
    await connection.query('begin')
    const result = await work(connection)
    await connection.query('commit')
    return result
  } catch (error) {
    await connection.query('rollback').catch((failure: Error) => {
      broken = failure
    })
    throw error
  } finally {
    connection.release(broken)
  }
}

/** A time as a parameter of a statement. */
export function timestamp(time: Milliseconds): string {
  return new Date(time).toISOString()
}

const { builtins } = pg.types
const parseDate = pg.types.getTypeParser(builtins.TIMESTAMPTZ)

// Only the text format is asked for anywhere, so a parser is always given text.
const PARSERS = new Map<number, (text: string) => unknown>([
  [builtins.INT8, BigInt],
  [builtins.TIMESTAMPTZ, parseTime],
])

function parseTime(text: string): Milliseconds {
  const date: unknown = parseDate(text)
  if (date instanceof Date) return date.getTime()
  throw new RangeError(`the database holds a time that is no point in time: ${text}`)
}

function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return PARSERS.get(oid) ?? pg.types.getTypeParser(oid, format)
}
