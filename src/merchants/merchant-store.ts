// Merchants as rows, and what they have set in each mode.

import { type Queryable, query, timestamp } from '../db/pool.ts'
import type { Milliseconds } from '../ports.ts'
import type { LatePayment, Merchant, MerchantOwner, Support } from './merchant.ts'

/** Settings as they stand in the database; what is absent has its default. */
interface StoredSettings {
  support?: Support
  language?: string | null
  time_zone?: string
  late_payment?: LatePayment
  return_origins?: string[]
  embed_origins?: string[]
}

interface Row {
  name: string
  settings: StoredSettings
  version: number
  created_at: Milliseconds
  updated_at: Milliseconds
}

/** Throws for an id that is in no row: callers have it from rows that refer to merchants. */
export async function readMerchant(
  db: Queryable,
  { merchantId, livemode }: MerchantOwner,
): Promise<Merchant> {
  const [row] = await query<Row>(
    db,
    {
      name: 'merchant-by-id',
      text: `select coalesce(s.name, m.name) as name, coalesce(s.settings, m.settings) as settings,
          coalesce(s.version, 0) as version, m.created_at,
          coalesce(s.updated_at, m.created_at) as updated_at
        from merchants m
        left join merchant_settings s on s.merchant_id = m.merchant_id and s.livemode = $2
        where m.merchant_id = $1`,
    },
    [merchantId, livemode],
  )
  if (!row) throw new Error(`there is no merchant ${merchantId}`)
  const { settings } = row
  return {
    merchantId,
    livemode,
    version: row.version,
    name: row.name,
    support: settings.support ?? {},
    language: settings.language ?? null,
    timeZone: settings.time_zone ?? 'Asia/Shanghai',
    latePayment: settings.late_payment ?? 'open',
    returnOrigins: settings.return_origins ?? [],
    embedOrigins: settings.embed_origins ?? [],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** Writes all settings; false when they are no longer at the version before `merchant.version`. */
export async function writeMerchant(db: Queryable, merchant: Merchant): Promise<boolean> {
  const settings: StoredSettings = {
    support: merchant.support,
    language: merchant.language,
    time_zone: merchant.timeZone,
    late_payment: merchant.latePayment,
    return_origins: [...merchant.returnOrigins],
    embed_origins: [...merchant.embedOrigins],
  }
  const rows = await query(
    db,
    {
      name: 'merchant-settings-write',
      text: `insert into merchant_settings (merchant_id, livemode, name, settings, version, updated_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (merchant_id, livemode) do update set name = excluded.name,
          settings = excluded.settings, version = excluded.version, updated_at = excluded.updated_at
        where merchant_settings.version = excluded.version - 1
        returning version`,
    },
    [
      merchant.merchantId,
      merchant.livemode,
      merchant.name,
      JSON.stringify(settings),
      merchant.version,
      timestamp(merchant.updatedAt),
    ],
  )
  return rows.length === 1
}

export interface NewMerchant {
  merchantId: string
  name: string
  support: Support
}

export async function insertMerchant(
  db: Queryable,
  merchant: NewMerchant,
  now: Milliseconds,
): Promise<void> {
  await query(
    db,
    {
      name: 'merchant-insert',
      text: 'insert into merchants (merchant_id, name, settings, created_at) values ($1, $2, $3, $4)',
    },
    [merchant.merchantId, merchant.name, { support: merchant.support }, timestamp(now)],
  )
}

/** Whether no merchant is there yet; other processes that ask in a transaction wait for this one. */
export async function isFirst(db: Queryable): Promise<boolean> {
  // Any number that no other lock of ours takes: "first" in ASCII.
  await query(db, {
    name: 'merchant-first-lock',
    text: 'select pg_advisory_xact_lock(439955026804)',
  })
  const rows = await query(db, { name: 'merchant-any', text: 'select from merchants limit 1' })
  return rows.length === 0
}

/** The merchant that was made first, if there is any. */
export async function findFirstMerchant(db: Queryable): Promise<string | undefined> {
  const [row] = await query<{ merchant_id: string }>(db, {
    name: 'merchant-first',
    text: 'select merchant_id from merchants order by created_at, merchant_id limit 1',
  })
  return row?.merchant_id
}
