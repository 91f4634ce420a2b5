// Output descriptors of one key, and bare account keys made into one (sheet 1.2; BIP 380 to 389).

import {
  type ExtendedKey,
  holdsPrivateKey,
  type KeyRefusal,
  readExtendedKey,
  type ScriptType,
} from './extended-key.ts'
import type { Network } from './networks.ts'

export interface Descriptor {
  scriptType: ScriptType
  key: ExtendedKey
  /** Where the key comes from; without it, a refund cannot tell a signing device which key it is. */
  origin: { fingerprint: string; path: readonly number[] } | undefined
  /** Steps from the key to the branch whose children are receive addresses. */
  receive: readonly number[]
  change: readonly number[] | undefined
  /** Normal form, hardened steps written `h`, with its checksum. */
  text: string
}

export type DescriptorReading = { descriptor: Descriptor } | { refusal: KeyRefusal }

const HARDENED = 0x8000_0000

const FORMS: Readonly<Record<ScriptType, readonly [string, string]>> = {
  p2pkh: ['pkh(', ')'],
  'p2sh-p2wpkh': ['sh(wpkh(', '))'],
  p2wpkh: ['wpkh(', ')'],
  p2tr: ['tr(', ')'],
}
const SCRIPT_TYPES: readonly ScriptType[] = ['p2pkh', 'p2sh-p2wpkh', 'p2wpkh', 'p2tr']

/** A descriptor as a wallet shows it, of one ranged key. */
export function readDescriptor(entered: string, network: Network): DescriptorReading {
  const text = entered.trim()
  if (holdsPrivateKey(text)) return { refusal: 'private_key' }
  if (!/^[\x21-\x7e]+$/.test(text)) return { refusal: 'invalid' }
  if (text.includes('#') && !hasGoodChecksum(text)) return { refusal: 'bad_checksum' }
  const body = text.split('#', 1)[0] ?? ''
  const scriptType = SCRIPT_TYPES.find((type) => fits(body, FORMS[type]))
  if (!scriptType) return { refusal: otherForm(body) }
  const [open, close] = FORMS[scriptType]
  const inner = body.slice(open.length, -close.length)
  if (scriptType === 'p2tr' && inner.includes(',')) return { refusal: 'unsupported_script' }
  return readKeyExpression(inner, scriptType, network)
}

/**
 * The descriptor of a pasted account key. `scriptType` says what an xpub does not; a ypub or zpub
 * says it itself. Undefined when neither does.
 */
export function descriptorOfKey(
  key: ExtendedKey,
  chosen: ScriptType | undefined,
): Descriptor | undefined {
  const scriptType = key.scriptType ?? chosen
  if (!scriptType) return undefined
  const [open, close] = FORMS[scriptType]
  const text = withChecksum(`${open}${key.text}/<0;1>/*${close}`)
  return { scriptType, key, origin: undefined, receive: [0], change: [1], text }
}

function fits(body: string, [open, close]: readonly [string, string]): boolean {
  const inner = body.slice(open.length, -close.length)
  return body.startsWith(open) && body.endsWith(close) && !/[()]/.test(inner)
}

const OTHER_FORMS = ['wsh', 'sh', 'combo', 'multi', 'sortedmulti', 'rawtr', 'tr']

