// One start per data folder. The lock names its process so exactly (boot, number, start time) that
// one left behind by a killed start is recognized, even when the number was given away again.

import { spawnSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface LockHolder {
  pid: number
  identity: string
  startedAt: string
  address: string
}

export interface Lock {
  release(): void
}

/**
 * Takes the folder's lock. When another start holds it, an `Error` says since when and where that
 * one runs.
 */
export function takeLock(folder: string, address: string): Lock {
  const file = join(folder, 'lock')
  const own = `${file}.${process.pid}`
  const holder: LockHolder = {
    pid: process.pid,
    identity: identityOf(process.pid) ?? '',
    startedAt: new Date().toISOString(),
    address,
  }
  writeFileSync(own, JSON.stringify(holder), { mode: 0o600 })
  try {
    // A link appears whole or not at all, and never replaces another.
    while (!tryLink(own, file)) removeStale(file, folder)
  } finally {
    rmSync(own, { force: true })
  }
  return {
    release() {
      if (readHolder(file)?.identity === holder.identity) rmSync(file, { force: true })
    },
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function removeStale(file: string, folder: string): void {
  const seen = readHolder(file)
  if (seen !== undefined && isRunning(seen)) throw alreadyRunning(seen, folder)
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  // Another start may have taken the lock between our look and our move: then it gets it back.
  const moved = readHolder(aside)
  if (moved !== undefined && isRunning(moved)) {
    renameSync(aside, file)
    throw alreadyRunning(moved, folder)
  }
  rmSync(aside, { force: true })
}

function alreadyRunning(holder: LockHolder, folder: string): Error {
  return new Error(
    `Tongbao is already running with ${folder} since ${holder.startedAt}, pid ${holder.pid}, at ` +
      `${holder.address}. Stop it first, or choose another folder with --data.`,
  )
}

function isRunning(holder: LockHolder): boolean {
  return identityOf(holder.pid) === holder.identity
}

function readHolder(file: string): LockHolder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isHolder(value) ? value : undefined
  } catch (error) {
    // Nothing there, or nothing that a start of ours has written: either way nobody holds it.
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error))
      return undefined
    throw error
  }
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false
  return (
    'pid' in value &&
    typeof value.pid === 'number' &&
    'identity' in value &&
    typeof value.identity === 'string' &&
    'startedAt' in value &&
    typeof value.startedAt === 'string' &&
    'address' in value &&
    typeof value.address === 'string'
  )
}

/** Undefined when no such process runs. */
function identityOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // Fields after the name in parentheses; the state is the third of all, the start time the 22nd.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return fields[0] === 'Z' ? undefined : `${boot}:${pid}:${fields[19]}`
    } catch (error) {
      if (error instanceof Error && 'code' in error) return undefined
      throw error
    }
  }
  const started = spawnSync('ps', ['-p', String(pid), '-o', 'lstart='], { encoding: 'utf8' })
  return started.status === 0 ? `${pid}:${started.stdout.trim()}` : undefined
}
