// The hub's process: the only file that knows everything. Reads the settings, opens the database,
// connects the parts, serves and works until it is told to stop.

import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Config, readConfig } from './config.ts'
import { createListener } from './db/listener.ts'
import { migrate } from './db/migrate.ts'
import { createPool } from './db/pool.ts'
import { createReadiness } from './db/readiness.ts'
import { createAdminServer } from './http/admin-server.ts'
import { createCursors } from './http/cursor.ts'
import { createIdempotency } from './http/idempotency.ts'
import { createLinks } from './http/links.ts'
import { createLive } from './http/live.ts'
import { createMetrics } from './http/metrics.ts'
import { readAssets } from './http/pages/assets.ts'
import { createRateLimit } from './http/rate-limit.ts'
import { createServer } from './http/server.ts'
import type { Services } from './http/services.ts'
import { CURRENT_VERSION } from './http/version.ts'
import { freeJobsOfDeadHubs, type Jobs, runJobs } from './jobs/runner.ts'
import { createLog } from './log.ts'
import { createAuthenticator } from './merchants/authenticate.ts'
import { createConnectedWallets } from './merchants/connected-wallets.ts'
import { removeOldKeys } from './merchants/idempotency-store.ts'
import { opensDatabase } from './merchants/master-key-check.ts'
import { createMerchants } from './merchants/merchants.ts'
import { createSealer } from './merchants/sealing.ts'
import { createWalletAccounts } from './merchants/wallet-accounts.ts'
import { createGuard } from './outgoing/guard.ts'
import { createNetwork, createWebhookNetwork } from './outgoing/network.ts'
import { checkAccounts } from './payments/check-accounts.ts'
import { followAccounts } from './payments/follow.ts'
import { createJournal } from './payments/journal.ts'
import { createNotificationBook } from './payments/notification-book.ts'
import { presentPayment } from './payments/present.ts'
import { resolveTask } from './payments/resolve-job.ts'
import type { Clock, Log, Random } from './ports.ts'
import { readSandboxTrust } from './sandbox-trust.ts'
import { StartRefusal, startFailure } from './start-failure.ts'
import { prepareTestMode } from './test-mode.ts'
import { registry as wallets } from './wallets/index.ts'
import { measured } from './wallets/measured.ts'
import { deliverTask } from './webhooks/deliver.ts'
import { reviveDeliveries } from './webhooks/delivery-store.ts'

const clock: Clock = { now: Date.now }
const random: Random = { bytes: (size) => randomBytes(size) }

/** Connections of the journal's lanes, the notification book's, and one to read back with. */
const WRITERS = 4
/** The job queue's own; jobs themselves use the common pool. */
const QUEUE_CONNECTIONS = 4
/** In test mode every payer comes from the developer's own machine. */
const ONE_ADDRESS = {
  page: { burst: 600, refillMs: 100 },
  attempt: { burst: 1_000, refillMs: 3_000 },
}
const RESOLVES_AT_ONCE = 128
const DELIVERIES_AT_ONCE = 512

const WEB_FOLDER = fileURLToPath(new URL('../dist/web', import.meta.url))

async function main(config: Config, log: Log): Promise<void> {
  await migrate(config.databaseUrl, { clock, log })
  const hub = await connect(config, log)
  const { services, listener } = hub
  if (!(await opensDatabase(hub.pool, services.sealer))) {
    throw new StartRefusal(
      'TONGBAO_MASTER_KEY_FILE holds another key than the one that sealed the secrets in this database; put the right file there.',
    )
  }
  if (config.sandboxUrl && config.shopUrl) {
    await prepareTestMode({
      pool: hub.pool,
      ports: services.payments.ports,
      walletAccounts: services.walletAccounts,
      endpoints: services.endpoints,
      wallets: [...wallets.keys()],
      sandboxUrl: config.sandboxUrl,
      shopUrl: config.shopUrl,
      notifyUrl: services.links.notify,
      version: CURRENT_VERSION,
      accessFile: join(config.dataFolder, 'test-access.json'),
    })
  }
  const jobs = config.roles.has('worker') ? await work(hub, log) : []
  const app = await createServer({
    services,
    assets: await readAssets(WEB_FOLDER),
    webFolder: WEB_FOLDER,
    trustedProxies: config.trustedProxies,
    formTargets: FORM_TARGETS.concat(config.sandboxUrl ?? []),
    readiness: createReadiness({ pool: hub.pool, clock }),
  })
  const underWay = countRequests(app)
  const admin = createAdminServer(services.metrics)
  admin.listen(config.adminPort, config.host)
  await once(admin, 'listening')
  if (config.roles.has('api')) await app.listen({ port: config.port, host: config.host })
  log.info({ url: config.url, mode: config.mode }, 'the hub is ready')

  await stopSignal()
  log.info({}, 'the hub is stopping')
  // First nothing new comes in, then what is under way is written, then the database is let go.
  await closeWhenIdle(app, underWay)
  await Promise.all(jobs.map((each) => each.stop()))
  await services.payments.journal.drain()
  await services.payments.notifications.drain()
  services.live.close()
  admin.close()
  await Promise.all([hub.network.close(), hub.webhookNetwork.close(), listener.close()])
  await Promise.all([hub.pool.end(), hub.writers.end(), hub.queue.end()])
}

type App = Awaited<ReturnType<typeof createServer>>

/** How many requests wait for their answer now. */
function countRequests(app: App): () => number {
  let underWay = 0
  app.server.on('request', (_request, response) => {
    underWay += 1
    response.once('close', () => {
      underWay -= 1
    })
  })
  return () => underWay
}

/**
 * Lets requests under way end, then closes what is left: browsers keep connections open on which
 * they have asked nothing yet, and for those the server alone would wait a minute.
 */
