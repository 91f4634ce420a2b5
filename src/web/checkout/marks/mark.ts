// What the page knows about one wallet: its mark and the apps it lives in. Nothing else in the page
// names a wallet.

import type { Bilingual } from '../../../http/checkout-types.ts'

export interface Mark {
  /** Its name, for a wallet that the payment no longer lists. */
  name: Bilingual
  /** Colour class `mark-<name>` stands in the mark's styles; this is its logo on a square. */
  logo: { viewBox: string; path: string }
  /** User agents of the wallet's own app. */
  insideApp: RegExp | null
  /** Apps that refuse to open this wallet's pages. */
  blockedInside: readonly RegExp[]
}
