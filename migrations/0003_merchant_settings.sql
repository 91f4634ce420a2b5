-- What a merchant has set, in each mode apart: a test key never changes what payers of real money
-- see. A mode in which nothing was set yet shows what the merchant began with (merchants.name and
-- merchants.settings).

create table merchant_settings (
  merchant_id text not null references merchants,
  livemode    boolean not null,
  name        text not null,
  -- support, language, time_zone, late_payment, return_origins, embed_origins: see
  -- src/merchants/merchants.ts
  settings    jsonb not null,
  version     integer not null,
  updated_at  timestamptz not null,
  primary key (merchant_id, livemode)
);
