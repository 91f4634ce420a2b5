// Where the page is open: decides which wallets work here and which of them comes first.

import { MARKS } from './marks/index.ts'

export interface Device {
  /** `phone`: the payer holds the device that has the wallet's app. */
  kind: 'desktop' | 'phone'
  /** The wallet whose app shows this page, if any. */
  insideApp: string | null
  /** Wallets that cannot open from here. */
  blocked: readonly string[]
  /** Wallets whose maker also made this device. */
  athome: readonly string[]
  /** The wallet that last paid on this device, where that is known (CK-18). */
  last: string | null
}

export interface DeviceHints {
  /** `(pointer: coarse)` on a narrow screen. */
  touch?: boolean
  /** From this device's memory. */
  last?: string | null
}

/** What the browser says about itself, and what is remembered about it. */
export function deviceOf(userAgent: string, { touch, last = null }: DeviceHints = {}): Device {
  const names = Object.keys(MARKS)
  const insideApp = names.find((name) => MARKS[name]?.insideApp?.test(userAgent)) ?? null
  const blocked = names.filter(
    (name) =>
      (insideApp !== null && insideApp !== name) ||
      MARKS[name]?.blockedInside.some((app) => app.test(userAgent)),
  )
  const athome = names.filter((name) => MARKS[name]?.athome?.test(userAgent))
  const phone = touch || /Android|iPhone|iPod|Mobile/i.test(userAgent)
  const kind = phone || insideApp !== null ? 'phone' : 'desktop'
  return { kind, insideApp, blocked, athome, last }
}
