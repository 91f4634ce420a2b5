-- The heart: merchants, what they connect, payments with their attempts, ledger, events, webhooks.
-- Every primary key starts with merchant_id, so that tables can be distributed by it. Times come
-- from the hub, never from now(), so that a test can hold the clock.

create table merchants (
  merchant_id text primary key,
  name        text not null,
  -- support contacts, late_payment, languages: see src/merchants/merchants.ts
  settings    jsonb not null default '{}',
  created_at  timestamptz not null
);

create table api_keys (
  merchant_id       text not null references merchants,
  api_key_id        text not null,
  livemode          boolean not null,
  name              text not null,
  -- SHA-256 of the whole key; the key itself is shown once and not kept
  hash              bytea not null,
  prefix            text not null,
  last4             text not null,
  scopes            text[] not null,
  -- the API version the key was made under
  version           text not null,
  allowed_addresses text[],
  expires_at        timestamptz,
  last_used_at      timestamptz,
  revoked_at        timestamptz,
  created_at        timestamptz not null,
  primary key (merchant_id, api_key_id)
);
create unique index api_keys_hash on api_keys (hash);

create table wallet_accounts (
  merchant_id       text not null references merchants,
  wallet_account_id text not null,
  livemode          boolean not null,
  wallet            text not null,
  name              text not null,
  status            text not null check (status in ('enabled', 'disabled')),
  surfaces          text[] not null,
  -- fields that are no secret, as entered
  fields            jsonb not null,
  -- the secret fields, sealed with the master key
  sealed            bytea not null,
  version           integer not null,
  created_at        timestamptz not null,
  updated_at        timestamptz not null,
  primary key (merchant_id, wallet_account_id)
);
create index wallet_accounts_id on wallet_accounts (wallet_account_id);

-- No foreign keys on the hot path: each would lock a row per insert. The one statement that writes
-- payments writes attempts, entries and events only for payments it has just written.
create table payments (
  merchant_id        text not null,
  payment_id         text not null,
  livemode           boolean not null,
  -- counts the changes of the payment with its attempts; a change names the version it was decided on
  version            integer not null,
  status             text not null check (status in ('created', 'requires_action', 'processing',
                       'authorized', 'succeeded', 'failed', 'canceled', 'expired')),
  amount             bigint not null check (amount between 1 and 9007199254740991),
  currency           text not null check (currency ~ '^[A-Z]{3}$'),
  amount_captured    bigint not null check (amount_captured between 0 and amount),
  -- money that was taken but is not owed (second or late payment) and has to go back
  amount_refund_due  bigint not null check (amount_refund_due >= 0),
  late               boolean not null,
  -- the merchant asked to cancel; open attempts are being closed
  cancel_requested_at timestamptz,
  reference          text not null check (length(reference) between 1 and 64),
  title              text not null,
  -- items, customer, wallets, return_url, locale, metadata, late_payment: never searched
  details            json not null,
  event_count        integer not null,
  paid_attempt_id    text,
  client_secret_hash bytea not null,
  created_at         timestamptz not null,
  updated_at         timestamptz not null,
  expires_at         timestamptz not null,
  primary key (merchant_id, payment_id)
) with (fillfactor = 75);
-- Other indexes do not start with the merchant, like the primary key: a plan made while the table is
-- empty could take one of them for a look-up by id, and would then read all of a merchant's rows.
create unique index payments_reference on payments (reference, merchant_id, livemode);
create index payments_client_secret on payments (client_secret_hash);

create table attempts (
  merchant_id           text not null,
  payment_id            text not null,
  attempt_id            text not null,
  wallet                text not null,
  wallet_account_id     text not null,
  surface               text not null,
  status                text not null check (status in ('created', 'requires_action', 'processing',
                          'unknown_outcome', 'authorized', 'succeeded', 'failed', 'canceled', 'expired')),
  amount                bigint not null check (amount between 1 and 9007199254740991),
  currency              text not null,
  amount_captured       bigint not null check (amount_captured in (0, amount)),
  -- our number at the wallet
  wallet_reference      text not null check (wallet_reference ~ '^[0-9A-Za-z]{1,32}$'),
  wallet_transaction_id text,
  wallet_status         text,
  next_action           json,
  problem               json,
  details               json not null,
  paid_at               timestamptz,
  -- the last time the wallet answered or was asked about it
  observed_at           timestamptz,
  created_at            timestamptz not null,
  updated_at            timestamptz not null,
  -- after this moment the wallet takes no money for it
  expires_at            timestamptz not null,
  primary key (merchant_id, payment_id, attempt_id)
) with (fillfactor = 75);
create unique index attempts_wallet_reference on attempts (wallet_reference, merchant_id);

