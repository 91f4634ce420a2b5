-- Webhooks: which secret is sealed, and where the retry schedule of a resent delivery begins.

-- counts the secrets of the endpoint; part of what a sealed secret is bound to
alter table webhook_endpoints add column secret_version integer not null default 1;

-- tries made before the latest resend; the retry schedule counts from there
alter table deliveries add column tries_before integer not null default 0;
