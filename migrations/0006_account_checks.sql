-- Wallet accounts are checked every day, and certificates that end are announced.

-- events about the account itself
alter table wallet_accounts add column event_count integer not null default 0;

create table wallet_account_checks (
  merchant_id       text not null,
  wallet_account_id text not null,
  checked_at        timestamptz not null,
  -- what was announced, by name, with the time of the last announcement in milliseconds
  told              json not null default '{}',
  primary key (merchant_id, wallet_account_id)
);
