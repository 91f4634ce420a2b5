// For tests only: a node in memory on a clock that is moved by hand, and payers who build by hand.
import { openBooks } from '../books.ts'
import { openClock } from '../clock.ts'
import type { Chain } from './chain.ts'
import { type Node, openNode } from './node.ts'
import { begin, build, MINER, PAYERS, type Payer } from './payers.ts'
import { scriptOf } from './script.ts'
import type { Transaction } from './transaction.ts'

export const START = Date.UTC(2026, 2, 9, 10)
export const PAYEE = scriptOf('bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080') ?? Buffer.alloc(0)
export const MINED = { payTo: MINER.key.script }

export function openWorld(folder?: string): { node: Node; close(): void } {
  const books = openBooks(folder)
  const node = openNode(books, openClock(books, { now: () => START }))
  if (node.chain.best.length === 1) begin(node, START / 1000)
  return { node, close: books.close }
}

export function payer(id: string): Payer {
  const found = PAYERS.find((each) => each.id === id)
  if (!found) throw new RangeError(`nobody is called ${id}`)
  return found
}

/** A signed payment of `sat` that nobody has seen yet. */
export function payment(chain: Chain, sat: bigint, rate = 5, id = 'lilei'): Transaction {
  const outputs = [{ sat, script: PAYEE }]
  const transaction = build(chain, { key: payer(id).key, outputs, rate })
  if (!transaction) throw new RangeError(`${id} does not have ${sat}`)
  return transaction
}

/** Another transaction with the same coins. */
export function rivalOf(chain: Chain, old: Transaction, rate: number, sat = 0n): Transaction {
  const spend = old.inputs.map(({ txid, vout }) => {
    const coin = chain.coins.get(`${txid}:${vout}`)
    if (!coin) throw new RangeError('the coin is not there')
    return { txid, vout, sat: coin.sat, script: coin.script, confirmed: true }
  })
  const outputs = sat === 0n ? [] : [{ sat, script: PAYEE }]
  const transaction = build(chain, { key: payer('lilei').key, outputs, rate, spend })
  if (!transaction) throw new RangeError('the coins do not reach')
  return transaction
}
