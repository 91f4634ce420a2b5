// What the hub keeps for us with an attempt: its quote, its rules and the facts seen so far. No
// secrets. The text stays below 16 KiB whatever strangers send to the address.

import { isObject, type JsonValue, parseJsonObject } from '../../encoding/json.ts'
import {
  EARLY_KEPT,
  type Folded,
  type FoldedBlock,
  type InvoiceFacts,
  type InvoiceTerms,
  type Place,
  type SeenTransaction,
  type Tier,
} from './invoice.ts'
import type { Cursor } from './source.ts'

export interface Invoice extends InvoiceTerms {
  index: number
  address: string
  /** Hex. */
  script: string
  createdAt: number
  /** The locked rate and who gave it, for the merchant's books. */
  rate: string
  rateSources: readonly string[]
}

export interface Memory {
  invoice: Invoice
  facts: InvoiceFacts
  cursor: Cursor
  /** When a source was last heard, Unix seconds. */
  lookedAt: number
  /** The largest payment when it was settled; it names the transaction from then on. */
  settledBy: string | null
}

/** The same memory is always the same text, so that nothing is stored when nothing is new. */
export function writeMemory({ invoice, facts, cursor, lookedAt, settledBy }: Memory): string {
  const { index, address, script, createdAt, expiresAt, amountSat, rate, rateSources } = invoice
  const { tiers, zeroConfMaxSat, toleranceSat, graceSec, monitorSec } = invoice.policy
  const { tipHeight, refundedSat, settled, failed, highestCreditedSat } = facts
  const policy = { tiers, zeroConfMaxSat, toleranceSat, graceSec, monitorSec }
  const transactions = facts.transactions.map(packTransaction)
  const folded = facts.folded && packFolded(facts.folded)
  return JSON.stringify({
    v: 1,
    invoice: {
      ...{ index, address, script, createdAt, expiresAt, amountSat, rate, rateSources },
      policy,
    },
    facts: {
      ...{ tipHeight, refundedSat, settled, failed, highestCreditedSat, transactions },
      ...(folded && { folded }),
    },
    cursor: [cursor.height, cursor.hash],
    lookedAt,
    settledBy,
  })
}

function packTransaction(each: SeenTransaction) {
  const { place } = each
  return [
    each.txid,
    each.inputs,
    each.outputs.map(({ vout, sat }) => [vout, sat]),
    each.firstSeen,
    (each.coinbase ? 1 : 0) + (each.reorged ? 2 : 0),
    place.in === 'block'
      ? [place.height, place.hash, place.time]
      : place.in === 'mempool'
        ? 'mempool'
        : place.spentBy === 'nobody'
          ? 'nobody'
          : `by_${place.spentBy}`,
    ...(each.restSat ? [each.restSat] : []),
  ]
}

function packFolded({ height, inTimeSat, lateSat, blocks, early, earlySeen }: Folded) {
  const sums = blocks.map((each) => [
    ...[each.height, each.hash, each.coinbase ? 1 : 0, each.inTimeSat, each.lateSat],
  ])
  return [height, inTimeSat, lateSat, sums, early.join(''), earlySeen]
}

/** What {@link writeMemory} wrote, or undefined for anything else. */
export function readMemory(text: string | undefined): Memory | undefined {
  const value = text === undefined ? undefined : parseJsonObject(text)
  if (value?.v !== 1) return undefined
  const { invoice, facts, cursor, lookedAt, settledBy } = value
  const readInvoice = unpackInvoice(invoice)
  const readFacts = unpackFacts(facts)
  const [height, hash] = Array.isArray(cursor) ? cursor : []
  if (!readInvoice || !readFacts || !isCount(height) || typeof hash !== 'string') return undefined
  if (!isCount(lookedAt)) return undefined
  return {
    invoice: readInvoice,
    facts: readFacts,
    cursor: { height, hash },
    lookedAt,
    settledBy: typeof settledBy === 'string' ? settledBy : null,
  }
}

function unpackInvoice(value: JsonValue | undefined): Invoice | undefined {
  if (!isObject(value) || !isObject(value.policy)) return undefined
  const { index, address, script, createdAt, expiresAt, amountSat, rate, rateSources } = value
  const { tiers, zeroConfMaxSat, toleranceSat, graceSec, monitorSec } = value.policy
  if (!isCount(index) || !isCount(createdAt) || !isCount(expiresAt) || !isCount(amountSat)) {
    return undefined
  }
  if (typeof address !== 'string' || typeof script !== 'string' || typeof rate !== 'string') {
    return undefined
  }
  if (typeof zeroConfMaxSat !== 'number' || !isCount(toleranceSat)) return undefined
  if (!isCount(graceSec) || !isCount(monitorSec) || !Array.isArray(tiers)) return undefined
  const readTiers = tiers.map(unpackTier).filter((tier) => tier !== undefined)
  if (readTiers.length !== tiers.length) return undefined
  return {
    index,
    address,
    script,
    createdAt,
    expiresAt,
    amountSat,
    rate,
    rateSources: Array.isArray(rateSources)
      ? rateSources.filter((each) => typeof each === 'string')
      : [],
    policy: { tiers: readTiers, zeroConfMaxSat, toleranceSat, graceSec, monitorSec },
  }
}

