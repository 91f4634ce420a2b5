// Events about a wallet account itself.

import { type Queryable, query, timestamp } from '../db/pool.ts'
import { newId } from '../ids.ts'
import type { Clock, Random } from '../ports.ts'
import { queueJobs } from './job.ts'

export interface AccountEvent {
  merchantId: string
  walletAccountId: string
  type: 'wallet_account.expiring'
  data: object
  /** Kept with the account's checks in the same commit: what has been announced, and when. */
  told: Record<string, number>
}

const TELL = {
  name: 'wallet-account-event',
  text: /* sql */ `
    with account as (
      update wallet_accounts set event_count = event_count + 1
      where merchant_id = $1 and wallet_account_id = $2
      returning merchant_id, wallet_account_id, event_count, livemode
    ), told as (
      update wallet_account_checks set told = $7 where merchant_id = $1 and wallet_account_id = $2
    ), event as (
      insert into events (merchant_id, event_id, subject_id, sequence, livemode, type, data, created_at)
      select merchant_id, $3, wallet_account_id, event_count, livemode, $4, $5, $6 from account
      returning merchant_id, event_id, subject_id, sequence, livemode, type, created_at
    ), delivery as (
      insert into deliveries (merchant_id, webhook_endpoint_id, event_id, subject_id, sequence,
        status, next_try_at, created_at)
      select w.merchant_id, w.webhook_endpoint_id, v.event_id, v.subject_id, v.sequence, 'pending',
        v.created_at, v.created_at
      from event v join webhook_endpoints w on w.merchant_id = v.merchant_id
        and w.livemode = v.livemode and w.status = 'enabled'
        and (w.types = '{*}' or v.type = any (w.types))
      returning merchant_id, webhook_endpoint_id, subject_id
    ) ${queueJobs('delivery', 'null::timestamptz')}`,
}

/** Writes the event with its deliveries, numbered per account without gaps. */
export async function tellOfAccount(
  ctx: { pool: Queryable; clock: Clock; random: Random },
  { merchantId, walletAccountId, type, data, told }: AccountEvent,
): Promise<void> {
  const now = timestamp(ctx.clock.now())
  await query(ctx.pool, TELL, [
    merchantId,
    walletAccountId,
    newId('evt', ctx),
    type,
    data,
    now,
    told,
  ])
}
