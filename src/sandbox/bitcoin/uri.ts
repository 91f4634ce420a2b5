// What a payer's app makes of a scanned or pasted text: an address or a payment link (BIP 321).
import { addressOf, scriptOf } from './script.ts'
import { MAX_SAT } from './transaction.ts'

export interface Asked {
  address: string
  script: Buffer
  sat: bigint | undefined
  label: string | undefined
  message: string | undefined
}

const KNOWN = ['amount', 'label', 'message', 'lightning', 'pop', 'bcrt']

/** The payment asked for, or undefined where a careful app would refuse. */
export function readAsked(text: string): Asked | undefined {
  const trimmed = text.trim()
  const [, address = '', query = ''] = /^bitcoin:([^?#]*)(?:\?([^#]*))?$/i.exec(trimmed) ?? [
    '',
    trimmed,
  ]
  const values = new Map<string, string>()
  for (const part of query.split('&').filter((each) => each !== '')) {
    const [name = '', value = ''] = cut(part)
    const key = name.toLowerCase()
    const decoded = decode(value)
    // Once is enough, and what must be understood and is not ends it.
    if (values.has(key) || decoded === undefined) return undefined
    if (key.startsWith('req-') && !KNOWN.includes(key)) return undefined
    values.set(key, decoded)
  }
  const script = scriptOf(address)
  const amount = values.get('amount')
  const sat = amount === undefined ? undefined : satOf(amount)
  if (!script || (amount !== undefined && sat === undefined)) return undefined
  return {
    address: addressOf(script) ?? address,
    script,
    sat,
    label: values.get('label'),
    message: values.get('message'),
  }
}

function cut(part: string): [string, string] {
  const at = part.indexOf('=')
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)]
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** Satoshi of a decimal number of bitcoins, or undefined. */
export function satOf(text: string): bigint | undefined {
  const [, whole = '', fraction = ''] = /^(\d{0,8})(?:\.(\d{0,8}))?$/.exec(text) ?? []
  if (whole + fraction === '') return undefined
  const sat = BigInt(whole || '0') * 100_000_000n + BigInt(fraction.padEnd(8, '0'))
  return sat <= MAX_SAT ? sat : undefined
}

/** `123456n` is `0.00123456`. */
export function btcText(sat: bigint): string {
  const digits = sat.toString().padStart(9, '0')
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`
}
