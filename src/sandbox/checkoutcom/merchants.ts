// Accounts at the sandbox's Checkout.com, with fresh keys.
import type { Merchant } from '../cards/merchants.ts'
import { type CardWorld, letters } from '../cards/world.ts'

const SMALL = 'abcdefghijklmnopqrstuvwxyz234567'

/** Settings by Checkout.com's names; the id of a merchant is its processing channel. */
export function createMerchant(world: CardWorld, wanted: string | undefined): Merchant | undefined {
  const id = wanted ?? `pc_${letters(26, SMALL)}`
  if (!/^pc_[A-Za-z0-9]{1,60}$/.test(id) || world.merchants.byId('checkoutcom', id))
    return undefined
  const merchant: Merchant = {
    acquirer: 'checkoutcom',
    id,
    settings: {
      prefix: letters(8, SMALL),
      public_key: `pk_sbox_${letters(27, SMALL)}`,
      secret_key: `sk_sbox_${letters(27, SMALL)}`,
      signature_key: letters(40),
      authorization: letters(40),
    },
    webhooks: [],
  }
  world.merchants.add(merchant)
  return merchant
}
