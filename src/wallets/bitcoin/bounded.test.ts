// The facts of an order stay short whatever strangers send, and no satoshi is lost by it.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { bounded } from './bounded.ts'
import {
  evaluate,
  fold,
  type InvoiceFacts,
  type InvoiceTerms,
  isLost,
  NO_FACTS,
} from './invoice.ts'
import { type Invoice, type Memory, readMemory, writeMemory } from './memory.ts'
import type { LookedTransaction } from './watched.ts'

const T0 = 1_767_225_600

const INVOICE: Invoice = {
  index: 2_147_483_647,
  address: `bcrt1p${'q'.repeat(58)}`,
  script: `5120${'a'.repeat(64)}`,
  createdAt: T0,
  expiresAt: T0 + 900,
  amountSat: 2_000_000,
  rate: '123456789.12',
  rateSources: ['kraken', 'bitstamp', 'coinbase'],
  policy: {
    tiers: [
      { maxSat: 1_000_000, conf: 1 },
      { maxSat: 10_000_000, conf: 2 },
      { maxSat: null, conf: 6 },
    ],
    zeroConfMaxSat: -1,
    toleranceSat: 0,
    graceSec: 60,
    monitorSec: 86_400,
  },
}

const idOf = (n: number) => n.toString(16).padStart(8, '0').padEnd(64, '0')
const hash = (kind: string, n: number) => n.toString(16).padStart(64, kind)
const inBlock = (height: number, branch = 'b') =>
  ({ in: 'block', height, hash: hash(branch, height), time: T0 }) as const

function paying(
  n: number,
  sats: readonly number[],
  place: LookedTransaction['place'],
): LookedTransaction {
  const outputs = sats.map((sat, vout) => ({ vout, sat }))
  return { txid: idOf(n), inputs: [`${hash('c', n)}:0`], outputs, coinbase: false, place }
}

/** What the hub keeps between two looks, and reads again. */
function kept(facts: InvoiceFacts, through: number): InvoiceFacts {
  const memory: Memory = {
    invoice: INVOICE,
    facts: bounded(INVOICE, facts, through),
    cursor: { height: through, hash: hash('b', through) },
    lookedAt: T0,
    settledBy: `${idOf(1)}:4294967295`,
  }
  const text = writeMemory(memory)
  assert(text.length < 16_384, `${text.length} characters`)
  const again = readMemory(text)
  assert(again)
  assert.equal(writeMemory(again), text, 'the same memory is the same text')
  return again.facts
}

const NOBODY = new Map<string, 'mempool' | 'chain'>()

/** A source that shows what it has to those who know the given facts. */
function lookAt(all: readonly LookedTransaction[], tipHeight: number, left?: ReadonlySet<string>) {
  const look = { tipHeight, catchUp: false, transactions: all, spentBy: NOBODY }
  return left ? { ...look, left } : look
}

const sumsOf = (facts: InvoiceFacts, now: number, terms: InvoiceTerms = INVOICE) => {
  const { state } = evaluate(terms, facts, now)
  const { seenSat, confirmedSat, creditedSat, heldSat, status } = state
  return { seenSat, confirmedSat, creditedSat, heldSat, status, reversedSat: state.reversedSat }
}

test('forty outputs of one transaction count to the satoshi', () => {
  const sats = Array.from({ length: 40 }, (_, i) => 50_000 + i)
  const total = sats.reduce((a, b) => a + b, 0)
  const look = lookAt([paying(1, sats, inBlock(100))], 101)
  const facts = kept(fold(NO_FACTS, look, T0), 101)
  const sums = sumsOf(facts, T0)
  assert.equal(sums.confirmedSat, total)
  assert.equal(sums.status, 'succeeded')
  assert.equal(sums.heldSat, total - INVOICE.amountSat)
  assert((facts.transactions[0]?.outputs.length ?? 0) < 10)
  assert.deepEqual(sumsOf(kept(fold(facts, look, T0), 101), T0), sums)
})

