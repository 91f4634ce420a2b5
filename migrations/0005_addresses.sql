-- Payments to an address that stays valid for ever, and following the public record they stand in.

-- Where the payer pays to. Set when the attempt starts and never changed.
alter table attempts add column address text;
create index attempts_address on attempts (address, wallet_account_id) where address is not null;
create index attempts_with_address on attempts (wallet_account_id, created_at) where address is not null;

-- How far the record was read for a wallet account, and who reads it now.
create table wallet_account_positions (
  merchant_id       text not null,
  wallet_account_id text not null,
  position          text,
  next_look_at      timestamptz not null,
  -- a hub is reading; after this moment another may
  leased_until      timestamptz,
  primary key (merchant_id, wallet_account_id)
);

-- Room in each page for the later versions of its rows: then a change of state touches no index.
alter table attempts set (fillfactor = 70);
