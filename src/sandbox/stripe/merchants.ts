// Accounts at the sandbox's Stripe, with fresh keys.
import type { Merchant } from '../cards/merchants.ts'
import { type CardWorld, letters } from '../cards/world.ts'

/** Settings by Stripe's names. */
export function createMerchant(world: CardWorld, wanted: string | undefined): Merchant | undefined {
  const id = wanted ?? `acct_${letters(16)}`
  if (!/^acct_\w{1,60}$/.test(id) || world.merchants.byId('stripe', id)) return undefined
  const merchant: Merchant = {
    acquirer: 'stripe',
    id,
    settings: {
      publishable_key: `pk_test_${letters(32)}`,
      secret_key: `sk_test_${letters(32)}`,
      webhook_secret: `whsec_${letters(32)}`,
    },
    webhooks: [],
  }
  world.merchants.add(merchant)
  return merchant
}