async function closeWhenIdle(app: App, underWay: () => number): Promise<void> {
  const sweep = setInterval(() => {
    if (underWay() === 0) app.server.closeAllConnections()
  }, 50)
  await app.close()
  clearInterval(sweep)
}

/** Where a payment page may send a form: the gateways of the wallets that use one. */
const FORM_TARGETS = ['https://openapi.alipay.com', 'https://openapi-sandbox.dl.alipaydev.com']

type Hub = Awaited<ReturnType<typeof connect>>

async function connect(config: Config, log: Log) {
  const metrics = createMetrics()
  const open = (size: number, applicationName: string) =>
    createPool(config.databaseUrl, { size, statementTimeoutMs: 30_000, log, applicationName })
  const pool = open(config.poolSize, 'tongbao')
  const writers = open(WRITERS, 'tongbao journal')
  const queue = open(QUEUE_CONNECTIONS, 'tongbao jobs')
  const { listener, live } = await listen(config, log, metrics)

  const allowed = [config.sandboxUrl, config.shopUrl].filter((url) => url !== undefined)
  const trust = config.sandboxUrl ? await readSandboxTrust(config.sandboxUrl, log) : undefined
  const network = createNetwork({
    log,
    allowPrivate: [...allowed, ...config.privateOrigins, ...(trust?.origins ?? [])],
    ...(trust && { authorities: trust.authorities }),
  })
  const guard = createGuard({
    exempt: [...allowed, ...(config.webhookTestOrigins ?? [])],
    ports: [...config.webhookPorts],
  })
  const webhookNetwork = createWebhookNetwork({ log, guard })
  const ports = { clock, random, log, network }
  const sealer = createSealer(config.masterKey)
  const links = createLinks(config.url, derivedKey(config, 'links'), wallets)
  const registry = new Map(
    [...wallets].map(([name, wallet]) => [
      name,
      measured(wallet, ({ seconds, ...labels }) => metrics.walletCalls.observe(labels, seconds)),
    ]),
  )
  const journal = createJournal({
    pool: writers,
    clock,
    random,
    present: (payment) => presentPayment(payment, links),
    onGroup: (size) => metrics.journalGroup.observe(size),
  })
  const services: Services = {
    pool,
    payments: {
      pool,
      journal,
      ports,
      registry,
      wallets: createConnectedWallets({ pool, sealer, clock, log, registry }),
      notifications: createNotificationBook(writers),
      links,
      changed: (payment) => live.changed(payment.paymentId),
    },
    authenticator: createAuthenticator({ pool, clock, log }),
    idempotency: createIdempotency({ pool, sealer, clock }),
    cursors: createCursors(derivedKey(config, 'cursors')),
    sealer,
    merchants: createMerchants({ pool, clock }),
    walletAccounts: createWalletAccounts({ pool, sealer, ports, registry }),
    links,
    endpoints: { pool, sealer, clock, random, guard },
    live,
    metrics,
    rateLimit: createRateLimit(clock, config.mode === 'test' ? ONE_ADDRESS : {}),
    sandboxUrl: config.sandboxUrl,
  }
  return { services, pool, writers, queue, listener, network, webhookNetwork }
}

/** Changes that any hub commits wake the pages open here. */
async function listen(config: Config, log: Log, metrics: Services['metrics']) {
  const tell = new Set<(paymentId: string) => void>()
  const listener = await createListener(config.databaseUrl, {
    log,
    channels: {
      tongbao_changed: (payload) => {
        for (const paymentId of payload.split(',')) for (const heard of tell) heard(paymentId)
      },
    },
    missed: () => live.missed(),
  })
  const live = createLive(metrics, {
    // The journal's own statement publishes.
    publish: () => {},
    subscribe: (heard) => {
      tell.add(heard)
      return () => tell.delete(heard)
    },
  })
  return { listener, live }
}

async function work(hub: Hub, log: Log): Promise<Jobs[]> {
  const { services, pool, queue, listener } = hub
  const { payments, sealer } = services
  await freeJobsOfDeadHubs(pool)
  const deliver = deliverTask({
    pool,
    sealer,
    network: hub.webhookNetwork,
    clock,
    random,
    log,
    onTry: (result) => services.metrics.webhookTries.inc({ result }),
  })
  const common = { pool: queue, listener, log }
  return [
    await runJobs({
      ...common,
      tasks: { resolve: resolveTask(payments) },
      concurrency: RESOLVES_AT_ONCE,
    }),
    // Apart, because deliveries wait for merchants' servers.
    await runJobs({ ...common, tasks: { deliver }, concurrency: DELIVERIES_AT_ONCE }),
    every(1_000, log, () => followAccounts(payments)),
    every(5_000, log, () => freeJobsOfDeadHubs(pool)),
    every(300_000, log, () => checkAccounts(payments)),
    every(60_000, log, () => reviveDeliveries(pool, clock.now())),
    every(3_600_000, log, () => removeOldKeys(pool, clock.now())),
  ]
}

/** Does something again and again; a failure is logged and tried again at the next time. */
function every(ms: number, log: Log, task: () => Promise<unknown>): Jobs {
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    running = running
      .then(task)
      .catch((error: unknown) => log.warn({ error: String(error) }, 'a regular task failed'))
  }, ms)
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

/** A key for one purpose, so that what is made for one never passes for another. */
function derivedKey(config: Config, purpose: string): Buffer {
  return createHmac('sha256', config.masterKey).update(`tongbao ${purpose}`).digest()
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
}

try {
  const config = readConfig()
  await main(config, createLog(config.logLevel))
} catch (error) {
  const { words, code } = startFailure(error)
  process.stderr.write(`${words}\n`)
  process.exit(code)
}
