// Counts the attempts of a wallet account, for wallets that derive something new from each number.

import { type Queryable, query } from '../db/pool.ts'
import type { ConnectedWallet } from '../merchants/connected-wallets.ts'

const NEXT = {
  name: 'next-account-index',
  text: `insert into wallet_account_counters as c (merchant_id, wallet_account_id, next_index)
    values ($1, $2, 1)
    on conflict (merchant_id, wallet_account_id) do update set next_index = c.next_index + 1
    returning next_index - 1 as index`,
}

/** From 0. A number whose attempt never came about is left out; none is given twice. */
export async function nextAccountIndex(
  db: Queryable,
  { merchantId, walletAccountId }: Pick<ConnectedWallet, 'merchantId' | 'walletAccountId'>,
): Promise<number> {
  const [row] = await query<{ index: number }>(db, NEXT, [merchantId, walletAccountId])
  if (!row) throw new Error('the database gave no number')
  return row.index
}
