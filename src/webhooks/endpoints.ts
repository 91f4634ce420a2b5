// A merchant's webhook endpoints: where it is told, about what, signed with which secret.

import { type Queryable, query, timestamp } from '../db/pool.ts'
import { ApiError } from '../errors.ts'
import { newId } from '../ids.ts'
import { type Sealer, type Secret, secret } from '../merchants/sealing.ts'
import { ForbiddenDestination, type Guard, RULES } from '../outgoing/guard.ts'
import { type Clock, type Milliseconds, NetworkError, type Random } from '../ports.ts'
import type { EventFilter } from './event-types.ts'
import { DAY } from './schedule.ts'
import { newSecret } from './signature.ts'

export interface EndpointContext {
  /** The pool, or a connection in a transaction: every function here changes with one statement. */
  pool: Queryable
  sealer: Sealer
  clock: Clock
  random: Random
  guard: Guard
}

export interface EndpointKey {
  merchantId: string
  livemode: boolean
  endpointId: string
}

export interface Endpoint extends EndpointKey {
  url: string
  description: string
  /** Event types, or the single element `*`. */
  types: string[]
  status: 'enabled' | 'disabled'
  /** Why the hub disabled it; null when the merchant did, or while it is enabled. */
  disabledReason: 'gone' | 'failing' | null
  /** The old secret signs beside the new one until then. */
  previousSecretUntil: Milliseconds | null
  failingSince: Milliseconds | null
  /** The ETag: counts the changes. */
  version: number
  createdAt: Milliseconds
  updatedAt: Milliseconds
}

/** An endpoint as the API and events show it. */
export function presentEndpoint(endpoint: Endpoint): Record<string, unknown> {
  return {
    id: endpoint.endpointId,
    object: 'webhook_endpoint',
    created: time(endpoint.createdAt),
    livemode: endpoint.livemode,
    url: endpoint.url,
    description: endpoint.description,
    types: endpoint.types,
    status: endpoint.status,
    disabled_reason: endpoint.disabledReason,
    failing_since: time(endpoint.failingSince),
    previous_secret_until: time(endpoint.previousSecretUntil),
    updated: time(endpoint.updatedAt),
  }
}

export interface NewEndpoint {
  merchantId: string
  livemode: boolean
  url: string
  description: string
  types: EventFilter
}

/** Makes an endpoint. Its secret is told now and never again. Throws `url_not_allowed`. */
export async function createEndpoint(
  ctx: EndpointContext,
  wanted: NewEndpoint,
): Promise<{ endpoint: Endpoint; secret: Secret }> {
  return insertEndpoint(ctx, { ...wanted, url: await allowedUrl(ctx.guard, wanted.url) })
}

/** The same for a URL that {@link allowedUrl} has allowed. */
export async function insertEndpoint(
  ctx: Omit<EndpointContext, 'guard'>,
  wanted: NewEndpoint,
): Promise<{ endpoint: Endpoint; secret: Secret }> {
  const key = { ...wanted, endpointId: newId('whe', ctx) }
  const text = newSecret(ctx.random)
  const rows = await query<EndpointRow>(ctx.pool, INSERT, [
    key.merchantId,
    key.endpointId,
    key.livemode,
    new URL(wanted.url).href,
    wanted.description,
    wanted.types,
    ctx.sealer.seal(text, secretContext(key, 1)),
    timestamp(ctx.clock.now()),
  ])
  return { endpoint: fromRow(only(rows)), secret: secret(text) }
}

/** Throws `not_found` for an endpoint of another merchant or mode. */
export async function getEndpoint(
  ctx: Pick<EndpointContext, 'pool'>,
  key: EndpointKey,
): Promise<Endpoint> {
  const rows = await query<EndpointRow>(ctx.pool, SELECT, [
    key.merchantId,
    key.endpointId,
    key.livemode,
  ])
  return fromRow(only(rows))
}

