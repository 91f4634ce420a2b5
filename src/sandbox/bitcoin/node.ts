// A full node over the sandbox's books: lets transactions in, mines, reorganizes, and remembers.

import { type Books, integer, type Row, text } from '../books.ts'
import type { SandboxClock } from '../clock.ts'
import { type Block, blockOf, mine } from './block.ts'
import {
  blockOfHash,
  type Chain,
  connect,
  disconnect,
  isBest,
  medianTime,
  newChain,
  tipOf,
  type Waiting,
} from './chain.ts'
import {
  enter,
  family,
  judge,
  leave,
  parentsOf,
  type Refusal,
  requeue,
  rivals,
  settle,
} from './mempool.ts'
import { isCoinbase, parseTransaction, type Transaction, vsizeOf } from './transaction.ts'

export interface MineOptions {
  /** Where the reward goes. */
  payTo: Buffer
  /** Also those whose fee is so low that a miner would rather wait. */
  everything?: boolean | undefined
  /** Left in the mempool. */
  without?: readonly string[] | undefined
  /** Mined before all others, and instead of their rivals; they need not be in the mempool. */
  first?: readonly Transaction[] | undefined
  /** Nothing of the mempool. */
  empty?: boolean | undefined
  /** Unix seconds; the clock's time by default, later than the median of eleven in any case. */
  time?: number | undefined
}

