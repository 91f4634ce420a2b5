// The start command as a process, with stand-ins for the programs and a real PostgreSQL.

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startTestPostgres } from '../db/embedded.ts'

const root = mkdtempSync(join(tmpdir(), 'tongbao-start-'))
execFileSync('chmod', ['711', root])
after(() => rmSync(root, { recursive: true, force: true }))

const FIXTURE = fileURLToPath(new URL('fixtures/start.ts', import.meta.url))
const LIMIT_MS = 30_000

interface Started {
  hub: string
  api_key: string
  database: string
  pid: number
  pids: Record<string, number>
  started_at: string
}

interface Run {
  child: ChildProcess
  output(): string
  ended: Promise<number | null>
}

function start(args: readonly string[], env: Record<string, string> = {}): Run {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', FIXTURE, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...env },
    },
  )
  const { stdout, stderr } = child
  assert.ok(stdout !== null && stderr !== null)
  let output = ''
  for (const stream of [stdout, stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  // Not 'close': it does not come any more after we have closed the channel ourselves.
  const over = [once(child, 'exit'), once(stdout, 'close'), once(stderr, 'close')]
  const ended = Promise.all(over).then(() => child.exitCode)
  return { child, output: () => output, ended }
}

async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const limit = Date.now() + LIMIT_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    assert.ok(Date.now() < limit, `waited in vain until ${what}`)
    await delay(20)
  }
}

