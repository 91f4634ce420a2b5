// What every part of the page needs to put a payment into words.

import type { CheckoutPayment } from '../../http/checkout-types.ts'
import { formatAmount } from './amount.ts'
import type { Availability } from './choices.ts'
import type { Device } from './device.ts'
import type { Language } from './languages.ts'
import { MARKS } from './marks/index.ts'
import { fill, type TextKey, type Translation } from './translations/translation.ts'

export interface View {
  payment: CheckoutPayment
  language: Language
  translation: Translation
  device: Device
  /** IANA name of the merchant's zone, in which times are shown, as on the receipt. */
  timeZone: string
  /** Nothing is known of them on the server. */
  sheets: Availability
}

/** A text with merchant and amount filled in, and the wallet where one is meant. */
export function say(
  view: View,
  key: TextKey,
  wallet?: string,
  more?: Record<string, string>,
): string {
  const { payment, language, translation } = view
  return fill(translation, key, {
    merchant: payment.merchant.name,
    amount: formatAmount(payment.amount, payment.currency, language),
    ...(wallet === undefined ? {} : { wallet: walletName(view, wallet) }),
    ...more,
  })
}

/** The wallet's name in the reader's language: Chinese names for Chinese readers, else English. */
export function walletName({ payment, language }: View, wallet: string): string {
  const listed = payment.wallets.find(({ name }) => name === wallet)?.display_name
  const names = listed ?? MARKS[wallet]?.name
  return names?.[language.startsWith('zh') ? 'zh-CN' : 'en'] ?? wallet
}

/** First letter or character of the merchant's name, for the tile beside it. */
export function initialOf(name: string): string {
  return [...name.trim()][0]?.toUpperCase() ?? '·'
}
