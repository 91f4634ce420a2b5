// What a node knows: blocks, the best of their chains, its coins, and what waits unconfirmed.
import { type Block, blockOf, GENESIS } from './block.ts'
import { isCoinbase, type Output, outpoint, type Transaction } from './transaction.ts'

export interface Coin extends Output {
  height: number
  coinbase: boolean
}

export interface Waiting {
  transaction: Transaction
  fee: bigint
  /** Unix seconds. */
  enteredAt: number
  /** Height of the chain when it came in. */
  height: number
}

export interface Spend {
  txid: string
  vin: number
}

export interface Chain {
  /** Every block ever seen, in the order in which they came. */
  blocks: Map<string, Block>
  /** Blocks that may not stand in the best chain. */
  invalid: Set<string>
  /** Hashes of the best chain by height. */
  best: string[]
  /** Where in the best chain each transaction stands. */
  where: Map<string, { hash: string; position: number }>
  /** Unspent outputs of the best chain. */
  coins: Map<string, Coin>
  /** Who spent an output in the best chain. */
  spends: Map<string, Spend>
  /** Transactions of the best chain that pay or spend a script (in hex), oldest first. */
  history: Map<string, string[]>
  mempool: Map<string, Waiting>
  mempoolSpends: Map<string, string>
  /** Grows with each change of the mempool. */
  mempoolSequence: number
}

/** A chain of the first block only. */
export function newChain(): Chain {
  const genesis = blockOf(GENESIS, 0)
  return {
    blocks: new Map([[genesis.hash, genesis]]),
    invalid: new Set(),
    best: [genesis.hash],
    where: new Map(),
    coins: new Map(),
    spends: new Map(),
    history: new Map(),
    mempool: new Map(),
    mempoolSpends: new Map(),
    mempoolSequence: 1,
  }
}

/** A copy that stays as it is now. Blocks and transactions never change and are shared. */
export function freeze(chain: Chain): Chain {
  return {
    blocks: new Map(chain.blocks),
    invalid: new Set(chain.invalid),
    best: [...chain.best],
    where: new Map(chain.where),
    coins: new Map(chain.coins),
    spends: new Map(chain.spends),
    history: new Map([...chain.history].map(([script, txids]) => [script, [...txids]])),
    mempool: new Map(chain.mempool),
    mempoolSpends: new Map(chain.mempoolSpends),
    mempoolSequence: chain.mempoolSequence,
  }
}

export function tipOf(chain: Chain): Block {
  return blockOfHash(chain, chain.best.at(-1) ?? '')
}

/** A block that is known to be there. */
export function blockOfHash(chain: Chain, hash: string): Block {
  const block = chain.blocks.get(hash)
  if (!block) throw new RangeError(`there is no block ${hash}`)
  return block
}

export function isBest(chain: Chain, block: Block): boolean {
  return chain.best[block.height] === block.hash
}

/** Blocks from this one to the tip, itself included; -1 outside the best chain. */
export function confirmationsOf(chain: Chain, block: Block): number {
  return isBest(chain, block) ? chain.best.length - block.height : -1
}

/** The middle of the last eleven times: a block's own must be later (consensus). */
export function medianTime(chain: Chain, block: Block): number {
  const times: number[] = []
  for (let at: Block | undefined = block; at && times.length < 11; ) {
    times.push(at.time)
    at = chain.blocks.get(at.previous)
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0
}

export interface Found {
  transaction: Transaction
  /** Undefined while unconfirmed. */
  block: Block | undefined
}

/** A transaction of the best chain or the mempool. */
export function find(chain: Chain, txid: string): Found | undefined {
  const waiting = chain.mempool.get(txid)
  if (waiting) return { transaction: waiting.transaction, block: undefined }
  const place = chain.where.get(txid)
  const block = place && blockOfHash(chain, place.hash)
  const transaction = block?.transactions[place?.position ?? -1]
  return transaction && { transaction, block }
}

/** An output of the best chain or the mempool, spent or not. */
export function outputOf(chain: Chain, txid: string, vout: number): Output | undefined {
  return find(chain, txid)?.transaction.outputs[vout]
}

/** The outputs that a transaction's inputs spend. Throws when one is unknown. */
export function spentBy(chain: Chain, { inputs }: Transaction): Output[] {
  return inputs.map(({ txid, vout }) => {
    const output = outputOf(chain, txid, vout)
    if (!output) throw new RangeError(`there is no output ${txid}:${vout}`)
    return output
  })
}

/** Scripts in hex that a transaction pays or spends, each once. */
function scriptsOf(chain: Chain, transaction: Transaction): Set<string> {
  const spent = isCoinbase(transaction) ? [] : spentBy(chain, transaction)
  return new Set([...spent, ...transaction.outputs].map(({ script }) => script.toString('hex')))
}

/** Puts a block on top of the best chain. The mempool is the caller's business. */
export function connect(chain: Chain, block: Block): void {
  if (block.previous !== chain.best.at(-1)) throw new RangeError('the block belongs elsewhere')
  chain.blocks.set(block.hash, block)
  chain.best.push(block.hash)
  for (const [position, transaction] of block.transactions.entries()) {
    const { txid, inputs, outputs } = transaction
    const coinbase = isCoinbase(transaction)
    if (!coinbase) {
      for (const [vin, input] of inputs.entries()) {
        const key = outpoint(input.txid, input.vout)
        if (!chain.coins.delete(key)) throw new RangeError(`coin ${key} is not there`)
        chain.spends.set(key, { txid, vin })
      }
    }
    chain.where.set(txid, { hash: block.hash, position })
    for (const [vout, output] of outputs.entries()) {
      if (output.script[0] === 0x6a) continue
      chain.coins.set(outpoint(txid, vout), { ...output, height: block.height, coinbase })
    }
    for (const script of scriptsOf(chain, transaction)) {
      const known = chain.history.get(script)
      if (known) known.push(txid)
      else chain.history.set(script, [txid])
    }
  }
}

/** Takes the tip off the best chain. The first block stays. */
export function disconnect(chain: Chain): Block {
  const block = tipOf(chain)
  if (block.height === 0) throw new RangeError('the first block stays')
  for (const transaction of block.transactions.toReversed()) {
    const { txid, inputs, outputs } = transaction
    for (const script of scriptsOf(chain, transaction)) chain.history.get(script)?.pop()
    for (const vout of outputs.keys()) chain.coins.delete(outpoint(txid, vout))
    chain.where.delete(txid)
    if (isCoinbase(transaction)) continue
    for (const input of inputs) {
      const key = outpoint(input.txid, input.vout)
      chain.spends.delete(key)
      const from = find(chain, input.txid)
      const output = from?.transaction.outputs[input.vout]
      if (!from?.block || !output) throw new RangeError(`coin ${key} was never there`)
      const coinbase = isCoinbase(from.transaction)
      chain.coins.set(key, { ...output, height: from.block.height, coinbase })
    }
  }
  chain.best.pop()
  return block
}
