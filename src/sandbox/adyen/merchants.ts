// Merchant accounts at the sandbox's Adyen, with fresh keys.
import { randomBytes } from 'node:crypto'
import type { Merchant } from '../cards/merchants.ts'
import { type CardWorld, letters } from '../cards/world.ts'

export const ID_SHAPE = /^[A-Za-z0-9_.-]{1,80}$/

/** Settings by Adyen's names; `capture` is `automatic` or `manual`. */
export function createMerchant(world: CardWorld, wanted: string | undefined): Merchant | undefined {
  const id = wanted ?? `TongbaoSandbox${letters(6)}`
  if (!ID_SHAPE.test(id) || world.merchants.byId('adyen', id)) return undefined
  const merchant: Merchant = {
    acquirer: 'adyen',
    id,
    settings: {
      api_key: `AQE${letters(40)}`,
      hmac_key: randomBytes(32).toString('hex').toUpperCase(),
      capture: 'automatic',
      notification_user: 'sandbox',
      notification_password: letters(20),
      apple_merchant_id: letters(15, '0123456789'),
    },
    webhooks: [],
  }
  world.merchants.add(merchant)
  return merchant
}
