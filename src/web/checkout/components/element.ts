// Base of the page's elements and what they say to the session. They render into the document: the
// page is a document of its own, and one style sheet serves the server's HTML and the upgraded page.

import { LitElement } from 'lit'
import type { PaymentStatus, Surface } from '../../../http/checkout-types.ts'

/** What the payer asks for by a tap. */
export type Action =
  | { type: 'start'; wallet: string; surface: Surface }
  /** Show the wallets although an attempt stands. */
  | { type: 'choose' }
  /** Go to the wallet again with the attempt that stands. */
  | { type: 'open' }
  /** "I have paid": ask the wallet. */
  | { type: 'paid' }
  /** "Pay again": ask the wallet, and when it has no payment show the wallets. */
  | { type: 'again' }
  /** Remember no wallet on this device. */
  | { type: 'forget' }
  /** Time went by. */
  | { type: 'tick' }

export class PageElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    this.replaceChildren()
    return this
  }

  /** Tells the session. */
  protected act(action: Action): void {
    this.dispatchEvent(new CustomEvent('tb-action', { detail: action, bubbles: true }))
  }
}

declare global {
  interface HTMLElementEventMap {
    'tb-action': CustomEvent<Action>
    /** How the payment stands, for the page around this one. */
    'tb-status': CustomEvent<PaymentStatus>
  }
}
