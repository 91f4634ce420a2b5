// A whole hub for tests of this folder: real database, real journal, a wallet that takes its
// instructions from the test. The wallet implements the contract; nothing of ours is replaced.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { createReadiness } from '../db/readiness.ts'
import { freshDatabase, testLog } from '../db/testing.ts'
import { newId } from '../ids.ts'
import { createApiKey } from '../merchants/api-keys.ts'
import { createAuthenticator } from '../merchants/authenticate.ts'
import { createConnectedWallets } from '../merchants/connected-wallets.ts'
import { insertMerchant } from '../merchants/merchant-store.ts'
import { createMerchants } from '../merchants/merchants.ts'
import { SCOPES, type Scope } from '../merchants/scopes.ts'
import { createSealer } from '../merchants/sealing.ts'
import { createWalletAccounts } from '../merchants/wallet-accounts.ts'
import { createGuard } from '../outgoing/guard.ts'
import type { PaymentContext } from '../payments/context.ts'
import { createJournal } from '../payments/journal.ts'
import { createNotificationBook } from '../payments/notification-book.ts'
import { presentPayment } from '../payments/present.ts'
import { NetworkError, type Ports } from '../ports.ts'
import type { AttemptOrder, Observation, Wallet } from '../wallets/wallet.ts'
import { createCursors } from './cursor.ts'
import { createIdempotency } from './idempotency.ts'
import { createLinks } from './links.ts'
import { createLive } from './live.ts'
import { createMetrics } from './metrics.ts'
import { errorsOf } from './openapi.ts'
import type { Documented, Operation } from './operation.ts'
import { createRateLimit, type Rate, type RateName } from './rate-limit.ts'
import { createServer, operationsOf } from './server.ts'
import type { Services } from './services.ts'
import { CURRENT_VERSION } from './version.ts'

const BASE = 'https://hub.example'

/** How the paper wallet answers; a test may change it at any moment. */
export interface PaperWallet extends Wallet {
  calls: { operation: 'create' | 'query' | 'close'; order: AttemptOrder }[]
  onCreate(order: AttemptOrder): Promise<Observation> | Observation
  onQuery(order: AttemptOrder): Promise<Observation> | Observation
}

export function createPaperWallet(): PaperWallet {
  const wallet: PaperWallet = {
    name: 'paper',
    displayName: { en: 'Paper', 'zh-CN': '纸钱包' },
    capabilities: {
      surfaces: ['desktop', 'mobile', 'qr', 'barcode'],
      currencies: ['CNY', 'USD'],
      limits: { CNY: { min: 1n, max: 10_000_000n } },
      separateCapture: false,
      expiry: { minSeconds: 60, maxSeconds: 86_400 },
    },
    accountFields: [
      {
        name: 'shop',
        secret: false,
        required: true,
        fixed: true,
        description: 'Number of the shop.',
      },
      { name: 'key', secret: true, required: true, description: 'The key.' },
    ],
    readAccount(fields) {
      if (fields.key === undefined || fields.shop === undefined) {
        const message = { en: 'The key is missing.', 'zh-CN': '缺少密钥。' }
        return { findings: [{ level: 'error', code: 'key_missing', param: '/key', message }] }
      }
      return { account: { shop: fields.shop, key: fields.key } }
    },
    takesRealMoney: () => undefined,
    check: async () => [
      { level: 'ok', code: 'works', message: { en: 'It works.', 'zh-CN': '可用。' } },
    ],
    calls: [],
    onCreate: (order) => ({
      source: 'response',
      status: 'requires_action',
      nextAction: {
        type: 'qr',
        content: `paper:${order.walletReference}`,
        expiresAt: order.expiresAt,
      },
    }),
    onQuery: () => ({ source: 'query', status: 'requires_action' }),
    async create(_ports, _account, order) {
      wallet.calls.push({ operation: 'create', order })
      return wallet.onCreate(order)
    },
    async query(_ports, _account, order) {
      wallet.calls.push({ operation: 'query', order })
      return wallet.onQuery(order)
    },
    async close(_ports, _account, order) {
      wallet.calls.push({ operation: 'close', order })
      return { source: 'response', status: 'closed' }
    },
    readNotification(_account, raw) {
      const text = Buffer.from(raw.body).toString()
      if (!text.startsWith('genuine '))
        return { verdict: 'refused', reason: 'signature', detail: 'not genuine' }
      const walletReference = text.slice('genuine '.length)
      const money = { amount: 8850n, currency: 'CNY' }
      return {
        verdict: 'verified',
        askFirst: true,
        observation: { source: 'notification', status: 'succeeded', walletReference, money },
      }
    },
    acknowledge: (taken) => ({
      status: 200,
      contentType: 'text/plain; charset=utf-8',
      body: taken ? 'success' : 'fail',
    }),
    verifyReturn: (_account, query) => query.includes('genuine'),
    nextQueryDelay: () => 60_000,
    absentGraceMs: 60_000,
    reverseAfterMs: () => undefined,
  }
  return wallet
}

