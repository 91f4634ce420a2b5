// Blocks, transactions and addresses as Esplora shows them (Blockstream/esplora, API.md).
import { BITS, type Block, merkleBranch } from './block.ts'
import { type Chain, type Found, find, medianTime, outputOf } from './chain.ts'
import { addressOf, kindOf, operationsOf, type ScriptKind } from './script.ts'
import {
  type Input,
  isCoinbase,
  type Output,
  outpoint,
  sumOf,
  type Transaction,
} from './transaction.ts'

const KINDS: Record<ScriptKind, string> = {
  pubkeyhash: 'p2pkh',
  scripthash: 'p2sh',
  witness_v0_keyhash: 'v0_p2wpkh',
  witness_v0_scripthash: 'v0_p2wsh',
  witness_v1_taproot: 'v1_p2tr',
  witness_unknown: 'unknown',
  pubkey: 'p2pk',
  nulldata: 'op_return',
  nonstandard: 'unknown',
}

export function viewBlock(chain: Chain, block: Block) {
  return {
    id: block.hash,
    height: block.height,
    version: block.version,
    timestamp: block.time,
    tx_count: block.transactions.length,
    size: block.raw.length,
    weight: block.weight,
    merkle_root: block.merkleRoot,
    previousblockhash: block.height === 0 ? null : block.previous,
    mediantime: medianTime(chain, block),
    nonce: block.nonce,
    bits: BITS,
    difficulty: 4.656542373906925e-10,
  }
}

export function viewBlockStatus(chain: Chain, { hash, height }: Block) {
  if (chain.best[height] !== hash) return { in_best_chain: false }
  return { in_best_chain: true, height, next_best: chain.best[height + 1] ?? null }
}

export type Status =
  | { confirmed: false }
  | { confirmed: true; block_height: number; block_hash: string; block_time: number }

export function viewStatus(block: Block | undefined): Status {
  if (!block) return { confirmed: false }
  const { height, hash, time } = block
  return { confirmed: true, block_height: height, block_hash: hash, block_time: time }
}

export function viewTransaction(chain: Chain, { transaction, block }: Found) {
  const { txid, version, locktime, inputs, outputs, raw, weight } = transaction
  const coinbase = isCoinbase(transaction)
  const spent = coinbase ? [] : inputs.map((each) => outputOf(chain, each.txid, each.vout))
  const known = spent.filter((each) => each !== undefined)
  return {
    txid,
    version,
    locktime,
    vin: inputs.map((input, index) => viewInput(input, coinbase, spent[index])),
    vout: outputs.map(viewOutput),
    size: raw.length,
    weight,
    fee: coinbase ? 0 : Number(sumOf(known) - sumOf(outputs)),
    status: viewStatus(block),
  }
}

function viewInput(input: Input, coinbase: boolean, spent: Output | undefined) {
  const { txid, vout, script, witness, sequence } = input
  return {
    txid,
    vout,
    prevout: spent ? viewOutput(spent) : null,
    scriptsig: script.toString('hex'),
    scriptsig_asm: asm(script),
    ...(witness.length > 0 && { witness: witness.map((each) => each.toString('hex')) }),
    is_coinbase: coinbase,
    sequence,
  }
}

function viewOutput({ sat, script }: Output) {
  const address = kindOf(script) === 'pubkey' ? undefined : addressOf(script)
  return {
    scriptpubkey: script.toString('hex'),
    scriptpubkey_asm: asm(script),
    scriptpubkey_type: KINDS[kindOf(script)],
    ...(address !== undefined && { scriptpubkey_address: address }),
    value: Number(sat),
  }
}

const OPCODES: Record<number, string> = {
  0: 'OP_0',
  106: 'OP_RETURN',
  118: 'OP_DUP',
  135: 'OP_EQUAL',
  136: 'OP_EQUALVERIFY',
  169: 'OP_HASH160',
  172: 'OP_CHECKSIG',
}

