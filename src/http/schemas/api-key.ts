// API keys as the API shows them.

import { Type } from 'typebox'
import { SCOPES } from '../../merchants/scopes.ts'
import {
  id,
  line,
  listOf,
  nullable,
  pageQuery,
  strict,
  Timestamp,
  TimestampInput,
} from './common.ts'

const ScopeName = Type.Enum([...SCOPES])

const fields = {
  id: id('key'),
  object: Type.Literal('api_key'),
  created: Timestamp,
  livemode: Type.Boolean(),
  name: Type.String(),
  prefix: Type.String(),
  last4: Type.String(),
  scopes: Type.Array(ScopeName),
  version: Type.String({ description: 'The API version the key is pinned to.' }),
  allowed_addresses: nullable(Type.Array(Type.String())),
  expires_at: nullable(Timestamp),
  last_used_at: nullable(Timestamp),
  revoked_at: nullable(Timestamp),
}

export const ApiKey = strict(fields, { title: 'ApiKey' })

export const CreatedApiKey = strict(
  { ...fields, key: Type.String({ description: 'The key itself; shown only here.' }) },
  { title: 'CreatedApiKey' },
)

export const NewApiKey = strict(
  {
    name: line(100),
    scopes: Type.Optional(
      Type.Array(ScopeName, { minItems: 1, maxItems: SCOPES.length, uniqueItems: true }),
    ),
    expires_at: Type.Optional(nullable(TimestampInput)),
    allowed_addresses: Type.Optional(
      nullable(
        Type.Array(Type.String({ pattern: '^[0-9A-Fa-f:.]{2,45}(/\\d{1,3})?$', maxLength: 49 }), {
          minItems: 1,
          maxItems: 50,
          description: 'IP addresses or CIDR ranges.',
        }),
      ),
    ),
  },
  { title: 'NewApiKey' },
)

export const ApiKeyList = listOf(ApiKey)
export const ApiKeyQuery = strict(pageQuery)
