// Pieces that many schemas share. A schema with a `title` becomes a component of the OpenAPI document.

import { type TProperties, type TSchema, Type } from 'typebox'
import type { IdPrefix } from '../../ids.ts'
import { CURRENCIES, MAX_AMOUNT } from '../../money.ts'
import { SURFACES } from '../../wallets/wallet.ts'

/** An object that has these members and no other. */
export function strict<Properties extends TProperties>(
  properties: Properties,
  options: object = {},
) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()])
}

/** Text without control characters: it is shown to people and goes to wallets. */
export function line(maxLength: number, description?: string) {
  return Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$',
    ...(description !== undefined && { description }),
  })
}

export function id(prefix: IdPrefix, description?: string) {
  return Type.String({
    pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`,
    maxLength: prefix.length + 27,
    ...(description !== undefined && { description }),
  })
}

export const Timestamp = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
  maxLength: 24,
  description: 'RFC 3339 in UTC with milliseconds.',
  examples: ['2026-11-22T08:15:30.123Z'],
})

/** A time as a caller writes it: whole seconds will do. */
export const TimestampInput = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z$',
  maxLength: 24,
  description: 'RFC 3339 in UTC (`Z`).',
})

export const Amount = Type.Integer({
  minimum: 1,
  maximum: Number(MAX_AMOUNT),
  description: 'In minor units of the currency (fen, cents, yen).',
})

export const ZeroOrMore = Type.Integer({ minimum: 0, maximum: Number(MAX_AMOUNT) })

export const Currency = Type.Enum([...CURRENCIES], {
  description: 'ISO 4217 code in upper case, or BTC.',
})

export const SurfaceName = Type.Enum([...SURFACES], {
  description:
    'Where the payer meets the wallet: `desktop` and `mobile` browser, `app` (your own app), `qr` (the payer scans), `barcode` (you scan), `in_app` (a page inside the wallet).',
})

export const Bilingual = strict({ en: Type.String(), 'zh-CN': Type.String() })

export const Empty = strict({})

export const Metadata = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9_.-]{1,40}$' }),
  Type.String({ maxLength: 500 }),
  {
    additionalProperties: false,
    maxProperties: 50,
    description: 'Your own notes; never sent to a wallet.',
  },
)

/** Query parameters of every list (PRODUCT AP-26). */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  after: Type.Optional(line(300, 'A `next_cursor`: what is older.')),
  before: Type.Optional(line(300, 'A `prev_cursor`: what is newer.')),
}

export function listOf<Schema extends TSchema>(item: Schema) {
  return strict({
    object: Type.Literal('list'),
    data: Type.Array(item),
    has_more: Type.Boolean({ description: 'There is more in the direction that was asked for.' }),
    next_cursor: nullable(Type.String()),
    prev_cursor: nullable(Type.String()),
  })
}
