// One run of the embedded PostgreSQL's server program: launched, watched until ready, stopped.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Place, postmasterFile, processOptions } from './embedded-place.ts'

const READY_LIMIT_MS = 300_000
const STOP_LIMIT_MS = 30_000
const LEFT_OVER_LIMIT_MS = 10_000
const LOG_LIMIT_BYTES = 16 * 1024 * 1024

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
  // A young table soon outgrows the plans that were made while it was small.
  autovacuum_naptime: '10s',
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

export interface Server {
  pid: number
  ended: Promise<string>
  stop(how: 'fast' | 'immediate'): Promise<void>
}

/** Throws an `Error` with the server's last log lines when it does not become ready. */
export async function launch(
  place: Place,
  socketFolder: string,
  durable: boolean,
): Promise<Server> {
  const until = Date.now() + LEFT_OVER_LIMIT_MS
  for (;;) {
    const from = rotateLog(place)
    const child = spawnServer(place, {
      ...TUNING,
      ...(durable ? DURABLE : THROW_AWAY),
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
