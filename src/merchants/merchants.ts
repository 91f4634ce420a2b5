// Merchants: who owns everything else, and what payers are told about them.

import { type Pool, type Queryable, query, timestamp } from '../db/pool.ts'
import type { Clock, Milliseconds } from '../ports.ts'

/** How a payer reaches the merchant. */
export interface Support {
  phone?: string
  email?: string
  wechat?: string
  hours?: string
  url?: string
}

export interface Merchant {
  merchantId: string
  name: string
  support: Support
  /** The language of payers who ask for none. */
  language: string | null
  /** IANA name of the zone in which receipts print times. */
  timeZone: string
}

interface Row {
  merchant_id: string
  name: string
  settings: { support?: Support; language?: string; time_zone?: string }
}

const REMEMBERED_MS = 5_000

/** Merchants by id, remembered for a few seconds. */
export function createMerchants({ pool, clock }: { pool: Pool; clock: Clock }) {
  const known = new Map<string, { merchant: Merchant; until: Milliseconds }>()
  return {
    /** Throws for an id that is in no row: callers have it from rows that refer to merchants. */
    async find(merchantId: string): Promise<Merchant> {
      const entry = known.get(merchantId)
      if (entry && clock.now() < entry.until) return entry.merchant
      const merchant = await readMerchant(pool, merchantId)
      known.set(merchantId, { merchant, until: clock.now() + REMEMBERED_MS })
      return merchant
    },
  }
}

export type Merchants = ReturnType<typeof createMerchants>

async function readMerchant(db: Queryable, merchantId: string): Promise<Merchant> {
  const [row] = await query<Row>(
    db,
    {
      name: 'merchant-by-id',
      text: 'select merchant_id, name, settings from merchants where merchant_id = $1',
    },
    [merchantId],
  )
  if (!row) throw new Error(`there is no merchant ${merchantId}`)
  return {
    merchantId: row.merchant_id,
    name: row.name,
    support: row.settings.support ?? {},
    language: row.settings.language ?? null,
    timeZone: row.settings.time_zone ?? 'Asia/Shanghai',
  }
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
