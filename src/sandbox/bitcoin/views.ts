// The sandbox's own words about the chain: for the control API, the phone and the pages.
import { type Block, subsidyAt } from './block.ts'
import { type Chain, confirmationsOf, spentBy, tipOf } from './chain.ts'
import { balanceOf, type Payer } from './payers.ts'
import type { Payment } from './payments.ts'
import { addressOf } from './script.ts'
import { isCoinbase, sumOf, type Transaction, vsizeOf } from './transaction.ts'
import { btcText } from './uri.ts'
import type { World } from './world.ts'

export function viewPayer(world: World, { id, name, nameEn, key, address }: Payer) {
  const sat = balanceOf(world.node.chain, key)
  return { id, name, name_en: nameEn, address, balance_sat: Number(sat), balance: btcText(sat) }
}

export function viewPayment(world: World, payment: Payment) {
  const { txid, payer, kind, label, outputs, createdAt, replaces, transaction } = payment
  const state = world.payments.stateOf(payment)
  const sat = outputs.reduce((sum, each) => sum + each.sat, 0n)
  const waiting = world.node.chain.mempool.get(txid)
  return {
    txid,
    payer,
    kind,
    label,
    outputs: outputs.map((each) => ({ address: each.address, sat: Number(each.sat) })),
    sat: Number(sat),
    btc: btcText(sat),
    created_at: new Date(createdAt).toISOString(),
    replaces,
    state: state.state,
    confirmations: state.state === 'confirmed' ? state.confirmations : 0,
    block_hash: state.state === 'confirmed' ? state.block.hash : undefined,
    block_height: state.state === 'confirmed' ? state.block.height : undefined,
    displaced_by: 'by' in state ? state.by : undefined,
    vsize: vsizeOf(transaction),
    fee_sat: waiting && Number(waiting.fee),
    raw: transaction.raw.toString('hex'),
  }
}

export function viewBlock(chain: Chain, block: Block) {
  const [coinbase] = block.transactions
  return {
    height: block.height,
    hash: block.hash,
    time: new Date(block.time * 1000).toISOString(),
    confirmations: confirmationsOf(chain, block),
    txids: block.transactions.map(({ txid }) => txid),
    fees_sat: coinbase ? Number(sumOf(coinbase.outputs) - subsidyAt(block.height)) : 0,
  }
}

export function viewWaiting(chain: Chain, transaction: Transaction) {
  const { txid, outputs } = transaction
  const waiting = chain.mempool.get(txid)
  const own = isCoinbase(transaction) ? [] : spentBy(chain, transaction)
  const isChange = (script: Buffer) => own.some((each) => each.script.equals(script))
  return {
    txid,
    fee_sat: Number(waiting?.fee ?? 0n),
    vsize: vsizeOf(transaction),
    blocks_waited: tipOf(chain).height - (waiting?.height ?? 0),
    outputs: outputs.map(({ sat, script }) => ({
      address: addressOf(script),
      sat: Number(sat),
      change: isChange(script),
    })),
  }
}

export function viewState(world: World) {
  const { chain } = world.node
  const tip = tipOf(chain)
  return {
    tip: viewBlock(chain, tip),
    mempool: [...chain.mempool.values()].map(({ transaction }) => viewWaiting(chain, transaction)),
    miner_seconds: world.miner.seconds(),
    now: new Date(world.platform.clock.now()).toISOString(),
  }
}
