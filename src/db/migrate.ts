// Brings a database to the schema of this version: forward only, each file once and unchanged.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { Logger, runMigrations } from 'graphile-worker'
import pg from 'pg'
import type { Clock, Log } from '../ports.ts'

/** A database that this version must not touch; the message says why and what to do. */
export class MigrationError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MigrationError'
  }
}

export interface Migration {
  /** File name, e.g. `0001_payments.sql`. */
  name: string
  text: string
  /** SHA-256 of the file, in hexadecimal. */
  sha256: string
}

// Any number that no other user of the database takes for an advisory lock: "tongbao" in ASCII.
const LOCK = 0x746f6e6762616fn

/**
 * Applies what is missing of `migrations` (default: the folder `migrations/`), then the job queue's
 * own. Any number of hubs may call it at once. Throws {@link MigrationError} when the database was
 * migrated with a file that has been changed since, or by a newer version.
 */
export async function migrate(
  url: string,
  { clock, log }: { clock: Clock; log: Log },
  migrations?: readonly Migration[],
): Promise<void> {
  const wanted = migrations ?? (await readMigrations())
  const client = new pg.Client({ connectionString: url, application_name: 'tongbao migrate' })
  client.on('error', (error) => log.warn({ error: error.message }, 'a database connection broke'))
  await client.connect()
  try {
    // The lock belongs to the connection, so a migration that is killed leaves none behind.
    await client.query('select pg_advisory_lock($1)', [LOCK])
    for (const migration of missing(wanted, await applied(client))) {
      await apply(client, migration, clock)
      log.info({ migration: migration.name }, 'the database was migrated')
    }
  } finally {
    await client.end()
  }
  await runMigrations({ connectionString: url, logger: queueLogger(log) })
}

/** The migrations of this version, in order. */
export async function readMigrations(
  folder: URL = new URL('../../migrations/', import.meta.url),
): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(new URL(name, folder))
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      return { name, text: bytes.toString('utf8'), sha256 }
    }),
  )
}

interface Applied {
  name: string
  sha256: string
}

async function applied(client: pg.Client): Promise<Applied[]> {
  await client.query(
    `create table if not exists migrations (
       name text primary key, sha256 text not null, applied_at timestamptz not null)`,
  )
  const result = await client.query<Applied>('select name, sha256 from migrations order by name')
  return result.rows
}

// What was applied has to be the beginning of what is wanted.
function missing(wanted: readonly Migration[], done: readonly Applied[]): Migration[] {
  for (const [i, { name }] of wanted.entries()) {
    const number = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]
    if (number === undefined || Number(number) !== i + 1) {
      throw new MigrationError(
        `Migration ${name} is not named NNNN_name.sql with the next number; rename it.`,
      )
    }
  }
  for (const [i, { name, sha256 }] of done.entries()) {
    const migration = wanted[i]
    if (migration?.name !== name) {
      throw new MigrationError(
        `The database was migrated with ${name}, which this version does not have; ` +
          'start the version that made it, or a later one.',
      )
    }
    if (migration.sha256 !== sha256) {
      throw new MigrationError(
        `Migration ${name} was changed after the database was migrated with it; ` +
          'restore the file and put the change into a new migration.',
      )
    }
  }
  return wanted.slice(done.length)
}

async function apply(client: pg.Client, { name, text, sha256 }: Migration, clock: Clock) {
  await client.query('begin')
  try {
    await client.query(text)
    await client.query('insert into migrations (name, sha256, applied_at) values ($1, $2, $3)', [
      name,
      sha256,
      new Date(clock.now()),
    ])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

// The queue's own words, at the levels of our log.
function queueLogger(log: Log): Logger {
  return new Logger(() => (level, message) => {
    const write = { error: log.error, warning: log.warn, info: log.debug, debug: log.debug }[level]
    write.call(log, {}, message)
  })
}