/** Newest first; `after` and `before` are ids; one more than `limit` says that there are more. */
export async function listEndpoints(
  ctx: Pick<EndpointContext, 'pool'>,
  filter: { merchantId: string; livemode: boolean },
  page: { limit: number; after?: string | undefined; before?: string | undefined },
): Promise<Endpoint[]> {
  const rows = await query<EndpointRow>(ctx.pool, page.before === undefined ? LIST : LIST_BEFORE, [
    filter.merchantId,
    filter.livemode,
    page.before ?? page.after ?? null,
    page.limit + 1,
  ])
  return rows.map(fromRow)
}

export interface EndpointChanges {
  url?: string | undefined
  description?: string | undefined
  types?: EventFilter | undefined
  status?: 'enabled' | 'disabled' | undefined
}

/**
 * Changes an endpoint. Disabling ends what is still to be delivered to it; enabling begins its count
 * of failures anew. Throws `not_found`, `url_not_allowed`, and `precondition_failed` when the
 * endpoint has another version than `ifVersion`.
 */
export async function patchEndpoint(
  ctx: EndpointContext,
  key: EndpointKey,
  changes: EndpointChanges,
  ifVersion?: number,
): Promise<Endpoint> {
  const url = changes.url === undefined ? null : await allowedUrl(ctx.guard, changes.url)
  const rows = await query<EndpointRow>(ctx.pool, PATCH, [
    key.merchantId,
    key.endpointId,
    key.livemode,
    ifVersion ?? null,
    url,
    changes.description ?? null,
    changes.types ?? null,
    changes.status ?? null,
    timestamp(ctx.clock.now()),
  ])
  return rows[0] ? fromRow(rows[0]) : refuseChange(ctx, key)
}

/** Removes an endpoint and ends what is still to be delivered to it. Throws as {@link patchEndpoint}. */
export async function deleteEndpoint(
  ctx: Pick<EndpointContext, 'pool'>,
  key: EndpointKey,
  ifVersion?: number,
): Promise<void> {
  const values = [key.merchantId, key.endpointId, key.livemode, ifVersion ?? null]
  const rows = await query(ctx.pool, DELETE, values)
  if (rows.length === 0) await refuseChange(ctx, key)
}

/**
 * Gives the endpoint a new secret, told now and never again. The one before signs beside it for
 * 24 hours (PRODUCT AP-40); one that was still running out ends at once.
 */
export async function rotateSecret(
  ctx: EndpointContext,
  key: EndpointKey,
  ifVersion?: number,
): Promise<{ endpoint: Endpoint; secret: Secret }> {
  for (;;) {
    const values = [key.merchantId, key.endpointId, key.livemode]
    const current = only(await query<EndpointRow>(ctx.pool, SELECT, values))
    if (ifVersion !== undefined && ifVersion !== current.version)
      throw new ApiError('precondition_failed')
    const text = newSecret(ctx.random)
    const now = ctx.clock.now()
    const rows = await query<EndpointRow>(ctx.pool, ROTATE, [
      ...values,
      current.version,
      ctx.sealer.seal(text, secretContext(key, current.secret_version + 1)),
      timestamp(now + DAY),
      timestamp(now),
    ])
    if (rows[0]) return { endpoint: fromRow(rows[0]), secret: secret(text) }
  }
}

/** Where a secret of an endpoint is sealed to; `version` counts the secrets of the endpoint. */
export function secretContext(key: { merchantId: string; endpointId: string }, version: number) {
  return { merchantId: key.merchantId, object: key.endpointId, field: 'webhook_secret', version }
}

export interface EndpointRow {
  merchant_id: string
  webhook_endpoint_id: string
  livemode: boolean
  url: string
  description: string
  types: string[]
  status: 'enabled' | 'disabled'
  disabled_reason: 'gone' | 'failing' | null
  previous_secret_until: number | null
  failing_since: number | null
  secret_version: number
  version: number
  created_at: number
  updated_at: number
}

