// Wallets the hub knows, and a merchant's connections to them.

import { Type } from 'typebox'
import { SURFACES } from '../../wallets/wallet.ts'
import {
  Amount,
  Bilingual,
  id,
  line,
  listOf,
  nullable,
  pageQuery,
  SurfaceName,
  strict,
  Timestamp,
} from './common.ts'

const Capabilities = strict({
  surfaces: Type.Array(SurfaceName),
  currencies: Type.Array(Type.String()),
  limits: Type.Record(Type.String(), strict({ min: Amount, max: Amount }), {
    description: 'Smallest and largest amount per payment, in minor units.',
  }),
  separate_capture: Type.Boolean(),
  expiry: strict({ min_seconds: Type.Integer(), max_seconds: Type.Integer() }),
})

export const Wallet = strict(
  {
    name: Type.String(),
    object: Type.Literal('wallet'),
    display_name: Bilingual,
    capabilities: Capabilities,
    account_fields: Type.Array(
      strict({
        name: Type.String(),
        secret: Type.Boolean({ description: 'Goes in and never comes out.' }),
        required: Type.Boolean(),
        description: Type.String(),
      }),
    ),
  },
  { title: 'Wallet' },
)

export const WalletList = listOf(Wallet)

export const WalletAccount = strict(
  {
    id: id('wac'),
    object: Type.Literal('wallet_account'),
    created: Timestamp,
    updated: Timestamp,
    livemode: Type.Boolean(),
    wallet: Type.String(),
    name: Type.String(),
    status: Type.Enum(['enabled', 'disabled']),
    surfaces: Type.Array(SurfaceName),
    fields: Type.Record(Type.String(), Type.String()),
    secrets: Type.Array(Type.String(), { description: 'Names of the secret fields that are set.' }),
    notify_url: Type.String({ description: 'Where the wallet reports.' }),
    capabilities: nullable(Capabilities),
  },
  { title: 'WalletAccount' },
)

const FieldName = Type.String({ pattern: '^[a-z][a-z0-9_]{0,60}$' })
const FieldValue = Type.String({ minLength: 1, maxLength: 20_000 })

export const NewWalletAccount = strict(
  {
    wallet: Type.String({ pattern: '^[a-z][a-z0-9_]{0,30}$', maxLength: 31 }),
    name: line(100),
    surfaces: Type.Optional(
      Type.Array(SurfaceName, {
        minItems: 1,
        maxItems: SURFACES.length,
        uniqueItems: true,
      }),
    ),
    fields: Type.Record(FieldName, FieldValue, { additionalProperties: false, maxProperties: 50 }),
  },
  { title: 'NewWalletAccount' },
)

export const WalletAccountChange = strict(
  {
    name: Type.Optional(line(100)),
    status: Type.Optional(Type.Enum(['enabled', 'disabled'])),
    surfaces: Type.Optional(
      Type.Array(SurfaceName, {
        minItems: 1,
        maxItems: SURFACES.length,
        uniqueItems: true,
      }),
    ),
    fields: Type.Optional(
      Type.Record(FieldName, nullable(FieldValue), {
        additionalProperties: false,
        maxProperties: 50,
        description: 'Fields that are not named stay as they are; null removes one.',
      }),
    ),
  },
  { title: 'WalletAccountChange' },
)

export const WalletAccountList = listOf(WalletAccount)
export const WalletAccountQuery = strict(pageQuery)

export const Check = strict(
  {
    object: Type.Literal('wallet_account_check'),
    wallet_account: id('wac'),
    ok: Type.Boolean({ description: 'No finding is an error.' }),
    findings: Type.Array(
      strict({
        level: Type.Enum(['ok', 'warning', 'error']),
        code: Type.String(),
        param: nullable(Type.String({ description: 'JSON pointer to the field of the account.' })),
        message: Bilingual,
      }),
    ),
  },
  { title: 'WalletAccountCheck' },
)
