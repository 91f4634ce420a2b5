// Keeps the facts of an order short whatever strangers send, without losing a satoshi: what does not
// fit one by one is added up by block, and deep blocks are added up as a whole.

import {
  EARLY_KEPT,
  type Folded,
  type FoldedBlock,
  type InvoiceFacts,
  type InvoiceTerms,
  isOnTime,
  MATURITY,
  NOTHING_FOLDED,
  paidBy,
  requiredConfirmations,
  type SeenTransaction,
} from './invoice.ts'

const MAX_TRANSACTIONS = 16
const MAX_OUTPUTS = 3
/** Of all transactions together, and one at least of each; each costs 80 characters or so. */
const MAX_INPUTS = 40
/** Confirmations after which a block of many small payments is taken to stand for ever. */
const DEEP = 8
/** Of unconfirmed transactions that are not kept: enough to know that they came in time. */
const MAX_EARLY = 180

/**
 * The most valuable transactions are kept, with as many inputs as fit: those tell a replacement from
 * a drop, and change nothing about the money. The others are in the sums, or in the mempool, where
 * the next look finds them again.
 *
 * @param through the height up to which all blocks were looked at
 */
export function bounded(terms: InvoiceTerms, facts: InvoiceFacts, through: number): InvoiceFacts {
  const ranked = [...facts.transactions].sort((a, b) => paidBy(b) - paidBy(a))
  const transactions = shortened(ranked.slice(0, MAX_TRANSACTIONS))
  const others = ranked.slice(MAX_TRANSACTIONS)
  if (others.length === 0 && !facts.folded) return { ...facts, transactions }
  const before = facts.folded ?? NOTHING_FOLDED
  const blocks = addedUp(terms, before.blocks, { others, through })
  const folded = settledUp(terms, { ...before, blocks }, { tip: facts.tipHeight, through })
  const early = earlyOnes(terms, folded, { all: ranked, others })
  return { ...facts, transactions, folded: { ...folded, ...early } }
}

function shortened(transactions: readonly SeenTransaction[]): SeenTransaction[] {
  let spare = MAX_INPUTS - transactions.length
  return transactions.map((each) => {
    const inputs = each.inputs.slice(0, 1 + Math.max(0, spare))
    spare -= Math.max(0, inputs.length - 1)
    const outputs = [...each.outputs].sort((a, b) => b.sat - a.sat).slice(0, MAX_OUTPUTS)
    const { restSat: _before, ...rest } = each
    const restSat = paidBy(each) - paidBy({ outputs })
    return { ...rest, inputs, outputs, ...(restSat > 0 && { restSat }) }
  })
}

function addedUp(
  terms: InvoiceTerms,
  before: readonly FoldedBlock[],
  { others, through }: { others: readonly SeenTransaction[]; through: number },
): FoldedBlock[] {
  const blocks = new Map(before.map((each) => [keyOf(each), each]))
  for (const each of others) {
    // Blocks above that are read again by the next look.
    if (each.place.in !== 'block' || each.place.height > through) continue
    const { height, hash } = each.place
    const empty = { height, hash, coinbase: each.coinbase, inTimeSat: 0, lateSat: 0 }
    const sum = blocks.get(keyOf(empty)) ?? empty
    const part = isOnTime(each, terms) ? 'inTimeSat' : 'lateSat'
    blocks.set(keyOf(sum), { ...sum, [part]: sum[part] + paidBy(each) })
  }
  return [...blocks.values()]
}

function keyOf({ height, hash, coinbase }: FoldedBlock): string {
  return `${height} ${hash} ${coinbase}`
}

/** Deep blocks need no hash any more, and no line of their own once their money is good. */
function settledUp(
  terms: InvoiceTerms,
  before: Folded,
  { tip, through }: { tip: number; through: number },
): Folded {
  const required = requiredConfirmations(terms)
  const after = { ...before }
  const blocks = new Map<string, FoldedBlock>()
  for (const each of before.blocks) {
    const confirmations = tip - each.height + 1
    const isDeep = confirmations >= DEEP && each.height <= through
    if (isDeep) after.height = Math.max(after.height, each.height)
    if (isDeep && confirmations >= required && !(each.coinbase && confirmations <= MATURITY)) {
      after.inTimeSat += each.inTimeSat
      after.lateSat += each.lateSat
      continue
    }
    const line = isDeep ? { ...each, hash: '' } : each
    const same = blocks.get(keyOf(line))
    blocks.set(keyOf(line), {
      ...line,
      inTimeSat: line.inTimeSat + (same?.inTimeSat ?? 0),
      lateSat: line.lateSat + (same?.lateSat ?? 0),
    })
  }
  return { ...after, blocks: [...blocks.values()] }
}

function earlyOnes(
  terms: InvoiceTerms,
  { early, earlySeen, blocks }: Folded,
  { all, others }: { all: readonly SeenTransaction[]; others: readonly SeenTransaction[] },
): Pick<Folded, 'early' | 'earlySeen'> {
  const shown = new Set(all.map(({ txid }) => txid.slice(0, EARLY_KEPT)))
  const waiting = others.filter((each) => each.place.in === 'mempool' && isOnTime(each, terms))
  const ids = [
    ...early.filter((id) => !shown.has(id)),
    ...waiting.map(({ txid }) => txid.slice(0, EARLY_KEPT)),
  ]
  return {
    early: ids.slice(0, Math.max(0, MAX_EARLY - blocks.length)),
    earlySeen: Math.max(earlySeen, ...waiting.map(({ firstSeen }) => firstSeen)),
  }
}
