// Events about an endpoint itself: a test that the merchant asked for, and that the hub disabled it.

import { type Queryable, query, timestamp } from '../db/pool.ts'
import { ApiError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Clock, Random } from '../ports.ts'
import {
  ENDPOINT_COLUMNS,
  type Endpoint,
  type EndpointKey,
  type EndpointRow,
  fromRow,
  getEndpoint,
  presentEndpoint,
} from './endpoints.ts'
import { TEST_EVENT_TYPE } from './event-types.ts'
import { queueJobs } from './job.ts'

interface Context {
  pool: Queryable
  clock: Clock
  random: Random
}

/** Sends a `webhook_endpoint.test` event to this endpoint only. Returns the event's id. */
export async function sendTestEvent(ctx: Context, key: EndpointKey): Promise<string> {
  const endpoint = await getEndpoint(ctx, key)
  const eventId = newId('evt', ctx)
  const rows = await query<{ jobs: bigint }>(ctx.pool, TEST, [
    key.merchantId,
    key.endpointId,
    eventId,
    presentEndpoint(endpoint),
    timestamp(ctx.clock.now()),
  ])
  // The same statement counts the event and looks at the status.
  if (rows[0]?.jobs !== 1n) throw new ApiError('endpoint_disabled')
  return eventId
}

/**
 * Disables an endpoint that is `gone` or `failing`, ends what is still to be delivered to it and
 * tells the merchant's other endpoints (PRODUCT AP-43). Does nothing when it is disabled already,
 * or was changed since `endpoint` was read.
 */
export async function disableEndpoint(
  ctx: Context,
  endpoint: Endpoint,
  reason: 'gone' | 'failing',
): Promise<boolean> {
  const now = ctx.clock.now()
  const disabled: Endpoint = {
    ...endpoint,
    status: 'disabled',
    disabledReason: reason,
    updatedAt: now,
  }
  const rows = await query<EndpointRow>(ctx.pool, DISABLE, [
    endpoint.merchantId,
    endpoint.endpointId,
    newId('evt', ctx),
    presentEndpoint(disabled),
    timestamp(now),
    reason,
    endpoint.version,
  ])
  return rows.map(fromRow).length === 1
}

const EVENT = `insert into events (merchant_id, event_id, subject_id, sequence, livemode, type, data, created_at)`
const DELIVERY = `insert into deliveries (merchant_id, webhook_endpoint_id, event_id, subject_id,
  sequence, status, next_try_at, created_at)`

const TEST = {
  name: 'webhook-endpoint-test',
  text: `with endpoint as (
      update webhook_endpoints set event_count = event_count + 1
      where merchant_id = $1 and webhook_endpoint_id = $2 and status = 'enabled'
      returning merchant_id, webhook_endpoint_id, event_count, livemode
    ), event as (
      ${EVENT} select merchant_id, $3, webhook_endpoint_id, event_count, livemode,
        '${TEST_EVENT_TYPE}', $4, $5 from endpoint
      returning merchant_id, event_id, subject_id, sequence, created_at
    ), delivery as (
      ${DELIVERY} select merchant_id, subject_id, event_id, subject_id, sequence, 'pending',
        created_at, created_at from event
      returning merchant_id, webhook_endpoint_id, subject_id
    ) ${queueJobs('delivery', 'null::timestamptz').replace('count(*)', 'count(*) as jobs')}`,
}

const DISABLE = {
  name: 'webhook-endpoint-disable',
  text: `with endpoint as (
      update webhook_endpoints set status = 'disabled', disabled_reason = $6,
        event_count = event_count + 1, version = version + 1, updated_at = $5
      where merchant_id = $1 and webhook_endpoint_id = $2 and status = 'enabled' and version = $7
      returning ${ENDPOINT_COLUMNS}, event_count
    ), ended as (
      update deliveries d set status = 'failed' from endpoint e where d.merchant_id = e.merchant_id
        and d.webhook_endpoint_id = e.webhook_endpoint_id and d.status = 'pending'
    ), event as (
      ${EVENT} select merchant_id, $3, webhook_endpoint_id, event_count, livemode,
        'webhook_endpoint.disabled', $4, $5 from endpoint
      returning merchant_id, event_id, subject_id, sequence, livemode, type, created_at
    ), delivery as (
      ${DELIVERY} select w.merchant_id, w.webhook_endpoint_id, v.event_id, v.subject_id, v.sequence,
        'pending', v.created_at, v.created_at
      from event v join webhook_endpoints w on w.merchant_id = v.merchant_id
        and w.livemode = v.livemode and w.status = 'enabled' and w.webhook_endpoint_id <> v.subject_id
        and (w.types = '{*}' or v.type = any (w.types))
      returning merchant_id, webhook_endpoint_id, subject_id
    ), queued as materialized (${queueJobs('delivery', 'null::timestamptz')})
    select endpoint.* from endpoint, queued`,
}
