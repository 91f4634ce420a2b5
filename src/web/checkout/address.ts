// A payment to an address in words: what to send, what has come, what is still missing (CK-29). Pure;
// the server and the browser use it alike.

import type { CheckoutAttempt, CheckoutNextAction } from '../../http/checkout-types.ts'
import { formatDecimal } from '../../money.ts'
import type { Screen } from './screen.ts'
import type { TextKey } from './translations/translation.ts'
import { say, type View } from './view.ts'

export type AddressScreen = Extract<Screen, { name: 'address' }>

export type AddressAction = Extract<CheckoutNextAction, { type: 'address' }>

export type Phase =
  /** Nothing has come. */
  | 'waiting'
  /** Some has come, and the rest can still be sent. */
  | 'partly'
  /** The network has it, in no block yet. */
  | 'seen'
  | 'confirming'
  /** The time is over; nothing has come. */
  | 'expired'
  /** The time is over; something has come, but too little. */
  | 'short'

export function phaseOf({ attempt, expired }: AddressScreen): Phase {
  const { chain, status } = attempt
  const came = (chain?.seen_sat ?? 0) > 0
  if (status === 'processing') return (chain?.confirmations ?? 0) > 0 ? 'confirming' : 'seen'
  if (expired) return came ? 'short' : 'expired'
  return came ? 'partly' : 'waiting'
}

const TEXTS: Record<Phase, [TextKey, TextKey]> = {
  waiting: ['choose.headingOne', 'address.text'],
  partly: ['address.partly.heading', 'address.partly.text'],
  seen: ['address.seen.heading', 'address.seen.text'],
  confirming: ['address.confirming.heading', 'address.seen.text'],
  expired: ['address.expired.heading', 'qr.expired.text'],
  short: ['address.expired.heading', 'address.short.text'],
}

/** Title and text. */
export function addressTexts(view: View, screen: AddressScreen): [string, string] {
  const { wallet, chain } = screen.attempt
  const values = {
    received: bitcoins(chain?.seen_sat ?? 0),
    due: bitcoins(chain?.due_sat ?? 0),
    count: String(chain?.confirmations ?? 0),
    total: String(chain?.required_confirmations ?? 0),
  }
  const [title, text] = TEXTS[phaseOf(screen)]
  return [say(view, title, wallet, values), say(view, text, wallet, values)]
}

/** What the payer can send to now; null when nothing should be sent. */
export function payableAddress(screen: AddressScreen): AddressAction | null {
  const { next_action: action, chain } = screen.attempt
  const open = ['waiting', 'partly'].includes(phaseOf(screen))
  if (action.type !== 'address' || !open) return null
  // A code over the whole amount would have a payer who has sent a part send too much.
  const stale = chain !== null && chain.due_sat > 0 && chain.due_sat !== action.amount_sat
  return stale ? null : action
}

/** A transaction that was there before and is not any more. */
export function hasVanished({ chain }: CheckoutAttempt): boolean {
  return chain?.flags.some((flag) => flag === 'dropped' || flag === 'double_spent') ?? false
}

/** `0.00123400 BTC`: all eight digits, as wallets show them. */
export function bitcoins(sat: number): string {
  return `${decimalOf(sat)}\u00a0BTC`
}

/** Without unit and separators, for the clipboard. */
export function decimalOf(sat: number): string {
  return formatDecimal({ amount: BigInt(sat), currency: 'BTC' })
}

/** The address in groups of four, which is how people compare it. */
export function groupsOf(address: string): string[] {
  return address.match(/.{1,4}/g) ?? []
}

/** `1 BTC = 481,203.77 CNY`, or null where the order itself is in bitcoin. */
export function rateText({ payment, language }: View, { rate }: AddressAction): string | null {
  if (payment.currency === 'BTC') return null
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 8 })
  return `1 BTC = ${number.format(Number(rate))} ${payment.currency}`
}