test('two hundred transactions count to the satoshi, unconfirmed, confirmed, deep and late', () => {
  const sat = (n: number) => 10_000 + n
  const total = Array.from({ length: 200 }, (_, n) => sat(n)).reduce((a, b) => a + b, 0)
  const all = (place: (n: number) => LookedTransaction['place']) =>
    Array.from({ length: 200 }, (_, n) => paying(n, [sat(n)], place(n)))
  let facts = fold(
    NO_FACTS,
    lookAt(
      all(() => ({ in: 'mempool' })),
      99,
    ),
    T0,
  )
  assert.equal(sumsOf(facts, T0).seenSat, total)
  facts = kept(facts, 99)
  // They came in time and are mined long after: those that were not kept are known again.
  const later = T0 + 5_000
  const mined = all((n) => inBlock(100 + (n % 2)))
  facts = fold(facts, lookAt(mined, 101), later)
  assert.equal(evaluate(INVOICE, facts, later).state.exceptions.includes('late'), true)
  const { folded } = kept(facts, 101)
  const inTime = 16 + 180
  assert.equal(folded?.early.length, 0)
  assert.equal(sumsOf(facts, later).seenSat, total)
  assert.equal(
    facts.transactions.filter(({ firstSeen }) => firstSeen <= INVOICE.expiresAt + 60).length,
    inTime,
  )
  for (const tip of [102, 107, 108, 130, 400]) {
    facts = kept(facts, tip - 1)
    facts = fold(facts, lookAt(mined, tip), later)
    assert.equal(sumsOf(facts, later).confirmedSat, total, `tip ${tip}`)
  }
  assert.deepEqual(kept(facts, 400).folded?.blocks, [])
})

test('what a lost block held is not counted, and counts again where it is shown', () => {
  const first = Array.from({ length: 60 }, (_, n) => paying(n, [50_000], inBlock(100)))
  let facts = kept(fold(NO_FACTS, lookAt(first, 101), T0), 101)
  const settled = evaluate(INVOICE, facts, T0)
  assert.equal(settled.state.status, 'succeeded')
  facts = settled.facts
  const left = new Set([hash('b', 100)])
  const gone = fold(facts, lookAt([], 102, left), T0)
  assert.equal(sumsOf(gone, T0).seenSat, 0)
  assert.equal(sumsOf(gone, T0).reversedSat, 2_000_000)
  const again = first.map((each) => ({ ...each, place: inBlock(101, 'a') }))
  const back = fold(facts, lookAt(again, 102, left), T0)
  assert.equal(sumsOf(kept(back, 102), T0).confirmedSat, 3_000_000)
})

test('of a flood the largest payment is kept, and all of the rest in sums', () => {
  const flood = Array.from({ length: 500 }, (_, n) => ({
    ...paying(n, Array(50).fill(n === 321 ? 150_000 : 546), inBlock(900_000 - n)),
    inputs: Array.from({ length: 100 }, (_, i) => `${hash('c', n * 1000 + i)}:4294967295`),
  }))
  const facts = kept(fold(NO_FACTS, lookAt(flood, 900_000), T0), 900_000)
  assert(facts.transactions.some(({ txid }) => txid === idOf(321)))
  assert.equal(sumsOf(facts, T0).seenSat, 499 * 50 * 546 + 50 * 150_000)
})

test('a miner who pays with every block counts when each is mature, in little space', () => {
  const coinbases = Array.from({ length: 300 }, (_, n) => ({
    ...paying(n, [2_100_000_000_000 + n, 2_100_000_000_000], inBlock(1_000 + n)),
    inputs: [`${'0'.repeat(64)}:4294967295`],
    coinbase: true,
  }))
  let facts = NO_FACTS
  for (let tip = 1_000; tip < 1_400; tip += 7) {
    const shown = coinbases.filter(({ place }) => place.in === 'block' && place.height <= tip)
    facts = kept(fold(facts, lookAt(shown, tip), T0), tip)
    const mature = shown
      .filter(({ place }) => place.in === 'block' && tip - place.height + 1 > 100)
      .reduce((sum, { outputs }) => sum + outputs.reduce((all, { sat }) => all + sat, 0), 0)
    assert.equal(sumsOf(facts, T0).confirmedSat, mature, `tip ${tip}`)
  }
})

