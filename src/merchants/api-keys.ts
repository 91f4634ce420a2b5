// API keys as rows: made, listed, revoked, and looked up by the hash of their text.

import { type Pool, type Queryable, query, timestamp } from '../db/pool.ts'
import { newId } from '../ids.ts'
import type { Clock, Milliseconds, Random } from '../ports.ts'
import { hashKey, newKeyText, visiblePrefix } from './key-format.ts'
import { isScope, type Scope } from './scopes.ts'
import { type Secret, secret } from './sealing.ts'

export interface ApiKey {
  merchantId: string
  apiKeyId: string
  livemode: boolean
  name: string
  prefix: string
  last4: string
  scopes: Scope[]
  /** The API version the key was made under. */
  version: string
  /** Addresses and CIDR ranges the key may be used from; null allows every address. */
  allowedAddresses: string[] | null
  expiresAt: Milliseconds | null
  lastUsedAt: Milliseconds | null
  revokedAt: Milliseconds | null
  createdAt: Milliseconds
}

export interface NewApiKey {
  merchantId: string
  livemode: boolean
  name: string
  scopes: readonly Scope[]
  version: string
  allowedAddresses: readonly string[] | null
  expiresAt: Milliseconds | null
}

interface Row {
  merchant_id: string
  api_key_id: string
  livemode: boolean
  name: string
  prefix: string
  last4: string
  scopes: string[]
  version: string
  allowed_addresses: string[] | null
  expires_at: Milliseconds | null
  last_used_at: Milliseconds | null
  revoked_at: Milliseconds | null
  created_at: Milliseconds
}

const COLUMNS = `merchant_id, api_key_id, livemode, name, prefix, last4, scopes, version,
  allowed_addresses, expires_at, last_used_at, revoked_at, created_at`

/** Stores a new key. Its text is returned once and is not kept. */
export async function createApiKey(
  db: Queryable,
  ports: { clock: Clock; random: Random },
  input: NewApiKey,
): Promise<{ apiKey: ApiKey; text: Secret }> {
  const text = newKeyText(input.livemode, ports.random)
  const rows = await query<Row>(
    db,
    {
      name: 'api-key-create',
      text: `insert into api_keys (merchant_id, api_key_id, livemode, name, hash, prefix, last4,
          scopes, version, allowed_addresses, expires_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning ${COLUMNS}`,
    },
    [
      input.merchantId,
      newId('key', ports),
      input.livemode,
      input.name,
      hashKey(text),
      visiblePrefix(text),
      text.slice(-4),
      input.scopes,
      input.version,
      input.allowedAddresses,
      input.expiresAt === null ? null : timestamp(input.expiresAt),
      timestamp(ports.clock.now()),
    ],
  )
  return { apiKey: only(rows), text: secret(text) }
}

export async function findApiKeyByHash(pool: Pool, hash: Uint8Array): Promise<ApiKey | undefined> {
  const rows = await query<Row>(
    pool,
    { name: 'api-key-by-hash', text: `select ${COLUMNS} from api_keys where hash = $1` },
    [hash],
  )
  return rows[0] && toApiKey(rows[0])
}

export interface ApiKeyOwner {
  merchantId: string
  livemode: boolean
}

export async function findApiKey(
  db: Queryable,
  { merchantId, livemode }: ApiKeyOwner,
  apiKeyId: string,
): Promise<ApiKey | undefined> {
  const rows = await query<Row>(
    db,
    {
      name: 'api-key-by-id',
      text: `select ${COLUMNS} from api_keys where merchant_id = $1 and livemode = $2 and api_key_id = $3`,
    },
    [merchantId, livemode, apiKeyId],
  )
  return rows[0] && toApiKey(rows[0])
}

/** Newest first; one more row than `limit` says "has more". `before` lists oldest first. */
export async function listApiKeys(
  pool: Pool,
  { merchantId, livemode }: ApiKeyOwner,
  page: { limit: number; after?: string | undefined; before?: string | undefined },
): Promise<ApiKey[]> {
  const backwards = page.before !== undefined
  const rows = await query<Row>(
    pool,
    {
      name: backwards ? 'api-keys-before' : 'api-keys-after',
      text: `select ${COLUMNS} from api_keys where merchant_id = $1 and livemode = $2
        and ($3::text is null or api_key_id ${backwards ? '>' : '<'} $3)
        order by api_key_id ${backwards ? 'asc' : 'desc'} limit $4`,
    },
    [merchantId, livemode, page.before ?? page.after ?? null, page.limit + 1],
  )
  return rows.map(toApiKey)
}

/** Revokes a key; undefined when there is none that could be revoked. */
export async function revokeApiKey(
  db: Queryable,
  { merchantId, livemode }: ApiKeyOwner,
  apiKeyId: string,
  now: Milliseconds,
): Promise<ApiKey | undefined> {
  const rows = await query<Row>(
    db,
    {
      name: 'api-key-revoke',
      text: `update api_keys set revoked_at = $4 where merchant_id = $1 and livemode = $2
        and api_key_id = $3 and revoked_at is null returning ${COLUMNS}`,
    },
    [merchantId, livemode, apiKeyId, timestamp(now)],
  )
  return rows[0] && toApiKey(rows[0])
}

/** Keeps the time of use, unless another process has kept one since `olderThan`. */
export async function noteUse(
  pool: Pool,
  key: ApiKey,
  now: Milliseconds,
  olderThan: Milliseconds,
): Promise<void> {
  await query(
    pool,
    {
      name: 'api-key-used',
      text: `update api_keys set last_used_at = $3 where merchant_id = $1 and api_key_id = $2
        and (last_used_at is null or last_used_at < $4)`,
    },
    [key.merchantId, key.apiKeyId, timestamp(now), timestamp(olderThan)],
  )
}

function only(rows: Row[]): ApiKey {
  const [row] = rows
  if (!row) throw new Error('the database did not return the row it stored')
  return toApiKey(row)
}

function toApiKey(row: Row): ApiKey {
  return {
    merchantId: row.merchant_id,
    apiKeyId: row.api_key_id,
    livemode: row.livemode,
    name: row.name,
    prefix: row.prefix,
    last4: row.last4,
    scopes: row.scopes.filter(isScope),
    version: row.version,
    allowedAddresses: row.allowed_addresses,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
    createdAt: row.created_at,
  }
}