/** Where the paper sheet is drawn. */
export const SHEET_ORIGIN = 'https://sheet.example'

/**
 * A paper wallet whose sheet hands out tokens: `genuine <number>` is one, whatever stands behind the
 * number, and nothing else is. Its session opens for `https://session.example` only.
 */
export function createTokenWallet(): PaperWallet {
  const wallet = createPaperWallet()
  return Object.assign(wallet, {
    name: 'seal',
    displayName: { en: 'Seal', 'zh-CN': '印章' },
    capabilities: { ...wallet.capabilities, surfaces: ['desktop', 'mobile'] },
    onCreate: () => ({ source: 'response', status: 'processing' }),
    identifyToken(_account, token) {
      const number = /^genuine (\d+)\b/.exec(token)?.[1]
      return number === undefined
        ? { problem: { category: 'invalid_request', walletCode: 'format' } }
        : { tokenId: number }
    },
    sheet: (_account, order) => ({
      payment: order.paymentId,
      amount: order.money.amount.toString(),
      merchant: order.merchantName,
    }),
    sheetScript: () => ({
      script: `${SHEET_ORIGIN}/sheet.js`,
      frames: [SHEET_ORIGIN],
      connects: [SHEET_ORIGIN],
      images: [],
    }),
    openSession: async (_ports, _account, { validationUrl, domain, merchantName }) =>
      validationUrl === 'https://session.example'
        ? { session: { domain, merchantName } }
        : { problem: { category: 'invalid_request', walletCode: 'host' } },
    domainFile: (_account, domain) =>
      domain === 'hub.example' ? { path: '/.well-known/seal-domain', body: 'sealed\n' } : undefined,
  } satisfies Partial<PaperWallet>)
}

export interface TestHub {
  app: FastifyInstance
  services: Services
  context: PaymentContext
  wallet: PaperWallet
  clock: { at: number }
  log: ReturnType<typeof testLog>
  /** A merchant with a key and, in test mode, a connection to the paper wallet. */
  merchant(options?: { livemode?: boolean; scopes?: readonly Scope[] }): Promise<TestMerchant>
  close(): Promise<void>
}

export interface TestMerchant {
  merchantId: string
  key: string
  /** A request with this merchant's key; a POST gets an idempotency key unless it brings one. */
  send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answered>
}

export interface Answered {
  status: number
  headers: Record<string, unknown>
  text: string
  // The answer's members, as a test wants to look at them.
  body: Record<string, unknown>
}

