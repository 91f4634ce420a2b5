// What a node lets in unconfirmed, what it puts out for it, and in which words it refuses
// (policy of Bitcoin Core 29; messages measured).
import { type Chain, type Coin, tipOf, type Waiting } from './chain.ts'
import { dustLimit, kindOf } from './script.ts'
import { refusedInput } from './signing.ts'
import {
  isCoinbase,
  MAX_SAT,
  NULL_TXID,
  outpoint,
  sumOf,
  type Transaction,
  vsizeOf,
} from './transaction.ts'

export interface Refusal {
  /** The node's error number on `sendrawtransaction`. */
  code: -25 | -26 | -27
  reason: string
  /** What a node adds for people. */
  detail?: string | undefined
}

export interface Accepted {
  fee: bigint
  /** Transactions that leave for it. */
  replaces: string[]
}

const MATURITY = 100
const RELAY_RATE = 1n
const MAX_REPLACED = 100

/** Whether the transaction may wait here. `lenient` leaves out policy, as after a reorganization. */
export function judge(chain: Chain, transaction: Transaction, lenient = false): Accepted | Refusal {
  const shape = misshapen(transaction)
  if (shape) return policy(shape)
  const strange = lenient ? undefined : nonstandard(transaction)
  if (strange) return policy(strange)
  const { txid, inputs, outputs } = transaction
  const depth = tipOf(chain).height + 1
  if (!isFinal(transaction, depth)) return policy('non-final')
  if (chain.where.has(txid)) {
    const unspent = outputs.some((_, vout) => chain.coins.has(outpoint(txid, vout)))
    return unspent
      ? { code: -27, reason: 'Transaction outputs already in utxo set' }
      : { code: -25, reason: 'bad-txns-inputs-missingorspent' }
  }
  if (chain.mempool.has(txid)) return policy('txn-already-in-mempool')
  const coins = inputs.map(({ txid, vout }) => coinOf(chain, txid, vout))
  const spent = coins.filter((coin) => coin !== undefined)
  if (spent.length < coins.length) {
    return { code: -25, reason: 'bad-txns-inputs-missingorspent' }
  }
  const young = spent.find(({ coinbase, height }) => coinbase && depth - height < MATURITY)
  if (young) {
    const detail = `tried to spend coinbase at depth ${depth - young.height}`
    return policy('bad-txns-premature-spend-of-coinbase', detail)
  }
  const fee = sumOf(spent) - sumOf(outputs)
  if (fee < 0n) {
    const detail = `value in (${btc(sumOf(spent))}) < value out (${btc(sumOf(outputs))})`
    return policy('bad-txns-in-belowout', detail)
  }
  const replaces = rivals(chain, transaction)
  const against = lenient ? undefined : unwelcome(chain, transaction, fee, replaces)
  if (against) return against
  for (const index of inputs.keys()) {
    const why = refusedInput(transaction, index, spent)
    if (!why) continue
    const at = inputs[index]
    const detail = `input ${index} of ${txid} (wtxid ${transaction.wtxid}), spending ${at?.txid}:${at?.vout}`
    return policy(`mempool-script-verify-flag-failed (${why})`, detail)
  }
  return { fee, replaces }
}

function policy(reason: string, detail?: string): Refusal {
  return { code: -26, reason, detail }
}

/** What can be said of the transaction alone. */
function misshapen(transaction: Transaction): string | undefined {
  const { inputs, outputs } = transaction
  if (outputs.length === 0) return 'bad-txns-vout-empty'
  if (outputs.some(({ sat }) => sat < 0n)) return 'bad-txns-vout-negative'
  if (outputs.some(({ sat }) => sat > MAX_SAT)) return 'bad-txns-vout-toolarge'
  if (sumOf(outputs) > MAX_SAT) return 'bad-txns-txouttotal-toolarge'
  const keys = new Set(inputs.map(({ txid, vout }) => outpoint(txid, vout)))
  if (keys.size < inputs.length) return 'bad-txns-inputs-duplicate'
  if (isCoinbase(transaction)) return 'coinbase'
  return inputs.some(({ txid }) => txid === NULL_TXID) ? 'bad-txns-prevout-null' : undefined
}

/** An output that can be spent by something new, also one that waits or is spent by what waits. */
export function coinOf(chain: Chain, txid: string, vout: number): Coin | undefined {
  const confirmed = chain.coins.get(outpoint(txid, vout))
  if (confirmed) return confirmed
  const output = chain.mempool.get(txid)?.transaction.outputs[vout]
  return output && { ...output, height: tipOf(chain).height + 1, coinbase: false }
}

function isFinal({ locktime, inputs }: Transaction, height: number): boolean {
  if (locktime === 0 || inputs.every(({ sequence }) => sequence === 0xffffffff)) return true
  // Times as lock are none of this sandbox's business: they count as not reached.
  return locktime < 500_000_000 && locktime < height
}

function nonstandard({ version, outputs }: Transaction): string | undefined {
  if (version < 1 || version > 3) return 'version'
  if (outputs.some(({ script }) => kindOf(script) === 'nonstandard')) return 'scriptpubkey'
  return outputs.some(({ sat, script }) => sat < dustLimit(script)) ? 'dust' : undefined
}

