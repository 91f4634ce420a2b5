// Where the page is open: decides which surface of a wallet comes first.

import type { CheckoutWallet, Surface } from '../../http/checkout-types.ts'
import { MARKS } from './marks/index.ts'

export interface Device {
  /** `phone`: the payer holds the device that has the wallet's app. */
  kind: 'desktop' | 'phone'
  /** The wallet whose app shows this page, if any. */
  insideApp: string | null
  /** Wallets that cannot open from here. */
  blocked: readonly string[]
}

/** What the browser says about itself; `touch` is `(pointer: coarse)` on a narrow screen. */
export function deviceOf(userAgent: string, touch = false): Device {
  const names = Object.keys(MARKS)
  const insideApp = names.find((name) => MARKS[name]?.insideApp?.test(userAgent)) ?? null
  const blocked = names.filter(
    (name) =>
      (insideApp !== null && insideApp !== name) ||
      MARKS[name]?.blockedInside.some((app) => app.test(userAgent)),
  )
  const phone = touch || /Android|iPhone|iPod|Mobile/i.test(userAgent)
  return { kind: phone || insideApp !== null ? 'phone' : 'desktop', insideApp, blocked }
}

/** One wallet as it can be used here. */
export interface WalletChoice {
  wallet: CheckoutWallet
  /** What its button starts. */
  primary: Surface
  /** The other way on this device, if there is one. */
  secondary: Surface | null
}

// The hosted page has no payer id inside a wallet's app, so the mobile surface is used there too.
const ORDER: Record<Device['kind'], readonly Surface[]> = {
  desktop: ['qr', 'desktop'],
  phone: ['mobile', 'qr'],
}

/** The wallets that can be used on this device, in the server's order (CK-12, CK-13). */
export function choicesFor(wallets: readonly CheckoutWallet[], device: Device): WalletChoice[] {
  return wallets.flatMap((wallet) => {
    if (device.blocked.includes(wallet.name)) return []
    if (device.insideApp !== null && device.insideApp !== wallet.name) return []
    const [primary, secondary = null] = ORDER[device.kind].filter((surface) =>
      wallet.surfaces.includes(surface),
    )
    return primary === undefined ? [] : [{ wallet, primary, secondary }]
  })
}
