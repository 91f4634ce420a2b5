// A merchant's Bitcoin connection: what is entered, how it is read, and what is refused at once.

import type { AccountField, Finding } from '../wallet.ts'
import { MAX_SAT, satOfBtc } from './amounts.ts'
import { createCore } from './core.ts'
import { type Descriptor, descriptorOfKey, readDescriptor } from './descriptor.ts'
import { createEsplora } from './esplora.ts'
import {
  holdsPrivateKey,
  type KeyRefusal,
  readExtendedKey,
  type ScriptType,
} from './extended-key.ts'
import { type FindingCode, finding } from './findings.ts'
import type { Tier } from './invoice.ts'
import { isNetwork, type Network } from './networks.ts'
import type { RateSource, RateSources } from './rate-desk.ts'
import type { ChainSource } from './source.ts'
import { ECB, TICKERS } from './tickers.ts'

export interface BitcoinAccount {
  network: Network
  descriptor: Descriptor
  /** In the order in which they are asked. */
  sources: readonly ChainSource[]
  rates: RateSources
  terms: AccountTerms
}

export interface AccountTerms {
  tiers: readonly Tier[]
  /** -1: unconfirmed payments never settle. */
  zeroConfMaxSat: number
  tolerancePermille: number
  spreadPpm: number
  quoteSec: number
  graceSec: number
  monitorSec: number
  minSat: number
  /** Above this, a server that is not the merchant's own node needs a second one to agree. */
  secondSourceAboveSat: number
}

const SCRIPT_TYPES: Readonly<Record<string, ScriptType>> = {
  legacy: 'p2pkh',
  nested: 'p2sh-p2wpkh',
  segwit: 'p2wpkh',
  taproot: 'p2tr',
}

const DEFAULT_TIERS: readonly Tier[] = [
  { maxSat: 1_000_000, conf: 1 },
  { maxSat: 10_000_000, conf: 2 },
  { maxSat: 100_000_000, conf: 3 },
  { maxSat: null, conf: 6 },
]

const MAX_SOURCES = 6

export const accountFields: readonly AccountField[] = [
  fixed(
    'network',
    'The chain: `main` (default), `testnet4`, `signet` or `regtest`. Only `main` has real money.',
    false,
  ),
  {
    ...fixed(
      'key',
      'The public key of an account used for nothing else: an output descriptor, e.g. `wpkh([fingerprint/84h/0h/0h]xpub…/<0;1>/*)`, or an xpub, ypub or zpub. Never a private key or seed words.',
      true,
    ),
    secret: true,
  },
  fixed(
    'script_type',
    'What an xpub does not say: `segwit`, `taproot`, `nested` or `legacy`. Leave it out for a descriptor, ypub or zpub.',
    false,
  ),
  field('core_urls', 'RPC addresses of the merchant’s Bitcoin Core nodes, separated by spaces.'),
  field('core_user', 'User of `rpcauth`, the same on all of these nodes.'),
  { ...field('core_password', 'Password of that user.'), secret: true },
  field(
    'esplora_urls',
    'Addresses of Esplora servers, separated by spaces, e.g. `https://mempool.space/api`. Asked when no node answers.',
  ),
  field(
    'confirmations',
    'How many confirmations an amount needs, e.g. `0.01:1 0.1:2 1:3 *:6` (the default): up to 0.01 BTC one, and so on.',
  ),
  field('zero_conf_max', 'Up to this many BTC an unconfirmed payment settles. Default: never.'),
  field('tolerance', 'Thousandths of the amount that may be missing, 0 (default) to 50.'),
  field('spread', 'Percent added to the price for the risk of the rate, 0 (default) to 10.'),
  field('quote_minutes', 'How long a rate is locked: 5 to 60, default 15.'),
  field(
    'grace_seconds',
    'After that time a payment seen this soon is in time: 0 to 600, default 60.',
  ),
  field('monitor_hours', 'An unconfirmed payment is given up after: 1 to 336, default 24.'),
  field('min_amount', 'Smallest payment in satoshi, at least 546, default 1000.'),
  field(
    'second_source_above',
    'Above this many BTC an Esplora server needs a second source to agree. Default 0.01.',
  ),
  field(
    'rate_sources',
    '`kraken`, `bitstamp`, `coinbase` (default: all three), each also as `name=https://…` for a relay of one’s own. At least two.',
  ),
  field(
    'fx_source',
    '`ecb` (default), or `ecb=https://…`: for currencies other than USD, EUR, GBP.',
  ),
  field('environment', '`live` (default) or `test`; `test` allows rate sources on this machine.'),
]

