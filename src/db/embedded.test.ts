import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type EmbeddedPostgres, startPostgres, startTestPostgres } from './embedded.ts'

const root = mkdtempSync(join(tmpdir(), 'tongbao-embedded-'))
execFileSync('chmod', ['711', root])
after(() => rmSync(root, { recursive: true, force: true }))

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql)
    return rows[0]?.answer
  } finally {
    await client.end()
  }
}

/** Starts the server in a process of its own, which `kill -9` can end. */
async function startElsewhere(folder: string) {
  const module = fileURLToPath(new URL('embedded.ts', import.meta.url))
  const code = `
    import { startPostgres } from ${JSON.stringify(module)}
    const server = await startPostgres({ folder: ${JSON.stringify(folder)} })
    console.log(JSON.stringify({ url: server.url, pid: server.pid }))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(child.stdout), 'line')
  const found: { url: string; pid: number } = JSON.parse(line)
  return { child, ...found }
}

async function gone(pid: number): Promise<void> {
  const until = Date.now() + 20_000
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    assert.ok(Date.now() < until, `process ${pid} still runs`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('the embedded PostgreSQL', () => {
  const folder = join(root, 'kept')

  it('is durable, reachable through a private socket only, and its role is no superuser', async () => {
    const server = await startPostgres({ folder })
    try {
      const setting = (name: string) =>
        ask(server.url, `SELECT current_setting('${name}') AS answer`)
      assert.equal(await setting('fsync'), 'on')
      assert.equal(await setting('synchronous_commit'), 'on')
      assert.equal(await setting('full_page_writes'), 'on')
      assert.equal(await setting('listen_addresses'), '')
      assert.equal(await setting('server_encoding'), 'UTF8')
      assert.equal(await setting('data_checksums'), 'on')
      assert.equal(await setting('is_superuser'), 'off')
      const collation =
        'SELECT datcollate AS answer FROM pg_database WHERE datname = current_database()'
      assert.equal(await ask(server.url, collation), 'C')
      assert.equal(statSync(server.home).mode & 0o777, 0o700)
      assert.equal(statSync(join(server.home, 'run')).mode & 0o777, 0o700)
      await ask(server.url, 'CREATE TABLE kept AS SELECT 通 AS answer FROM (VALUES (7)) AS v (通)')
    } finally {
      await server.stop()
    }
    assert.throws(() => process.kill(server.pid, 0))
  })

  it('keeps its data over a stop', async () => {
    const server = await startPostgres({ folder })
    try {
      assert.equal(await ask(server.url, 'SELECT answer FROM kept'), 7)
    } finally {
      await server.stop()
    }
  })

  it('ends by itself when the process that started it is killed', async () => {
    const other = await startElsewhere(folder)
    other.child.kill('SIGKILL')
    await gone(other.pid)
    const server = await startPostgres({ folder })
    assert.equal(await ask(server.url, 'SELECT answer FROM kept'), 7)
    await server.stop()
  })

  it('is stopped and started anew when an earlier start left it running', async () => {
    const other = await startElsewhere(folder)
    const server = await startPostgres({ folder })
    try {
      assert.notEqual(server.pid, other.pid)
      await gone(other.pid)
      assert.equal(await ask(server.url, 'SELECT answer FROM kept'), 7)
    } finally {
      await server.stop()
      other.child.kill('SIGKILL')
    }
  })

  it('starts after kill -9 of the server itself with all that was committed', async () => {
    const server = await startPostgres({ folder })
    await ask(server.url, 'INSERT INTO kept VALUES (8)')
    process.kill(server.pid, 'SIGKILL')
    await server.ended
    const again = await startPostgres({ folder })
    try {
      assert.equal(await ask(again.url, 'SELECT max(answer) AS answer FROM kept'), 8)
    } finally {
      await again.stop()
    }
  })

  it('is not misled by a process file that names somebody else', async () => {
    const file = join(folder, 'cluster', 'postmaster.pid')
    writeFileSync(file, `${process.pid}\n${join(folder, 'cluster')}\n`)
    const server = await startPostgres({ folder })
    await server.stop()
  })

  it('makes a cluster anew that was torn while it was made', async () => {
    const torn = join(root, 'torn')
    mkdirSync(join(torn, 'cluster.new', 'base'), { recursive: true })
    const server = await startPostgres({ folder: torn })
    assert.equal(await ask(server.url, 'SELECT 1 AS answer'), 1)
    await server.stop()
  })

  it('uses a short private folder for its socket where the path is too long', async () => {
    const long = join(root, 'a-long-name-of-a-folder'.repeat(5))
    const server = await startPostgres({ folder: long })
    try {
      assert.equal(await ask(server.url, 'SELECT 1 AS answer'), 1)
      assert.ok(lstatSync(join(server.home, 'run')).isSymbolicLink())
    } finally {
      await server.stop()
    }
    const socket = decodeURIComponent(new URL(server.url).searchParams.get('host') ?? '')
    assert.match(socket, /tongbao-/)
    assert.equal(existsSync(socket), false)
  })

  it('reports a failed start with the words of the server', async () => {
    const broken = join(root, 'broken')
    const first = await startPostgres({ folder: broken })
    await first.stop()
    rmSync(join(broken, 'cluster', 'global', 'pg_control'))
    await assert.rejects(
      startPostgres({ folder: broken }),
      /did not start.*pg_control|could not find the database/s,
    )
  })
})

describe('the throw-away PostgreSQL for tests', () => {
  it('gives its superuser and leaves nothing behind', async () => {
    const server: EmbeddedPostgres = await startTestPostgres()
    const superuser = "SELECT current_setting('is_superuser') AS answer"
    assert.equal(await ask(server.adminUrl, superuser), 'on')
    await server.stop()
    assert.equal(existsSync(server.home), false)
  })
})
