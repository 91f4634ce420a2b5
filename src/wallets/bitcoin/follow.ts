// Follows the chain for all orders of an account at once: each block is read once, whatever the
// number of addresses, and unconfirmed payments are looked for by script (sheet 3.3, 3.4, 5).

import type { Ports } from '../../ports.ts'
import type { FollowFeed, FollowResult } from '../wallet.ts'
import type { BitcoinAccount } from './account.ts'
import { addressOf, readAddress } from './address.ts'
import { type Block, parseBlock } from './block.ts'
import { hex } from './bytes.ts'
import { fromSources } from './chain.ts'
import {
  boundedPath,
  confirmedAgain,
  MAX_PENDING,
  orphanedBy,
  type Paid,
  type Position,
  pendingAfter,
  type ReadBlock,
  readPosition,
  stillPending,
  TXID_KEPT,
  watchedStill,
} from './position.ts'
import { keepFresh } from './rate-desk.ts'
import { type ChainSource, type Cursor, must, SourceError, type SourceFault } from './source.ts'

/** Blocks that one look reads; a hub that was away catches up over several. */
const MAX_BLOCKS = 12
/** Scripts that one call to a node may name. */
const SCRIPTS_PER_CALL = 1_000
/** Unconfirmed transactions that were told and are not told again. */
const MAX_TOLD = 400

const NODE_MS = 3_000
const SERVER_MS = 20_000
const AWAY_MS = 15_000
/** What a source says that does not keep blocks outside its best chain. */
const GONE_FAULTS: readonly SourceFault[] = ['malformed', 'pruned']

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
  const pending = pendingAfter(before?.pending ?? [], news, {
    now: ports.clock.now(),
    // Something has changed since nobody could tell.
    all: looked.value.moved,
  })
  const asked = [...pending.due].map(([address, hints]) => ({ address, hints }))
  const unknown = asked.length > 0 ? await feed.ask(asked) : []
  const left = stillPending(pending, unknown, ports.clock.now())
  // More than can be remembered: the same blocks are read again when somebody can tell.
  if (left.length > MAX_PENDING) return { position: feed.position, nextMs: AWAY_MS }
  const usual = looked.source.kind === 'core' ? NODE_MS : SERVER_MS
  return {
    position: JSON.stringify({ ...position, pending: left }),
    nextMs: more ? 0 : usual,
  }
}

interface Look {
  position: Omit<Position, 'pending'>
  news: News
  /** Blocks were read. */
  moved: boolean
  /** There are further blocks. */
  more: boolean
}

/** Orders from before the first look ask for themselves; from here on nothing is missed. */
async function start(ports: Ports, source: ChainSource): Promise<Look> {
  const { tip } = await source.status(ports)
  const { height, hash } = tip
  const path = [{ hash, paid: [] }]
  const position = { height, path, told: [], orphaned: [] }
  return { position, news: new Map(), moved: false, more: false }
}

async function look(
  ports: Ports,
  { network }: BitcoinAccount,
  { source, before, feed }: { source: ChainSource; before: Position; feed: FollowFeed },
): Promise<Look> {
  const news: News = new Map()
  const { tip } = await source.status(ports)
  let { height, path, orphaned } = before
  let read = 0
  while (path.at(-1)?.hash !== tip.hash && read < MAX_BLOCKS) {
    const next = await nextBlock(ports, source, { height, hash: path.at(-1)?.hash ?? '' })
    read += 1
    if (next === 'left_behind') {
      const back = await stepBack(ports, source, { height, path, top: tip.height })
      const left = path.slice(back.kept)
      orphaned = orphanedBy(orphaned, await paidIn(ports, { source, network, left, feed }), height)
      ;({ height, path } = back)
      continue
    }
    if (!next) break
    const paid = await paymentsIn(next.block, network, feed)
    for (const { address } of paid) {
      const hints = news.get(address) ?? []
      if (!hints.includes(next.hash)) news.set(address, [...hints, next.hash])
    }
    height += 1
    path = boundedPath([...path, { hash: next.hash, paid }])
    orphaned = confirmedAgain(orphaned, paid)
  }
  const open = await feed.open()
  // Each block confirms, and may conflict with, what is waiting or has left another block.
  if (read > 0) {
    for (const address of [...open, ...orphaned.map((each) => each.address)]) {
      news.set(address, news.get(address) ?? [])
    }
  }
  const told = await unconfirmed(ports, source, { network, open, told: before.told, news })
  const more = path.at(-1)?.hash !== tip.hash && read === MAX_BLOCKS
  const position = { height, path, told, orphaned: watchedStill(orphaned, height) }
  return { position, news, moved: read > 0, more }
}

/** Payments in a block to addresses that ever were an order's. */
async function paymentsIn(
  { transactions }: Block,
  network: BitcoinAccount['network'],
  feed: FollowFeed,
): Promise<Paid[]> {
  const all = transactions.flatMap(({ txid, outputs }) =>
    outputs.flatMap(({ script }) => {
      const address = addressOf(script, network)
      return address === undefined ? [] : [{ address, txid: txid.slice(0, TXID_KEPT) }]
    }),
  )
  const known = new Set(await feed.known([...new Set(all.map(({ address }) => address))]))
  const paid = new Map(
    all
      .filter(({ address }) => known.has(address))
      .map((each) => [`${each.address} ${each.txid}`, each]),
  )
  return [...paid.values()]
}

interface Left {
  source: ChainSource
  network: BitcoinAccount['network']
  left: readonly ReadBlock[]
  feed: FollowFeed
}

/** What was paid in blocks that have left the chain, as it was kept or as the source still shows. */
async function paidIn(ports: Ports, { source, network, left, feed }: Left): Promise<Paid[]> {
  const paid: Paid[] = []
  for (const { hash, paid: kept } of left) {
    if (kept) paid.push(...kept)
    else {
      const block = await orphanedBlock(ports, source, hash)
      if (block) paid.push(...(await paymentsIn(block, network, feed)))
    }
  }
  return paid
}

async function orphanedBlock(ports: Ports, source: ChainSource, hash: string) {
  try {
    const block = parseBlock(await source.rawBlock(ports, hash))
    return block?.hash === hash ? block : undefined
  } catch (error) {
    if (!(error instanceof SourceError) || !GONE_FAULTS.includes(error.fault)) throw error
    ports.log.warn(
      { source: source.name, hash },
      'bitcoin: a block that left the chain is not kept',
    )
    return undefined
  }
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
  { height, path, top }: { height: number; path: readonly ReadBlock[]; top: number },
): Promise<{ height: number; path: readonly ReadBlock[]; kept: number }> {
  for (let back = 1; back < path.length; back += 1) {
    const kept = path.slice(0, -back)
    const hash = await source.hashAt(ports, height - back)
    if (hash === kept.at(-1)?.hash) return { height: height - back, path: kept, kept: kept.length }
  }
  const lower = Math.max(0, Math.min(height, top) - path.length)
  const hash = must(await source.hashAt(ports, lower), 'block hash')
  return { height: lower, path: [{ hash }], kept: 0 }
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
