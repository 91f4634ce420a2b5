-- Wallets whose sheet hands out a token, and wallets that count their attempts.

-- SHA-256 of the identity of the wallet's token. The same token never starts two attempts, so a
-- token that somebody has seen on its way is worth nothing.
alter table attempts add column token_hash bytea;
create unique index attempts_token on attempts (token_hash, merchant_id) where token_hash is not null;

-- The next number of an attempt within its wallet account. Numbers may be left out, never given twice.
create table wallet_account_counters (
  merchant_id       text not null,
  wallet_account_id text not null,
  next_index        integer not null check (next_index > 0),
  primary key (merchant_id, wallet_account_id)
);