function unwelcome(
  chain: Chain,
  transaction: Transaction,
  fee: bigint,
  replaces: readonly string[],
): Refusal | undefined {
  const { txid } = transaction
  const size = BigInt(vsizeOf(transaction))
  if (fee < size * RELAY_RATE) {
    return policy('min relay fee not met', `${fee} < ${size * RELAY_RATE}`)
  }
  if (replaces.length === 0) return undefined
  if (replaces.length > MAX_REPLACED) return policy('too many potential replacements')
  const replaced = replaces.map((each) => waitingOf(chain, each))
  const paid = replaced.reduce((sum, each) => sum + each.fee, 0n)
  const words = (detail: string) =>
    policy('insufficient fee', `rejecting replacement ${txid}${detail}`)
  const direct = replaced.filter((each) => conflicts(each.transaction, transaction))
  for (const { fee: oldFee, transaction: old } of direct) {
    const oldSize = BigInt(vsizeOf(old))
    if (fee * oldSize <= oldFee * size) {
      const rate = (sat: bigint, vsize: bigint) => btc((sat * 1000n) / vsize)
      return words(
        `; new feerate ${rate(fee, size)} BTC/kvB <= old feerate ${rate(oldFee, oldSize)} BTC/kvB`,
      )
    }
  }
  if (fee < paid) {
    return words(`, less fees than conflicting txs; ${btc(fee)} < ${btc(paid)}`)
  }
  return fee - paid < size * RELAY_RATE
    ? words(`, not enough additional fees to relay; ${btc(fee - paid)} < ${btc(size * RELAY_RATE)}`)
    : undefined
}

/** The amount as a node's messages write it: no trailing zeros beyond two decimals. */
function btc(sat: bigint): string {
  const text = (sat % 100_000_000n).toString().padStart(8, '0')
  return `${sat / 100_000_000n}.${text.slice(0, 2)}${text.slice(2).replace(/0+$/, '')}`
}

function waitingOf(chain: Chain, txid: string): Waiting {
  const waiting = chain.mempool.get(txid)
  if (!waiting) throw new RangeError(`${txid} does not wait`)
  return waiting
}

function conflicts(a: Transaction, b: Transaction): boolean {
  const keys = new Set(a.inputs.map(({ txid, vout }) => outpoint(txid, vout)))
  return b.inputs.some(({ txid, vout }) => keys.has(outpoint(txid, vout)))
}

/** Waiting transactions that spend the same, and all that build on them. */
export function rivals(chain: Chain, { txid, inputs }: Transaction): string[] {
  const direct = inputs.flatMap((input) => {
    const rival = chain.mempoolSpends.get(outpoint(input.txid, input.vout))
    return rival === undefined || rival === txid ? [] : [rival]
  })
  return [...new Set(direct.flatMap((each) => family(chain, each)))]
}

/** A waiting transaction and everything waiting that spends from it, parents first. */
export function family(chain: Chain, txid: string): string[] {
  const all = [txid]
  for (const each of all) {
    const outputs = chain.mempool.get(each)?.transaction.outputs ?? []
    for (const vout of outputs.keys()) {
      const child = chain.mempoolSpends.get(outpoint(each, vout))
      if (child !== undefined && !all.includes(child)) all.push(child)
    }
  }
  return all
}

/** Waiting transactions that this one builds on. */
export function parentsOf(chain: Chain, { inputs }: Transaction): string[] {
  return [...new Set(inputs.map(({ txid }) => txid))].filter((txid) => chain.mempool.has(txid))
}

/** All that waits and that this one builds on, parents first. */
export function ancestorsOf(chain: Chain, transaction: Transaction): Transaction[] {
  const all = new Map<string, Transaction>()
  for (const txid of parentsOf(chain, transaction)) {
    const parent = chain.mempool.get(txid)?.transaction
    if (!parent) continue
    for (const each of [...ancestorsOf(chain, parent), parent]) all.set(each.txid, each)
  }
  return [...all.values()]
}

/** Lets in what {@link judge} accepted. */
export function enter(chain: Chain, waiting: Waiting, replaces: readonly string[]): void {
  for (const txid of replaces) leave(chain, txid)
  const { txid, inputs } = waiting.transaction
  chain.mempool.set(txid, waiting)
  for (const input of inputs) chain.mempoolSpends.set(outpoint(input.txid, input.vout), txid)
  chain.mempoolSequence += 1
}

export function leave(chain: Chain, txid: string): void {
  const waiting = chain.mempool.get(txid)
  if (!waiting) return
  chain.mempool.delete(txid)
  for (const input of waiting.transaction.inputs) {
    chain.mempoolSpends.delete(outpoint(input.txid, input.vout))
  }
  chain.mempoolSequence += 1
}

/** Throws out what a new block mined, and what can no longer be. */
export function settle(chain: Chain, mined: readonly Transaction[]): void {
  for (const transaction of mined) {
    for (const txid of rivals(chain, transaction)) leave(chain, txid)
    leave(chain, transaction.txid)
  }
}

/** Judges everything that waits anew, with what comes back from blocks before it. */
export function requeue(chain: Chain, back: readonly Waiting[]): void {
  let all = [...back, ...chain.mempool.values()]
  chain.mempool.clear()
  chain.mempoolSpends.clear()
  // Children may stand before their parents: again as long as somebody gets in.
  for (let before = Number.POSITIVE_INFINITY; all.length > 0 && all.length < before; ) {
    before = all.length
    all = all.filter((waiting) => !admitted(chain, waiting))
  }
}

function admitted(chain: Chain, waiting: Waiting): boolean {
  const verdict = judge(chain, waiting.transaction, true)
  // Who comes second with the same coin stays out.
  if ('code' in verdict || verdict.replaces.length > 0) return false
  enter(chain, { ...waiting, fee: verdict.fee }, [])
  return true
}
