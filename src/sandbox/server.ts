// The sandbox's server: the platform, the wallets on it, the pages, the control API.
import { readFile } from 'node:fs/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock, Log } from '../ports.ts'
import { addAlipay } from './alipay/index.ts'
import { addBitcoin } from './bitcoin/index.ts'
import { openBooks } from './books.ts'
import { addCards } from './cards/index.ts'
import { openClock } from './clock.ts'
import { addGeneralControl } from './control.ts'
import { openFaults } from './faults.ts'
import { addFaultsPage } from './pages/faults-page.ts'
import { addPaypal } from './paypal/index.ts'
import { addPhone } from './phone/phone.ts'
import type { Platform } from './platform.ts'
import { addWechatPay } from './wechatpay/index.ts'

export interface SandboxOptions {
  /** Folder of the books. Absent: in memory, gone with the process. */
  folder?: string | undefined
  /** 0 takes a free port. */
  port: number
  host?: string | undefined
  /** Where Apple's gateway is played over TLS. 0 or absent: the port of the last start, or a free one. */
  tlsPort?: number | undefined
  /** How payers and merchants reach this sandbox, when not by host and port. */
  publicUrl?: string | undefined
  hubUrl?: string | undefined
  /** Lets other machines use the control API. */
  open?: boolean | undefined
  /** Seconds between two blocks of the Bitcoin chain. Absent or 0: on command only. */
  blockSeconds?: number | undefined
  clock?: Clock | undefined
  log?: Log | undefined
}

export interface Sandbox {
  url: string
  /** Origin of Apple's gateway, e.g. `https://127.0.0.1:18103`. */
  gateway: string
  close(): Promise<void>
}

const BODY_LIMIT = 1_048_576

/** Starts a sandbox; when this resolves it answers on `url`. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const books = openBooks(options.folder)
  let url = options.publicUrl?.replace(/\/$/, '') ?? ''
  const realClock = options.clock ?? { now: Date.now }
  const platform: Platform = {
    books,
    clock: openClock(books, realClock),
    realClock,
    faults: openFaults(books),
    log: options.log ?? SILENT,
    address: () => url,
    hubUrl: options.hubUrl,
    blockSeconds: options.blockSeconds ?? 0,
  }
  const app = Fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, readForm)
  app.setErrorHandler((error, request, reply) => fail(platform.log, error, request, reply))
  if (!options.open) app.addHook('onRequest', guardControl)

  await addAssets(app)
  app.get('/health', () => ({ status: 'ok' }))
  addPhone(app)
  addGeneralControl(app, platform)
  const cards = await addCards(app, platform)
  const wallets = [
    addAlipay(app, platform),
    addWechatPay(app, platform),
    cards,
    addBitcoin(app, platform),
    addPaypal(app, platform),
  ]
  const closeWallets = () => Promise.all(wallets.map((wallet) => wallet.close()))
  addFaultsPage(app, platform)
  try {
    await cards.listen(options.tlsPort ?? 0)
    await app.listen({ port: options.port, host: options.host ?? '127.0.0.1' })
  } catch (error) {
    await closeWallets()
    books.close()
    throw error
  }
  const address = app.server.address()
  if (!url && address && typeof address === 'object') url = `http://127.0.0.1:${address.port}`
  return {
    url,
    gateway: cards.gateway(),
    async close() {
      await app.close()
      await closeWallets()
      books.close()
    },
  }
}

function readForm(
  _request: FastifyRequest,
  body: string | Buffer,
  done: (error: null, body: string) => void,
) {
  done(null, typeof body === 'string' ? body : body.toString())
}

// The control API does what only the owner of the machine may do.
async function guardControl(request: FastifyRequest, reply: FastifyReply) {
  if (!request.url.startsWith('/control/') && request.url !== '/control') return
  const from = request.socket.remoteAddress ?? ''
  const near = from === '::1' || from.startsWith('127.') || from.startsWith('::ffff:127.')
  const host = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')
  if (near && host) return
  await reply.code(403).send({ problem: { code: 'LOOPBACK_ONLY' } })
}

function fail(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const status = statusOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (status >= 500) log.error({ url: request.url.split('?')[0], error: message }, 'sandbox failed')
  return reply
    .code(status)
    .send({ problem: { code: status >= 500 ? 'INTERNAL' : 'BAD_REQUEST', message } })
}

function statusOf(error: unknown): number {
  const known = typeof error === 'object' && error !== null && 'statusCode' in error
  return known && typeof error.statusCode === 'number' ? error.statusCode : 500
}

const ASSETS: Record<string, { path: string; type: string }> = {
  'sandbox.css': { path: './pages/sandbox.css', type: 'text/css' },
  'icon.svg': { path: './pages/icon.svg', type: 'image/svg+xml' },
  'cashier.js': { path: './pages/cashier.js', type: 'text/javascript' },
  'h5.js': { path: './pages/h5.js', type: 'text/javascript' },
  'in-app.js': { path: './pages/in-app.js', type: 'text/javascript' },
  'bridge.js': { path: './pages/bridge.js', type: 'text/javascript' },
  'faults.js': { path: './pages/faults.js', type: 'text/javascript' },
  'phone.css': { path: './phone/phone.css', type: 'text/css' },
  'phone.js': { path: './phone/phone.js', type: 'text/javascript' },
  'screens.js': { path: './phone/screens.js', type: 'text/javascript' },
  'bitcoin-phone.js': { path: './phone/bitcoin.js', type: 'text/javascript' },
  'bitcoin-screens.js': { path: './phone/bitcoin-screens.js', type: 'text/javascript' },
  'bitcoin-chain.js': { path: './pages/bitcoin.js', type: 'text/javascript' },
  'texts.js': { path: './phone/texts.js', type: 'text/javascript' },
}

async function addAssets(app: FastifyInstance): Promise<void> {
  for (const [name, { path, type }] of Object.entries(ASSETS)) {
    const content = await readFile(new URL(path, import.meta.url))
    app.get(`/assets/${name}`, (_request, reply) =>
      reply.type(`${type};charset=utf-8`).header('cache-control', 'no-cache').send(content),
    )
  }
}

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
