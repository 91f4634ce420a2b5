// API keys: made, listed, revoked. A key can give another only what it may do itself.

import { ApiError } from '../../errors.ts'
import {
  type ApiKey,
  createApiKey,
  findApiKey,
  listApiKeys,
  revokeApiKey,
} from '../../merchants/api-keys.ts'
import { isAddressRange } from '../../merchants/authenticate.ts'
import { DEFAULT_SCOPES, hasScope } from '../../merchants/scopes.ts'
import { listPage } from '../cursor.ts'
import { creates, type Operation, reads } from '../operation.ts'
import { time } from '../present.ts'
import { readTime } from '../query-time.ts'
import * as schemas from '../schemas/api-key.ts'
import { Empty } from '../schemas/common.ts'
import type { Services } from '../services.ts'
import { CURRENT_VERSION } from '../version.ts'

const TAG = 'API keys'

export function apiKeyOperations(services: Services): Operation[] {
  return [create(services), list(services), read(services), revoke(services)]
}

function create({ payments: { ports } }: Services): Operation {
  return creates({
    id: 'createApiKey',
    tag: TAG,
    path: '/v1/api_keys',
    summary: 'Make an API key',
    description: 'The key is shown once. Without `scopes` it may read and write payments.',
    scope: 'api_keys:write',
    query: Empty,
    body: schemas.NewApiKey,
    answers: { 201: schemas.CreatedApiKey },
    async handle({ key, owner, body }, db) {
      const scopes = body.scopes ?? DEFAULT_SCOPES
      const foreign = scopes.findIndex((scope) => !hasScope(key.scopes, scope))
      if (foreign >= 0) {
        throw new ApiError('scope_missing', {
          param: `/scopes/${foreign}`,
          detail: {
            en: `Only a key with the scope ${scopes[foreign]} can give it.`,
            'zh-CN': `只有具有 ${scopes[foreign]} 权限的密钥才能授予该权限。`,
          },
        })
      }
      for (const [i, entry] of (body.allowed_addresses ?? []).entries()) {
        if (!isAddressRange(entry))
          throw new ApiError('field_invalid', { param: `/allowed_addresses/${i}` })
      }
      const { apiKey, text } = await createApiKey(db, ports, {
        ...owner,
        name: body.name,
        scopes,
        version: CURRENT_VERSION,
        allowedAddresses: body.allowed_addresses ?? null,
        expiresAt: expiry(body.expires_at ?? null, ports.clock.now()),
      })
      return { status: 201, body: { ...present(apiKey), key: text.reveal() } }
    },
  })
}

function expiry(text: string | null, now: number): number | null {
  if (text === null) return null
  const at = readTime(text, '/expires_at')
  if (at <= now) {
    throw new ApiError('field_invalid', {
      param: '/expires_at',
      detail: { en: 'The time is not in the future.', 'zh-CN': '该时间不在将来。' },
    })
  }
  return at
}

function list({ pool, cursors }: Services): Operation {
  return reads({
    id: 'listApiKeys',
    tag: TAG,
    path: '/v1/api_keys',
    summary: 'List API keys',
    scope: 'api_keys:read',
    query: schemas.ApiKeyQuery,
    body: Empty,
    answers: { 200: schemas.ApiKeyList },
    errors: ['cursor_invalid'],
    async handle({ owner, query }) {
      const body = await listPage(cursors, { list: 'api_keys', ...owner, filter: {} }, query, {
        read: (page) => listApiKeys(pool, owner, page),
        idOf: (key) => key.apiKeyId,
        present,
      })
      return { status: 200, body }
    },
  })
}

const one = { tag: TAG, params: { api_key: 'key' }, query: Empty, body: Empty } as const

function read({ pool }: Services): Operation {
  return reads({
    ...one,
    id: 'getApiKey',
    path: '/v1/api_keys/{api_key}',
    summary: 'Read an API key',
    scope: 'api_keys:read',
    answers: { 200: schemas.ApiKey },
    errors: ['not_found'],
    etag: true,
    async handle({ owner, id }) {
      const key = await findApiKey(pool, owner, id('api_key'))
      if (!key) throw new ApiError('not_found')
      return { status: 200, body: present(key) }
    },
  })
}

function revoke({ payments: { ports } }: Services): Operation {
  return creates({
    ...one,
    id: 'revokeApiKey',
    path: '/v1/api_keys/{api_key}/revoke',
    summary: 'Revoke an API key',
    description: 'It stops working everywhere within a second.',
    scope: 'api_keys:write',
    answers: { 200: schemas.ApiKey },
    errors: ['not_found', 'already_revoked'],
    async handle({ owner, id }, db) {
      const revoked = await revokeApiKey(db, owner, id('api_key'), ports.clock.now())
      if (revoked) return { status: 200, body: present(revoked) }
      const known = await findApiKey(db, owner, id('api_key'))
      throw new ApiError(known ? 'already_revoked' : 'not_found')
    },
  })
}

function present(key: ApiKey) {
  return {
    id: key.apiKeyId,
    object: 'api_key',
    created: time(key.createdAt),
    livemode: key.livemode,
    name: key.name,
    prefix: key.prefix,
    last4: key.last4,
    scopes: key.scopes,
    version: key.version,
    allowed_addresses: key.allowedAddresses,
    expires_at: time(key.expiresAt),
    last_used_at: time(key.lastUsedAt),
    revoked_at: time(key.revokedAt),
  }
}
