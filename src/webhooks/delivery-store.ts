// The SQL of delivering: who sends which event next, and what became of it.

import { type Queryable, query, timestamp } from '../db/pool.ts'
import type { Milliseconds } from '../ports.ts'
import type { EventContent } from './body.ts'
import { ENDPOINT_COLUMNS, type Endpoint, type EndpointRow, fromRow } from './endpoints.ts'
import { type DeliverPayload, orEarlier, queueJobs } from './job.ts'

/** Longer than any try: until then nobody else sends the same event. */
export const LEASE: Milliseconds = 40_000

export interface Claimed {
  event: EventContent & { eventId: string }
  endpoint: Endpoint
  secrets: { sealed: Uint8Array; sealedPrevious: Uint8Array | null; version: number }
  /** Tries in this round: since the event came, or since it was last resent. */
  triesSinceResend: number
}

export type Found =
  | { state: 'claimed'; claimed: Claimed }
  /** The next event is not due, or somebody else is sending it. */
  | { state: 'wait'; until: Milliseconds }
  /** Nothing is left, or the endpoint takes nothing any more. */
  | { state: 'drained' }

/** Takes the earliest pending event of a subject for this caller alone. */
export async function claim(
  pool: Queryable,
  payload: DeliverPayload,
  now: Milliseconds,
): Promise<Found> {
  const values = [...keyOf(payload), timestamp(now), timestamp(now + LEASE)]
  const [row] = await query<ClaimRow>(pool, CLAIM, values)
  if (!row) return { state: 'drained' }
  if (row.status !== 'enabled') {
    await query(pool, END, keyOf(payload))
    return { state: 'drained' }
  }
  if (row.claimed) return { state: 'claimed', claimed: claimedOf(row) }
  // Whoever took it between this statement's look and its update holds it for as long as we would.
  const leased = row.leased_until ?? (row.next_try_at <= now ? now + LEASE : now)
  return { state: 'wait', until: Math.max(leased, row.next_try_at) }
}

export interface Try {
  at: Milliseconds
  durationMs: number
  /** HTTP status of the answer, null when there was none. */
  status: number | null
  /** The first KB of the answer, or why there was none. */
  answer: string
}

/** The event arrived. */
export async function succeeded(pool: Queryable, claimed: Claimed, tried: Try): Promise<void> {
  await query(pool, SUCCEEDED, tryValues(claimed, tried))
}

export interface Failure {
  claimed: Claimed
  payload: DeliverPayload
  tried: Try
  /** When to try again; undefined after the last try. */
  next: Milliseconds | undefined
  now: Milliseconds
}

/** The event did not arrive: queues the next try, and tells since when the endpoint only fails. */
export async function failed(
  pool: Queryable,
  { claimed, payload, tried, next, now }: Failure,
): Promise<{ failingSince: Milliseconds | null }> {
  const [row] = await query<{ failing_since: number }>(pool, FAILED, [
    ...tryValues(claimed, tried),
    next === undefined ? null : timestamp(next),
    payload.subject_id,
    timestamp(now),
  ])
  return { failingSince: row?.failing_since ?? null }
}

/** Queues the job again, at `at` or earlier if it is queued for an earlier time already. */
export async function putBack(
  pool: Queryable,
  payload: DeliverPayload,
  at: Milliseconds,
): Promise<void> {
  await query(pool, PUT_BACK, [...keyOf(payload), timestamp(at)])
}

/**
 * Queues jobs for deliveries that are due for a minute and have none under way: those of a hub that
 * died between its statements. Returns how many jobs were queued. To be run every minute.
 */
export async function reviveDeliveries(pool: Queryable, now: Milliseconds): Promise<number> {
  const [row] = await query<{ count: bigint }>(pool, REVIVE, [
    timestamp(now),
    timestamp(now - 60_000),
  ])
  return Number(row?.count ?? 0n)
}

function keyOf(payload: DeliverPayload): [string, string, string] {
  return [payload.merchant_id, payload.webhook_endpoint_id, payload.subject_id]
}

function tryValues({ endpoint, event }: Claimed, tried: Try): unknown[] {
  return [
    endpoint.merchantId,
    endpoint.endpointId,
    event.eventId,
    timestamp(tried.at),
    Math.round(tried.durationMs),
    tried.status,
    tried.answer,
  ]
}

interface ClaimRow extends EndpointRow {
  event_id: string
  next_try_at: number
  leased_until: number | null
  tries: number
  type: string
  data: Record<string, unknown>
  sequence: number
  event_created_at: number
  sealed_secret: Buffer
  sealed_previous_secret: Buffer | null
  claimed: boolean
}