test('blocks above what was looked at are left to the next look, and never counted twice', () => {
  const all = Array.from({ length: 90 }, (_, n) => paying(n, [1_000], inBlock(100 + n)))
  let facts = kept(fold(NO_FACTS, lookAt(all, 400), T0), 130)
  facts = kept(fold(facts, lookAt(all, 400), T0), 400)
  assert.equal(sumsOf(facts, T0).confirmedSat, 90_000)
  assert.equal(sumsOf(kept(fold(facts, lookAt(all, 400), T0), 400), T0).confirmedSat, 90_000)
})

test('short and long memories agree on every sum, whatever happens in whatever order', () => {
  const seed = randomInt(2 ** 31)
  let x = seed
  const random = (below: number) => {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0
    return (x >>> 8) % below
  }
  for (let run = 0; run < 20; run += 1) {
    let tip = 100
    let highest = tip
    let number = 0
    let chain: LookedTransaction[] = []
    let mempool: LookedTransaction[] = []
    let short = NO_FACTS
    let long = NO_FACTS
    for (let step = 0; step < 60; step += 1) {
      const now = T0 + step * 10
      for (let i = random(12); i > 0; i -= 1) {
        number += 1
        const sats = Array.from({ length: 1 + random(8) }, () => 546 + random(50_000))
        mempool.push(paying(number, sats, { in: 'mempool' }))
      }
      const left = new Set<string>()
      const branch = step.toString(16)
      if (random(6) === 0) {
        // Never as deep as blocks are taken to stand for ever.
        const from = Math.max(highest - 5, tip - random(3))
        const undone = chain.filter(({ place }) => place.in === 'block' && place.height >= from)
        for (const { place } of undone) if (place.in === 'block') left.add(place.hash)
        chain = chain.filter((each) => !undone.includes(each))
        mempool.push(...undone.map((each) => ({ ...each, place: { in: 'mempool' as const } })))
        tip = from - 1
      }
      for (let blocks = random(4); blocks > 0; blocks -= 1) {
        tip += 1
        const place = { in: 'block' as const, height: tip, hash: hash(branch, tip), time: now }
        const taken = mempool.filter(() => random(2) === 0)
        mempool = mempool.filter((each) => !taken.includes(each))
        chain.push(...taken.map((each) => ({ ...each, place })))
      }
      highest = Math.max(highest, tip)
      const look = lookAt([...chain, ...mempool], tip, left)
      long = evaluate(INVOICE, fold(long, look, now), now).facts
      short = evaluate(INVOICE, fold(short, look, now), now).facts
      assert.deepEqual(
        sumsOf(short, now),
        sumsOf(long, now),
        `seed ${seed} run ${run} step ${step}`,
      )
      short = kept(short, tip)
    }
  }
})

test('a loss is told when what stands in the chain took all that settled it, and not before', () => {
  const terms = { ...INVOICE, amountSat: 100_000 }
  const paid = fold(NO_FACTS, lookAt([paying(1, [100_000], inBlock(100))], 101), T0)
  const { facts } = evaluate(terms, paid, T0)
  assert.equal(facts.settled, 'paid')
  const dust = paying(2, [600], inBlock(102))
  const after = (place: 'chain' | 'mempool' | undefined, others: LookedTransaction[]) => {
    const spentBy = new Map(place ? [[idOf(1), place] as const] : [])
    return fold(facts, { ...lookAt(others, 103), spentBy }, T0)
  }
  assert.equal(isLost(terms, facts), false)
  assert.equal(isLost(terms, after('chain', [])), true)
  assert.equal(isLost(terms, after('chain', [dust])), true)
  assert.equal(isLost(terms, after('mempool', [dust])), false)
  assert.equal(isLost(terms, after(undefined, [])), false)
  const again = paying(3, [100_000], { in: 'mempool' })
  assert.equal(isLost(terms, after('chain', [again])), false, 'it may yet be paid again')
})