/** `more` wallets are connected for every merchant beside the paper one. */
export async function startTestHub(
  rates: Partial<Record<RateName, Rate>> = {},
  more: readonly Wallet[] = [],
): Promise<TestHub> {
  const database = await freshDatabase()
  const { pool } = database
  const log = testLog()
  const clock = { at: Date.now(), now: () => clock.at }
  const random = { bytes: (size: number) => randomBytes(size) }
  const network = {
    send: async () => {
      throw new NetworkError('forbidden', false, 'tests have no network')
    },
  }
  const ports: Ports = { clock, random, network, log }
  const wallet = createPaperWallet()
  const registry = new Map<string, Wallet>([wallet, ...more].map((each) => [each.name, each]))
  const masterKey = randomBytes(32)
  const sealer = createSealer(masterKey)
  const links = createLinks(BASE, randomBytes(32), registry)
  const metrics = createMetrics()
  const live = createLive(metrics)
  const journal = createJournal({
    pool,
    clock,
    random,
    present: (payment) => presentPayment(payment, links),
  })
  const context: PaymentContext = {
    pool,
    journal,
    ports,
    registry,
    links,
    wallets: createConnectedWallets({ pool, sealer, clock, log, registry }),
    notifications: createNotificationBook(pool),
    changed: (payment) => live.changed(payment.paymentId),
  }
  const services: Services = {
    pool,
    payments: context,
    merchants: createMerchants({ pool, clock }),
    authenticator: createAuthenticator({ pool, clock, log }),
    idempotency: createIdempotency({ pool, sealer, clock }),
    cursors: createCursors(randomBytes(32)),
    sealer,
    walletAccounts: createWalletAccounts({ pool, sealer, ports, registry }),
    endpoints: {
      pool,
      sealer,
      clock,
      random,
      // Every name is at one public address (RFC 5737 has none that counts as public).
      guard: createGuard({ resolve: async () => ['93.184.215.14'] }),
    },
    links,
    live,
    metrics,
    rateLimit: createRateLimit(clock, {
      read: PLENTY,
      write: PLENTY,
      page: PLENTY,
      attempt: PLENTY,
      state: PLENTY,
      stranger: PLENTY,
      short: PLENTY,
      ...rates,
    }),
  }
  const app = await createServer({
    services,
    assets: ASSETS,
    webFolder: fileURLToPath(new URL('../web', import.meta.url)),
    trustedProxies: [],
    formTargets: [],
    readiness: createReadiness({ pool, clock }),
  })

  async function merchant({
    livemode = false,
    scopes = SCOPES,
  }: {
    livemode?: boolean
    scopes?: readonly Scope[]
  } = {}) {
    const merchantId = newId('mer', ports)
    await insertMerchant(
      pool,
      { merchantId, name: 'Teahouse', support: { phone: '+86 10 1234' } },
      clock.now(),
    )
    const { text } = await createApiKey(pool, ports, {
      merchantId,
      livemode,
      name: 'test',
      scopes,
      version: CURRENT_VERSION,
      allowedAddresses: null,
      expiresAt: null,
    })
    const connection = await pool.connect()
    for (const { name, displayName } of registry.values()) {
      await services.walletAccounts.create(connection, {
        merchantId,
        livemode,
        wallet: name,
        name: displayName.en,
        fields: { shop: 'tea', key: 'secret-canary' },
      })
    }
    connection.release()
    const key = text.reveal()
    return { merchantId, key, send: sender(app, key, operationsOf(services)) }
  }

  return {
    app,
    services,
    context,
    wallet,
    clock,
    log,
    merchant,
    async close() {
      await app.close()
      await journal.drain()
      await context.notifications.drain()
      await database.drop()
    },
  }
}

const PLENTY = { burst: 1_000_000, refillMs: 1 }

/** Names of built files; the files are not there. */
export const ASSETS = {
  checkoutScript: '/assets/checkout.js',
  checkoutStyle: '/assets/checkout.css',
  paperStyle: '/assets/paper.css',
  translations: {
    en: '/assets/en.js',
    'zh-CN': '/assets/zh-cn.js',
    'zh-TW': '/assets/zh-tw.js',
    ja: '/assets/ja.js',
  },
}

export function sender(
  app: FastifyInstance,
  key: string,
  operations: readonly Operation[],
): TestMerchant['send'] {
  const isDocumented = createDocumentCheck(operations)
  return async (method, url, body, headers = {}) => {
    const options: InjectOptions = {
      method,
      url,
      headers: {
        authorization: `Bearer ${key}`,
        ...(method === 'POST' && { 'idempotency-key': randomBytes(12).toString('hex') }),
        ...headers,
      },
      ...(body && { payload: body }),
    }
    const answer = answered(await app.inject(options))
    isDocumented(method, url, answer)
    return answer
  }
}

/** Fails when an answer differs from what the OpenAPI document says about its operation. */
export function createDocumentCheck(operations: readonly Documented[]) {
  const validators = new Map<TSchema, ReturnType<typeof Compile>>()
  return (method: string, url: string, { status, body, text }: Answered): void => {
    const [path = ''] = url.split('?')
    const operation = operations.find((one) => one.method === method && matches(one.path, path))
    if (!operation || operation.media || status === 304 || status === 405) return
    if (status >= 400) {
      const known: readonly string[] = errorsOf(operation)
      assert.ok(known.includes(String(body.code)), `${operation.id} has no error ${text}`)
      return
    }
    const schema = operation.answers[status]
    assert.ok(schema, `${operation.id} has no answer ${status}`)
    const validator = validators.get(schema) ?? Compile(schema)
    validators.set(schema, validator)
    assert.deepEqual(validator.Errors(body), [], `${operation.id} answers ${text}`)
  }
}

function matches(template: string, path: string): boolean {
  const [wanted, given] = [template.split('/'), path.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => part.startsWith('{') || part === given[i])
  )
}

export function answered(answer: {
  statusCode: number
  headers: Record<string, unknown>
  body: string
}): Answered {
  const { statusCode: status, headers, body: text } = answer
  const json = /json/.test(String(headers['content-type']))
  const value: unknown = json && text !== '' ? JSON.parse(text) : {}
  return { status, headers, text, body: isObject(value) ? value : {} }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

let orders = 0

/** A valid payment to create; each call has a reference of its own. */
export function order(change: object = {}): object {
  orders++
  return { amount: 8850, currency: 'CNY', reference: `order-${orders}`, title: 'Tea', ...change }
}