function otherForm(body: string): KeyRefusal {
  const name = /^([a-z_]+)\(/.exec(body)?.[1]
  const balanced = body.endsWith(')') && body.split('(').length === body.split(')').length
  if (name === undefined || !balanced) return 'invalid'
  if (name === 'addr' || name === 'raw') return 'not_ranged'
  return OTHER_FORMS.includes(name) ? 'unsupported_script' : 'invalid'
}

const KEY_EXPRESSION =
  /^(?:\[([0-9a-fA-F]{8})((?:\/\d{1,10}['hH]?)*)\])?([0-9A-Za-z]+)((?:\/[^/]+)*)$/

function readKeyExpression(
  inner: string,
  scriptType: ScriptType,
  network: Network,
): DescriptorReading {
  const match = KEY_EXPRESSION.exec(inner)
  if (!match) return { refusal: 'invalid' }
  const [, fingerprint, originText = '', keyText = '', pathText = ''] = match
  if (/^0[23][0-9a-f]{64}$/i.test(keyText)) return { refusal: 'not_ranged' }
  const read = readExtendedKey(keyText, network)
  if ('refusal' in read) return read
  // SLIP-132 prefixes are no part of descriptors; the function says the script already.
  if (read.key.scriptType !== undefined) return { refusal: 'invalid' }
  const origin = steps(originText).map(originStep)
  if (origin.includes(undefined)) return { refusal: 'invalid' }
  const path = readPath(steps(pathText))
  if (typeof path === 'string') return { refusal: path }

  const originPath = origin.filter((step) => step !== undefined)
  const originPart =
    fingerprint === undefined
      ? ''
      : `[${fingerprint.toLowerCase()}${originPath.map((step) => `/${written(step)}`).join('')}]`
  const [open, close] = FORMS[scriptType]
  return {
    descriptor: {
      scriptType,
      key: read.key,
      origin:
        fingerprint === undefined
          ? undefined
          : { fingerprint: fingerprint.toLowerCase(), path: originPath },
      receive: path.receive,
      change: path.change,
      text: withChecksum(`${open}${originPart}${read.key.text}${pathText}${close}`),
    },
  }
}

interface Path {
  receive: number[]
  change: number[] | undefined
}

/** The steps after the key: numbers, at most one pair, and a final star. */
function readPath(all: readonly string[]): Path | KeyRefusal {
  const receive: number[] = []
  const change: number[] = []
  let pairs = 0
  const last = all.at(-1)
  for (const step of all.slice(0, -1)) {
    if (/^\d+['hH]$/.test(step) || /^<.*['hH].*>$/.test(step)) return 'hardened_from_xpub'
    const values = /^<(.*)>$/.exec(step)?.[1]?.split(';') ?? [step]
    const numbers = values.map(plainStep)
    if (numbers.includes(undefined) || new Set(numbers).size < numbers.length) return 'invalid'
    if (step.startsWith('<')) pairs += 1
    if (pairs > 1 || (step.startsWith('<') && numbers.length < 2)) return 'invalid'
    if (numbers.length > 2) return 'unsupported_multipath'
    const [first = 0, second = first] = numbers
    receive.push(first)
    change.push(second)
  }
  if (last !== undefined && /^(\*|\d+)['hH]$/.test(last)) return 'hardened_from_xpub'
  if (last !== '*') return last === undefined || /^\d+$/.test(last) ? 'not_ranged' : 'invalid'
  return { receive, change: pairs === 1 ? change : undefined }
}

function steps(text: string): string[] {
  return text.split('/').slice(1)
}

function plainStep(text: string): number | undefined {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : HARDENED
  return value < HARDENED ? value : undefined
}

function originStep(text: string): number | undefined {
  const value = plainStep(text.replace(/['hH]$/, ''))
  if (value === undefined) return undefined
  return /['hH]$/.test(text) ? value + HARDENED : value
}

function written(step: number): string {
  return step >= HARDENED ? `${step - HARDENED}h` : `${step}`
}

const INPUT_CHARSET =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ '
const CHECKSUM_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn]

/** The eight characters that belong to this text, or undefined for text no descriptor can hold. */
export function descriptorChecksum(body: string): string | undefined {
  const symbols: number[] = []
  let groups: number[] = []
  for (const character of body) {
    const value = INPUT_CHARSET.indexOf(character)
    if (value < 0) return undefined
    symbols.push(value & 31)
    groups.push(value >> 5)
    if (groups.length === 3) {
      symbols.push(groups.reduce((sum, group) => sum * 3 + group, 0))
      groups = []
    }
  }
  if (groups.length > 0) symbols.push(groups.reduce((sum, group) => sum * 3 + group, 0))
  const end = [...symbols, 0, 0, 0, 0, 0, 0, 0, 0].reduce(step, 1n) ^ 1n
  return Array.from({ length: 8 }, (_, i) =>
    CHECKSUM_CHARSET.charAt(Number((end >> BigInt(5 * (7 - i))) & 31n)),
  ).join('')
}

/** One symbol more of the 40-bit BCH code (BIP 380). */
function step(code: bigint, symbol: number): bigint {
  const top = code >> 35n
  const next = ((code & 0x7ffffffffn) << 5n) ^ BigInt(symbol)
  return GENERATOR.reduce((sum, term, i) => ((top >> BigInt(i)) & 1n ? sum ^ term : sum), next)
}

/** Whether the text ends in `#` and the checksum of everything before it. */
export function hasGoodChecksum(text: string): boolean {
  const [body = '', checksum, ...more] = text.split('#')
  return more.length === 0 && checksum !== undefined && descriptorChecksum(body) === checksum
}

function withChecksum(body: string): string {
  return `${body}#${descriptorChecksum(body)}`
}
