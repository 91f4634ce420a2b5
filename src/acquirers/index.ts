// The acquirers this hub knows. Adding one adds a line here and a folder beside.

import type { Acquirer } from './acquirer.ts'
import { adyen } from './adyen/acquirer.ts'
import { checkoutcom } from './checkoutcom/acquirer.ts'
import { stripe } from './stripe/acquirer.ts'

const ACQUIRERS: readonly Acquirer[] = [adyen, stripe, checkoutcom]

export const acquirers: ReadonlyMap<string, Acquirer> = new Map(
  ACQUIRERS.map((acquirer) => [acquirer.name, acquirer]),
)
