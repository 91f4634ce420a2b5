// Migrations on real databases: once, in order, unchanged, by any number of hubs at the same time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { type Migration, MigrationError, migrate, readMigrations } from './migrate.ts'
import { emptyDatabase, testLog } from './testing.ts'

const ports = { clock: { now: () => Date.UTC(2025, 0, 1) }, log: testLog() }

async function onEmptyDatabase(work: (url: string, client: pg.Client) => Promise<void>) {
  const db = await emptyDatabase()
  const client = new pg.Client({ connectionString: db.url })
  await client.connect()
  try {
    await work(db.url, client)
  } finally {
    await client.end()
    await db.drop()
  }
}

function file(name: string, text: string, sha256 = text): Migration {
  return { name, text, sha256 }
}

test('twenty installers at once leave one result', () =>
  onEmptyDatabase(async (url, client) => {
    await Promise.all(Array.from({ length: 20 }, () => migrate(url, ports)))
    const wanted = (await readMigrations()).map(({ name, sha256 }) => ({ name, sha256 }))
    const done = await client.query('select name, sha256 from migrations order by name')
    assert.deepEqual(done.rows, wanted)
    await client.query("select graphile_worker.add_job('deliver', '{}'::json)")
  }))

test('what is there is not applied again, what is new is', () =>
  onEmptyDatabase(async (url, client) => {
    const first = file('0001_a.sql', 'create table a (n int)')
    await migrate(url, ports, [first])
    await migrate(url, ports, [first, file('0002_b.sql', 'create table b (n int)')])
    const times = await client.query('select distinct applied_at from migrations')
    assert.deepEqual(times.rows, [{ applied_at: new Date(ports.clock.now()) }])
    await client.query('select from a, b')
  }))

test('a migration that fails leaves nothing of itself and keeps the ones before', () =>
  onEmptyDatabase(async (url, client) => {
    const good = file('0001_a.sql', 'create table a (n int)')
    const bad = file('0002_b.sql', 'create table b (n int); select 1 / 0')
    await assert.rejects(migrate(url, ports, [good, bad]), /division by zero/)
    const tables = await client.query("select to_regclass('a') a, to_regclass('b') b")
    assert.deepEqual(tables.rows, [{ a: 'a', b: null }])
  }))

test('a migration changed after it was applied is refused', () =>
  onEmptyDatabase(async (url) => {
    await migrate(url, ports, [file('0001_a.sql', 'create table a (n int)')])
    const changed = [file('0001_a.sql', 'create table a (n bigint)')]
    await assert.rejects(migrate(url, ports, changed), {
      name: 'MigrationError',
      message: /^Migration 0001_a\.sql was changed after .* put the change into a new migration\.$/,
    })
  }))

test('a database of a newer version is refused', () =>
  onEmptyDatabase(async (url) => {
    const first = file('0001_a.sql', 'create table a (n int)')
    await migrate(url, ports, [first, file('0002_b.sql', 'create table b (n int)')])
    await assert.rejects(migrate(url, ports, [first]), /0002_b\.sql, which this version does not/)
  }))

test('a gap, a doubled number and a foreign name are refused before anything is done', () =>
  onEmptyDatabase(async (url, client) => {
    for (const names of [['0002_a.sql'], ['0001_a.sql', '0001_b.sql'], ['0001-a.sql']]) {
      const files = names.map((name) => file(name, 'create table a (n int)'))
      await assert.rejects(migrate(url, ports, files), MigrationError)
    }
    assert.deepEqual((await client.query("select to_regclass('a') a")).rows, [{ a: null }])
  }))
