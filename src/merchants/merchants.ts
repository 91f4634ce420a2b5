// Merchants as the hub uses them: read often, changed seldom.

import type { Pool } from '../db/pool.ts'
import { ApiError } from '../errors.ts'
import type { Clock, Milliseconds } from '../ports.ts'
import type { Merchant, MerchantOwner } from './merchant.ts'
import { changed, type MerchantChange } from './merchant-change.ts'
import { readMerchant, writeMerchant } from './merchant-store.ts'

const REMEMBERED_MS = 5_000

/** Merchants as payers see them: remembered for a few seconds, changes made here at once. */
export function createMerchants({ pool, clock }: { pool: Pool; clock: Clock }) {
  const known = new Map<string, { merchant: Merchant; until: Milliseconds }>()

  function remember(merchant: Merchant): Merchant {
    const { merchantId, livemode } = merchant
    known.set(`${merchantId} ${livemode}`, { merchant, until: clock.now() + REMEMBERED_MS })
    return merchant
  }

  return {
    /** Throws for an id that is in no row: callers have it from rows that refer to merchants. */
    async find({ merchantId, livemode }: MerchantOwner): Promise<Merchant> {
      const entry = known.get(`${merchantId} ${livemode}`)
      if (entry && clock.now() < entry.until) return entry.merchant
      return remember(await readMerchant(pool, { merchantId, livemode }))
    },
    /** As it stands in the database now. */
    read: (owner: MerchantOwner) => readMerchant(pool, owner),
    /**
     * Changes what is named. `check` sees the merchant first and may refuse. Throws `field_invalid`
     * and `precondition_failed`.
     */
    async change(
      owner: MerchantOwner,
      wanted: MerchantChange,
      check: (before: Merchant) => void,
    ): Promise<Merchant> {
      const before = await readMerchant(pool, owner)
      check(before)
      const after = changed(before, wanted, clock.now())
      if (!(await writeMerchant(pool, after))) throw new ApiError('precondition_failed')
      return remember(after)
    },
  }
}

export type Merchants = ReturnType<typeof createMerchants>
