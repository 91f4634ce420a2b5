// Payment links and their QR texts, written and read strictly (sheet 2.1; BIP 21, BIP 321).

import { readAddress } from './address.ts'
import { btcOfSat, MAX_SAT, satOfBtc } from './amounts.ts'
import { type Network, PARAMETERS } from './networks.ts'

export interface PaymentRequest {
  address: string
  sat?: bigint | undefined
  label?: string | undefined
  message?: string | undefined
  /** A BOLT 11 invoice over the same amount. */
  lightning?: string | undefined
}

/** The text of a link, and that of a QR code, which is smaller in upper case. */
export function writeUri(request: PaymentRequest): { link: string; qr: string } {
  const { address, sat, label, message, lightning } = request
  const plain = [
    ...(sat === undefined ? [] : [`amount=${btcOfSat(sat)}`]),
    ...(label === undefined ? [] : [`label=${percentEncode(label)}`]),
    ...(message === undefined ? [] : [`message=${percentEncode(message)}`]),
  ]
  const text = (to: string, invoice: string | undefined) => {
    const query = [...plain, ...(invoice === undefined ? [] : [`lightning=${invoice}`])]
    return `bitcoin:${to}${query.length > 0 ? `?${query.join('&')}` : ''}`
  }
  return {
    link: text(address, lightning),
    qr: text(isBech32(address) ? address.toUpperCase() : address, lightning?.toUpperCase()),
  }
}

const KNOWN = ['amount', 'label', 'message', 'lightning', 'pop'] as const

/**
 * What the link asks for, or undefined when it breaks a rule. The address is given in lower case
 * where case has no meaning, and is empty when the link carries another instruction only.
 */
export function readUri(uri: string, network: Network): PaymentRequest | undefined {
  const match = /^bitcoin:([^?#/]*)(?:\?([^#]*))?$/i.exec(uri)
  if (!match) return undefined
  const [, entered = '', query = ''] = match
  const values = readQuery(query)
  if (!values) return undefined
  const address = isBech32(entered) && isOneCase(entered) ? entered.toLowerCase() : entered
  if (address !== '' && !readAddress(address, network)) return undefined
  const segwit = values.get(PARAMETERS[network].prefix)
  if (segwit !== undefined && !readAddress(segwit.toLowerCase(), network)) return undefined
  const lightning = values.get('lightning')
  if (address === '' && !lightning && segwit === undefined) return undefined
  const amount = values.get('amount')
  const sat = amount === undefined ? undefined : readAmount(amount)
  if (amount !== undefined && sat === undefined) return undefined
  return {
    address,
    sat,
    label: values.get('label'),
    message: values.get('message'),
    lightning: lightning?.toLowerCase(),
  }
}

/** The values by key in lower case; undefined for a key twice or one that is required and unknown. */
function readQuery(query: string): Map<string, string> | undefined {
  const values = new Map<string, string>()
  for (const part of query.split('&').filter((each) => each !== '')) {
    const at = part.indexOf('=')
    const name = (at < 0 ? part : part.slice(0, at)).toLowerCase()
    const value = percentDecode(at < 0 ? '' : part.slice(at + 1))
    const isKnown = KNOWN.some((known) => known === name)
    if (value === undefined || name.startsWith('req-')) return undefined
    if (isKnown && values.has(name)) return undefined
    if (!values.has(name)) values.set(name, value)
  }
  return values
}

/** Digits with at most one point and eight decimals; nothing else, whatever other wallets take. */
function readAmount(text: string): bigint | undefined {
  const match = /^(\d*)(?:\.(\d{0,8}))?$/.exec(text)
  const [, whole = '', fraction = ''] = match ?? []
  if (!match || whole + fraction === '' || whole.length > 8) return undefined
  const digits = whole.replace(/^0+/, '') || '0'
  const sat = satOfBtc(`${digits}.${fraction.padEnd(8, '0')}`)
  return sat !== undefined && sat <= MAX_SAT ? sat : undefined
}

/** Everything but the unreserved characters of RFC 3986; a plus stays a plus when read. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function isBech32(address: string): boolean {
  return /^(bc|tb|bcrt)1/i.test(address)
}

function isOneCase(text: string): boolean {
  return text === text.toLowerCase() || text === text.toUpperCase()
}
