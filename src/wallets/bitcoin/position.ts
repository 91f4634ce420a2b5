// Where following the chain stands: the blocks that were read, what left the chain with others, and
// the questions that nobody could answer yet. It stays small whatever strangers pay.

import { isObject, type JsonValue, parseJsonObject } from '../../encoding/json.ts'
import type { Milliseconds } from '../../ports.ts'
import { isHash } from './bytes.ts'

/** Blocks whose hashes are kept, to find where a reorganization began; deeper ones are read twice. */
const MAX_PATH = 24
/** Payments that are kept with these blocks; of the others the source is asked for the block. */
const MAX_PAID = 500
/** Payments that left a block and are not in another one yet. */
const MAX_ORPHANED = 500
/** So many blocks long: after two weeks mempools forget what no block takes. */
const ORPHANED_BLOCKS = 2_016
/** Addresses with a question that nobody could answer. */
export const MAX_PENDING = 1_000
const FIRST_PAUSE_MS = 15_000
const LAST_PAUSE_MS = 300_000
/** As much of a transaction's id as tells it from any other of the same address. */
export const TXID_KEPT = 16

export interface Paid {
  address: string
  txid: string
}

export interface ReadBlock {
  hash: string
  /** Absent when it is not kept. */
  paid?: readonly Paid[]
}

/** A payment whose block left the chain, at the height where we stood then. */
export interface Orphaned extends Paid {
  since: number
}

export interface Pending {
  address: string
  hints: readonly string[]
  /** How often nobody could tell. */
  tries: number
  /** When to ask again. */
  at: Milliseconds
}

export interface Position {
  height: number
  /** The last blocks that were read, the newest last; never empty. */
  path: readonly ReadBlock[]
  told: readonly string[]
  orphaned: readonly Orphaned[]
  pending: readonly Pending[]
}

/** The newest blocks, and what was paid in as many of them as fit. */
export function boundedPath(path: readonly ReadBlock[]): ReadBlock[] {
  let left = MAX_PAID
  return path
    .slice(-MAX_PATH)
    .toReversed()
    .map(({ hash, paid }) => {
      left -= paid?.length ?? 0
      return paid && left >= 0 ? { hash, paid } : { hash }
    })
    .toReversed()
}

/** With the payments of blocks that have left the chain. */
export function orphanedBy(
  before: readonly Orphaned[],
  paid: readonly Paid[],
  since: number,
): Orphaned[] {
  const all = new Map(
    [...before, ...paid.map((each) => ({ ...each, since }))].map((each) => [
      `${each.address} ${each.txid}`,
      each,
    ]),
  )
  return [...all.values()]
}

/** Without the payments that another block has taken. */
export function confirmedAgain(before: readonly Orphaned[], paid: readonly Paid[]): Orphaned[] {
  const back = new Set(paid.map(({ address, txid }) => `${address} ${txid}`))
  return before.filter(({ address, txid }) => !back.has(`${address} ${txid}`))
}

export function watchedStill(orphaned: readonly Orphaned[], height: number): Orphaned[] {
  return orphaned.filter(({ since }) => height < since + ORPHANED_BLOCKS).slice(-MAX_ORPHANED)
}

export interface Questions {
  /** By address, with what every question about it has to name. */
  due: ReadonlyMap<string, readonly string[]>
  /** Of those that are due, the ones that were asked before. */
  again: ReadonlyMap<string, Pending>
  waiting: readonly Pending[]
}

/** The news, with the earlier questions whose time has come. */
export function pendingAfter(
  before: readonly Pending[],
  news: ReadonlyMap<string, readonly string[]>,
  { now, all }: { now: Milliseconds; all: boolean },
): Questions {
  const isDue = ({ address, at }: Pending) => all || at <= now || news.has(address)
  const again = new Map(before.filter(isDue).map((each) => [each.address, each]))
  const due = new Map(news)
  for (const [address, { hints }] of again) {
    due.set(address, [...new Set([...hints, ...(news.get(address) ?? [])])])
  }
  return { due, again, waiting: before.filter((each) => !isDue(each)) }
}

/** What has to be asked again, given the addresses of which nobody could tell. */
export function stillPending(
  { due, again, waiting }: Questions,
  unknown: readonly string[],
  now: Milliseconds,
): Pending[] {
  const failed = [...new Set(unknown)].map((address): Pending => {
    const tries = (again.get(address)?.tries ?? 0) + 1
    const pause = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(tries - 1, 8))
    return { address, hints: due.get(address) ?? [], tries, at: now + pause }
  })
  return [...waiting, ...failed]
}

/** What was kept, or undefined for anything else. */
export function readPosition(text: string | undefined): Position | undefined {
  const value = text === undefined ? undefined : parseJsonObject(text)
  if (!value || typeof value.height !== 'number' || !Array.isArray(value.path)) return undefined
  const path = value.path.map(readBlock).filter((each) => each !== undefined)
  if (path.length === 0 || path.length < value.path.length) return undefined
  return {
    height: value.height,
    path,
    told: list(value.told).filter((each) => typeof each === 'string'),
    orphaned: list(value.orphaned).flatMap((each) => {
      const paid = readPaid(each)
      const since = isObject(each) ? each.since : undefined
      return paid && typeof since === 'number' ? [{ ...paid, since }] : []
    }),
    pending: list(value.pending).flatMap(readPending),
  }
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

/** Hubs before this kept the hash alone. */
function readBlock(value: JsonValue): ReadBlock | undefined {
  if (isHash(value)) return { hash: value }
  if (!isObject(value) || !isHash(value.hash)) return undefined
  const { hash, paid } = value
  return Array.isArray(paid)
    ? { hash, paid: paid.map(readPaid).filter((each) => each !== undefined) }
    : { hash }
}

function readPaid(value: JsonValue): Paid | undefined {
  if (!isObject(value)) return undefined
  const { address, txid } = value
  return typeof address === 'string' && typeof txid === 'string' ? { address, txid } : undefined
}

function readPending(value: JsonValue): Pending[] {
  if (!isObject(value)) return []
  const { address, hints, tries, at } = value
  if (typeof address !== 'string' || typeof tries !== 'number' || typeof at !== 'number') return []
  return [{ address, hints: list(hints).filter(isHash), tries, at }]
}
