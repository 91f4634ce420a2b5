// What was sent to an endpoint and how it answered (PRODUCT AP-44).

import { type Queryable, query } from '../db/pool.ts'
import { ApiError } from '../errors.ts'
import type { Milliseconds } from '../ports.ts'
import { type EndpointKey, getEndpoint } from './endpoints.ts'

export type DeliveryStatus = 'pending' | 'succeeded' | 'failed'

export interface Delivery {
  eventId: string
  type: string
  subjectId: string
  sequence: number
  status: DeliveryStatus
  /** How often it was sent. */
  tries: number
  /** When it is sent next, while it is pending; it may have to wait for an earlier event. */
  nextTryAt: Milliseconds | null
  createdAt: Milliseconds
}

export interface DeliveryTry {
  /** Counts from 1. */
  try: number
  at: Milliseconds
  durationMs: number
  /** HTTP status of the answer, null when there was none. */
  status: number | null
  /** The first KB of the answer, or why there was none. */
  answer: string
}

/** Newest event first; `after` and `before` are event ids; one more than `limit` says "has more". */
export async function listDeliveries(
  pool: Queryable,
  endpoint: EndpointKey,
  page: {
    limit: number
    after?: string | undefined
    before?: string | undefined
    status?: DeliveryStatus | undefined
  },
): Promise<Delivery[]> {
  await getEndpoint({ pool }, endpoint)
  const rows = await query<DeliveryRow>(pool, page.before === undefined ? LIST : LIST_BEFORE, [
    endpoint.merchantId,
    endpoint.endpointId,
    page.status ?? null,
    page.before ?? page.after ?? null,
    page.limit + 1,
  ])
  return rows.map((row) => ({
    eventId: row.event_id,
    type: row.type,
    subjectId: row.subject_id,
    sequence: row.sequence,
    status: row.status,
    tries: row.tries,
    nextTryAt: row.status === 'pending' ? row.next_try_at : null,
    createdAt: row.created_at,
  }))
}

/** Every try of one delivery, the first one first. Throws `not_found`. */
export async function listTries(
  pool: Queryable,
  key: EndpointKey & { eventId: string },
): Promise<DeliveryTry[]> {
  await getEndpoint({ pool }, key)
  const rows = await query<TryRow>(pool, TRIES, [key.merchantId, key.endpointId, key.eventId])
  if (rows.length === 0) throw new ApiError('not_found')
  return rows.flatMap((row) =>
    row.try === null
      ? []
      : [
          {
            try: row.try,
            at: row.tried_at,
            durationMs: row.duration_ms,
            status: row.status,
            answer: row.answer,
          },
        ],
  )
}

interface DeliveryRow {
  event_id: string
  type: string
  subject_id: string
  sequence: number
  status: DeliveryStatus
  tries: number
  next_try_at: number
  created_at: number
}

interface TryRow {
  try: number | null
  tried_at: number
  duration_ms: number
  status: number | null
  answer: string
}

const COLUMNS = `select d.event_id, v.type, d.subject_id, d.sequence, d.status, d.tries, d.next_try_at,
    d.created_at
  from deliveries d join events v on v.merchant_id = d.merchant_id and v.event_id = d.event_id
  where d.merchant_id = $1 and d.webhook_endpoint_id = $2 and ($3::text is null or d.status = $3)`

const LIST = {
  name: 'delivery-list',
  text: `${COLUMNS} and ($4::text is null or d.event_id < $4) order by d.event_id desc limit $5`,
}

const LIST_BEFORE = {
  name: 'delivery-list-before',
  text: `${COLUMNS} and d.event_id > $4 order by d.event_id limit $5`,
}

const TRIES = {
  name: 'delivery-tries',
  text: `select t.try, t.tried_at, t.duration_ms, t.status, t.answer
    from deliveries d left join delivery_tries t using (merchant_id, webhook_endpoint_id, event_id)
    where merchant_id = $1 and webhook_endpoint_id = $2 and event_id = $3 order by t.try`,
}
