// What every command needs before anything installed can run: dependencies, the pinned Node, the
// built pages. Runs on Node 20 with nothing installed, so it imports Node's own modules only.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

const MODULES = join(ROOT, 'node_modules')
const PINNED_NODE = join(MODULES, 'node', 'bin', 'node')
const PAGES = join(ROOT, 'dist', 'web')
const PAGES_STAMP = join(ROOT, 'dist', 'web.stamp')
/** What the pages are made from. */
const PAGE_SOURCES = [
  'src/web',
  'src/http/checkout-types.ts',
  'src/wallets/wallet.ts',
  'vite.config.ts',
  'package-lock.json',
]

/** Stops with a sentence for a person. */
export function stop(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

/** Installs the locked dependencies unless exactly these are installed. */
export function ensureInstalled() {
  if (isInstalled()) return
  process.stdout.write('Installing dependencies; the first time takes about a minute …\n')
  runQuietly('npm ci', npmCommand(), ['ci', '--include=dev', '--include=optional', '--no-progress'])
  if (!existsSync(PINNED_NODE)) {
    stop(
      'The pinned Node 24 (node_modules/node/bin/node) was not installed, probably because npm is set ' +
        'to run no install scripts. Run "npm rebuild node --ignore-scripts=false" and try again.',
    )
  }
}

/** npm keeps what it installed in node_modules/.package-lock.json; times say nothing after a clone. */
function isInstalled() {
  const installedFile = join(MODULES, '.package-lock.json')
  if (!existsSync(installedFile) || !existsSync(PINNED_NODE)) return false
  const installed = readJson(installedFile).packages
  const locked = readJson(join(ROOT, 'package-lock.json')).packages
  return Object.entries(locked).every(([path, entry]) => {
    if (path === '') return true
    const found = installed[path]
    if (found === undefined) return entry.optional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

/** Builds dist/web unless it was built from exactly these sources. */
export function ensureBuilt() {
  const stamp = digest(PAGE_SOURCES)
  const built = existsSync(PAGES_STAMP) ? readFileSync(PAGES_STAMP, 'utf8') : ''
  if (built === stamp && existsSync(PAGES)) return
  process.stdout.write('Building the pages …\n')
  runQuietly('vite build', [PINNED_NODE], [join(MODULES, 'vite', 'bin', 'vite.js'), 'build'])
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  writeFileSync(PAGES_STAMP, stamp)
}

function digest(paths) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(filesUnder).sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  const entry = join(ROOT, path)
  if (!existsSync(entry)) return []
  return readdirOrFile(entry).map((name) => (name === '' ? path : `${path}/${name}`))
}

function readdirOrFile(entry) {
  try {
    return readdirSync(entry, { recursive: true, withFileTypes: true })
      .filter((item) => item.isFile())
      .map((item) => join(item.parentPath ?? item.path, item.name).slice(entry.length + 1))
  } catch (error) {
    if (error.code === 'ENOTDIR') return ['']
    throw error
  }
}

/**
 * Runs a TypeScript file on the pinned Node and ends as it ends. Signals are passed on; the child
 * holds an IPC channel, which closes when we are killed, and so learns of it.
 */
export function handOver(file, args) {
  const child = spawn(
    PINNED_NODE,
    ['--disable-warning=ExperimentalWarning', join(ROOT, file), ...args],
    {
      cwd: process.cwd(),
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env: process.env,
    },
  )
  const forward = (signal) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
  stopWithNpm(child)
  child.on('error', (error) => {
    stop(
      `The pinned Node 24 (${PINNED_NODE}) cannot be run: ${error.message}. ` +
        'Run "npm rebuild node --ignore-scripts=false"; it needs a system with glibc or macOS.',
    )
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

/** npm passes most signals on, but cannot when it is killed; then our parent changes. */
function stopWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }, 500).unref()
}

function npmCommand() {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env
  // npm's own Node, unless that is the one that the installation is about to replace.
  if (npm?.endsWith('.js') && node !== undefined && !node.startsWith(MODULES)) return [node, npm]
  return ['npm']
}

function runQuietly(name, [command, ...first], args) {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.startsWith(MODULES))
  const answer = spawnSync(command, [...first, ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PATH: path.join(delimiter) },
  })
  if (answer.status === 0) return
  const output = `${answer.stdout ?? ''}${answer.stderr ?? ''}`.trim()
  stop(
    `${output}\n${name} failed${answer.error ? `: ${answer.error.message}` : ''}. Its output is above.`,
  )
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}
