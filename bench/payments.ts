// Whole payments over HTTP: create, attempt (a call to the sandbox), the payer pays, the signed
// notification arrives, the wallet is asked, the webhook is delivered. Everything on this machine.

import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import { Agent, type Dispatcher, request } from 'undici'
import { type Stack, startStack } from '../test/stack.ts'
import { benchDatabase } from './database.ts'
import { memoryMb, percentile, round } from './figures.ts'

const SECONDS = Number(process.env.BENCH_SECONDS ?? 20)
const CALLERS = 48
/** The API limits each key; a bench stands for many shops. */
const KEYS = 64

interface Phase {
  callers: number
  seconds: number
  payments: number
  payments_per_second: number
  whole_payment_ms: { p50: number; p99: number }
  notification_ms: { p50: number; p99: number }
  hub_cpu_ms_per_payment: number
  postgres_cpu_ms_per_payment: number
  hub_memory_mb: number
}

export async function benchPayments() {
  const db = await benchDatabase(4)
  const receiver = await webhookReceiver()
  const stack = await startStack({ databaseUrl: db.url, shopUrl: receiver.origin })
  const agent = new Agent({ connections: 128, keepAliveTimeout: 30_000 })
  try {
    const api = new Client(stack, agent)
    await api.prepare()
    const bench = { api, receiver, stack, postgres: db.pid }
    await phase(bench, { callers: 8, seconds: 3 })
    const full = await phase(bench, { callers: CALLERS, seconds: SECONDS })
    const half = await phase(bench, {
      callers: CALLERS,
      seconds: SECONDS,
      perSecond: full.payments_per_second / 2,
    })
    const audit = await reconcile(stack, db.pool, receiver)
    return { bench: 'payments', fsync: 'on', full_load: full, half_load: half, audit }
  } finally {
    await agent.close()
    await stack.stop()
    await receiver.close()
    await db.drop()
  }
}

interface Bench {
  api: Client
  receiver: Receiver
  stack: Stack
  /** Process of the database server. */
  postgres: number
}

interface Load {
  callers: number
  seconds: number
  /** Payments started per second; as fast as they go when absent. */
  perSecond?: number
}

