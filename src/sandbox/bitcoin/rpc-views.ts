// Blocks and transactions as a node's RPC shows them (measured: rpc_samples.json).
import { BITS, type Block } from './block.ts'
import {
  blockOfHash,
  type Chain,
  type Coin,
  confirmationsOf,
  find,
  medianTime,
  outputOf,
  type Waiting,
} from './chain.ts'
import { describe } from './descriptor.ts'
import { ancestorsOf, family, parentsOf } from './mempool.ts'
import { btc, Exact, type Value } from './rpc-json.ts'
import { addressOf, asmOf, kindOf } from './script.ts'
import {
  type Input,
  isCoinbase,
  type Output,
  outpoint,
  sumOf,
  type Transaction,
  vsizeOf,
} from './transaction.ts'

export type View = { [name: string]: Value | undefined }

const TARGET = `7fffff${'0'.repeat(58)}`
/** Of regtest, where half of all hashes will do. */
const DIFFICULTY = new Exact('4.656542373906925e-10')

export const PROOF: View = {
  bits: BITS.toString(16),
  target: TARGET,
  difficulty: DIFFICULTY,
}

/** Two tries per block, from the first one on. */
export function workOf({ height }: Block): string {
  return (2 * (height + 1)).toString(16).padStart(64, '0')
}

export function viewHeader(chain: Chain, block: Block): View {
  return {
    hash: block.hash,
    confirmations: confirmationsOf(chain, block),
    height: block.height,
    version: block.version,
    versionHex: block.version.toString(16).padStart(8, '0'),
    merkleroot: block.merkleRoot,
    time: block.time,
    mediantime: medianTime(chain, block),
    nonce: block.nonce,
    ...PROOF,
    chainwork: workOf(block),
    nTx: block.transactions.length,
    txcount: block.transactions.length,
    header_version: 0,
    previousblockhash: block.height === 0 ? undefined : block.previous,
    nextblockhash: confirmationsOf(chain, block) > 1 ? chain.best[block.height + 1] : undefined,
  }
}

export function viewBlock(chain: Chain, block: Block, verbosity: number): View {
  return {
    ...viewHeader(chain, block),
    strippedsize: (block.weight - block.raw.length) / 3,
    size: block.raw.length,
    weight: block.weight,
    tx: block.transactions.map((each) =>
      verbosity < 2
        ? each.txid
        : { ...viewTransaction(chain, each, verbosity), ...feeOf(chain, each), hex: hexOf(each) },
    ),
  }
}

function hexOf({ raw }: Transaction): string {
  return raw.toString('hex')
}

/** As `getrawtransaction` shows it; verbosity 2 tells what was spent. */
export function viewRaw(chain: Chain, txid: string, verbosity: number): View | undefined {
  const found = find(chain, txid)
  if (!found) return undefined
  const { transaction, block } = found
  return {
    ...viewTransaction(chain, transaction, verbosity),
    ...(verbosity >= 2 && feeOf(chain, transaction)),
    hex: hexOf(transaction),
    ...(block && {
      blockhash: block.hash,
      confirmations: confirmationsOf(chain, block),
      time: block.time,
      blocktime: block.time,
    }),
  }
}

function feeOf(chain: Chain, { inputs, outputs, ...rest }: Transaction): View {
  if (isCoinbase({ inputs, outputs, ...rest })) return {}
  const spent = inputs.map(({ txid, vout }) => outputOf(chain, txid, vout))
  const known = spent.filter((each) => each !== undefined)
  return known.length < spent.length ? {} : { fee: btc(sumOf(known) - sumOf(outputs)) }
}

/** What the bytes say; without a chain to look into, nothing of what they spend. */
export function viewTransaction(
  chain: Chain | undefined,
  transaction: Transaction,
  verbosity = 1,
): View {
  const { txid, wtxid, version, raw, weight, locktime, inputs, outputs } = transaction
  return {
    txid,
    hash: wtxid,
    version,
    size: raw.length,
    vsize: vsizeOf(transaction),
    weight,
    locktime,
    vin: inputs.map((input) => ({
      ...viewInput(input, isCoinbase(transaction)),
      ...(verbosity >= 3 && chain && viewPrevious(chain, input)),
      sequence: input.sequence,
    })),
    vout: outputs.map((output, n) => ({
      value: btc(output.sat),
      n,
      scriptPubKey: viewScript(output.script),
    })),
  }
}

function viewInput({ txid, vout, script, witness }: Input, coinbase: boolean): View {
  const txinwitness = witness.length > 0 ? witness.map((each) => each.toString('hex')) : undefined
  if (coinbase) return { coinbase: script.toString('hex'), txinwitness }
  return {
    txid,
    vout,
    scriptSig: { asm: sigAsm(script), hex: script.toString('hex') },
    txinwitness,
  }
}

// In the scripts of inputs a node names how a signature signs: `…[ALL]`.
function sigAsm(script: Buffer): string {
  return asmOf(script)
    .split(' ')
    .map((word) => (/^30[0-9a-f]{130,142}01$/.test(word) ? `${word.slice(0, -2)}[ALL]` : word))
    .join(' ')
}

