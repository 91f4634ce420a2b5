// The whole product for a test or a benchmark: a database, the sandbox, a hub and the example shop,
// each a process of its own on a free port, so that any of them can be killed.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface StackOptions {
  databaseUrl: string
  /** Where webhooks go; the hub lets exactly this address be private. */
  shopUrl?: string
  /** Starts the example shop too, and sends webhooks there. */
  shop?: boolean
  /** More settings of the hub. */
  hubEnv?: Record<string, string>
  sandboxEnv?: Record<string, string>
}

export interface Stack {
  hubUrl: string
  sandboxUrl: string
  metricsUrl: string
  apiKey: string
  merchantId: string
  webhookSecret: string
  /** Where webhooks go. */
  shopUrl: string
  hub: Process
  sandbox: Process
  /** Where the hub and the sandbox keep their files. */
  folder: string
  /** Starts one more hub on the same database, with the same keys. It ends with the stack. */
  anotherHub(): Promise<AnotherHub>
  stop(): Promise<void>
}

export interface AnotherHub {
  hubUrl: string
  metricsUrl: string
  hub: Process
}

export interface Process {
  pid(): number
  /** Ends at once, as a power failure would. */
  kill(): Promise<void>
  /** Ends in order. */
  stop(): Promise<void>
  start(): Promise<void>
  /** What it has written so far. */
  output(): string
}

const root = fileURLToPath(new URL('..', import.meta.url))

export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-stack-'))
  const [hubPort, adminPort, sandboxPort, shopPort] = await freePorts(4)
  const hubUrl = `http://127.0.0.1:${hubPort}`
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`
  const shopUrl = options.shopUrl ?? `http://127.0.0.1:${options.shop ? shopPort : sandboxPort}`
  const sandbox = program('src/sandbox/main.ts', `${sandboxUrl}/health`, {
    TONGBAO_SANDBOX_PORT: String(sandboxPort),
    TONGBAO_SANDBOX_DATA: join(folder, 'sandbox'),
    TONGBAO_HUB_URL: hubUrl,
    ...options.sandboxEnv,
  })
  const hubAt = (port: number | undefined, admin: number | undefined) =>
    program('src/main.ts', `http://127.0.0.1:${port}/ready`, {
      TONGBAO_MODE: 'test',
      TONGBAO_PORT: String(port),
      TONGBAO_ADMIN_PORT: String(admin),
      TONGBAO_URL: hubUrl,
      TONGBAO_DATA: join(folder, 'hub'),
      TONGBAO_SANDBOX_URL: sandboxUrl,
      TONGBAO_SHOP_URL: shopUrl,
      DATABASE_URL: options.databaseUrl,
      TONGBAO_LOG_LEVEL: 'warn',
      ...options.hubEnv,
    })
  const hub = hubAt(hubPort, adminPort)
  const others: Process[] = []
  const anotherHub = async () => {
    const [port, admin] = await freePorts(2)
    const other = hubAt(port, admin)
    others.push(other)
    await other.start()
    return {
      hubUrl: `http://127.0.0.1:${port}`,
      metricsUrl: `http://127.0.0.1:${admin}/metrics`,
      hub: other,
    }
  }
  let shop: Process | undefined
  const stop = async () => {
    await shop?.stop()
    await Promise.all([hub, ...others].map((each) => each.stop()))
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await sandbox.start()
    await hub.start()
    const access = JSON.parse(readFileSync(join(folder, 'hub', 'test-access.json'), 'utf8'))
    if (options.shop) {
      shop = program('examples/shop/server.ts', `${shopUrl}/health`, {
        PORT: String(shopPort),
        SHOP_URL: shopUrl,
        SHOP_DATA: join(folder, 'shop'),
        TONGBAO_API_URL: hubUrl,
        TONGBAO_API_KEY: access.api_key,
        TONGBAO_WEBHOOK_SECRET: access.webhook_secret,
      })
      await shop.start()
    }
    return {
      hubUrl,
      sandboxUrl,
      metricsUrl: `http://127.0.0.1:${adminPort}/metrics`,
      apiKey: access.api_key,
      merchantId: access.merchant_id,
      webhookSecret: access.webhook_secret,
      shopUrl,
      hub,
      sandbox,
      folder,
      anotherHub,
      stop,
    }
  } catch (error) {
    const said = `${sandbox.output()}\n${hub.output()}\n${shop?.output() ?? ''}`.trim()
    await stop()
    throw new Error(`the stack did not start: ${said}`, { cause: error })
  }
}

function program(file: string, readyUrl: string, env: Record<string, string>): Process {
  let child: ChildProcess | undefined
  let said = ''
  const end = async (signal: NodeJS.Signals) => {
    const running = child
    child = undefined
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const exit = once(running, 'exit')
    running.kill(signal)
    await exit
  }
  return {
    pid: () => child?.pid ?? 0,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    output: () => said,
    async start() {
      const started = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', join(root, file)],
        {
          env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      child = started
      for (const stream of [started.stdout, started.stderr]) {
        stream?.on('data', (chunk: Buffer) => {
          said = (said + chunk.toString()).slice(-100_000)
        })
      }
      await answers(readyUrl, started)
    },
  }
}

/** Waits until the address answers 200, or fails when the process ends first. */
async function answers(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + 30_000
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`${url}: the process ended with ${child.exitCode}`)
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${url} did not answer within 30 s`)
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address && typeof address === 'object') ports.push(address.port)
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Asks again until `read` gives something, for what other processes bring about in their own time. */
export async function eventually<T>(
  read: () => Promise<T | undefined>,
  limitMs = 15_000,
): Promise<T> {
  const until = Date.now() + limitMs
  for (;;) {
    const value = await read()
    if (value !== undefined) return value
    if (Date.now() > until) throw new Error(`nothing came within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
