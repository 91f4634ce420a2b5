// Keeps notifications as they arrived, before anything is done about them, together with the job
// that asks the wallet even if this process dies right after.

import { isConnectionLost } from '../db/errors.ts'
import type { Pool } from '../db/pool.ts'
import type { Milliseconds } from '../ports.ts'
import { RESOLVE_TRIES } from './commit-sql.ts'
import { createGroupWriter } from './group-writer.ts'
import { iso } from './rows.ts'

export interface KeptNotification {
  merchantId: string
  walletAccountId: string
  /** SHA-256 of content type and body. */
  contentHash: Uint8Array
  paymentId: string | null
  messageId: string | null
  verdict: 'taken' | 'ignored' | 'quarantined'
  reason: string | null
  contentType: string
  body: Uint8Array
  receivedAt: Milliseconds
  /** When the job asks the wallet, if nobody has done so by then; null asks nothing. */
  resolveAt: Milliseconds | null
}

export interface NotificationBook {
  /** Resolves after commit: `new`, or `known` when these very bytes were kept before. */
  keep(notification: KeptNotification): Promise<'new' | 'known'>
  drain(): Promise<void>
}

const KEEP = /* sql */ `
with notification as materialized (
  select * from json_to_recordset($1::json) as n(merchant_id text, wallet_account_id text,
    content_hash text, payment_id text, message_id text, verdict text, reason text,
    content_type text, body text, received_at timestamptz, resolve_at timestamptz)
),
kept as (
  insert into notifications (merchant_id, wallet_account_id, content_hash, payment_id, message_id,
    verdict, reason, content_type, body, received_at)
  select merchant_id, wallet_account_id, decode(content_hash, 'hex'), payment_id, message_id,
    verdict, reason, content_type, decode(body, 'base64'), received_at
  from notification
  on conflict do nothing
  returning merchant_id, wallet_account_id, content_hash
),
job as (
  select 'resolve' as identifier, 'resolve:' || payment_id as job_key,
    json_build_object('merchant_id', merchant_id, 'payment_id', payment_id) as payload,
    min(resolve_at) as run_at, ${RESOLVE_TRIES} as max_attempts
  from notification n
  where resolve_at is not null and payment_id is not null
    and exists (select from kept k where k.merchant_id = n.merchant_id
      and k.wallet_account_id = n.wallet_account_id and k.content_hash = decode(n.content_hash, 'hex'))
  group by merchant_id, payment_id
),
queued as materialized (
  select count(*) as jobs from graphile_worker.add_jobs(array(
    select json_populate_record(null::graphile_worker.job_spec, row_to_json(job)) from job))
)
select encode(content_hash, 'hex') as content_hash, wallet_account_id from kept, queued`

export function createNotificationBook(pool: Pool, lanes = 1): NotificationBook {
  const writer = createGroupWriter<KeptNotification, 'new' | 'known'>({
    write: async (group) => {
      const { rows } = await pool.query<{ content_hash: string; wallet_account_id: string }>({
        name: 'keep-notifications',
        text: KEEP,
        values: [JSON.stringify(group.map(toRow))],
      })
      const kept = new Set(rows.map((row) => `${row.wallet_account_id}/${row.content_hash}`))
      return group.map((n) => (kept.has(keyOf(n)) ? 'new' : 'known'))
    },
    keyOf,
    failed: async (_notification, error) => {
      throw error
    },
    isLost: isConnectionLost,
    maxItems: 256,
    lanes,
  })
  return { keep: writer.write, drain: writer.drain }
}

function keyOf(n: KeptNotification): string {
  return `${n.walletAccountId}/${Buffer.from(n.contentHash).toString('hex')}`
}

function toRow(n: KeptNotification) {
  return {
    merchant_id: n.merchantId,
    wallet_account_id: n.walletAccountId,
    content_hash: Buffer.from(n.contentHash).toString('hex'),
    payment_id: n.paymentId,
    message_id: n.messageId,
    verdict: n.verdict,
    reason: n.reason,
    content_type: n.contentType,
    body: Buffer.from(n.body).toString('base64'),
    received_at: iso(n.receivedAt),
    resolve_at: iso(n.resolveAt),
  }
}
