// The sandbox's Bitcoin put together: the node, who pays, what a bitcoin costs, and who mines.
import { readSetting, writeSetting } from '../books.ts'
import type { Platform } from '../platform.ts'
import { type Chain, freeze } from './chain.ts'
import { BITCOIN_FAULTS } from './faults.ts'
import { type Miner, openMiner } from './miner.ts'
import { type Node, openNode } from './node.ts'
import { begin } from './payers.ts'
import { openPayments, type Payments } from './payments.ts'
import { openPrices, type Prices } from './prices.ts'

export type Source = 'core' | 'esplora'

export interface World {
  platform: Platform
  node: Node
  payments: Payments
  prices: Prices
  miner: Miner
  /** The chain as this source shows it: what there is, or what there was when it got stuck. */
  seenBy(source: Source, operation: string): Chain
  /** Whether a fault strikes this operation of a source now. */
  struck(kind: string, operation: string): { seconds?: number | undefined } | undefined
  /** What a node's cookie or `rpcauth` would hold. */
  rpc: { user: string; password: string }
  close(): Promise<void>
}

/** Opens Bitcoin's part of the books; the first start mines a chain of 103 blocks. */
export function openWorld(platform: Platform): World {
  const { books, clock, faults } = platform
  faults.declare('bitcoin', BITCOIN_FAULTS)
  const node = openNode(books, clock)
  if (node.chain.best.length === 1) begin(node, Math.floor(clock.now() / 1000))
  const turns = new Map<string, number>()
  const stuck = new Map<Source, Chain>()

  function struck(kind: string, operation: string) {
    const key = `${kind} ${operation}`
    const turn = turns.get(key) ?? 0
    turns.set(key, turn + 1)
    return faults.strikes({ wallet: 'bitcoin', kind, order: '', operation, turn })
  }

  function seenBy(source: Source, operation: string): Chain {
    if (!struck(`${source}_stale`, operation)) {
      stuck.delete(source)
      return node.chain
    }
    const old = stuck.get(source) ?? freeze(node.chain)
    stuck.set(source, old)
    return old
  }

  const miner = openMiner(platform, node)
  return {
    platform,
    node,
    payments: openPayments(platform, node),
    prices: openPrices(platform, struck),
    miner,
    seenBy,
    struck,
    rpc: { user: 'sandbox', password: rpcPassword(platform) },
    async close() {
      miner.stop()
    },
  }
}

function rpcPassword({ books }: Platform): string {
  const kept = readSetting(books, 'bitcoin.rpc_password')
  if (kept !== undefined) return kept
  const fresh = crypto.randomUUID()
  writeSetting(books, 'bitcoin.rpc_password', fresh)
  return fresh
}
