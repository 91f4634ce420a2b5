// What tests of webhooks share: a merchant, a held clock, a receiver on loopback, published events.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { Pool } from '../db/pool.ts'
import { testLog } from '../db/testing.ts'
import { newId } from '../ids.ts'
import { createSealer } from '../merchants/sealing.ts'
import { createGuard } from '../outgoing/guard.ts'
import { createWebhookNetwork } from '../outgoing/network.ts'
import { type DeliverContext, deliverTask } from './deliver.ts'
import type { EndpointContext } from './endpoints.ts'
import { type DeliverPayload, queueJobs } from './job.ts'

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
  json: { type: string; timestamp: string; sequence: number; data: Record<string, unknown> }
}

export interface Reply {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** A merchant's server. `answer` says how it answers; `hang` never does. */
export async function startReceiver() {
  const received: Received[] = []
  const receiver = {
    origin: '',
    received,
    answer: (_message: Received): Reply | 'hang' => ({ status: 200 }),
    arrived: (_message: Received): void => undefined,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const message = {
        path: request.url ?? '',
        headers: request.headers,
        body,
        json: JSON.parse(body),
      }
      received.push(message)
      receiver.arrived(message)
      const reply = receiver.answer(message)
      if (reply !== 'hang') response.writeHead(reply.status, reply.headers).end(reply.body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  receiver.origin = `http://127.0.0.1:${address.port}`
  return receiver
}

/** The ports and the network for one receiver; the time stands still until `pass`. */
export function testContext(pool: Pool, origins: string[]) {
  let now = Date.UTC(2025, 5, 1)
  const log = testLog()
  const guard = createGuard({ exempt: origins, resolve: async () => ['8.8.8.8'] })
  const network = createWebhookNetwork({ log, guard })
  const context: EndpointContext & DeliverContext & { pool: Pool } = {
    pool,
    sealer: createSealer(Buffer.alloc(32, 1)),
    guard,
    network,
    log,
    clock: { now: () => now },
    random: { bytes: (size) => randomBytes(size) },
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { ...context, log, pass, close: () => network.close() }
}

export async function addMerchant(ctx: EndpointContext): Promise<string> {
  const merchantId = newId('mer', ctx)
  await ctx.pool.query(
    `insert into merchants (merchant_id, name, created_at) values ($1, 'Shop', now())`,
    [merchantId],
  )
  return merchantId
}

/** Writes an event with its deliveries and jobs in one statement, as the journal does. */
export async function publish(
  ctx: EndpointContext,
  event: {
    merchantId: string
    subjectId: string
    sequence: number
    type?: string
    livemode?: boolean
  },
): Promise<string> {
  const eventId = newId('evt', ctx)
  await ctx.pool.query(
    `with event as (
       insert into events (merchant_id, event_id, subject_id, sequence, livemode, type, data, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning *
     ), delivery as (
       insert into deliveries (merchant_id, webhook_endpoint_id, event_id, subject_id, sequence, status,
         next_try_at, created_at)
       select w.merchant_id, w.webhook_endpoint_id, v.event_id, v.subject_id, v.sequence, 'pending',
         v.created_at, v.created_at
       from event v join webhook_endpoints w on w.merchant_id = v.merchant_id
         and w.livemode = v.livemode and w.status = 'enabled'
         and (w.types = '{*}' or v.type = any (w.types))
       returning *
     ) ${queueJobs('delivery', 'null::timestamptz')}`,
    [
      event.merchantId,
      eventId,
      event.subjectId,
      event.sequence,
      event.livemode ?? false,
      event.type ?? 'payment.succeeded',
      { id: event.subjectId, object: 'payment', amount: 8850 },
      new Date(ctx.clock.now()),
    ],
  )
  return eventId
}

interface QueuedJob {
  id: bigint
  payload: DeliverPayload
  run_at: number
}

/** The queued jobs, the earliest first. */
export async function queuedJobs(pool: Pool): Promise<QueuedJob[]> {
  const { rows } = await pool.query<QueuedJob>(
    'select id, payload, run_at from graphile_worker._private_jobs order by run_at, id',
  )
  return rows
}

/**
 * Runs the queued jobs whose time has come by the held clock, as a worker would, until none is left.
 * Jobs that were queued for "now" carry the real time of the database; they count as due.
 */
export async function work(ctx: DeliverContext, task = deliverTask(ctx)): Promise<void> {
  for (;;) {
    const due = (await queuedJobs(ctx.pool)).find(
      ({ run_at }) => run_at <= ctx.clock.now() || Math.abs(run_at - Date.now()) < 60_000,
    )
    if (!due) return
    await ctx.pool.query('delete from graphile_worker._private_jobs where id = $1', [due.id])
    await task(due.payload)
  }
}
