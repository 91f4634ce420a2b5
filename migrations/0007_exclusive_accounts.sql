-- Accounts that cannot be connected twice: each would hand out the same addresses to different payers.
alter table wallet_accounts add column exclusive text;
create unique index wallet_accounts_exclusive on wallet_accounts (exclusive) where exclusive is not null;
