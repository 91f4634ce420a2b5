// What happened, as the merchant reads it back and has it sent again (PRODUCT AP-35).

import { type Queryable, query, timestamp } from '../db/pool.ts'
import { ApiError } from '../errors.ts'
import type { Clock, Milliseconds } from '../ports.ts'
import { type EndpointKey, getEndpoint } from './endpoints.ts'
import { TEST_EVENT_TYPE } from './event-types.ts'
import { queueJobs } from './job.ts'

export interface EventKey {
  merchantId: string
  livemode: boolean
  eventId: string
}

export interface StoredEvent extends EventKey {
  /** What it is about: a payment's id, or an endpoint's. */
  subjectId: string
  /** Counts the events of the subject from 1, without gaps. */
  sequence: number
  type: string
  data: Record<string, unknown>
  createdAt: Milliseconds
}

/** An event as the API shows it. */
export function presentEvent(event: StoredEvent): Record<string, unknown> {
  return {
    id: event.eventId,
    object: 'event',
    created: new Date(event.createdAt).toISOString(),
    livemode: event.livemode,
    type: event.type,
    subject: event.subjectId,
    sequence: event.sequence,
    data: event.data,
  }
}

/** Throws `not_found` for an event of another merchant or mode. */
export async function getEvent(pool: Queryable, key: EventKey): Promise<StoredEvent> {
  const [row] = await query<EventRow>(pool, SELECT, [key.merchantId, key.livemode, key.eventId])
  if (!row) throw new ApiError('not_found')
  return fromRow(row)
}

export interface EventsFilter {
  merchantId: string
  livemode: boolean
  type?: string | undefined
  /** A payment's or an endpoint's id. */
  subjectId?: string | undefined
  createdFrom?: Milliseconds | undefined
  createdBefore?: Milliseconds | undefined
}

/** Newest first; `after` and `before` are ids; one more than `limit` says that there are more. */
export async function listEvents(
  pool: Queryable,
  filter: EventsFilter,
  page: { limit: number; after?: string | undefined; before?: string | undefined },
): Promise<StoredEvent[]> {
  const rows = await query<EventRow>(pool, page.before === undefined ? LIST : LIST_BEFORE, [
    filter.merchantId,
    filter.livemode,
    filter.type ?? null,
    filter.subjectId ?? null,
    at(filter.createdFrom),
    at(filter.createdBefore),
    page.before ?? page.after ?? null,
    page.limit + 1,
  ])
  return rows.map(fromRow)
}

interface Context {
  pool: Queryable
  clock: Clock
}

/**
 * Sends an event again: to `endpointId`, or to every enabled endpoint that chose its type. The id
 * stays, the timestamp is new, the retry schedule begins anew. Returns how many endpoints get it.
 * Throws `not_found`, and `endpoint_disabled` when the named endpoint takes nothing.
 */
export async function redeliverEvent(
  ctx: Context,
  key: EventKey,
  endpointId?: string,
): Promise<number> {
  await getEvent(ctx.pool, key)
  if (endpointId !== undefined) await enabledEndpoint(ctx, { ...key, endpointId })
  const values = [
    key.merchantId,
    key.livemode,
    timestamp(ctx.clock.now()),
    key.eventId,
    endpointId ?? null,
  ]
  const [row] = await query<{ events: bigint }>(ctx.pool, REDELIVER, values)
  return Number(row?.events ?? 0n)
}

export interface Redelivered {
  events: number
  /** Call again with `after` set to it; null when the range is done. */
  next: string | null
}

/** At most so many events per call of {@link redeliverRange}. */
export const RANGE_STEP = 1_000

/** Sends the events created from `from` until before `before` again, to one endpoint, as it chose. */
export async function redeliverRange(
  ctx: Context,
  key: EndpointKey,
  range: { from: Milliseconds; before: Milliseconds; after?: string | undefined },
): Promise<Redelivered> {
  await enabledEndpoint(ctx, key)
  const [row] = await query<{ events: bigint; last: string | null }>(ctx.pool, REDELIVER_RANGE, [
    key.merchantId,
    key.livemode,
    timestamp(ctx.clock.now()),
    key.endpointId,
    timestamp(range.from),
    timestamp(range.before),
    range.after ?? '',
    RANGE_STEP,
  ])
  const events = Number(row?.events ?? 0n)
  return { events, next: events < RANGE_STEP ? null : (row?.last ?? null) }
}