export interface Node {
  chain: Chain
  /** Lets a transaction wait here, or tells why not. */
  submit(transaction: Transaction): { txid: string } | Refusal
  mine(options: MineOptions): Block
  /** Throws a waiting transaction out, and those that build on it. */
  drop(txid: string): string[]
  /** No chain with this block may be the best any more. */
  invalidate(hash: string): void
  reconsider(hash: string): void
  /** Takes `depth` blocks off and mines others, one more than those; the old ones stay known. */
  reorganize(depth: number, next: (replaced: readonly Block[]) => readonly MineOptions[]): Block[]
  /** All of `work` happens to the node, or nothing of it. */
  change<T>(work: () => T): T
  onTip(listener: () => void): void
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS bitcoin_blocks (
    row INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, height INTEGER NOT NULL, raw BLOB NOT NULL,
    best INTEGER NOT NULL, invalid INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS bitcoin_mempool (
    row INTEGER PRIMARY KEY, txid TEXT NOT NULL UNIQUE, raw BLOB NOT NULL,
    entered_at INTEGER NOT NULL, height INTEGER NOT NULL
  ) STRICT;
`

/** Below this many satoshi per virtual byte a transaction waits for {@link PATIENCE} blocks. */
export const USUAL_RATE = 2
export const PATIENCE = 3

export function openNode(books: Books, clock: SandboxClock): Node {
  books.define(TABLES)
  const listeners: (() => void)[] = []
  let chain = load(books)
  let extra = chain.blocks.size

  // Changes inside each other are one; a failure leaves the node as the books have it.
  let changing = false
  function change<T>(work: () => T): T {
    if (changing) return work()
    const before = { best: [...chain.best], waiting: new Set(chain.mempool.keys()) }
    const known = new Set(chain.blocks.keys())
    const banned = new Set(chain.invalid)
    changing = true
    try {
      return books.atomically(() => {
        const result = work()
        save(books, chain, { ...before, known, banned })
        return result
      })
    } catch (error) {
      replaceWith(load(books))
      throw error
    } finally {
      changing = false
      if (before.best.at(-1) !== chain.best.at(-1)) for (const listener of listeners) listener()
    }
  }

  function replaceWith(fresh: Chain): void {
    chain = Object.assign(chain, fresh)
  }

  function submit(transaction: Transaction): { txid: string } | Refusal {
    return change(() => {
      const { txid } = transaction
      if (chain.mempool.has(txid)) return { txid }
      const verdict = judge(chain, transaction)
      if ('code' in verdict) return verdict
      const height = tipOf(chain).height
      const enteredAt = Math.floor(clock.now() / 1000)
      enter(chain, { transaction, fee: verdict.fee, enteredAt, height }, verdict.replaces)
      return { txid }
    })
  }

  function mineOn(options: MineOptions): Block {
    return change(() => {
      const tip = tipOf(chain)
      const { transactions, fees } = choose(chain, options)
      extra += 1
      const now = options.time ?? Math.floor(clock.now() / 1000)
      const block = mine({
        previous: tip.hash,
        height: tip.height + 1,
        time: Math.max(now, medianTime(chain, tip) + 1),
        payTo: options.payTo,
        fees,
        transactions,
        extra,
      })
      connect(chain, block)
      settle(chain, block.transactions)
      return block
    })
  }

  /** Makes the block at `hash` the tip; what leaves the best chain waits again. */
  function switchTo(hash: string): void {
    const path: Block[] = []
    let at = blockOfHash(chain, hash)
    while (!isBest(chain, at)) {
      path.unshift(at)
      at = blockOfHash(chain, at.previous)
    }
    const gone = takeOff(chain.best.length - 1 - at.height)
    for (const block of path) connect(chain, block)
    requeue(chain, comingBack(gone))
    stamp(gone)
  }

  function takeOff(depth: number): Block[] {
    const gone: Block[] = []
    for (let i = 0; i < depth; i += 1) gone.unshift(disconnect(chain))
    return gone
  }

  function comingBack(blocks: readonly Block[]): Waiting[] {
    return blocks.flatMap(({ transactions, height, time }) =>
      transactions
        .filter((each) => !isCoinbase(each))
        .map((transaction) => ({ transaction, fee: 0n, enteredAt: time, height })),
    )
  }

  /** What comes back from blocks has come in now, as a node sees it. */
  function stamp(blocks: readonly Block[]): void {
    const { height } = tipOf(chain)
    const enteredAt = Math.floor(clock.now() / 1000)
    for (const { txid } of blocks.flatMap(({ transactions }) => transactions)) {
      const waiting = chain.mempool.get(txid)
      if (waiting) chain.mempool.set(txid, { ...waiting, height, enteredAt })
    }
  }

  /** To the longest chain without a banned block; of equals the present one, then the oldest. */
  function followBest(): void {
    const fit = new Set<string>()
    let winner: Block | undefined
    // Parents stand before their children.
    for (const block of chain.blocks.values()) {
      if (chain.invalid.has(block.hash)) continue
      if (block.height > 0 && !fit.has(block.previous)) continue
      fit.add(block.hash)
      const isLonger = block.height > (winner?.height ?? -1)
      if (isLonger || (block.height === winner?.height && isBest(chain, block))) winner = block
    }
    if (winner && winner.hash !== tipOf(chain).hash) switchTo(winner.hash)
  }

  return {
    get chain() {
      return chain
    },
    submit,
    mine: mineOn,
    drop: (txid) =>
      change(() => {
        const all = chain.mempool.has(txid) ? family(chain, txid) : []
        for (const each of all) leave(chain, each)
        return all
      }),
    invalidate: (hash) =>
      change(() => {
        chain.invalid.add(blockOfHash(chain, hash).hash)
        followBest()
      }),
    reconsider: (hash) =>
      change(() => {
        for (let at = chain.blocks.get(hash); at; at = chain.blocks.get(at.previous)) {
          chain.invalid.delete(at.hash)
        }
        followBest()
      }),
    reorganize: (depth, next) =>
      change(() => {
        const gone = takeOff(depth)
        requeue(chain, comingBack(gone))
        const mined = next(gone).map(mineOn)
        stamp(gone)
        if (mined.length <= depth) throw new RangeError('a shorter chain wins nobody')
        return mined
      }),
    change,
    onTip: (listener) => void listeners.push(listener),
  }
}

/** What the next block takes, parents before children, and what it earns. */
function choose(chain: Chain, options: MineOptions) {
  const { first = [], without = [], empty = false, everything = false } = options
  const rivaling = new Set(first.flatMap((each) => rivals(chain, each)))
  const taken = new Set(first.map(({ txid }) => txid))
  const { height } = tipOf(chain)
  const chosen: Waiting[] = []
  for (const [txid, waiting] of empty ? [] : chain.mempool) {
    if (taken.has(txid) || rivaling.has(txid) || without.includes(txid)) continue
    const pays = waiting.fee >= BigInt(vsizeOf(waiting.transaction) * USUAL_RATE)
    const isPatient = height - waiting.height >= PATIENCE
    const parents = parentsOf(chain, waiting.transaction)
    if (!parents.every((each) => taken.has(each))) continue
    if (!everything && !pays && !isPatient) continue
    taken.add(txid)
    chosen.push(waiting)
  }
  return {
    transactions: [...first, ...chosen.map(({ transaction }) => transaction)],
    fees: chosen.reduce((sum, { fee }) => sum + fee, feesOf(chain, first)),
  }
}

function feesOf(chain: Chain, transactions: readonly Transaction[]): bigint {
  const made = new Map<string, bigint>()
  let fees = 0n
  for (const { txid, inputs, outputs } of transactions) {
    for (const input of inputs) {
      const key = `${input.txid}:${input.vout}`
      const sat = made.get(key) ?? chain.coins.get(key)?.sat
      if (sat === undefined) throw new RangeError(`coin ${key} is not there`)
      fees += sat
    }
    for (const [vout, { sat }] of outputs.entries()) {
      made.set(`${txid}:${vout}`, sat)
      fees -= sat
    }
  }
  return fees
}

function load(books: Books): Chain {
  const chain = newChain()
  for (const row of books.all('SELECT * FROM bitcoin_blocks ORDER BY row')) {
    const block = blockOf(bytes(row, 'raw'), integer(row, 'height'))
    chain.blocks.set(block.hash, block)
    if (integer(row, 'invalid') === 1) chain.invalid.add(block.hash)
  }
  const best = books.all('SELECT hash FROM bitcoin_blocks WHERE best = 1 ORDER BY height')
  for (const row of best) connect(chain, blockOfHash(chain, text(row, 'hash')))
  const waiting = books.all('SELECT * FROM bitcoin_mempool ORDER BY row').flatMap((row) => {
    const transaction = parseTransaction(bytes(row, 'raw'))
    const enteredAt = integer(row, 'entered_at')
    return transaction ? [{ transaction, fee: 0n, enteredAt, height: integer(row, 'height') }] : []
  })
  requeue(chain, waiting)
  return chain
}

interface Before {
  best: readonly string[]
  waiting: ReadonlySet<string>
  known: ReadonlySet<string>
  banned: ReadonlySet<string>
}

/** Writes what is different now. */
function save(books: Books, chain: Chain, { best, waiting, known, banned }: Before): void {
  for (const block of chain.blocks.values()) {
    if (known.has(block.hash)) continue
    const sql =
      'INSERT INTO bitcoin_blocks (hash, height, raw, best, invalid) VALUES (?, ?, ?, 0, 0)'
    books.run(sql, block.hash, block.height, block.raw)
  }
  const left = best.filter((hash, height) => chain.best[height] !== hash)
  for (const hash of left) books.run('UPDATE bitcoin_blocks SET best = 0 WHERE hash = ?', hash)
  const come = chain.best.filter((hash, height) => best[height] !== hash)
  for (const hash of come) books.run('UPDATE bitcoin_blocks SET best = 1 WHERE hash = ?', hash)
  const turned = [...banned, ...chain.invalid].filter(
    (hash) => banned.has(hash) !== chain.invalid.has(hash),
  )
  for (const hash of turned) {
    const invalid = chain.invalid.has(hash) ? 1 : 0
    books.run('UPDATE bitcoin_blocks SET invalid = ? WHERE hash = ?', invalid, hash)
  }
  for (const txid of waiting) {
    if (!chain.mempool.has(txid)) books.run('DELETE FROM bitcoin_mempool WHERE txid = ?', txid)
  }
  for (const [txid, each] of chain.mempool) {
    if (waiting.has(txid)) continue
    const sql = 'INSERT INTO bitcoin_mempool (txid, raw, entered_at, height) VALUES (?, ?, ?, ?)'
    books.run(sql, txid, each.transaction.raw, each.enteredAt, each.height)
  }
}

function bytes(row: Row, name: string): Buffer {
  const value = row[name]
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${name} holds no bytes`)
  return Buffer.from(value)
}
