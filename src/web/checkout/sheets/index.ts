// The sheets of the wallets that this payment can be paid with: looked for together, each within its
// time (CK-10). A wallet's code is loaded only where the payment offers it.

import type { CheckoutWallet } from '../../../http/checkout-types.ts'
import type { LoadSheet, Sheet } from './sheet.ts'

const LIMIT_MS = 1_500

const LOADERS: Record<string, () => Promise<{ load: LoadSheet }>> = {
  applepay: () => import('./applepay.ts'),
  googlepay: () => import('./googlepay.ts'),
}

/** `found` is told once for each wallet with a sheet; null: not in this browser. */
export function findSheets(
  wallets: readonly CheckoutWallet[],
  nonce: string,
  found: (wallet: string, sheet: Sheet | null) => void,
): void {
  for (const { name, sheet } of wallets) {
    if (sheet !== null) void within(look(name, sheet, nonce)).then((got) => found(name, got))
  }
}

async function look(
  name: string,
  sheet: NonNullable<CheckoutWallet['sheet']>,
  nonce: string,
): Promise<Sheet | null> {
  try {
    const loader = await LOADERS[name]?.()
    return loader ? await loader.load(sheet, nonce) : null
  } catch {
    // A script that is blocked, broken or away: a wallet that cannot be used here.
    return null
  }
}

function within(looking: Promise<Sheet | null>): Promise<Sheet | null> {
  const late = new Promise<null>((resolve) => setTimeout(resolve, LIMIT_MS, null))
  return Promise.race([looking, late])
}
