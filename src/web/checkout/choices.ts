// The wallets that can be used here, and in which order (CK-12, CK-13, CK-17).

import type { CheckoutPayment, CheckoutWallet, Surface } from '../../http/checkout-types.ts'
import type { Device } from './device.ts'
import type { Language } from './languages.ts'
import { MARKS } from './marks/index.ts'

/** One wallet as it can be used here. */
export interface WalletChoice {
  wallet: CheckoutWallet
  /** What its button starts. */
  primary: Surface
  /** The other way on this device, if there is one. */
  secondary: Surface | null
  /** Whether this browser has the wallet's sheet is not known yet; its place is kept. */
  pending: boolean
}

/** By wallet, whether this browser can open its sheet; nothing until that is known. */
export type Availability = Readonly<Record<string, 'ready' | 'absent'>>

/** What the choice depends on. */
export interface Chooser {
  payment: Pick<CheckoutPayment, 'wallets' | 'wallets_ordered' | 'currency'>
  device: Device
  language: Language
  /** Nothing is known of them on the server. */
  sheets: Availability
}

const ORDER: Record<Device['kind'], readonly Surface[]> = {
  desktop: ['qr', 'desktop'],
  phone: ['mobile', 'qr'],
}

/** In the order in which they are shown. */
export function choicesFor(chooser: Chooser): WalletChoice[] {
  const { device, sheets } = chooser
  return inOrder(chooser).flatMap((wallet) => {
    const { name } = wallet
    if (device.blocked.includes(name)) return []
    if (device.insideApp !== null && device.insideApp !== name) return []
    const inside = device.insideApp === name ? MARKS[name]?.insideSurfaces : null
    const [primary, second = null] = ORDER[device.kind].filter(
      (surface) => wallet.surfaces.includes(surface) && (!inside || inside.includes(surface)),
    )
    if (primary === undefined) return []
    const sheet = wallet.sheet === null ? 'ready' : (sheets[name] ?? 'pending')
    if (sheet === 'absent') return []
    const secondary = MARKS[name]?.toAddress ? null : second
    return [{ wallet, primary, secondary, pending: sheet === 'pending' }]
  })
}

/** Whether another browser on this device could do more (CK-13). */
export function isLimited({ payment, device }: Chooser): boolean {
  const { insideApp } = device
  if (insideApp === null) return false
  const others = payment.wallets.some(({ name }) => name !== insideApp)
  return others || MARKS[insideApp]?.insideSurfaces !== null
}

/** The wallets whose codes one general code can stand for, where that makes sense (CK-7). */
export function sharesCode(chooser: Chooser): boolean {
  const codes = choicesFor(chooser).filter(({ primary, wallet }) => {
    return primary === 'qr' && MARKS[wallet.name]?.insideApp
  })
  return chooser.device.kind === 'desktop' && codes.length > 1
}

function inOrder(chooser: Chooser): readonly CheckoutWallet[] {
  const { payment, device } = chooser
  if (payment.wallets_ordered) return payment.wallets
  const rank = ({ name }: CheckoutWallet) => (name === device.last ? 0 : placeOf(name, chooser))
  const away = ({ name }: CheckoutWallet) => (device.athome.includes(name) ? 0 : 1)
  // Sorting is stable: wallets that the page does not know stay in the server's order.
  return [...payment.wallets].sort((a, b) => rank(a) - rank(b) || away(a) - away(b))
}

const LAST_PLACE = 9

function placeOf(name: string, { payment, language }: Chooser): number {
  const china = payment.currency === 'CNY' || language === 'zh-CN'
  const place = MARKS[name]?.place
  return place === undefined ? LAST_PLACE : china ? place.china : place.elsewhere
}
