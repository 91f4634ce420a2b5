// What the routes need. Made once at the start, in main.ts and in tests.

import type { Authenticator } from '../merchants/authenticate.ts'
import type { Merchants } from '../merchants/merchants.ts'
import type { Sealer } from '../merchants/sealing.ts'
import type { WalletAccounts } from '../merchants/wallet-accounts.ts'
import type { PaymentContext } from '../payments/context.ts'
import type { EndpointContext } from '../webhooks/endpoints.ts'
import type { Cursors } from './cursor.ts'
import type { Idempotency } from './idempotency.ts'
import type { HubLinks } from './links.ts'
import type { Live } from './live.ts'
import type { Metrics } from './metrics.ts'
import type { RateLimit } from './rate-limit.ts'

export interface Services {
  pool: PaymentContext['pool']
  merchants: Merchants
  payments: PaymentContext
  authenticator: Authenticator
  idempotency: Idempotency
  cursors: Cursors
  sealer: Sealer
  walletAccounts: WalletAccounts
  links: HubLinks
  endpoints: EndpointContext
  live: Live
  metrics: Metrics
  rateLimit: RateLimit
  /** In test mode: its phones scan what real ones cannot. Without a slash at the end. */
  sandboxUrl?: string | undefined
}
