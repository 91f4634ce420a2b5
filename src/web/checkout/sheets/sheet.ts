// A wallet's sheet: opened in the payer's tap, it hands out a token with which the attempt starts.

import type { CheckoutWallet } from '../../../http/checkout-types.ts'
import type { Language } from '../languages.ts'

/** A sheet that this browser can open. */
export interface Sheet {
  /**
   * The wallet's own button, the same element for the same look; it fires `tb-tap`. Null where its
   * software draws none.
   */
  button(look: ButtonLook): HTMLElement | null
  /** Opens the sheet; within a tap only. Tells every outcome, and none twice. */
  open(calls: SheetCalls): void
}

export interface ButtonLook {
  language: Language
  /** The page around it is dark. */
  dark: boolean
}

export interface SheetCalls {
  /** What the sheet asks its merchant for; rejects when there is none. */
  openSession(validationUrl: string): Promise<Record<string, unknown>>
  /** Starts the attempt. False: it has failed, certainly. */
  start(token: string): Promise<boolean>
  /** The sheet is closed, and no token was handed out. `failed`: not by the payer. */
  closed(failed: boolean): void
}

/** Loads what a sheet needs; null when this browser cannot open it. */
export type LoadSheet = (
  sheet: NonNullable<CheckoutWallet['sheet']>,
  nonce: string,
) => Promise<Sheet | null>