export function fromRow(row: EndpointRow): Endpoint {
  return {
    merchantId: row.merchant_id,
    livemode: row.livemode,
    endpointId: row.webhook_endpoint_id,
    url: row.url,
    description: row.description,
    types: row.types,
    status: row.status,
    disabledReason: row.disabled_reason,
    previousSecretUntil: row.previous_secret_until,
    failingSince: row.failing_since,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Where webhooks may go, as it is stored; looks the name up. Throws `url_not_allowed`. */
export async function allowedUrl(guard: Guard, text: string): Promise<string> {
  try {
    return (await guard.check(text)).href
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const unknown = { en: 'The name of the host is not known.', 'zh-CN': '无法解析主机名。' }
    const detail = error instanceof ForbiddenDestination ? RULES[error.rule] : unknown
    throw new ApiError('url_not_allowed', { param: '/url', detail })
  }
}

// A change that met no row: the endpoint is not there, or has another version.
async function refuseChange(ctx: Pick<EndpointContext, 'pool'>, key: EndpointKey): Promise<never> {
  await getEndpoint(ctx, key)
  throw new ApiError('precondition_failed')
}

function only<Row>(rows: Row[]): Row {
  const [row] = rows
  if (!row) throw new ApiError('not_found')
  return row
}

function time(at: Milliseconds | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

const KEY = 'merchant_id = $1 and webhook_endpoint_id = $2 and livemode = $3'

export const ENDPOINT_COLUMNS = `merchant_id, webhook_endpoint_id, livemode, url, description, types,
  status, disabled_reason, previous_secret_until, failing_since, secret_version, version, created_at,
  updated_at`

const INSERT = {
  name: 'webhook-endpoint-insert',
  text: `insert into webhook_endpoints (merchant_id, webhook_endpoint_id, livemode, url, description,
      types, sealed_secret, status, version, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, 'enabled', 1, $8, $8) returning ${ENDPOINT_COLUMNS}`,
}

const SELECT = {
  name: 'webhook-endpoint-select',
  text: `select ${ENDPOINT_COLUMNS} from webhook_endpoints where ${KEY}`,
}

const LIST = {
  name: 'webhook-endpoint-list',
  text: `select ${ENDPOINT_COLUMNS} from webhook_endpoints where merchant_id = $1 and livemode = $2
    and ($3::text is null or webhook_endpoint_id < $3) order by webhook_endpoint_id desc limit $4`,
}

const LIST_BEFORE = {
  name: 'webhook-endpoint-list-before',
  text: `select ${ENDPOINT_COLUMNS} from webhook_endpoints where merchant_id = $1 and livemode = $2
    and webhook_endpoint_id > $3 order by webhook_endpoint_id limit $4`,
}

const PATCH = {
  name: 'webhook-endpoint-patch',
  text: `with changed as (
      update webhook_endpoints set url = coalesce($5, url), description = coalesce($6, description),
        types = coalesce($7, types), status = coalesce($8, status),
        disabled_reason = case when $8::text is null then disabled_reason end,
        failing_since = case when $8 = 'enabled' then null else failing_since end,
        version = version + 1, updated_at = $9
      where ${KEY} and version = coalesce($4, version) returning ${ENDPOINT_COLUMNS}
    ), ended as (
      update deliveries d set status = 'failed' from changed c where c.status = 'disabled'
        and d.merchant_id = c.merchant_id and d.webhook_endpoint_id = c.webhook_endpoint_id
        and d.status = 'pending'
    ) select * from changed`,
}

const DELETE = {
  name: 'webhook-endpoint-delete',
  text: `with gone as (
      delete from webhook_endpoints where ${KEY} and version = coalesce($4, version)
      returning merchant_id, webhook_endpoint_id
    ), ended as (
      update deliveries d set status = 'failed' from gone g where d.merchant_id = g.merchant_id
        and d.webhook_endpoint_id = g.webhook_endpoint_id and d.status = 'pending'
    ) select * from gone`,
}

const ROTATE = {
  name: 'webhook-endpoint-rotate',
  text: `update webhook_endpoints set sealed_previous_secret = sealed_secret, sealed_secret = $5,
      secret_version = secret_version + 1, previous_secret_until = $6, version = version + 1,
      updated_at = $7
    where ${KEY} and version = $4 returning ${ENDPOINT_COLUMNS}`,
}