/** Every fault of the account at once, or the account. Nothing that can spend is kept or repeated. */
export function readAccount(
  entered: Record<string, string>,
): { account: BitcoinAccount } | { findings: Finding[] } {
  const findings: Finding[] = []
  const report: Report = (code, param) => {
    findings.push(finding(code, param === undefined ? {} : { param }))
  }
  for (const [name, value] of Object.entries(entered)) {
    if (!accountFields.some((known) => known.name === name)) report('unknown_field', `/${name}`)
    else if (name !== 'key' && name !== 'core_password' && holdsPrivateKey(value)) {
      report('key_private_key', `/${name}`)
    }
  }
  const read: Read = (name) => (Object.hasOwn(entered, name) ? (entered[name]?.trim() ?? '') : '')

  const environment = read('environment')
  if (!['', 'live', 'test'].includes(environment)) report('environment_unknown')
  const networkText = read('network') || 'main'
  const network = isNetwork(networkText) ? networkText : undefined
  if (!network) report('network_unknown')
  const descriptor = network && readKey(read, network, report)
  const sources = network ? readSources(read, network, report) : []
  const rates = readRates(read, environment === 'test', report)
  const terms = readTerms(read, report)
  if (findings.length > 0 || !network || !descriptor) return { findings }
  return { account: { network, descriptor, sources, rates, terms } }
}

type Report = (code: FindingCode, param?: string) => void
type Read = (name: string) => string

function readKey(read: Read, network: Network, report: Report): Descriptor | undefined {
  const text = read('key')
  const chosenText = read('script_type')
  const chosen = SCRIPT_TYPES[chosenText]
  if (chosenText !== '' && !chosen) report('script_type_unknown')
  const refuse = (refusal: KeyRefusal) => {
    report(`key_${refusal}`)
    return undefined
  }
  if (text.includes('(')) {
    const parsed = readDescriptor(text, network)
    if ('refusal' in parsed) return refuse(parsed.refusal)
    if (chosen && chosen !== parsed.descriptor.scriptType) report('script_type_conflict')
    return parsed.descriptor
  }
  const parsed = readExtendedKey(text, network)
  if ('refusal' in parsed) return refuse(parsed.refusal)
  const { scriptType } = parsed.key
  if (scriptType && chosen && chosen !== scriptType) report('script_type_conflict')
  const descriptor = descriptorOfKey(parsed.key, chosen)
  if (!descriptor) report('script_type_missing')
  return descriptor
}

function readSources(read: Read, network: Network, report: Report): ChainSource[] {
  const words = (name: string) =>
    read(name)
      .split(/\s+/)
      .filter((word) => word !== '')
  const nodes = words('core_urls')
  const servers = words('esplora_urls')
  const user = read('core_user')
  const password = read('core_password')
  if (nodes.length + servers.length === 0) report('source_missing')
  if (nodes.length + servers.length > MAX_SOURCES) report('source_too_many')
  if (nodes.length > 0 && (user === '' || password === '' || user.includes(':'))) {
    report('core_login_missing')
  }
  // A node has no TLS of its own: which private addresses may be reached is the operator's word.
  const good = (url: string) => isPlainUrl(url, ['http:', 'https:'])
  if (!nodes.every(good)) report('source_url', '/core_urls')
  if (!servers.every(good)) report('source_url', '/esplora_urls')
  return [
    ...nodes.filter(good).map((url) => createCore({ url, user, password }, network)),
    ...servers.filter(good).map((url) => createEsplora(url, network)),
  ]
}