function claimedOf(row: ClaimRow): Claimed {
  return {
    event: {
      eventId: row.event_id,
      type: row.type,
      createdAt: row.event_created_at,
      data: row.data,
      sequence: row.sequence,
    },
    endpoint: fromRow(row),
    secrets: {
      sealed: row.sealed_secret,
      sealedPrevious: row.sealed_previous_secret,
      version: row.secret_version,
    },
    triesSinceResend: row.tries,
  }
}

const SUBJECT = 'merchant_id = $1 and webhook_endpoint_id = $2 and subject_id = $3'

// The update looks at the row again under its lock, so of two hubs one claims and one does not.
const CLAIM = {
  name: 'delivery-claim',
  text: `with head as materialized (
      select merchant_id, webhook_endpoint_id, event_id, next_try_at, leased_until,
        tries - tries_before as tries
      from deliveries where ${SUBJECT} and status = 'pending' order by sequence limit 1
    ), claimed as (
      update deliveries d set leased_until = $5 from head h
      where d.merchant_id = h.merchant_id and d.webhook_endpoint_id = h.webhook_endpoint_id
        and d.event_id = h.event_id and d.status = 'pending' and d.next_try_at <= $4
        and (d.leased_until is null or d.leased_until <= $4)
        and exists (select from webhook_endpoints w where w.merchant_id = $1
          and w.webhook_endpoint_id = $2 and w.status = 'enabled')
      returning d.event_id
    )
    select h.event_id, h.next_try_at, h.leased_until, h.tries, v.type, v.data, v.sequence,
      v.created_at as event_created_at, ${ENDPOINT_COLUMNS.replace(/\w+/g, 'w.$&')}, w.sealed_secret,
      w.sealed_previous_secret, exists (select from claimed) as claimed
    from head h
      join events v on v.merchant_id = h.merchant_id and v.event_id = h.event_id
      left join webhook_endpoints w on w.merchant_id = h.merchant_id
        and w.webhook_endpoint_id = h.webhook_endpoint_id`,
}

const END = {
  name: 'delivery-end',
  text: `update deliveries set status = 'failed' where ${SUBJECT} and status = 'pending'`,
}

const DELIVERY = 'd.merchant_id = $1 and d.webhook_endpoint_id = $2 and d.event_id = $3'

const TRIED = `insert into delivery_tries (merchant_id, webhook_endpoint_id, event_id, try, tried_at,
    duration_ms, status, answer)
  select $1, $2, $3, done.tries, $4, $5, $6, $7 from done`

const SUCCEEDED = {
  name: 'delivery-succeeded',
  text: `with done as (
      update deliveries d set status = 'succeeded', tries = tries + 1, leased_until = null
      where ${DELIVERY} returning tries
    ), tried as (${TRIED})
    update webhook_endpoints set failing_since = null
    where merchant_id = $1 and webhook_endpoint_id = $2 and failing_since is not null`,
}

// An event that ended while it was being sent (its endpoint was disabled) stays ended.
const FAILED = {
  name: 'delivery-failed',
  text: `with done as (
      update deliveries d set tries = tries + 1, leased_until = null,
        next_try_at = coalesce($8, next_try_at),
        status = case when status = 'pending' and $8::timestamptz is null then 'failed' else status end
      where ${DELIVERY}
      returning merchant_id, webhook_endpoint_id, $9::text as subject_id, tries, status
    ), tried as (${TRIED}
    ), failing as (
      update webhook_endpoints set failing_since = coalesce(failing_since, $10)
      where merchant_id = $1 and webhook_endpoint_id = $2 returning failing_since
    ), queued as materialized (${queueJobs("done where status = 'pending'", '$8::timestamptz')})
    select failing.failing_since from failing, queued`,
}

const PUT_BACK = {
  name: 'delivery-put-back',
  text: queueJobs(
    '(select $1::text as merchant_id, $2::text as webhook_endpoint_id, $3::text as subject_id) this',
    orEarlier('$4::timestamptz'),
  ),
}

const REVIVE = {
  name: 'delivery-revive',
  text: queueJobs(
    `(select * from (
        select distinct on (merchant_id, webhook_endpoint_id, subject_id) * from deliveries
        where status = 'pending' order by merchant_id, webhook_endpoint_id, subject_id, sequence
      ) head
      where next_try_at <= $2 and (leased_until is null or leased_until <= $1) limit 1000) stranded`,
    orEarlier('$1::timestamptz'),
  ),
}