async function enabledEndpoint(ctx: Context, key: EndpointKey): Promise<void> {
  const endpoint = await getEndpoint(ctx, key)
  if (endpoint.status !== 'enabled') throw new ApiError('endpoint_disabled')
}

interface EventRow {
  merchant_id: string
  event_id: string
  subject_id: string
  sequence: number
  livemode: boolean
  type: string
  data: Record<string, unknown>
  created_at: number
}

function fromRow(row: EventRow): StoredEvent {
  return {
    merchantId: row.merchant_id,
    livemode: row.livemode,
    eventId: row.event_id,
    subjectId: row.subject_id,
    sequence: row.sequence,
    type: row.type,
    data: row.data,
    createdAt: row.created_at,
  }
}

function at(time: Milliseconds | undefined): string | null {
  return time === undefined ? null : timestamp(time)
}

const COLUMNS = 'merchant_id, event_id, subject_id, sequence, livemode, type, data, created_at'

const SELECT = {
  name: 'event-select',
  text: `select ${COLUMNS} from events where merchant_id = $1 and livemode = $2 and event_id = $3`,
}

const FILTER = `merchant_id = $1 and livemode = $2 and ($3::text is null or type = $3)
  and ($4::text is null or subject_id = $4) and ($5::timestamptz is null or created_at >= $5)
  and ($6::timestamptz is null or created_at < $6)`

const LIST = {
  name: 'event-list',
  text: `select ${COLUMNS} from events where ${FILTER} and ($7::text is null or event_id < $7)
    order by event_id desc limit $8`,
}

const LIST_BEFORE = {
  name: 'event-list-before',
  text: `select ${COLUMNS} from events where ${FILTER} and event_id > $7 order by event_id limit $8`,
}

// A delivery that is under way keeps its lease, so that it is not sent twice at the same moment.
const AGAIN = `insert into deliveries as d (merchant_id, webhook_endpoint_id, event_id, subject_id,
    sequence, status, next_try_at, created_at)
  select merchant_id, webhook_endpoint_id, event_id, subject_id, sequence, 'pending', $3, $3 from chosen
  on conflict (merchant_id, webhook_endpoint_id, event_id) do update
    set status = 'pending', next_try_at = $3, tries_before = d.tries
  returning merchant_id, webhook_endpoint_id, subject_id`

const REDELIVER = {
  name: 'event-redeliver',
  text: `with chosen as (
      select v.merchant_id, w.webhook_endpoint_id, v.event_id, v.subject_id, v.sequence
      from events v join webhook_endpoints w on w.merchant_id = v.merchant_id
        and w.livemode = v.livemode and w.status = 'enabled'
      where v.merchant_id = $1 and v.livemode = $2 and v.event_id = $4
        and (w.webhook_endpoint_id = $5 or ($5::text is null and (
          (v.type = '${TEST_EVENT_TYPE}' and w.webhook_endpoint_id = v.subject_id) or
          (v.type <> '${TEST_EVENT_TYPE}' and (w.types = '{*}' or v.type = any (w.types))))))
    ), again as (${AGAIN}), queued as materialized (${queueJobs('again', 'null::timestamptz')})
    select (select count(*) from again) as events from queued`,
}

const REDELIVER_RANGE = {
  name: 'event-redeliver-range',
  text: `with chosen as (
      select v.merchant_id, w.webhook_endpoint_id, v.event_id, v.subject_id, v.sequence
      from events v join webhook_endpoints w on w.merchant_id = v.merchant_id
        and w.livemode = v.livemode and w.status = 'enabled'
      where v.merchant_id = $1 and v.livemode = $2 and w.webhook_endpoint_id = $4
        and v.created_at >= $5 and v.created_at < $6 and v.event_id > $7
        and v.type <> '${TEST_EVENT_TYPE}' and (w.types = '{*}' or v.type = any (w.types))
      order by v.event_id limit $8
    ), again as (${AGAIN}), queued as materialized (${queueJobs('again', 'null::timestamptz')})
    select (select count(*) from again) as events, (select max(event_id) from chosen) as last from queued`,
}