function unpackTier(value: JsonValue): Tier | undefined {
  if (!isObject(value) || !isCount(value.conf)) return undefined
  const { maxSat, conf } = value
  return maxSat === null || isCount(maxSat) ? { maxSat, conf } : undefined
}

function unpackFacts(value: JsonValue | undefined): InvoiceFacts | undefined {
  if (!isObject(value) || !Array.isArray(value.transactions)) return undefined
  const { tipHeight, refundedSat, settled, failed, highestCreditedSat } = value
  const transactions = value.transactions.map(unpackTransaction)
  const whole = transactions.filter((each) => each !== undefined)
  if (whole.length !== transactions.length) return undefined
  if (!isCount(tipHeight) || !isCount(refundedSat) || !isCount(highestCreditedSat)) return undefined
  const folded = value.folded === undefined ? undefined : unpackFolded(value.folded)
  // Sums that cannot be read are money that would be lost.
  if (value.folded !== undefined && !folded) return undefined
  return {
    ...(folded && { folded }),
    tipHeight,
    refundedSat,
    highestCreditedSat,
    transactions: whole,
    settled: settled === 'paid' || settled === 'accepted' ? settled : null,
    failed: failed === 'unconfirmed' || failed === 'rejected' ? failed : null,
  }
}

function unpackTransaction(value: JsonValue): SeenTransaction | undefined {
  const [txid, inputs, outputs, firstSeen, bits, place, rest = 0] = Array.isArray(value)
    ? value
    : []
  if (typeof txid !== 'string' || !isCount(firstSeen) || !isCount(bits)) return undefined
  if (!Array.isArray(inputs) || !Array.isArray(outputs) || !isCount(rest)) return undefined
  const readPlace = unpackPlace(place)
  const readOutputs = outputs.flatMap((each) => {
    const [vout, sat] = Array.isArray(each) ? each : []
    return isCount(vout) && isCount(sat) ? [{ vout, sat }] : []
  })
  if (!readPlace || readOutputs.length !== outputs.length) return undefined
  return {
    txid,
    inputs: inputs.filter((each) => typeof each === 'string'),
    outputs: readOutputs,
    ...(rest > 0 && { restSat: rest }),
    firstSeen,
    coinbase: (bits & 1) !== 0,
    reorged: (bits & 2) !== 0,
    place: readPlace,
  }
}

function unpackFolded(value: JsonValue): Folded | undefined {
  const [height, inTimeSat, lateSat, sums, early, earlySeen] = Array.isArray(value) ? value : []
  if (typeof height !== 'number' || !isCount(inTimeSat) || !isCount(lateSat)) return undefined
  if (!Array.isArray(sums) || typeof early !== 'string' || !isCount(earlySeen)) return undefined
  const blocks = sums.flatMap((each) => unpackBlock(each) ?? [])
  if (blocks.length < sums.length) return undefined
  const ids = Array.from({ length: early.length / EARLY_KEPT }, (_, i) =>
    early.slice(i * EARLY_KEPT, (i + 1) * EARLY_KEPT),
  )
  return { height, inTimeSat, lateSat, blocks, early: ids, earlySeen }
}

function unpackBlock(value: JsonValue): FoldedBlock | undefined {
  const [height, hash, coinbase, inTimeSat, lateSat] = Array.isArray(value) ? value : []
  if (!isCount(height) || typeof hash !== 'string' || !isCount(coinbase)) return undefined
  if (!isCount(inTimeSat) || !isCount(lateSat)) return undefined
  return { height, hash, coinbase: coinbase === 1, inTimeSat, lateSat }
}

function unpackPlace(value: JsonValue | undefined): Place | undefined {
  if (value === 'mempool') return { in: 'mempool' }
  if (value === 'nobody') return { in: 'nowhere', spentBy: 'nobody' }
  if (value === 'by_mempool') return { in: 'nowhere', spentBy: 'mempool' }
  if (value === 'by_chain') return { in: 'nowhere', spentBy: 'chain' }
  const [height, hash, time] = Array.isArray(value) ? value : []
  if (!isCount(height) || typeof hash !== 'string' || !isCount(time)) return undefined
  return { in: 'block', height, hash, time }
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
