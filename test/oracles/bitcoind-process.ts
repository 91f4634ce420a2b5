// A real node on regtest for tests on demand: found, or fetched once from Debian's packages.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Bitcoind {
  url: string
  user: string
  password: string
  /** The body of the answer to one call, as it came. */
  ask(method: string, params?: readonly unknown[]): Promise<string>
  close(): Promise<void>
}

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/bitcoind', import.meta.url))
const USER = 'tongbao'
const PASSWORD = 'regtest'

/** The node needs newer libraries than an older Debian has: they lie beside it, nothing is installed. */
const LIBRARIES = [
  ...['libc6', 'libstdc++6', 'libgcc-s1', 'libevent-core-2.1-7t64', 'libevent-extra-2.1-7t64'],
  ...['libevent-pthreads-2.1-7t64', 'libsqlite3-0', 'libzmq5', 'libbsd0', 'libmd0'],
  ...['libgssapi-krb5-2', 'libnorm1t64', 'libpgm-5.3-0t64', 'libsodium23', 'libkrb5-3'],
  ...['libk5crypto3', 'libcom-err2', 'libkrb5support0', 'libkeyutils1', 'libssl3t64', 'zlib1g'],
]

/** Starts a node with an empty chain. `BITCOIND` names its program; else Debian's is fetched. */
export async function startBitcoind(): Promise<Bitcoind> {
  const command = process.env.BITCOIND ? [process.env.BITCOIND] : debianNode()
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-bitcoind-'))
  const port = await freePort()
  const [program = '', ...before] = command
  const child = spawn(
    program,
    [
      ...before,
      '-regtest',
      `-datadir=${folder}`,
      `-rpcport=${port}`,
      `-rpcuser=${USER}`,
      `-rpcpassword=${PASSWORD}`,
      ...['-server=1', '-listen=0', '-connect=0', '-txindex=1', '-persistmempool=0'],
      ...['-printtoconsole=0', '-maxtipage=4000000000', '-minrelaytxfee=0.00001'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  const url = `http://127.0.0.1:${port}`
  const node = { url, user: USER, password: PASSWORD, ask: askAt(url) }
  await answers(node.ask, child)
  return {
    ...node,
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

function askAt(url: string) {
  const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`
  return async (method: string, params: readonly unknown[] = []) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const answer = await fetch(url, { method: 'POST', headers: { authorization }, body })
    return answer.text()
  }
}

async function answers(ask: Bitcoind['ask'], child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}`)
    const text = await ask('getblockcount').catch(() => '')
    if (text.includes('"result":0')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the node does not answer')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (!address || typeof address === 'string') throw new Error('no free port')
  return address.port
}

/** Loader, library path and program of Debian's `bitcoin-knots`, unpacked into the cache. */
function debianNode(): string[] {
  const root = join(CACHE, 'root')
  const find = (pattern: string) => globSync(pattern, { cwd: root }).map((each) => join(root, each))
  if (find('usr/bin/bitcoind').length === 0) fetchPackages(root)
  const [program] = find('usr/bin/bitcoind')
  const [loader] = find('usr/lib/*/ld-linux-*.so.2')
  if (program === undefined || loader === undefined)
    throw new Error('Debian has no node for this machine')
  return [loader, '--library-path', join(loader, '..'), program]
}

function fetchPackages(root: string): void {
  const sources = ['/etc/apt/sources.list', ...globSync('/etc/apt/sources.list.d/*')]
  const text = sources.filter((each) => existsSync(each)).map((each) => readFileSync(each, 'utf8'))
  const mirror = /https?:\/\/\S+\/debian(?=\/?\s)/.exec(text.join('\n'))?.[0]
  if (mirror === undefined)
    throw new Error('only Debian has this node: set BITCOIND to one of your own')
  const apt = join(CACHE, 'apt')
  const debs = join(CACHE, 'debs')
  for (const folder of [
    join(apt, 'lists/partial'),
    join(apt, 'cache/archives/partial'),
    debs,
    root,
  ]) {
    mkdirSync(folder, { recursive: true })
  }
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg'
  const list = ['sid', 'trixie'].map((suite) => `deb [signed-by=${key}] ${mirror} ${suite} main`)
  writeFileSync(join(apt, 'sources.list'), `${list.join('\n')}\n`)
  const options = {
    'Dir::Etc::sourcelist': join(apt, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(apt, 'lists'),
    'Dir::Cache': join(apt, 'cache'),
    'APT::Sandbox::User': 'root',
  }
  const settings = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const run = (...args: string[]) =>
    execFileSync('apt-get', [...settings, '-qq', ...args], { cwd: debs, stdio: 'inherit' })
  run('update')
  run('download', 'bitcoin-knots')
  run('download', '-t', 'trixie', ...LIBRARIES)
  for (const deb of globSync('*.deb', { cwd: debs })) {
    execFileSync('dpkg', ['-x', join(debs, deb), root])
  }
}
