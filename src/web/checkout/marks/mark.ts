// What the page knows about one wallet: its mark, its place and the apps it lives in. Besides this
// folder and that of the sheets, nothing in the page names a wallet.

import type { Bilingual, Surface } from '../../../http/checkout-types.ts'

export interface Mark {
  /** Its name, for a wallet that the payment no longer lists. */
  name: Bilingual
  /**
   * Color class `mark-<name>` stands in the mark's styles; this is its logo on a square. Null where
   * the wallet's rules leave its logo to its own software.
   */
  logo: { viewBox: string; path: string } | null
  /** Its place among the wallets (CK-17): where yuan or simplified Chinese is at home, and elsewhere. */
  place: { china: number; elsewhere: number }
  /** Devices of the wallet's own maker: there it goes before others of the same place. */
  athome: RegExp | null
  /** User agents of the wallet's own app. */
  insideApp: RegExp | null
  /** The surfaces that work inside its own app; null: those of every phone. */
  insideSurfaces: readonly Surface[] | null
  /**
   * Paid to an address, on every surface alike. An address is made for good, so it is only asked for
   * by a tap.
   */
  toAddress: boolean
  /** Apps that refuse to open this wallet's pages. */
  blockedInside: readonly RegExp[]
}
