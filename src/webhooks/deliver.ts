// The job that sends events to one endpoint about one subject, in order, until all have arrived.

import type { Pool } from '../db/pool.ts'
import type { Sealer } from '../merchants/sealing.ts'
import {
  type Clock,
  type Log,
  type Network,
  NetworkError,
  type OutgoingAnswer,
  type Random,
} from '../ports.ts'
import { webhookBody } from './body.ts'
import { type Claimed, claim, failed, putBack, succeeded, type Try } from './delivery-store.ts'
import { disableEndpoint } from './endpoint-events.ts'
import { secretContext } from './endpoints.ts'
import { type DeliverPayload, isDeliverPayload } from './job.ts'
import { FAILING_LIMIT, nextTry, readRetryAfter } from './schedule.ts'
import { signatures } from './signature.ts'
import { createSlots, type Slots } from './slots.ts'

export interface DeliverContext {
  pool: Pool
  sealer: Sealer
  /** The guarded network for webhooks, never the one for wallets. */
  network: Network
  clock: Clock
  random: Random
  log: Log
  /** Told how each try ended. */
  onTry?(result: 'succeeded' | 'failed'): void
}

/** The task `deliver`. One per process: it counts the requests under way to each endpoint. */
export function deliverTask(ctx: DeliverContext): (payload: unknown) => Promise<void> {
  const slots = createSlots(ctx.clock)
  return async (payload) => {
    if (!isDeliverPayload(payload)) throw new Error('a deliver job names no delivery')
    while (await deliverNext(ctx, slots, payload));
  }
}

/** Sends the next event that is due. True when there may be another one. */
async function deliverNext(
  ctx: DeliverContext,
  slots: Slots,
  payload: DeliverPayload,
): Promise<boolean> {
  const turn = await slots.take(payload.webhook_endpoint_id)
  if (!turn.taken) {
    await putBack(ctx.pool, payload, turn.again)
    return false
  }
  let sent: Sent | undefined
  try {
    const found = await claim(ctx.pool, payload, ctx.clock.now())
    if (found.state === 'drained') return false
    if (found.state === 'wait') {
      await putBack(ctx.pool, payload, found.until)
      return false
    }
    sent = { claimed: found.claimed, ...(await send(ctx, found.claimed)) }
  } finally {
    turn.release(sent && { arrived: isSuccess(sent.tried), durationMs: sent.tried.durationMs })
  }
  return record(ctx, payload, sent)
}

interface Sent {
  claimed: Claimed
  tried: Try
  retryAfter: string | undefined
}

/** Writes down how a try ended. True when the next event may go. */
async function record(ctx: DeliverContext, payload: DeliverPayload, sent: Sent): Promise<boolean> {
  const { claimed, tried, retryAfter } = sent
  ctx.onTry?.(isSuccess(tried) ? 'succeeded' : 'failed')
  if (isSuccess(tried)) {
    await succeeded(ctx.pool, claimed, tried)
    return true
  }
  const now = ctx.clock.now()
  const gone = tried.status === 410
  const tries = claimed.triesSinceResend + 1
  const next = gone
    ? undefined
    : nextTry({ tries, now, retryAfter: readRetryAfter(retryAfter, now) }, ctx.random)
  const { failingSince } = await failed(ctx.pool, { claimed, payload, tried, next, now })
  if (gone || (failingSince !== null && now - failingSince >= FAILING_LIMIT)) {
    const reason = gone ? 'gone' : 'failing'
    if (await disableEndpoint(ctx, claimed.endpoint, reason)) {
      ctx.log.warn({ endpoint: payload.webhook_endpoint_id, reason }, 'disabled a webhook endpoint')
    }
  }
  // While an event is retried the later ones of its subject wait (PRODUCT AP-41).
  return next === undefined
}

async function send(ctx: DeliverContext, claimed: Claimed): Promise<Omit<Sent, 'claimed'>> {
  const { event, endpoint } = claimed
  const at = ctx.clock.now()
  const body = webhookBody(event)
  const timestamp = Math.floor(at / 1_000)
  const secrets = openSecrets(ctx, claimed)
  try {
    const answer = await ctx.network.send({
      method: 'POST',
      url: endpoint.url,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Tongbao-Webhooks/1',
        'webhook-id': event.eventId,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signatures(secrets, { id: event.eventId, timestamp, body }),
      },
      body,
    })
    const durationMs = ctx.clock.now() - at
    const tried = { at, durationMs, status: answer.status, answer: beginning(answer) }
    return { tried, retryAfter: answer.headers['retry-after'] }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const durationMs = ctx.clock.now() - at
    return { tried: { at, durationMs, status: null, answer: error.message }, retryAfter: undefined }
  }
}

function openSecrets({ sealer, clock }: DeliverContext, { endpoint, secrets }: Claimed): string[] {
  const open = (sealed: Uint8Array, version: number) =>
    sealer.open(sealed, secretContext(endpoint, version)).toString('utf8')
  const current = open(secrets.sealed, secrets.version)
  if (!secrets.sealedPrevious || (endpoint.previousSecretUntil ?? 0) <= clock.now())
    return [current]
  return [current, open(secrets.sealedPrevious, secrets.version - 1)]
}

function isSuccess({ status }: Try): boolean {
  return status !== null && status >= 200 && status <= 299
}

// PostgreSQL's text holds every character but NUL.
function beginning({ body }: OutgoingAnswer): string {
  return Buffer.from(body.subarray(0, 1024)).toString('utf8').replaceAll('\0', '\u{fffd}')
}
