// Amounts and times as a payer reads them.

import { exponentOf, formatDecimal } from '../../money.ts'
import type { Language } from './languages.ts'

/**
 * `¥88.50 CNY`: exact digits of the hub's table, the symbol where the language has one, and the ISO
 * code beside it, because most symbols belong to several currencies (CK-52).
 */
export function formatAmount(amount: number, currency: string, language: Language): string {
  const { text, code } = amountParts(amount, currency, language)
  return code === '' ? text : `${text}\u00a0${code}`
}

/** The amount with its symbol, and the ISO code unless the text already contains it. */
export function amountParts(
  amount: number,
  currency: string,
  language: Language,
): { text: string; code: string } {
  const digits = exponentOf(currency)
  const format = new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  // The decimal goes in as a text, so no digit passes through a binary fraction.
  const decimal = formatDecimal({ amount: BigInt(amount), currency })
  if (!isDecimal(decimal)) throw new RangeError(`not a decimal: ${decimal}`)
  const text = format.format(decimal)
  return { text, code: text.includes(currency) ? '' : currency }
}

function isDecimal(text: string): text is `${number}` {
  return /^-?\d+(\.\d+)?$/.test(text)
}

/** Date and time with seconds in `timeZone` (an IANA name), and the zone's abbreviation. */
export function formatTime(time: string, language: Language, timeZone: string): string {
  const at = new Date(time)
  const text = new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: language === 'en' ? 'short' : 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone,
  }).format(at)
  // Chinese and Japanese formats would put the zone between date and time.
  const parts = new Intl.DateTimeFormat('en', { timeZoneName: 'short', timeZone }).formatToParts(at)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  return `${text} ${name}`
}

/** Remaining time as `4:05` or `1:04:05`; never negative. */
export function formatCountdown(remainingMs: number): string {
  const seconds = Math.max(0, Math.ceil(remainingMs / 1000))
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60]
  const hours = Math.floor(seconds / 3600)
  const [minutes = 0, rest = 0] = parts
  const tail = `${String(rest).padStart(2, '0')}`
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}
