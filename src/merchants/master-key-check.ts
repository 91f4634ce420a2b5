// Whether this hub's master key is the one that sealed what stands in the database.

import { type Pool, query } from '../db/pool.ts'
import { SealError, type Sealer } from './sealing.ts'

const SEALED = {
  name: 'sealed-by',
  // Format and key id are a seal's first nine bytes: one row for each key that was ever used.
  text: `select distinct on (substring(sealed for 9)) sealed from (
      select sealed from wallet_accounts
      union all select sealed_secret from webhook_endpoints) as each`,
}

/** False when something was sealed with another key: nothing of it could be opened. */
export async function opensDatabase(pool: Pool, sealer: Sealer): Promise<boolean> {
  const rows = await query<{ sealed: Buffer }>(pool, SEALED)
  return !rows.some(({ sealed }) => isOtherKey(sealer, sealed))
}

// The key is looked at before the place, so any place will do to ask.
function isOtherKey(sealer: Sealer, sealed: Buffer): boolean {
  try {
    sealer.open(sealed, { merchantId: '', object: '', field: '', version: 0 })
    return false
  } catch (error) {
    if (error instanceof SealError) return error.code === 'seal_other_key'
    throw error
  }
}
