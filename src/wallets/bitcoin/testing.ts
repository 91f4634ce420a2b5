// For tests only: the vectors, and a chain that plays the events of a recorded scenario.

import { readFileSync } from 'node:fs'
import { parseBlock } from './block.ts'
import { readHex } from './bytes.ts'
import { isNullOutpoint, parseTransaction, type Transaction } from './transaction.ts'

/** A file of test/vectors/bitcoin. */
export function loadVectors<T>(file: string): T {
  const url = new URL(`../../../test/vectors/bitcoin/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8'))
}

export type TapeEvent = { at: number } & (
  | { type: 'tx'; txid: string; hex: string }
  | { type: 'mempool_removed'; txid: string }
  | { type: 'block'; hash: string; prev: string; height: number; time: number; hex: string }
  | { type: 'disconnect'; hash: string }
  | { type: 'source'; up: boolean }
  | { type: 'live' }
  | { type: 'operator'; invoice: string; action: 'accept' | 'reject' }
  | { type: 'refund_sent'; invoice: string; sat: number }
  | { type: 'tick' }
)

export interface ChainBlock {
  hash: string
  prev: string
  height: number
  time: number
  hex: string
  transactions: Transaction[]
}

export type TapeChain = ReturnType<typeof createTapeChain>

/** A node's view: its best chain, its mempool, and what either has spent. */
export function createTapeChain(start: { hash: string; height: number }) {
  const blocks: ChainBlock[] = []
  const stale = new Map<string, ChainBlock>()
  const mempool = new Map<string, { transaction: Transaction; hex: string }>()
  const raw = new Map<string, string>()

  const tip = () => blocks.at(-1) ?? { ...start, time: 0, prev: '', hex: '', transactions: [] }

  function connect(event: Extract<TapeEvent, { type: 'block' }>) {
    if (blocks.some(({ hash }) => hash === event.hash)) return
    while (tip().hash !== event.prev && blocks.length > 0) disconnect()
    const transactions = parseBlock(readHex(event.hex) ?? Buffer.alloc(0))?.transactions
    if (!transactions) throw new Error(`block ${event.hash} cannot be read`)
    blocks.push({ ...event, transactions })
    for (const each of transactions) {
      mempool.delete(each.txid)
      dropRivals(each)
    }
  }

  function disconnect() {
    const block = blocks.pop()
    if (block) stale.set(block.hash, block)
  }

  function enter(event: Extract<TapeEvent, { type: 'tx' }>) {
    raw.set(event.txid, event.hex)
    if (blocks.some((block) => block.transactions.some(({ txid }) => txid === event.txid))) return
    const transaction = parseTransaction(readHex(event.hex) ?? Buffer.alloc(0))
    if (transaction?.txid !== event.txid) throw new Error(`${event.txid} cannot be read`)
    dropRivals(transaction)
    mempool.set(event.txid, { transaction, hex: event.hex })
  }

  function dropRivals(winner: Transaction) {
    for (const [txid, { transaction }] of mempool) {
      if (txid !== winner.txid && conflict(transaction, winner)) mempool.delete(txid)
    }
  }

  function play(event: TapeEvent) {
    if (event.type === 'block') connect(event)
    else if (event.type === 'disconnect' && tip().hash === event.hash) disconnect()
    else if (event.type === 'tx') enter(event)
    else if (event.type === 'mempool_removed') mempool.delete(event.txid)
  }

  return { play, tip, blocks, stale, mempool, raw, start }
}

export function outpointOf({ txid, vout }: { txid: string; vout: number }): string {
  return `${txid}:${vout}`
}

export function conflict(a: Transaction, b: Transaction): boolean {
  const spent = new Set(b.inputs.filter((input) => !isNullOutpoint(input)).map(outpointOf))
  return a.inputs.some((input) => spent.has(outpointOf(input)))
}
