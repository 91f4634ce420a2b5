// The border to PostgreSQL: what values become, what happens when a connection breaks.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createPool, query, timestamp, transaction } from './pool.ts'
import { freshDatabase, testLog } from './testing.ts'

const db = await freshDatabase()
after(() => db.drop())

test('int8 arrives as bigint and a time as milliseconds, exactly', async () => {
  const time = Date.UTC(2024, 1, 29, 23, 59, 59, 987)
  const rows = await query<{ n: bigint; t: number; none: null; count: bigint }>(
    db.pool,
    {
      name: 'values',
      text: `select 9223372036854775807::int8 n, $1::timestamptz t, null::timestamptz none,
               count(*) from merchants`,
    },
    [timestamp(time)],
  )
  assert.deepEqual(rows, [{ n: 9223372036854775807n, t: time, none: null, count: 0n }])
})

test('a time is the same whatever zone the session shows it in', async () => {
  const time = Date.UTC(1997, 6, 1, 0, 0, 0, 1)
  const shown = await transaction(db.pool, async (connection) => {
    await connection.query("set local timezone = 'Asia/Kathmandu'")
    return query<{ t: number }>(connection, { name: 'zone', text: 'select $1::timestamptz t' }, [
      timestamp(time),
    ])
  })
  assert.deepEqual(shown, [{ t: time }])
})

test('a time that is no point in time is refused', async () => {
  const infinity = { name: 'infinity', text: "select 'infinity'::timestamptz t" }
  await assert.rejects(query(db.pool, infinity), /no point in time: infinity/)
})

test('a transaction that throws leaves nothing', async () => {
  const insert = `insert into merchants (merchant_id, name, created_at) values ('mer_a', 'A', now())`
  const failing = transaction(db.pool, async (connection) => {
    await connection.query(insert)
    throw new Error('stop')
  })
  await assert.rejects(failing, /stop/)
  const rows = await query(db.pool, { name: 'all', text: 'select merchant_id from merchants' })
  assert.deepEqual(rows, [])
})

test('a statement that runs too long is ended by the server', async () => {
  const pool = createPool(db.url, { size: 1, statementTimeoutMs: 20, log: testLog() })
  await assert.rejects(pool.query('select pg_sleep(30)'), /statement timeout/)
  await pool.end()
})

test('broken connections are logged, not fatal, and replaced', async () => {
  const log = testLog()
  const options = { size: 1, statementTimeoutMs: 0, log, applicationName: 'victim' }
  const pool = createPool(db.url, options)
  const kill = () =>
    db.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'",
    )
  const broken = transaction(pool, async (connection) => {
    await kill()
    await connection.query('select 1')
  })
  await assert.rejects(broken)
  assert.deepEqual((await pool.query('select 1 as one')).rows, [{ one: 1 }])
  const noticed = new Promise((resolve) => pool.once('error', resolve))
  await kill()
  await noticed
  assert.deepEqual((await pool.query('select 2 as two')).rows, [{ two: 2 }])
  assert.ok(log.lines.length >= 2 && log.lines.every((line) => line.includes('connection broke')))
  await pool.end()
})
