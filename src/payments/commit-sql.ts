// The one statement that writes changes of payments. Each change names the version it was decided
// on; a change whose version has moved writes nothing. Returns the payments that were written.

import { type Columns, unnest } from '../db/row-sets.ts'

// A payment is looked after until it has ended: its job is tried again for years, at most every six
// hours.
export const RESOLVE_TRIES = 32_000

/** What one statement writes, in the order of its parameters; the events' data comes last, as text. */
export const WRITTEN = {
  newPayments: {
    merchant_id: 'text',
    payment_id: 'text',
    livemode: 'boolean',
    status: 'text',
    amount: 'bigint',
    currency: 'text',
    reference: 'text',
    title: 'text',
    details: 'json',
    event_count: 'integer',
    client_secret_hash: 'text',
    created_at: 'timestamptz',
    expires_at: 'timestamptz',
    resolve_at: 'timestamptz',
  },
  changedPayments: {
    decided_on: 'integer',
    merchant_id: 'text',
    payment_id: 'text',
    status: 'text',
    amount_captured: 'bigint',
    amount_refund_due: 'bigint',
    late: 'boolean',
    cancel_requested_at: 'timestamptz',
    event_count: 'integer',
    paid_attempt_id: 'text',
    updated_at: 'timestamptz',
    resolve_at: 'timestamptz',
  },
  attempts: {
    merchant_id: 'text',
    payment_id: 'text',
    attempt_id: 'text',
    wallet: 'text',
    wallet_account_id: 'text',
    surface: 'text',
    status: 'text',
    amount: 'bigint',
    currency: 'text',
    amount_captured: 'bigint',
    wallet_reference: 'text',
    wallet_transaction_id: 'text',
    wallet_status: 'text',
    next_action: 'json',
    problem: 'json',
    details: 'json',
    paid_at: 'timestamptz',
    observed_at: 'timestamptz',
    created_at: 'timestamptz',
    updated_at: 'timestamptz',
    expires_at: 'timestamptz',
    token_hash: 'text',
    address: 'text',
  },
  observations: {
    merchant_id: 'text',
    payment_id: 'text',
    attempt_id: 'text',
    verdict: 'text',
    source: 'text',
    observation: 'json',
    observed_at: 'timestamptz',
  },
  entries: {
    merchant_id: 'text',
    payment_id: 'text',
    line: 'integer',
    account: 'text',
    currency: 'text',
    amount: 'bigint',
    created_at: 'timestamptz',
  },
  keys: {
    merchant_id: 'text',
    payment_id: 'text',
    livemode: 'boolean',
    method: 'text',
    path: 'text',
    key: 'text',
    fingerprint: 'text',
    status: 'integer',
    sealed_body: 'text',
    created_at: 'timestamptz',
    running_until: 'timestamptz',
  },
  events: {
    merchant_id: 'text',
    payment_id: 'text',
    event_id: 'text',
    sequence: 'integer',
    livemode: 'boolean',
    type: 'text',
    n: 'bigint',
    created_at: 'timestamptz',
  },
} as const satisfies Record<string, Columns>

type RowSet = keyof typeof WRITTEN

function from(set: RowSet, alias: string): string {
  const names = Object.keys(WRITTEN)
  const before = Object.values(WRITTEN).slice(0, names.indexOf(set))
  return unnest(WRITTEN[set], alias, 1 + countColumns(before))
}

function countColumns(sets: readonly Columns[]): number {
  return sets.reduce((sum, columns) => sum + Object.keys(columns).length, 0)
}