-- What wallets told, where it changed something or contradicted what we asked for.
create table observations (
  merchant_id text not null,
  payment_id  text not null,
  version     integer not null,
  attempt_id  text not null,
  verdict     text not null check (verdict in ('applied', 'conflict')),
  source      text not null check (source in ('response', 'notification', 'query', 'statement')),
  observation json not null,
  observed_at timestamptz not null,
  primary key (merchant_id, payment_id, version)
);

-- Notifications as they arrived, kept before they are acted on. Refused ones are counted, not kept.
create table notifications (
  merchant_id       text not null,
  wallet_account_id text not null,
  content_hash      bytea not null,
  payment_id        text,
  message_id        text,
  verdict           text not null check (verdict in ('taken', 'ignored', 'quarantined')),
  reason            text,
  content_type      text not null,
  body              bytea not null,
  received_at       timestamptz not null,
  primary key (merchant_id, wallet_account_id, content_hash)
);
create index notifications_payment on notifications (merchant_id, payment_id) where payment_id is not null;

-- Double entry: the lines of one change sum to zero in each currency.
create table entries (
  merchant_id text not null,
  payment_id  text not null,
  version     integer not null,
  line        integer not null,
  account     text not null,
  currency    text not null,
  -- minor units; positive debits, negative credits
  amount      bigint not null check (amount <> 0),
  created_at  timestamptz not null,
  primary key (merchant_id, payment_id, version, line)
);

create function entries_balance() returns trigger language plpgsql as $$
begin
  if exists (select from added group by merchant_id, payment_id, version, currency having sum(amount) <> 0) then
    raise exception 'ledger lines of a change do not sum to zero' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger entries_balance after insert on entries
  referencing new table as added for each statement execute function entries_balance();

create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger entries_append_only before update or delete on entries
  for each statement execute function append_only();

-- What the merchant is told, numbered without gaps per subject (a payment, or an endpoint).
create table events (
  merchant_id text not null,
  event_id    text not null,
  subject_id  text not null,
  sequence    integer not null check (sequence > 0),
  livemode    boolean not null,
  type        text not null,
  data        json not null,
  created_at  timestamptz not null,
  primary key (merchant_id, event_id)
);
create unique index events_subject on events (subject_id, sequence, merchant_id);

create table webhook_endpoints (
  merchant_id              text not null references merchants,
  webhook_endpoint_id      text not null,
  livemode                 boolean not null,
  url                      text not null,
  description              text not null,
  -- event types, or the single element '*'
  types                    text[] not null,
  status                   text not null check (status in ('enabled', 'disabled')),
  disabled_reason          text,
  sealed_secret            bytea not null,
  sealed_previous_secret   bytea,
  previous_secret_until    timestamptz,
  -- the first of an unbroken run of failed tries
  failing_since            timestamptz,
  event_count              integer not null default 0,
  version                  integer not null,
  created_at               timestamptz not null,
  updated_at               timestamptz not null,
  primary key (merchant_id, webhook_endpoint_id)
);
create index webhook_endpoints_enabled on webhook_endpoints (merchant_id, livemode) where status = 'enabled';

create table deliveries (
  merchant_id         text not null,
  webhook_endpoint_id text not null,
  event_id            text not null,
  subject_id          text not null,
  sequence            integer not null,
  status              text not null check (status in ('pending', 'succeeded', 'failed')),
  tries               integer not null default 0,
  next_try_at         timestamptz not null,
  -- a hub is sending it; after this moment another may
  leased_until        timestamptz,
  created_at          timestamptz not null,
  primary key (merchant_id, webhook_endpoint_id, event_id)
);
create index deliveries_pending on deliveries (merchant_id, webhook_endpoint_id, subject_id, sequence)
  where status = 'pending';

create table delivery_tries (
  merchant_id         text not null,
  webhook_endpoint_id text not null,
  event_id            text not null,
  try                 integer not null,
  tried_at            timestamptz not null,
  duration_ms         integer not null,
  -- HTTP status of the answer, null when there was none
  status              integer,
  -- the first 1 KB of the answer, or why there was none
  answer              text not null,
  primary key (merchant_id, webhook_endpoint_id, event_id, try)
);

create table idempotency_keys (
  merchant_id   text not null,
  livemode      boolean not null,
  method        text not null,
  path          text not null,
  key           text not null,
  -- SHA-256 of the RFC 8785 form of the body
  fingerprint   bytea not null,
  -- what the first request began, so that a repeat goes on from there
  subject_id    text,
  -- null while the first request runs
  status        integer,
  -- the answer's body, sealed with the master key (it may hold a secret that is shown once)
  sealed_body   bytea,
  created_at    timestamptz not null,
  -- a running request that has not answered by then may be taken over
  running_until timestamptz,
  primary key (merchant_id, livemode, method, path, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);