async function phase({ api, receiver, stack, postgres }: Bench, load: Load): Promise<Phase> {
  const whole: number[] = []
  const cpu = () => ({ hub: cpuMs(stack.hub.pid()), postgres: postgresCpuMs(postgres) })
  const before = cpu()
  const notifiedBefore = await api.notifications()
  const start = performance.now()
  const until = start + load.seconds * 1000
  let started = 0
  const pay = async () => {
    const t0 = performance.now()
    await api.payOne(receiver)
    whole.push(performance.now() - t0)
  }
  await Promise.all(
    Array.from({ length: load.callers }, async () => {
      while (performance.now() < until) {
        const due = load.perSecond ? start + (started++ / load.perSecond) * 1000 : 0
        const wait = due - performance.now()
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
        await pay()
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  const after = cpu()
  const notifiedAfter = await api.notifications()
  const quantiles = (values: number[]) => ({
    p50: round(percentile(values, 50)),
    p99: round(percentile(values, 99)),
  })
  return {
    callers: load.callers,
    seconds: round(seconds),
    payments: whole.length,
    payments_per_second: round(whole.length / seconds),
    whole_payment_ms: quantiles(whole),
    notification_ms: {
      p50: round(quantile(notifiedBefore, notifiedAfter, 0.5) * 1000),
      p99: round(quantile(notifiedBefore, notifiedAfter, 0.99) * 1000),
    },
    hub_cpu_ms_per_payment: round((after.hub - before.hub) / whole.length),
    postgres_cpu_ms_per_payment: round((after.postgres - before.postgres) / whole.length),
    hub_memory_mb: memoryMb(stack.hub.pid()),
  }
}

const BUCKET =
  /^tongbao_http_request_duration_seconds_bucket\{le="([^"]+)".*route="\/notify\/[^"]*".*\} (\d+)/

class Client {
  readonly #stack: Stack
  readonly #agent: Dispatcher
  #keys: string[] = []
  #next = 0

  constructor(stack: Stack, agent: Dispatcher) {
    this.#stack = stack
    this.#agent = agent
  }

  async prepare(): Promise<void> {
    this.#keys = [this.#stack.apiKey]
    const made: string[] = []
    for (let i = 0; i < KEYS; i++) {
      if (i % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 1_000))
      const key = await this.#post('/v1/api_keys', {
        name: `bench ${i}`,
        scopes: ['payments:read', 'payments:write'],
      })
      made.push(String(key.key))
    }
    // The shop's endpoint hears of everything; this shop wants to know what is paid.
    const [endpoint] = await this.#list('/v1/webhook_endpoints')
    await this.#change(`/v1/webhook_endpoints/${endpoint?.id}`, { types: ['payment.succeeded'] })
    this.#keys = made
  }

  async payOne(receiver: Receiver): Promise<void> {
    const reference = `B${process.pid}-${Date.now()}-${this.#next}`
    const payment = await this.#post('/v1/payments', {
      amount: 1_00 + (this.#next % 900),
      currency: 'CNY',
      reference,
      title: 'Bench tea',
    })
    const arrived = receiver.expect(String(payment.id))
    const attempt = await this.#post(`/v1/payments/${payment.id}/attempts`, {
      wallet: 'alipay',
      surface: 'qr',
    })
    const action = attempt.next_action
    if (!isRecord(action) || typeof action.content !== 'string')
      throw new Error(JSON.stringify(attempt))
    await this.#send(
      `${this.#stack.sandboxUrl}/control/alipay/trades/pay`,
      { qr: action.content },
      {},
    )
    await arrived
  }

  /** How many notifications the hub has answered so far, by upper limit in seconds. */
  async notifications(): Promise<Map<number, number>> {
    const answer = await request(this.#stack.metricsUrl, { dispatcher: this.#agent })
    const buckets = new Map<number, number>()
    for (const line of (await answer.body.text()).split('\n')) {
      const found = BUCKET.exec(line)
      if (!found) continue
      const limit = found[1] === '+Inf' ? Number.POSITIVE_INFINITY : Number(found[1])
      buckets.set(limit, (buckets.get(limit) ?? 0) + Number(found[2]))
    }
    return buckets
  }

  async #list(path: string): Promise<Record<string, unknown>[]> {
    const answer = await request(`${this.#stack.hubUrl}${path}`, {
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#stack.apiKey}` },
    })
    return ((await answer.body.json()) as { data: Record<string, unknown>[] }).data
  }

  async #change(path: string, body: object): Promise<void> {
    const answer = await request(`${this.#stack.hubUrl}${path}`, {
      method: 'PATCH',
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#stack.apiKey}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    if (answer.statusCode !== 200) throw new Error(`PATCH ${path}: ${await answer.body.text()}`)
  }

  #post(path: string, body: object): Promise<Record<string, unknown>> {
    const key = this.#keys[this.#next++ % this.#keys.length] ?? ''
    return this.#send(`${this.#stack.hubUrl}${path}`, body, {
      authorization: `Bearer ${key}`,
      'idempotency-key': `b-${process.pid}-${this.#next}`,
    })
  }

  async #send(
    url: string,
    body: object,
    headers: Record<string, string>,
  ): Promise<Record<string, unknown>> {
    const answer = await request(url, {
      method: 'POST',
      dispatcher: this.#agent,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Error(`${url} answered ${answer.statusCode}: ${text}`)
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  }
}

type Receiver = Awaited<ReturnType<typeof webhookReceiver>>

/** Stands for the shop: takes webhooks and tells who waits for one. */
async function webhookReceiver() {
  const waiting = new Map<string, () => void>()
  const seen = new Set<string>()
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    response.end('{}')
    const event = JSON.parse(Buffer.concat(chunks).toString())
    if (event.type !== 'payment.succeeded') return
    seen.add(event.data.id)
    waiting.get(event.data.id)?.()
    waiting.delete(event.data.id)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('no address')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    seen,
    expect: (paymentId: string) => new Promise<void>((resolve) => waiting.set(paymentId, resolve)),
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}

/** The sandbox's books against the hub's ledger and what the shop was told. */
async function reconcile(
  stack: Stack,
  pool: { query(text: string): Promise<{ rows: unknown[] }> },
  receiver: Receiver,
) {
  const answer = await fetch(`${stack.sandboxUrl}/control/alipay/books`)
  const books = (await answer.json()) as {
    trades: { status: string; total_amount: string }[]
  }
  const paid = books.trades.filter((t) => t.status === 'TRADE_SUCCESS')
  const fen = paid.reduce((sum, t) => sum + BigInt(t.total_amount.replace('.', '')), 0n)
  const { rows } = await pool.query(
    `select (select count(*)::int from payments where status = 'succeeded') as payments,
      (select coalesce(sum(amount), 0)::text from entries where account like 'receivable:%') as receivable,
      (select coalesce(sum(amount), 0)::text from entries) as ledger_sum`,
  )
  const hub = rows[0]
  const told = receiver.seen.size
  const same =
    isRecord(hub) &&
    hub.payments === paid.length &&
    hub.receivable === fen.toString() &&
    hub.ledger_sum === '0' &&
    told === paid.length
  return { wallet_paid: paid.length, wallet_fen: fen.toString(), hub, shop_told: told, clean: same }
}

/** Seconds below which the share `q` of what was counted in between lies, straight within a bucket. */
function quantile(before: Map<number, number>, after: Map<number, number>, q: number): number {
  const limits = [...after.keys()].sort((a, b) => a - b)
  const count = (limit: number) => (after.get(limit) ?? 0) - (before.get(limit) ?? 0)
  const wanted = count(Number.POSITIVE_INFINITY) * q
  let below = 0
  let from = 0
  for (const limit of limits) {
    if (count(limit) >= wanted && wanted > 0) {
      if (limit === Number.POSITIVE_INFINITY) return from
      return from + ((limit - from) * (wanted - below)) / (count(limit) - below)
    }
    below = count(limit)
    from = limit
  }
  return Number.NaN
}

function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Clock ticks of 10 ms, user and system.
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Of one server: its main process, what that has reaped, and its children. */
function postgresCpuMs(main: number): number {
  let sum = 0
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const times = (from: number, to: number) =>
        fields.slice(from, to).reduce((all, n) => all + Number(n), 0)
      if (Number(entry) === main) sum += times(11, 15)
      else if (Number(fields[1]) === main) sum += times(11, 13)
    } catch (error) {
      // A process may end between the listing and the reading.
      if (
        !(
          error instanceof Error &&
          'code' in error &&
          (error.code === 'ENOENT' || error.code === 'ESRCH')
        )
      )
        throw error
    }
  }
  return sum * 10
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
