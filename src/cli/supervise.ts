// Keeps one program running: started, waited for, restarted when it dies, stopped when asked.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { REFUSED } from '../exit-codes.ts'
import { answers } from './probe.ts'

export interface Program {
  name: string
  command: string
  args: readonly string[]
  env: Record<string, string | undefined>
  /** Answers 200 when the program can be used. */
  readyUrl: string
}

export interface Supervised {
  /** The running process; undefined between two runs. */
  pid(): number | undefined
  /** Rejects when the first run ends, or is silent, before it can be used. */
  ready: Promise<void>
  /** Ends it gracefully, or at once; never restarted afterwards. */
  stop(how: 'graceful' | 'force'): Promise<void>
}

export interface SuperviseOptions {
  /** The program's own output goes here. */
  logFile: string
  /** A line for the person at the terminal. */
  tell(line: string): void
  /** Called after each restart, with the new process. */
  changed(): void
}

const READY_LIMIT_MS = 60_000
const GRACE_MS = 15_000
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000
const STEADY_AFTER_MS = 60_000
const LOG_LIMIT_BYTES = 16 * 1024 * 1024

export function supervise(program: Program, options: SuperviseOptions): Supervised {
  const stopping = new AbortController()
  let child = run(program, options.logFile)
  const first = firstRun(program, child, options.logFile, stopping.signal)
  const done = first.then(
    () => keepRunning(),
    () => undefined,
  )

  async function keepRunning(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    for (;;) {
      const since = Date.now()
      await ended(child)
      if (stopping.signal.aborted) return
      if (Date.now() - since > STEADY_AFTER_MS) pauseMs = FIRST_PAUSE_MS
      options.tell(
        `${describeEnd(program, child)}; starting it again in ${pauseMs / 1000} s. Log: ${options.logFile}`,
      )
      if (!(await pause(pauseMs, stopping.signal))) return
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      child = run(program, options.logFile)
      options.changed()
    }
  }

  return {
    pid: () => (isRunning(child) ? child.pid : undefined),
    ready: first,
    async stop(how) {
      stopping.abort(new Error('stopped'))
      if (isRunning(child)) await end(child, how)
      await done
    },
  }
}

function run(program: Program, logFile: string): ChildProcess {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`)
  const log = openSync(logFile, 'a', 0o600)
  try {
    // Its own process group: Ctrl-C in a terminal reaches us alone, and we stop all in order.
    const child = spawn(program.command, program.args, {
      env: { ...process.env, ...program.env },
      stdio: ['ignore', log, log, 'ipc'],
      detached: true,
    })
    // A program that cannot be run has no pid and counts as ended.
    child.on('error', () => undefined)
    return child
  } finally {
    closeSync(log)
  }
}

async function firstRun(
  program: Program,
  child: ChildProcess,
  logFile: string,
  stopping: AbortSignal,
): Promise<void> {
  const from = statSync(logFile).size
  const over = new AbortController()
  void ended(child).then(() => over.abort(new Error(describeEnd(program, child))))
  const limit = AbortSignal.timeout(READY_LIMIT_MS)
  try {
    await answers(program.readyUrl, AbortSignal.any([stopping, over.signal, limit]))
  } catch (error) {
    if (stopping.aborted) throw error
    if (child.exitCode === REFUSED) throw new Error(refusal(logFile, from), { cause: error })
    const reason = limit.aborted
      ? `The ${program.name} does not answer at ${program.readyUrl}`
      : describeEnd(program, child)
    throw new Error(`${reason}. Its last words (${logFile}):\n${lastLines(logFile, from)}`, {
      cause: error,
    })
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

async function ended(child: ChildProcess): Promise<void> {
  if (isRunning(child)) await once(child, 'exit')
}

async function end(child: ChildProcess, how: 'graceful' | 'force'): Promise<void> {
  const over = ended(child)
  if (how === 'graceful') {
    child.kill('SIGTERM')
    await Promise.race([over, delay(GRACE_MS, undefined, { ref: false })])
  }
  if (isRunning(child)) killGroup(child)
  await over
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal })
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

function describeEnd(program: Program, child: ChildProcess): string {
  if (child.pid === undefined) return `The ${program.name} cannot be run with ${program.command}`
  const how = child.signalCode === null ? `code ${child.exitCode}` : `signal ${child.signalCode}`
  return `The ${program.name} ended by itself (${how})`
}

/** The sentences with which it refused to start; its log stands before them. */
function refusal(file: string, from: number): string {
  const lines = lastLines(file, from).split('\n')
  return lines.slice(lines.findLastIndex((line) => line.startsWith('{')) + 1).join('\n')
}

function lastLines(file: string, from: number): string {
  const text = readFileSync(file).subarray(from).toString('utf8').trim()
  return text.split('\n').slice(-20).join('\n')
}
