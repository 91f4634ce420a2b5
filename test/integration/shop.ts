// What the integration tests share: the merchant's side of the API, the wallet's side of the
// sandbox, a shop that takes webhooks, and the questions an auditor asks the database.

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Pool } from '../../src/db/pool.ts'
import { eventually, type Stack } from '../stack.ts'

export interface Answer {
  status: number
  type: string
  text: string
  replayed: boolean
}

export interface AttemptView {
  id: string
  status: string
  surface: string
  wallet_account: string
  wallet_reference: string
  wallet_transaction_id: string | null
  conflict: string | null
  problem: { category: string; money: string } | null
  next_action: { type: string; content?: string; url?: string }
}

export interface PaymentView {
  id: string
  status: string
  amount: number
  amount_captured: number
  amount_refund_due: number
  late: boolean
  client_secret: string
  attempts: AttemptView[]
}

export interface EventView {
  id: string
  type: string
  sequence: number
  data: { id: string; status: string }
}

export type Client = ReturnType<typeof merchant>

/** The API as a merchant's server calls it, which waits as long as `Retry-After` says. */
export function merchant(hubUrl: string, apiKey: string) {
  async function send(
    method: string,
    path: string,
    request: { body?: object; key?: string } = {},
  ): Promise<Answer> {
    const { body, key = randomUUID() } = request
    const answer = await fetch(hubUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(method === 'POST' && { 'idempotency-key': key }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    if (answer.status === 429) {
      await answer.text()
      const seconds = Number(answer.headers.get('retry-after'))
      await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
      return send(method, path, { ...request, key })
    }
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      text: await answer.text(),
      replayed: answer.headers.get('idempotent-replayed') === 'true',
    }
  }

  async function wanted<Body>(answer: Promise<Answer>, ...statuses: number[]): Promise<Body> {
    const { status, text } = await answer
    if (!statuses.includes(status)) throw new Error(`answered ${status}: ${text}`)
    const body: Body = JSON.parse(text)
    return body
  }

  const create = (wish: object = {}) =>
    wanted<PaymentView>(send('POST', '/v1/payments', { body: { ...order(), ...wish } }), 201)
  const start = (paymentId: string, wish: object = {}) =>
    wanted<AttemptView>(
      send('POST', `/v1/payments/${paymentId}/attempts`, {
        body: { wallet: 'alipay', surface: 'qr', ...wish },
      }),
      201,
    )
  const read = (paymentId: string) =>
    wanted<PaymentView>(send('GET', `/v1/payments/${paymentId}`), 200)

  return {
    send,
    create,
    start,
    read,
    /** A payment with one open attempt. */
    async begin(wish: object = {}, attempt: object = {}) {
      const payment = await create(wish)
      return { payment, attempt: await start(payment.id, attempt) }
    },
    cancel: (paymentId: string) => send('POST', `/v1/payments/${paymentId}/cancel`),
    sync: (paymentId: string) =>
      wanted<PaymentView>(send('POST', `/v1/payments/${paymentId}/sync`), 200),
    /** Reads until the payment is as wished. */
    reaches: (paymentId: string, wish: (payment: PaymentView) => boolean, limitMs?: number) =>
      eventually(async () => {
        const payment = await read(paymentId)
        return wish(payment) ? payment : undefined
      }, limitMs),
  }
}

/** The body of a new order that no other test has. */
export function order() {
  return { amount: 1_888, currency: 'CNY', reference: `T-${randomUUID()}`, title: '青山绿茶 Tea' }
}

export interface TradeView {
  trade_no: string
  out_trade_no: string
  status: string
  total_amount: string
  app_id: string
  seller_id: string
}

interface NoticeView {
  notify_id: string
  state: string
  url: string
  deliveries: { status?: number; answer: string; body: string; fault?: string }[]
}

export type Wallet = ReturnType<typeof sandbox>

/** The sandbox's control side: what payers and Alipay do. */
export function sandbox(url: string) {
  async function call<Body>(method: string, path: string, body?: object): Promise<Body> {
    const answer = await fetch(`${url}/control${path}`, {
      method,
      ...(body && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`the sandbox answered ${answer.status}: ${text}`)
    const value: Body = JSON.parse(text)
    return value
  }
  return {
    call,
    fault: (rule: object) => call<{ id: string }>('POST', '/faults', rule),
    healed: () => call('DELETE', '/faults'),
    /** The payer confirms on the phone. */
    pay: (what: object) => call<TradeView>('POST', '/alipay/trades/pay', what),
    scan: (what: object) => call('POST', '/alipay/trades/scan', what),
    /** The code that a payer shows at a counter. */
    barcode: async () =>
      (await call<{ auth_code: string }>('POST', '/alipay/barcodes', {})).auth_code,
    trade: async (number: string) =>
      (await call<{ trades: TradeView[] }>('GET', `/alipay/trades?out_trade_no=${number}`))
        .trades[0],
    books: async () => (await call<{ trades: TradeView[] }>('GET', '/alipay/books')).trades,
    notices: async (number: string) =>
      (
        await call<{ notifications: NoticeView[] }>(
          'GET',
          `/alipay/notifications?out_trade_no=${number}`,
        )
      ).notifications,
  }
}

/** A payer's open page: counts how often it was told to look again. */
export async function openPage(hubUrl: string, clientSecret: string) {
  const leaving = new AbortController()
  const answer = await fetch(`${hubUrl}/checkout/v1/stream`, {
    headers: { authorization: `Bearer ${clientSecret}` },
    signal: leaving.signal,
  })
  if (!answer.ok || !answer.body) throw new Error(`the stream answered ${answer.status}`)
  const page = { told: 0, ended: false, leave: () => leaving.abort() }
  const decoder = new TextDecoder()
  const listen = async (body: ReadableStream<Uint8Array>) => {
    for await (const chunk of body) {
      page.told += decoder.decode(chunk).split('event: changed').length - 1
    }
  }
  listen(answer.body)
    .catch((error: unknown) => {
      if (!leaving.signal.aborted) throw error
    })
    .finally(() => {
      page.ended = true
    })
  return page
}

export type Shop = Awaited<ReturnType<typeof openShop>>

/** A shop's server: keeps every webhook it was sent, answers 200. */
export async function openShop() {
  const events: EventView[] = []
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const body: Omit<EventView, 'id'> = JSON.parse(Buffer.concat(chunks).toString())
    events.push({ ...body, id: String(incoming.headers['webhook-id']) })
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address === 'string') throw new Error('the shop has no address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    events,
    /** What was told about a payment, each event once, in order of its number. */
    toldOf: (paymentId: string) =>
      [...new Map(events.filter((e) => e.data.id === paymentId).map((e) => [e.id, e])).values()]
        .sort((a, b) => a.sequence - b.sequence)
        .map(({ type }) => type),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The sum of a counter's series whose labels contain every given text. */
export async function counted(metricsUrl: string, name: string, ...labels: string[]) {
  const text = await (await fetch(metricsUrl)).text()
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

// The hub asks wallets by itself meanwhile, and notes what they call an order's state and when;
// nothing else may move.
const FACTS = {
  payments:
    'payment_id, status, amount_captured, amount_refund_due, late, event_count, paid_attempt_id',
  attempts:
    'attempt_id, status, amount_captured, wallet_transaction_id, details, next_action, paid_at',
  entries: 'payment_id, version, line, account, amount',
  events: 'event_id, subject_id, sequence, type',
  notifications: 'message_id, verdict, reason, content_hash',
}

/** Every row that money depends on: equal lists mean that nothing has changed. */
export async function facts(pool: Pool, except: keyof typeof FACTS | 'none' = 'none') {
  const found: string[] = []
  for (const [table, columns] of Object.entries(FACTS)) {
    if (table === except) continue
    const { rows } = await pool.query<{ row: string }>(
      `select row(${columns})::text as row from ${table} order by 1`,
    )
    found.push(...rows.map(({ row }) => `${table} ${row}`))
  }
  return found
}

/** What the ledger, the numbering and the sums say is wrong; empty when the books are in order. */
export async function faultsInBooks(pool: Pool): Promise<unknown[]> {
  const { rows } = await pool.query(`
    select 'unbalanced' as fault, payment_id from entries
      group by merchant_id, payment_id, version, currency having sum(amount) <> 0
    union all
    select 'gap in events', subject_id from events group by merchant_id, subject_id
      having max(sequence) <> count(*) or min(sequence) <> 1
    union all
    select 'event count', payment_id from payments p where event_count <>
      (select count(*) from events e where e.merchant_id = p.merchant_id and e.subject_id = p.payment_id)
    union all
    select 'paid twice', subject_id from events where type = 'payment.succeeded'
      group by merchant_id, subject_id having count(*) > 1
    union all
    select 'ledger differs from payment', p.payment_id from payments p
      where p.amount_captured + p.amount_refund_due <> coalesce((select sum(e.amount) from entries e
        where e.merchant_id = p.merchant_id and e.payment_id = p.payment_id
          and e.account like 'receivable:%'), 0)`)
  return rows
}

/** Types of a payment's events, in order. */
export async function eventsOf(pool: Pool, paymentId: string): Promise<string[]> {
  const { rows } = await pool.query<{ type: string }>(
    'select type from events where subject_id = $1 order by sequence',
    [paymentId],
  )
  return rows.map(({ type }) => type)
}

/** Both sides of a started stack. */
export function sides(stack: Stack) {
  return { api: merchant(stack.hubUrl, stack.apiKey), wallet: sandbox(stack.sandboxUrl) }
}