function asm(script: Buffer): string {
  const words = (operationsOf(script) ?? []).flatMap(({ code, data }) => {
    if (data)
      return [code <= 75 ? `OP_PUSHBYTES_${data.length}` : 'OP_PUSHDATA1', data.toString('hex')]
    if (code >= 0x51 && code <= 0x60) return [`OP_PUSHNUM_${code - 0x50}`]
    return [OPCODES[code] ?? `OP_${code}`]
  })
  return words.join(' ')
}

/** Who spent an output, waiting or in a block. */
export function viewSpend(chain: Chain, txid: string, vout: number) {
  const key = outpoint(txid, vout)
  const waiting = chain.mempoolSpends.get(key)
  const spender = waiting === undefined ? chain.spends.get(key)?.txid : waiting
  const found = spender === undefined ? undefined : find(chain, spender)
  if (!found) return { spent: false }
  const { transaction, block } = found
  const vin = transaction.inputs.findIndex((each) => each.txid === txid && each.vout === vout)
  return { spent: true, txid: transaction.txid, vin, status: viewStatus(block) }
}

export function viewProof(block: Block, txid: string) {
  const txids = block.transactions.map((each) => each.txid)
  const pos = txids.indexOf(txid)
  return { block_height: block.height, merkle: merkleBranch(txids, pos), pos }
}

/** What concerns a script, newest first. */
export interface History {
  waiting: Found[]
  confirmed: Found[]
}

export function historyOf(chain: Chain, script: Buffer): History {
  const hex = script.toString('hex')
  const confirmed = (chain.history.get(hex) ?? []).flatMap((txid) => find(chain, txid) ?? [])
  const waiting = [...chain.mempool.values()]
    .filter(({ transaction }) => concerns(chain, transaction, script))
    .map(({ transaction }) => ({ transaction, block: undefined }))
  return { waiting: waiting.toReversed(), confirmed: confirmed.toReversed() }
}

function concerns(chain: Chain, { inputs, outputs }: Transaction, script: Buffer): boolean {
  const isIt = (output: Output | undefined) => output?.script.equals(script) === true
  return outputs.some(isIt) || inputs.some(({ txid, vout }) => isIt(outputOf(chain, txid, vout)))
}

export function viewSums(chain: Chain, all: readonly Found[], script: Buffer) {
  const isIt = (output: Output | undefined) => output?.script.equals(script) === true
  const funded = all.flatMap(({ transaction }) => transaction.outputs.filter(isIt))
  const spent = all.flatMap(({ transaction }) =>
    transaction.inputs.flatMap(({ txid, vout }) => {
      const output = outputOf(chain, txid, vout)
      return output && isIt(output) ? [output] : []
    }),
  )
  return {
    funded_txo_count: funded.length,
    funded_txo_sum: Number(sumOf(funded)),
    spent_txo_count: spent.length,
    spent_txo_sum: Number(sumOf(spent)),
    tx_count: all.length,
  }
}

export function viewCoins(chain: Chain, script: Buffer) {
  const isIt = (output: Output) => output.script.equals(script)
  const confirmed = [...chain.coins].flatMap(([place, coin]) => {
    if (!isIt(coin) || chain.mempoolSpends.has(place)) return []
    const block = chain.blocks.get(chain.best[coin.height] ?? '')
    const [txid = '', vout] = place.split(':')
    return [{ txid, vout: Number(vout), status: viewStatus(block), value: Number(coin.sat) }]
  })
  const waiting = [...chain.mempool.values()].flatMap(({ transaction: { txid, outputs } }) =>
    outputs.flatMap((output, vout) => {
      if (!isIt(output) || chain.mempoolSpends.has(outpoint(txid, vout))) return []
      return [{ txid, vout, status: viewStatus(undefined), value: Number(output.sat) }]
    }),
  )
  return [...confirmed, ...waiting]
}
