// Looks where an order stands: asks a source, folds what it shows into the facts, and tells.

import type { Ports } from '../../ports.ts'
import type { AttemptOrder, Observation } from '../wallet.ts'
import type { BitcoinAccount } from './account.ts'
import { bounded } from './bounded.ts'
import { readHex } from './bytes.ts'
import { fromSources, isSeconded, needsSecondSource } from './chain.ts'
import { nextActionOf } from './create.ts'
import {
  decideByHand,
  evaluate,
  fold,
  type InvoiceFacts,
  NOTHING_FOLDED,
  requiredConfirmations,
  type SeenTransaction,
} from './invoice.ts'
import { type Memory, readMemory, writeMemory } from './memory.ts'
import { observationOf } from './observe.ts'
import type { ChainSource } from './source.ts'

/** After a longer silence, what stands in a block may have been sent before we looked again. */
const BLIND_AFTER_SEC = 180
const LOOKED_STEP_SEC = 60

export async function query(
  ports: Ports,
  account: BitcoinAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const before = readMemory(order.memory)
  const { walletReference } = order
  if (!before) {
    // What was kept and cannot be read is no proof that the payer was never shown an address.
    return order.memory === undefined
      ? { source: 'query', status: 'absent', walletReference }
      : unknown(order, { category: 'unknown_outcome', walletCode: 'memory_unreadable' })
  }
  const { invoice, facts, cursor } = before
  const script = readHex(invoice.script) ?? Buffer.alloc(0)
  const { address } = invoice
  const { transactions, folded = NOTHING_FOLDED } = facts
  const known = { script, address, transactions, folded, cursor }
  const looked = await fromSources(ports, account, (source) =>
    source.lookAt(ports, { ...known, hints: order.hints ?? [] }),
  )
  // Nobody looked: nothing expires and nothing fails for it.
  if ('problem' in looked) return unknown(order, looked.problem)

  const now = Math.floor(ports.clock.now() / 1000)
  const { look, cursor: reached, complete } = looked.value
  const catchUp = now - before.lookedAt > BLIND_AFTER_SEC
  const seen = fold(facts, { ...look, catchUp }, now)
  const decided = order.decision ? decideByHand(invoice, seen, order.decision) : seen
  const { state, facts: settled } = evaluate(invoice, decided, now, !complete)
  const after: Memory = {
    ...before,
    facts: settled,
    cursor: reached,
    // Silence lasts until everything up to now was looked at. Not to the second, so that nothing
    // has to be kept when nothing is new.
    lookedAt: complete && now - before.lookedAt >= LOOKED_STEP_SEC ? now : before.lookedAt,
    settledBy: before.settledBy ?? (settled.settled ? largest(settled) : null),
  }
  const isNew = settled.settled !== null && facts.settled === null
  if (isNew && !(await mayStand(ports, account, looked.source, after))) {
    const kept = bounded(invoice, { ...seen, settled: null }, reached.height)
    const held = { ...before, facts: kept, cursor: reached }
    const waiting = { status: 'processing', creditedSat: 0, heldSat: state.confirmedSat } as const
    return {
      ...observationOf(order, { state: { ...state, ...waiting }, memory: held, now }),
      walletStatus: 'processing awaits_second_source',
      memory: writeMemory(held),
    }
  }
  const observation = observationOf(order, { state, memory: after, now })
  // What is shown and decided counts all; only what is kept has to be short.
  const memory = writeMemory({ ...after, facts: bounded(invoice, settled, reached.height) })
  // An old order whose block was named is told what that block held, whatever else is to be read.
  if (!complete && observation.status === 'closed' && !order.hints?.length) {
    const problem = { category: 'provider_down', walletCode: 'catching_up' } as const
    return { ...unknown(order, problem), memory }
  }
  return {
    ...observation,
    memory,
    ...(state.dueSat > 0 && { nextAction: nextActionOf(invoice, state.dueSat) }),
  }
}

/** The merchant's own word, his own node's, or that of two servers. */
async function mayStand(
  ports: Ports,
  account: BitcoinAccount,
  source: ChainSource,
  { invoice, facts }: Memory,
): Promise<boolean> {
  if (facts.settled === 'accepted') return true
  if (!needsSecondSource(account, source, invoice.amountSat)) return true
  // What is not kept one by one cannot be seconded either: the rest has to be enough.
  const { folded: _folded, ...rest } = facts
  if (evaluate(invoice, { ...rest, settled: null }, 0).facts.settled === null) return false
  // What stands in no block cannot be seconded: it waits for one, whatever the account allows.
  const counted = facts.transactions.filter(
    ({ place }) =>
      place.in === 'block' || (isThere({ place }) && requiredConfirmations(invoice) === 0),
  )
  return isSeconded(ports, account, source, counted)
}

/** The payment that gives the settled attempt its number: the largest, which no dust outdoes. */
function largest(facts: InvoiceFacts): string | null {
  const [first] = facts.transactions
    .filter(isThere)
    .flatMap(({ txid, outputs }) =>
      outputs.map(({ vout, sat }) => ({ id: `${txid}:${vout}`, sat })),
    )
    .sort((a, b) => b.sat - a.sat || (a.id < b.id ? -1 : 1))
  return first?.id ?? null
}

function isThere({ place }: Pick<SeenTransaction, 'place'>): boolean {
  return place.in !== 'nowhere'
}

function unknown(order: AttemptOrder, problem: Observation['problem']): Observation {
  return {
    source: 'query',
    status: 'unknown',
    walletReference: order.walletReference,
    ...(problem && { problem }),
  }
}

/**
 * An address can not be closed: it stays watched, and money that comes later is told like any other.
 * With nothing seen the order is over for the payer; otherwise the answer is what there is.
 */
export async function close(
  ports: Ports,
  account: BitcoinAccount,
  order: AttemptOrder,
): Promise<Observation> {
  const observation = await query(ports, account, order)
  const isUntouched = observation.status === 'requires_action' && observation.chain?.seenSat === 0
  if (!isUntouched) return observation
  const { nextAction: _nextAction, ...rest } = observation
  return { ...rest, status: 'closed', walletStatus: 'closed_and_watched' }
}
