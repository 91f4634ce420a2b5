// One start from beginning to end: lock, ports, database, programs, the printed addresses; then
// waiting; then everything stopped in order.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type EmbeddedPostgres, startPostgres } from '../db/embedded.ts'
import type { StartArguments } from './arguments.ts'
import { takeLock } from './lock.ts'
import { isPortFree } from './probe.ts'
import {
  type Addresses,
  addressesOf,
  type Mode,
  type Programs,
  type Setup,
  type TestAccess,
} from './programs.ts'
import { type Program, type Supervised, supervise } from './supervise.ts'

export interface StartSettings {
  mode: Mode
  host: string
  publicUrl: string | undefined
  databaseUrl: string | undefined
}

export interface StartContext {
  arguments: StartArguments
  settings: StartSettings
  programs: Programs
  version: string
  tell(line: string): void
  /** Aborted when everything shall stop. */
  stop: AbortSignal
  /** Aborted when stopping shall not wait for anything. */
  hurry: AbortSignal
}

type Name = 'hub' | 'sandbox' | 'shop'

const PORT_USERS = ['hub', 'sandbox', 'shop', 'metrics'] as const
const STOP_ORDER: readonly Name[] = ['shop', 'sandbox', 'hub']
const LONGEST_PAUSE_MS = 30_000

/** Starts everything, waits for `stop`, stops everything. Rejects when the start does not succeed. */
export async function runStart(context: StartContext): Promise<void> {
  const startedAt = Date.now()
  const dataFolder = resolve(context.arguments.dataFolder)
  makeFolder(dataFolder)
  const setup: Setup = { ...context.settings, ...context.arguments, dataFolder }
  const addresses = addressesOf(setup)
  const lock = takeLock(dataFolder, addresses.hub)
  const running: Running = { children: new Map(), postgres: undefined }
  const startedFile = join(dataFolder, 'started.json')
  try {
    await checkPorts(setup)
    // Before the database is made, which takes a while: a wrong setting would only be told after it.
    context.programs.check(setup, context.settings.databaseUrl)
    const access = await startAll(context, setup, running)
    const publish = () =>
      writeStarted(startedFile, { setup, addresses, access, running, context, startedAt })
    running.changed = publish
    publish()
    context.tell(announcement(setup, addresses, Date.now() - startedAt))
    await aborted(context.stop)
    context.tell('Stopping …')
  } finally {
    await stopAll(running, context.hurry)
    rmSync(startedFile, { force: true })
    lock.release()
  }
}

/** What has been started so far, for the stop and for started.json. */
interface Running {
  children: Map<Name, Supervised>
  postgres: DatabaseKeeper | undefined
  changed?: () => void
}

/** As root the database's own account has to pass through the folder; nothing in it is readable. */
function makeFolder(dataFolder: string): void {
  mkdirSync(dataFolder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  mkdirSync(join(dataFolder, 'logs'), { recursive: true, mode: 0o700 })
}

async function checkPorts(setup: Setup): Promise<void> {
  const taken: string[] = []
  const users = setup.mode === 'test' ? PORT_USERS : (['hub', 'metrics'] as const)
  for (const user of users) {
    const port = setup.port + PORT_USERS.indexOf(user)
    if (!(await isPortFree(setup.host, port))) taken.push(`${port} (${user})`)
  }
  if (taken.length === 0) return
  const other = setup.port < 60_000 ? setup.port + 1000 : 8800
  throw new Error(
    `${taken.length === 1 ? 'Port' : 'Ports'} ${taken.join(', ')} ` +
      `${taken.length === 1 ? 'is' : 'are'} used by another program. Choose other ports, for example: ` +
      `npm start -- --port ${other} (uses ${other} to ${other + PORT_USERS.length - 1}).`,
  )
}

async function startAll(
  context: StartContext,
  setup: Setup,
  running: Running,
): Promise<TestAccess | undefined> {
  const begin = (name: Name, program: Program) => {
    context.stop.throwIfAborted()
    const child = supervise(program, {
      logFile: join(setup.dataFolder, 'logs', `${name}.log`),
      tell: context.tell,
      changed: () => running.changed?.(),
    })
    // Awaited below; until then a failure must not count as unhandled.
    child.ready.catch(() => undefined)
    running.children.set(name, child)
    return child
  }
  const orStopped = <T>(work: Promise<T>) => Promise.race([work, rejectOnAbort(context.stop)])
  const sandbox =
    setup.mode === 'test' ? begin('sandbox', context.programs.sandbox(setup)) : undefined
  const databaseUrl = context.settings.databaseUrl ?? (await startDatabase(context, setup, running))
  await orStopped(begin('hub', context.programs.hub(setup, databaseUrl)).ready)
  await orStopped(sandbox?.ready ?? Promise.resolve())
  if (setup.mode === 'live') return undefined
  const access = readTestAccess(join(setup.dataFolder, 'hub', 'test-access.json'))
  await orStopped(begin('shop', context.programs.shop(setup, access)).ready)
  return access
}

/** Keeps the embedded server running: one that dies is started again, unless we are stopping. */
interface DatabaseKeeper {
  current: EmbeddedPostgres
  stop(hurry: AbortSignal): Promise<void>
}

async function startDatabase(
  context: StartContext,
  setup: Setup,
  running: Running,
): Promise<string> {
  const folder = join(setup.dataFolder, 'postgres')
  if (!existsSync(folder)) context.tell('Preparing the database …')
  const keeper = await keepDatabase(folder, context, () => running.changed?.())
  running.postgres = keeper
  context.stop.throwIfAborted()
  return keeper.current.url
}

async function keepDatabase(
  folder: string,
  context: StartContext,
  changed: () => void,
): Promise<DatabaseKeeper> {
  let stopping = false
  const keeper: DatabaseKeeper = {
    current: await startPostgres({ folder }),
    async stop(hurry) {
      stopping = true
      const force = () => keeper.current.stop('immediate')
      hurry.addEventListener('abort', force, { once: true })
      await keeper.current.stop(hurry.aborted ? 'immediate' : 'fast')
      hurry.removeEventListener('abort', force)
      await watching
    },
  }
  if (keeper.current.note !== undefined) context.tell(keeper.current.note)
  const watching = watch()
  return keeper

  async function watch(): Promise<void> {
    for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      await keeper.current.ended
      if (stopping) return
      context.tell(`PostgreSQL ended by itself; starting it again. Log: ${keeper.current.logFile}`)
      try {
        keeper.current = await startPostgres({ folder })
        pauseMs = 500
        changed()
        // Asked to stop while it was starting: nobody else knows of this server yet.
        if (stopping) await keeper.current.stop()
      } catch (error) {
        context.tell(error instanceof Error ? error.message : String(error))
        await delay(pauseMs, undefined, { signal: context.stop }).catch(() => undefined)
        if (context.stop.aborted) return
      }
    }
  }
}