function viewPrevious(chain: Chain, { txid, vout }: Input): View {
  const found = find(chain, txid)
  const output = found?.transaction.outputs[vout]
  if (!found || !output) return {}
  const height = found.block?.height ?? chain.best.length
  return {
    prevout: {
      generated: isCoinbase(found.transaction),
      height,
      value: btc(output.sat),
      scriptPubKey: viewScript(output.script),
    },
  }
}

export function viewScript(script: Buffer): View {
  return {
    asm: asmOf(script),
    desc: describe(script),
    hex: script.toString('hex'),
    address: kindOf(script) === 'pubkey' ? undefined : addressOf(script),
    type: kindOf(script),
  }
}

export function viewCoin(chain: Chain, coin: Output & Partial<Coin>): View {
  return {
    bestblock: chain.best.at(-1),
    confirmations: coin.height === undefined ? 0 : chain.best.length - coin.height,
    value: btc(coin.sat),
    scriptPubKey: viewScript(coin.script),
    coinbase: coin.coinbase ?? false,
  }
}

export function viewWaiting(chain: Chain, { transaction, fee, enteredAt, height }: Waiting): View {
  const { txid, wtxid, weight } = transaction
  const up = [...ancestorsOf(chain, transaction), transaction]
  const down = family(chain, txid).flatMap((each) => chain.mempool.get(each)?.transaction ?? [])
  const size = (all: readonly Transaction[]) => all.reduce((sum, each) => sum + vsizeOf(each), 0)
  const fees = (all: readonly Transaction[]) =>
    all.reduce((sum, each) => sum + (chain.mempool.get(each.txid)?.fee ?? 0n), 0n)
  const children = transaction.outputs.flatMap((_, vout) => {
    const child = chain.mempoolSpends.get(outpoint(txid, vout))
    return child === undefined ? [] : [child]
  })
  return {
    vsize: vsizeOf(transaction),
    weight,
    time: enteredAt,
    height,
    startingpriority: 0,
    currentpriority: 0,
    descendantcount: down.length,
    descendantsize: size(down),
    ancestorcount: up.length,
    ancestorsize: size(up),
    wtxid,
    hash: wtxid,
    fees: {
      base: btc(fee),
      modified: btc(fee),
      ancestor: btc(fees(up)),
      descendant: btc(fees(down)),
    },
    depends: parentsOf(chain, transaction),
    spentby: [...new Set(children)],
    'bip125-replaceable': up.some(({ inputs }) =>
      inputs.some((each) => each.sequence < 0xfffffffe),
    ),
    unbroadcast: true,
  }
}

/** Who paid and who spent these scripts, as `getdescriptoractivity` tells. */
export function viewActivity(
  chain: Chain,
  blocks: readonly Block[],
  scripts: ReadonlySet<string>,
  mempool: boolean,
): View[] {
  const inBlocks = [...blocks]
    .sort((a, b) => a.height - b.height)
    .flatMap((block) =>
      block.transactions.flatMap((each) =>
        activityOf(chain, each, scripts, { blockhash: block.hash, height: block.height }),
      ),
    )
  const waiting = mempool
    ? [...chain.mempool.values()].flatMap(({ transaction }) =>
        activityOf(chain, transaction, scripts, {}),
      )
    : []
  return [...inBlocks, ...waiting]
}

function activityOf(
  chain: Chain,
  transaction: Transaction,
  scripts: ReadonlySet<string>,
  place: View,
): View[] {
  const { txid, inputs, outputs } = transaction
  const isWanted = ({ script }: Output) => scripts.has(script.toString('hex'))
  const spends = isCoinbase(transaction)
    ? []
    : inputs.flatMap((input, vin) => {
        const spent = outputOf(chain, input.txid, input.vout)
        if (!spent || !isWanted(spent)) return []
        const view: View = {
          type: 'spend',
          amount: btc(spent.sat),
          ...place,
          spend_txid: txid,
          spend_vin: vin,
          prevout_txid: input.txid,
          prevout_vout: input.vout,
          prevout_spk: viewScript(spent.script),
        }
        return [view]
      })
  const receives = outputs.flatMap((output, vout) => {
    if (!isWanted(output)) return []
    const view: View = {
      type: 'receive',
      amount: btc(output.sat),
      ...place,
      txid,
      vout,
      output_spk: viewScript(output.script),
    }
    return [view]
  })
  return [...spends, ...receives]
}

/** Every end of a chain that was ever seen, the highest first. */
export function viewTips(chain: Chain): View[] {
  const parents = new Set([...chain.blocks.values()].map(({ previous }) => previous))
  const active = chain.best.at(-1)
  return [...chain.blocks.values()]
    .filter(({ hash }) => hash === active || !parents.has(hash))
    .sort((a, b) => b.height - a.height)
    .map((block) => {
      let at = block
      let banned = false
      while (chain.best[at.height] !== at.hash) {
        banned ||= chain.invalid.has(at.hash)
        at = blockOfHash(chain, at.previous)
      }
      const fork = banned ? 'invalid' : 'valid-fork'
      return {
        height: block.height,
        hash: block.hash,
        branchlen: block.height - at.height,
        status: block.hash === active ? 'active' : fork,
      }
    })
}