export const COMMIT_CHANGES = /* sql */ `
with
new_payment as materialized (
  select * from ${from('newPayments', 'c')}
),
change as materialized (
  select * from ${from('changedPayments', 'c')}
),
created as (
  insert into payments (merchant_id, payment_id, livemode, version, status, amount, currency,
    amount_captured, amount_refund_due, late, reference, title, details, event_count,
    client_secret_hash, created_at, updated_at, expires_at)
  select merchant_id, payment_id, livemode, 1, status, amount, currency, 0, 0, false, reference,
    title, details, event_count, decode(client_secret_hash, 'hex'), created_at, created_at, expires_at
  from new_payment order by merchant_id, payment_id
  on conflict do nothing
  returning merchant_id, payment_id, version
),
updated as (
  update payments p set version = c.decided_on + 1, status = c.status,
    amount_captured = c.amount_captured, amount_refund_due = c.amount_refund_due, late = c.late,
    cancel_requested_at = c.cancel_requested_at, event_count = c.event_count,
    paid_attempt_id = c.paid_attempt_id, updated_at = c.updated_at
  from change c
  where p.merchant_id = c.merchant_id and p.payment_id = c.payment_id and p.version = c.decided_on
  returning p.merchant_id, p.payment_id, p.version
),
applied as materialized (select * from created union all select * from updated),
attempt as (
  insert into attempts (merchant_id, payment_id, attempt_id, wallet, wallet_account_id, surface,
    status, amount, currency, amount_captured, wallet_reference, wallet_transaction_id,
    wallet_status, next_action, problem, details, paid_at, observed_at, created_at, updated_at,
    expires_at, token_hash, address)
  select a.merchant_id, a.payment_id, a.attempt_id, a.wallet, a.wallet_account_id, a.surface,
    a.status, a.amount, a.currency, a.amount_captured, a.wallet_reference, a.wallet_transaction_id,
    a.wallet_status, a.next_action, a.problem, a.details, a.paid_at, a.observed_at, a.created_at,
    a.updated_at, a.expires_at, decode(a.token_hash, 'hex'), a.address
  from ${from('attempts', 'a')}
  join applied using (merchant_id, payment_id)
  on conflict (merchant_id, payment_id, attempt_id) do update set status = excluded.status,
    amount_captured = excluded.amount_captured, wallet_transaction_id = excluded.wallet_transaction_id,
    wallet_status = excluded.wallet_status, next_action = excluded.next_action,
    problem = excluded.problem, details = excluded.details, paid_at = excluded.paid_at,
    observed_at = excluded.observed_at, updated_at = excluded.updated_at, address = excluded.address
),
observation as (
  insert into observations (merchant_id, payment_id, version, attempt_id, verdict, source, observation, observed_at)
  select o.merchant_id, o.payment_id, applied.version, o.attempt_id, o.verdict, o.source, o.observation, o.observed_at
  from ${from('observations', 'o')}
  join applied using (merchant_id, payment_id)
),
entry as (
  insert into entries (merchant_id, payment_id, version, line, account, currency, amount, created_at)
  select e.merchant_id, e.payment_id, applied.version, e.line, e.account, e.currency, e.amount, e.created_at
  from ${from('entries', 'e')}
  join applied using (merchant_id, payment_id)
),
idempotency as (
  insert into idempotency_keys (merchant_id, livemode, method, path, key, fingerprint, subject_id,
    status, sealed_body, created_at, running_until)
  select k.merchant_id, k.livemode, k.method, k.path, k.key, decode(k.fingerprint, 'hex'), k.payment_id,
    k.status, decode(k.sealed_body, 'hex'), k.created_at, k.running_until
  from ${from('keys', 'k')}
  join applied using (merchant_id, payment_id)
),
event_data as materialized (
  select n, data from string_to_table($${1 + countColumns(Object.values(WRITTEN))}, e'\\x1e') with ordinality as t(data, n)
),
event as (
  insert into events (merchant_id, event_id, subject_id, sequence, livemode, type, data, created_at)
  select v.merchant_id, v.event_id, v.payment_id, v.sequence, v.livemode, v.type, d.data::json, v.created_at
  from ${from('events', 'v')}
  join applied using (merchant_id, payment_id)
  join event_data d using (n)
  returning merchant_id, event_id, subject_id, sequence, livemode, type, created_at
),
delivery as (
  insert into deliveries (merchant_id, webhook_endpoint_id, event_id, subject_id, sequence, status, next_try_at, created_at)
  select w.merchant_id, w.webhook_endpoint_id, v.event_id, v.subject_id, v.sequence, 'pending', v.created_at, v.created_at
  from event v join webhook_endpoints w
    on w.merchant_id = v.merchant_id and w.livemode = v.livemode and w.status = 'enabled'
    and (w.types = '{*}' or v.type = any (w.types))
  returning merchant_id, webhook_endpoint_id, subject_id
),
job as (
  select 'deliver' as identifier, 'deliver:' || webhook_endpoint_id || ':' || subject_id as job_key,
    json_build_object('merchant_id', merchant_id, 'webhook_endpoint_id', webhook_endpoint_id,
      'subject_id', subject_id) as payload,
    null::timestamptz as run_at, null::integer as max_attempts
  from delivery group by merchant_id, webhook_endpoint_id, subject_id
  union all
  select 'resolve', 'resolve:' || payment_id,
    json_build_object('merchant_id', merchant_id, 'payment_id', payment_id), resolve_at, ${RESOLVE_TRIES}
  from (select merchant_id, payment_id, resolve_at from new_payment
        union all select merchant_id, payment_id, resolve_at from change) as due
  join applied using (merchant_id, payment_id) where resolve_at is not null
),
queued as materialized (
  select count(*) as jobs from graphile_worker.add_jobs(array(select
    row(identifier, payload, null, run_at, max_attempts, job_key, null, null)::graphile_worker.job_spec
    from job))
),
notified as materialized (
  select pg_notify('tongbao_changed', string_agg(payment_id, ',')) from applied
)
select merchant_id, payment_id from applied, queued, notified`