function readTestAccess(file: string): TestAccess {
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const text = (name: string): string => {
    const found: unknown = Object.entries(Object(value)).find(([key]) => key === name)?.[1]
    if (typeof found === 'string' && found !== '') return found
    throw new Error(`${file}, which the hub writes, has no "${name}". Look into its log.`)
  }
  return {
    apiKey: text('api_key'),
    merchantId: text('merchant_id'),
    webhookSecret: text('webhook_secret'),
  }
}

async function stopAll(running: Running, hurry: AbortSignal): Promise<void> {
  for (const name of STOP_ORDER) {
    const child = running.children.get(name)
    if (child === undefined) continue
    const force = () => child.stop('force')
    hurry.addEventListener('abort', force, { once: true })
    await child.stop(hurry.aborted ? 'force' : 'graceful')
    hurry.removeEventListener('abort', force)
  }
  await running.postgres?.stop(hurry)
}

interface Facts {
  setup: Setup
  addresses: Addresses
  access: TestAccess | undefined
  running: Running
  context: StartContext
  startedAt: number
}

/** The same as what is printed, for scripts. It holds an API key of test mode, so only we may read it. */
function writeStarted(file: string, facts: Facts): void {
  const { setup, addresses, access, running, context } = facts
  const test = setup.mode === 'test'
  const pids = Object.fromEntries([...running.children].map(([name, child]) => [name, child.pid()]))
  const started = {
    hub: addresses.hub,
    sandbox: test ? addresses.sandbox : null,
    phone: test ? addresses.phone : null,
    shop: test ? addresses.shop : null,
    console: null,
    api_reference: addresses.apiReference,
    metrics: addresses.metrics,
    ...(access === undefined ? {} : { api_key: access.apiKey, merchant_id: access.merchantId }),
    database: running.postgres?.current.url ?? withoutPassword(context.settings.databaseUrl ?? ''),
    pid: process.pid,
    pids: { ...pids, ...(running.postgres ? { postgres: running.postgres.current.pid } : {}) },
    data: setup.dataFolder,
    started_at: new Date(facts.startedAt).toISOString(),
    version: context.version,
  }
  writeFileSync(`${file}.new`, `${JSON.stringify(started, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:@/]*):[^@/]*@/, '$1@').replace(/([?&]password=)[^&]*/, '$1…')
}

function announcement(setup: Setup, addresses: Addresses, tookMs: number): string {
  const lines: [string, string][] =
    setup.mode === 'test'
      ? [
          ['Shop', addresses.shop],
          ['Sandbox phone', addresses.phone],
          ['Hub', addresses.hub],
          ['API reference', addresses.apiReference],
          ['Data and logs', setup.dataFolder],
        ]
      : [
          ['Hub', addresses.hub],
          ['API reference', addresses.apiReference],
          ['Data and logs', setup.dataFolder],
        ]
  const seconds = (tookMs / 1000).toFixed(1)
  const body = lines.map(([label, value]) => `    ${label.padEnd(15)}${value}`).join('\n')
  const first =
    setup.mode === 'test'
      ? '\n\n  Buy something in the shop and confirm it on the sandbox phone.'
      : ''
  return `\n  Tongbao 通宝 is ready (${setup.mode} mode, ${seconds} s)\n\n${body}${first}\n  Stop with Ctrl-C.\n`
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

async function rejectOnAbort(signal: AbortSignal): Promise<never> {
  await aborted(signal)
  throw signal.reason
}