function startedFile(folder: string): Started | undefined {
  const file = join(folder, 'started.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

function ready(run: Run, folder: string): Promise<Started> {
  return until('started', () => {
    assert.equal(run.child.exitCode, null, run.output())
    return run.output().includes('is ready') ? startedFile(folder) : undefined
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function allGone(started: Started): Promise<void> {
  const pids = [started.pid, ...Object.values(started.pids)]
  await until('all processes are gone', () => (pids.some(isAlive) ? undefined : true))
}

function answered(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, (response) => resolve(response.resume().statusCode === 200)).on('error', () =>
      resolve(false),
    )
  })
}

/** The first of four neighboring free ports. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port < 65_000 ? address.port : freePort()
}

describe('tongbao start', () => {
  const folder = join(root, 'data')

  it('writes what it prints, for its owner only, and stops everything in order', async () => {
    const port = await freePort()
    const run = start(['--data', folder, '--port', String(port)])
    const started = await ready(run, folder)
    assert.equal(started.hub, `http://127.0.0.1:${port}`)
    assert.equal(started.api_key, 'starts_1')
    assert.equal(statSync(join(folder, 'started.json')).mode & 0o777, 0o600)
    assert.deepEqual(Object.keys(started.pids).sort(), ['hub', 'postgres', 'sandbox', 'shop'])
    assert.ok(run.output().includes(`http://127.0.0.1:${port}/docs`))
    run.child.kill('SIGINT')
    assert.equal(await run.ended, 0, run.output())
    await allGone(started)
    assert.equal(readFileSync(join(folder, 'ends.log'), 'utf8'), 'shop\nsandbox\nhub\n')
    assert.equal(startedFile(folder), undefined)
    assert.equal(existsSync(join(folder, 'lock')), false)
  })

  it('refuses a second start with the same folder, and keeps its data over a restart', async () => {
    const port = await freePort()
    const run = start(['--data', folder, '--port', String(port)])
    const started = await ready(run, folder)
    assert.equal(started.api_key, 'starts_2')
    const second = start(['--data', folder, '--port', String(port + 10)])
    assert.equal(await second.ended, 1)
    assert.ok(second.output().includes(`already running with ${folder} since`), second.output())
    assert.ok(second.output().includes(`pid ${started.pid}, at http://127.0.0.1:${port}`))
    assert.ok(startedFile(folder) !== undefined)
    run.child.kill('SIGTERM')
    assert.equal(await run.ended, 0)
    await allGone(started)
  })

  it('leaves no process behind when it is killed, and starts again afterwards', async () => {
    const port = String(await freePort())
    const run = start(['--data', folder, '--port', port])
    const started = await ready(run, folder)
    run.child.kill('SIGKILL')
    await allGone(started)
    const again = start(['--data', folder, '--port', port])
    assert.equal((await ready(again, folder)).api_key, 'starts_4')
    again.child.kill('SIGINT')
    assert.equal(await again.ended, 0)
  })

  it('starts at once beside what a killed start left behind', async () => {
    const run = start(['--data', folder, '--port', String(await freePort())])
    const started = await ready(run, folder)
    run.child.kill('SIGKILL')
    const again = start(['--data', folder, '--port', String(await freePort())])
    assert.equal((await ready(again, folder)).api_key, 'starts_6')
    again.child.kill('SIGINT')
    assert.equal(await again.ended, 0)
    await allGone(started)
  })

  it('stops when the process that started it is gone', async () => {
    const run = start(['--data', folder, '--port', String(await freePort())])
    const started = await ready(run, folder)
    run.child.disconnect()
    assert.equal(await run.ended, 0)
    await allGone(started)
  })

  it('starts a program and PostgreSQL again when they die', async () => {
    const run = start(['--data', folder, '--port', String(await freePort())])
    const first = await ready(run, folder)
    await answered(`${first.hub}/end`)
    const second = await until('the hub runs again', async () => {
      const now = startedFile(folder)
      if (now === undefined || now.pids.hub === first.pids.hub) return undefined
      return (await answered(`${now.hub}/health`)) ? now : undefined
    })
    assert.match(run.output(), /The hub ended by itself \(code 3\); starting it again in 0\.5 s/)
    process.kill(Number(second.pids.postgres), 'SIGKILL')
    const third = await until('PostgreSQL runs again', () => {
      const now = startedFile(folder)
      return now?.pids.postgres === second.pids.postgres ? undefined : now
    })
    assert.match(run.output(), /PostgreSQL ended by itself; starting it again/)
    run.child.kill('SIGINT')
    assert.equal(await run.ended, 0)
    await allGone(third)
  })

  it('stops while it is still starting', async () => {
    const run = start(['--data', join(root, 'early'), '--port', String(await freePort())])
    await until('it prepares the database', () =>
      run.output().includes('Preparing') ? true : undefined,
    )
    run.child.kill('SIGINT')
    assert.equal(await run.ended, 0, run.output())
    assert.ok(run.output().endsWith('Stopped.\n'))
    assert.equal(existsSync(join(root, 'early', 'postgres', 'cluster', 'postmaster.pid')), false)
  })

  it('names a used port, its user, and what to change', async () => {
    const port = await freePort()
    const blocker = createServer().listen(port + 1, '127.0.0.1')
    await once(blocker, 'listening')
    const run = start(['--data', join(root, 'ports'), '--port', String(port)])
    assert.equal(await run.ended, 1)
    blocker.close()
    assert.ok(run.output().startsWith(`Port ${port + 1} (sandbox) is used by another program.`))
    assert.ok(run.output().includes('--port'))
    assert.equal(existsSync(join(root, 'ports', 'lock')), false)
  })

  it('shows the words of a program that does not start, and stops the others', async () => {
    const data = join(root, 'failing')
    const run = start(['--data', data, '--port', String(await freePort())], {
      FIXTURE_FAILS: 'hub',
    })
    assert.equal(await run.ended, 1)
    assert.match(run.output(), /The hub ended by itself \(code 2\)\. Its last words/)
    assert.match(run.output(), /TONGBAO_EXAMPLE is "x"; expected a number\./)
    assert.equal(readFileSync(join(data, 'ends.log'), 'utf8'), 'sandbox\n')
    assert.equal(existsSync(join(data, 'lock')), false)
  })

  it('shows the sentence of a program that refuses to start, and nothing around it', async () => {
    const run = start(['--data', join(root, 'refusing'), '--port', String(await freePort())], {
      FIXTURE_FAILS: 'hub',
      FIXTURE_EXIT: '78',
    })
    assert.equal(await run.ended, 1)
    const said = run.output().replace('Preparing the database …\n', '')
    assert.equal(said, 'TONGBAO_EXAMPLE is "x"; expected a number.\n')
  })

  it('checks the settings before it makes a database', async () => {
    const data = join(root, 'unchecked')
    const run = start(['--data', data, '--port', String(await freePort())], {
      FIXTURE_FAILS: 'check',
    })
    assert.equal(await run.ended, 1)
    assert.equal(run.output(), 'TONGBAO_EXAMPLE is "x"; expected a number.\n')
    assert.equal(existsSync(join(data, 'postgres')), false)
    assert.equal(existsSync(join(data, 'lock')), false)
  })

  it('uses the server that DATABASE_URL names, and shows no password', async () => {
    const server = await startTestPostgres()
    const data = join(root, 'given')
    const url = server.url.replace('tongbao@', 'tongbao:secret@')
    const run = start(['--data', data, '--port', String(await freePort())], { DATABASE_URL: url })
    const started = await ready(run, data)
    assert.equal(started.database, server.url)
    assert.equal(started.pids.postgres, undefined)
    assert.equal(existsSync(join(data, 'postgres')), false)
    run.child.kill('SIGINT')
    assert.equal(await run.ended, 0)
    await server.stop()
  })

  it('refuses an unknown flag with a sentence', async () => {
    const run = start(['--prot', '8800'])
    assert.equal(await run.ended, 1)
    assert.equal(
      run.output(),
      'Unknown argument "--prot"; "npm start -- --help" lists what there is.\n',
    )
  })
})