function readRates(read: Read, isTest: boolean, report: Report): RateSources {
  const words = (read('rate_sources') || Object.keys(TICKERS).join(' ')).split(/[\s,]+/)
  const tickers = words.map((word): RateSource | undefined => {
    const [name = '', place] = splitOnce(word)
    const source = Object.hasOwn(TICKERS, name) ? TICKERS[name] : undefined
    const origin = source && originOf(place, source.origin, isTest)
    return origin === undefined ? undefined : { name, origin }
  })
  const good = tickers.filter((each) => each !== undefined)
  if (good.length < tickers.length) report('rate_source_unknown')
  else if (new Set(good.map(({ name }) => name)).size < Math.max(2, good.length)) {
    report('rate_sources_too_few')
  }
  const [fxName = '', fxPlace] = splitOnce(read('fx_source') || 'ecb')
  const ecb = fxName === 'ecb' ? originOf(fxPlace, ECB.origin, isTest) : undefined
  if (ecb === undefined) report('fx_source_unknown')
  return { tickers: good, ecb: ecb ?? ECB.origin }
}

function originOf(place: string | undefined, usual: string, isTest: boolean): string | undefined {
  if (place === undefined) return usual
  const loopback = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(place)
  const allowed =
    isPlainUrl(place, ['https:']) || (isTest && loopback && isPlainUrl(place, ['http:']))
  return allowed ? place.replace(/\/+$/, '') : undefined
}

function readTerms(read: Read, report: Report): AccountTerms {
  const number = (name: string, usual: number, [min, max]: readonly [number, number]) => {
    const text = read(name)
    const value = text === '' ? usual : Number(/^\d{1,9}$/.test(text) ? text : Number.NaN)
    if (!(value >= min && value <= max)) report('number_out_of_range', `/${name}`)
    return value
  }
  const btc = (name: string, usual: number) => {
    const text = read(name)
    const sat = text === '' ? BigInt(usual) : readBtc(text)
    if (sat === undefined) report('amount_unreadable', `/${name}`)
    return Number(sat ?? 0n)
  }
  const tiers = readTiers(read('confirmations'))
  if (!tiers) report('confirmations_unreadable')
  const spread = /^(\d{1,2})(?:\.(\d{1,4}))?$/.exec(read('spread') || '0')
  const spreadPpm = spread ? Number(`${spread[1]}${(spread[2] ?? '').padEnd(4, '0')}`) : Number.NaN
  if (!(spreadPpm <= 100_000)) report('number_out_of_range', '/spread')
  return {
    tiers: tiers ?? DEFAULT_TIERS,
    zeroConfMaxSat: btc('zero_conf_max', -1),
    tolerancePermille: number('tolerance', 0, [0, 50]),
    spreadPpm,
    quoteSec: 60 * number('quote_minutes', 15, [5, 60]),
    graceSec: number('grace_seconds', 60, [0, 600]),
    monitorSec: 3600 * number('monitor_hours', 24, [1, 336]),
    minSat: number('min_amount', 1_000, [546, 100_000_000]),
    secondSourceAboveSat: btc('second_source_above', 1_000_000),
  }
}

/** `0.01:1 0.1:2 *:6`: rising amounts, and one confirmation at least; or undefined. */
function readTiers(text: string): readonly Tier[] | undefined {
  if (text === '') return DEFAULT_TIERS
  const tiers = text.split(/[\s,]+/).map((word): Tier | undefined => {
    const match = /^(\*|[\d.]+):([1-9]\d{0,2})$/.exec(word)
    const [, amount = '', conf = ''] = match ?? []
    if (amount === '*') return { maxSat: null, conf: Number(conf) }
    const sat = match ? readBtc(amount) : undefined
    return sat === undefined ? undefined : { maxSat: Number(sat), conf: Number(conf) }
  })
  const good = tiers.filter((tier) => tier !== undefined)
  const rises = good.every(({ maxSat }, i) => {
    const before = good[i - 1]
    if (!before) return true
    return before.maxSat !== null && (maxSat === null || maxSat > before.maxSat)
  })
  const isWhole = good.length === tiers.length && good.at(-1)?.maxSat === null
  return isWhole && rises ? good : undefined
}

function readBtc(text: string): bigint | undefined {
  const sat = /^[\d.]+$/.test(text) ? satOfBtc(text) : undefined
  return sat !== undefined && sat <= MAX_SAT ? sat : undefined
}

function isPlainUrl(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  const extra = url.username + url.password + url.search + url.hash
  return protocols.includes(url.protocol) && extra === ''
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=')
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function field(name: string, description: string): AccountField {
  return { name, secret: false, required: false, description }
}

function fixed(name: string, description: string, required: boolean): AccountField {
  return { ...field(name, description), required, fixed: true }
}
