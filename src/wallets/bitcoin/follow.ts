// Follows the chain for all orders of an account at once: each block is read once, whatever the
// number of addresses, and unconfirmed payments are looked for by script (sheet 3.3, 3.4, 5).

import { parseJsonObject } from '../../encoding/json.ts'
import type { Ports } from '../../ports.ts'
import type { FollowFeed, FollowResult } from '../wallet.ts'
import type { BitcoinAccount } from './account.ts'
import { addressOf, readAddress } from './address.ts'
import { parseBlock } from './block.ts'
import { hex, isHash } from './bytes.ts'
import { fromSources } from './chain.ts'
import { keepFresh } from './rate-desk.ts'
import { type ChainSource, type Cursor, must } from './source.ts'

/** Blocks that one look reads; a hub that was away catches up over several. */
const MAX_BLOCKS = 12
/** Blocks whose hashes are kept, to find where a reorganization began; deeper ones are read twice. */
const MAX_PATH = 24
/** Scripts that one call to a node may name. */
const SCRIPTS_PER_CALL = 1_000
/** Unconfirmed transactions that were told and are not told again. */
const MAX_TOLD = 400

const NODE_MS = 3_000
const SERVER_MS = 20_000
const AWAY_MS = 15_000

interface Position {
  height: number
  /** Of the last blocks that were read, the newest last; never empty. */
  path: readonly string[]
  told: readonly string[]
}

type News = Map<string, string[]>

export async function follow(
  ports: Ports,
  account: BitcoinAccount,
  feed: FollowFeed,
): Promise<FollowResult> {
  await keepFresh(ports)
  const before = readPosition(feed.position)
  const looked = await fromSources(ports, account, (source) =>
    before ? look(ports, account, { source, before, feed }) : start(ports, source),
  )
  if ('problem' in looked) return { position: feed.position, nextMs: AWAY_MS }
  const { position, news, more } = looked.value
  if (news.size > 0) await feed.ask([...news].map(([address, hints]) => ({ address, hints })))
  const usual = looked.source.kind === 'core' ? NODE_MS : SERVER_MS
  return { position: JSON.stringify(position), nextMs: more ? 0 : usual }
}

interface Look {
  position: Position
  news: News
  /** There are further blocks. */
  more: boolean
}

/** Orders from before the first look ask for themselves; from here on nothing is missed. */
async function start(ports: Ports, source: ChainSource): Promise<Look> {
  const { tip } = await source.status(ports)
  const { height, hash } = tip
  return { position: { height, path: [hash], told: [] }, news: new Map(), more: false }
}

async function look(
  ports: Ports,
  { network }: BitcoinAccount,
  { source, before, feed }: { source: ChainSource; before: Position; feed: FollowFeed },
): Promise<Look> {
  const news: News = new Map()
  const { tip } = await source.status(ports)
  let { height, path } = before
  let read = 0
  while (path.at(-1) !== tip.hash && read < MAX_BLOCKS) {
    const next = await nextBlock(ports, source, { height, hash: path.at(-1) ?? '' })
    read += 1
    if (next === 'left_behind') {
      ;({ height, path } = await stepBack(ports, source, { height, path, top: tip.height }))
      continue
    }
    if (!next) break
    const paid = next.block.transactions.flatMap(({ outputs }) =>
      outputs.flatMap(({ script }) => addressOf(script, network) ?? []),
    )
    for (const address of await feed.known([...new Set(paid)])) {
      news.set(address, [...(news.get(address) ?? []), next.hash])
    }
    height += 1
    path = [...path, next.hash].slice(-MAX_PATH)
  }
  const open = await feed.open()
  // Each block confirms, and may conflict with, what is waiting.
  if (read > 0) for (const address of open) news.set(address, news.get(address) ?? [])
  const told = await unconfirmed(ports, source, { network, open, told: before.told, news })
  const more = path.at(-1) !== tip.hash && read === MAX_BLOCKS
  return { position: { height, path, told }, news, more }
}

async function nextBlock(ports: Ports, source: ChainSource, at: Cursor) {
  const hash = await source.hashAt(ports, at.height + 1)
  if (hash === undefined) {
    return (await source.hashAt(ports, at.height)) === at.hash ? undefined : 'left_behind'
  }
  const block = must(parseBlock(await source.rawBlock(ports, hash)), 'block')
  if (block.hash !== hash) must(undefined, 'block of that hash')
  return block.previous === at.hash ? { hash, block } : 'left_behind'
}

/** The newest block that was read and still stands, or the one before all that are kept. */
async function stepBack(
  ports: Ports,
  source: ChainSource,
  { height, path, top }: { height: number; path: readonly string[]; top: number },
): Promise<Pick<Position, 'height' | 'path'>> {
  for (let back = 1; back < path.length; back += 1) {
    const kept = path.slice(0, -back)
    const hash = await source.hashAt(ports, height - back)
    if (hash === kept.at(-1)) return { height: height - back, path: kept }
  }
  const lower = Math.max(0, Math.min(height, top) - path.length)
  return { height: lower, path: [must(await source.hashAt(ports, lower), 'block hash')] }
}

interface Mempool {
  network: BitcoinAccount['network']
  open: readonly string[]
  told: readonly string[]
  news: News
}

/** Adds orders with unconfirmed payments that were not told yet; what is told by now. */
async function unconfirmed(ports: Ports, source: ChainSource, mempool: Mempool): Promise<string[]> {
  const { network, open, news } = mempool
  if (!source.mempoolOf) return [...mempool.told]
  const addressOfScript = new Map<string, string>()
  for (const address of open) {
    const script = readAddress(address, network)?.script
    if (script) addressOfScript.set(hex(script), address)
  }
  const scripts = [...addressOfScript.keys()].map((script) => Buffer.from(script, 'hex'))
  const told = new Set(mempool.told)
  for (let start = 0; start < scripts.length; start += SCRIPTS_PER_CALL) {
    const part = scripts.slice(start, start + SCRIPTS_PER_CALL)
    for (const [script, txids] of await source.mempoolOf(ports, part)) {
      const address = addressOfScript.get(script)
      const fresh = txids.filter((txid) => !told.has(txid.slice(0, 16)))
      if (address === undefined || fresh.length === 0) continue
      if (!news.has(address)) news.set(address, [])
      for (const txid of fresh) told.add(txid.slice(0, 16))
    }
  }
  return [...told].slice(-MAX_TOLD)
}

function readPosition(text: string | undefined): Position | undefined {
  const { height, path, told } = (text !== undefined && parseJsonObject(text)) || {}
  if (typeof height !== 'number' || !Array.isArray(path)) return undefined
  const hashes = path.filter(isHash)
  if (hashes.length === 0 || hashes.length < path.length) return undefined
  const list = Array.isArray(told) ? told.filter((each) => typeof each === 'string') : []
  return { height, path: hashes, told: list }
}
