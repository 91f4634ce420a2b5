// Where an embedded PostgreSQL keeps its files, who owns them, and how they come about.

import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  type Account,
  canEnter,
  databaseAccount,
  SHARED_ROOT,
  serverBinaries,
} from './embedded-account.ts'

/** Where things stand; the account is undefined when the server runs as ourselves. */
export interface Place {
  home: string
  cluster: string
  logFile: string
  binaries: string
  account: Account | undefined
  note: string | undefined
}

/** sockaddr_un.sun_path with its closing zero is 104 bytes on macOS and 108 on Linux. */
const SOCKET_PATH_LIMIT = 103
const SOCKET_NAME = '.s.PGSQL.5432'

/** Makes the folder, or finds the one it points to. Throws where the server's account cannot enter. */
export function preparePlace(folder: string): Place {
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
export function initialize(place: Place, durable: boolean): void {
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
export function processOptions(place: Place) {
  return {
    cwd: place.home,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', HOME: place.home },
    ...(place.account === undefined ? {} : { uid: place.account.uid, gid: place.account.gid }),
  }
}

/** `run` in the home, or a link to a short private folder where that path is too long for a socket. */
export function prepareSocketFolder(place: Place): string {
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

/** The lines of postmaster.pid, none when there is no such file. */
export function postmasterFile(place: Place): string[] {
  const file = join(place.cluster, 'postmaster.pid')
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
}
