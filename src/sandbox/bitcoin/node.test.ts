// The node's own rules: what waits, what is mined, what comes back, what the books keep.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { subsidyAt } from './block.ts'
import { blockOfHash, find, tipOf } from './chain.ts'
import { balanceOf, MINER } from './payers.ts'
import { MINED, openWorld, PAYEE, payer, payment, rivalOf } from './testing.ts'
import { finish, sumOf, vsizeOf } from './transaction.ts'

const { node } = openWorld()

const tip = () => tipOf(node.chain)
const isWaiting = (txid: string) => node.chain.mempool.has(txid)
const isMined = (txid: string) => node.chain.where.has(txid)

function sent(sat: bigint, rate = 5) {
  const transaction = payment(node.chain, sat, rate)
  assert.deepEqual(node.submit(transaction), { txid: transaction.txid })
  return transaction
}

test('a payment waits, is mined, and its fee goes to the miner', () => {
  const { txid, outputs } = sent(100_000n)
  assert(isWaiting(txid))
  const fee = node.chain.mempool.get(txid)?.fee ?? 0n
  const block = node.mine(MINED)
  assert.deepEqual(
    block.transactions.slice(1).map((each) => each.txid),
    [txid],
  )
  assert(!isWaiting(txid))
  assert.equal(find(node.chain, txid)?.block?.hash, block.hash)
  const [coinbase] = block.transactions
  assert(coinbase)
  assert.equal(sumOf(coinbase.outputs), subsidyAt(block.height) + fee)
  assert.equal(outputs.length, 2)
})

test('the same transaction again changes nothing; mined, it is refused with -27', () => {
  const transaction = sent(110_000n)
  assert.deepEqual(node.submit(transaction), { txid: transaction.txid })
  assert.equal(node.chain.mempool.size, 1)
  node.mine(MINED)
  const told = node.submit(transaction)
  assert('code' in told && told.code === -27)
})

test('a low fee waits for three blocks unless everything is mined', () => {
  const patient = sent(120_000n, 1)
  for (let block = 0; block < 3; block += 1) {
    node.mine(MINED)
    assert(isWaiting(patient.txid), `after ${block + 1} blocks`)
  }
  node.mine(MINED)
  assert(isMined(patient.txid))
  const { txid } = sent(121_000n, 1)
  node.mine({ ...MINED, everything: true })
  assert(isMined(txid))
})

test('a fresh block reward is spent after 100 blocks, not before', () => {
  const { key } = payer('hanmeimei')
  const { transactions } = node.mine({ payTo: key.script })
  const [reward] = transactions
  assert(reward)
  const before = balanceOf(node.chain, key)
  for (let block = 1; block < 99; block += 1) node.mine(MINED)
  assert.equal(balanceOf(node.chain, key), before)
  const spend = {
    version: 2,
    inputs: [
      { txid: reward.txid, vout: 0, script: Buffer.alloc(0), sequence: 0xffffffff, witness: [] },
    ],
    outputs: [{ sat: 1_000n, script: PAYEE }],
    locktime: 0,
  }
  const early = node.submit(finish(spend))
  assert('code' in early && early.reason === 'bad-txns-premature-spend-of-coinbase')
  node.mine(MINED)
  assert(balanceOf(node.chain, key) > before)
})

test('a replacement has to pay more, and then the first is gone', () => {
  const first = sent(130_000n, 5)
  const cheap = rivalOf(node.chain, first, 5)
  const told = node.submit(cheap)
  assert('code' in told && told.code === -26 && told.reason === 'insufficient fee')
  assert(isWaiting(first.txid))
  const second = rivalOf(node.chain, first, 12)
  assert.deepEqual(node.submit(second), { txid: second.txid })
  assert(!isWaiting(first.txid))
  node.mine(MINED)
  const late = node.submit(first)
  assert('code' in late && late.code === -25)
})

test('a signature for another amount, and one by another key, are refused', () => {
  const good = payment(node.chain, 140_000n)
  const [paid, change] = good.outputs
  assert(paid && change)
  const richer = finish({ ...good, outputs: [paid, { ...change, sat: change.sat - 1n }] })
  const told = node.submit(richer)
  assert('code' in told && told.code === -26)
  assert.match(told.reason, /script-verify-flag-failed/)
  const foreign = payment(node.chain, 1_000n, 5, 'hanmeimei')
  const inputs = good.inputs.map((input) => ({
    ...input,
    witness: foreign.inputs[0]?.witness ?? [],
  }))
  assert('code' in node.submit(finish({ ...good, inputs })))
})

test('dust, a fee below the relay rate and money from nowhere are refused by name', () => {
  const reasons = [
    payment(node.chain, 293n),
    payment(node.chain, 150_000n, 0.5),
    finish({ ...payment(node.chain, 1_000n), outputs: [{ sat: 10n ** 12n, script: PAYEE }] }),
  ].map((each) => {
    const told = node.submit(each)
    return 'code' in told ? told.reason : 'taken'
  })
  assert.deepEqual(reasons, ['dust', 'min relay fee not met', 'bad-txns-in-belowout'])
})

test('what is dropped takes its children along and can be sent again', () => {
  const parent = sent(1_200_000_000n)
  const child = sent(290_000_000n)
  assert(child.inputs.some(({ txid }) => txid === parent.txid))
  assert.deepEqual(node.drop(parent.txid), [parent.txid, child.txid])
  assert.equal(node.chain.mempool.size, 0)
  assert.deepEqual(node.submit(parent), { txid: parent.txid })
  node.mine(MINED)
})

test('a reorganization puts payments back to wait, or mines them again', () => {
  const { txid } = sent(160_000n)
  const old = node.mine(MINED)
  node.reorganize(1, () => [
    { ...MINED, empty: true },
    { ...MINED, empty: true },
  ])
  assert(isWaiting(txid))
  assert.equal(node.chain.best.includes(old.hash), false)
  assert.equal(blockOfHash(node.chain, old.hash).height, old.height)
  node.mine(MINED)
  node.reorganize(2, () => [MINED, MINED, MINED])
  assert(isMined(txid))
})

test('no shorter chain wins', () => {
  const before = tip().hash
  assert.throws(() => node.reorganize(2, () => [MINED, MINED]), RangeError)
  assert.equal(tip().hash, before)
})

test('a block that is banned leaves with all above it, and comes back', () => {
  const { txid } = sent(170_000n)
  const banned = node.mine(MINED)
  const above = node.mine(MINED)
  node.invalidate(banned.hash)
  assert.equal(tip().height, banned.height - 1)
  assert(isWaiting(txid))
  node.reconsider(banned.hash)
  assert.equal(tip().hash, above.hash)
  assert(isMined(txid))
})

test('a transaction mined in a rival block of another branch spends the coin for good', () => {
  const first = sent(180_000n)
  const old = node.mine(MINED)
  const rival = rivalOf({ ...node.chain, coins: before(old.height) }, first, 20)
  node.reorganize(1, () => [{ ...MINED, first: [rival] }, MINED])
  assert(isMined(rival.txid))
  assert(!isWaiting(first.txid) && !isMined(first.txid))
})

// The coins that a payment spent, as they were before its block.
function before(height: number) {
  const coins = new Map(node.chain.coins)
  for (const { inputs } of blockOfHash(node.chain, node.chain.best[height] ?? '').transactions) {
    for (const { txid, vout } of inputs) {
      const output = find(node.chain, txid)?.transaction.outputs[vout]
      if (output) coins.set(`${txid}:${vout}`, { ...output, height: 0, coinbase: false })
    }
  }
  return coins
}

test('fees are told in whole satoshi per virtual byte', () => {
  const { fee, transaction } = node.chain.mempool.get(sent(190_000n, 7).txid) ?? {}
  assert(transaction && fee !== undefined)
  // A signature may be one byte shorter than it was counted.
  const rate = Number(fee) / vsizeOf(transaction)
  assert(rate >= 7 && rate < 7.1, String(rate))
  node.mine(MINED)
})

test('the books bring back the chain, its other branches and what waits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tongbao-bitcoin-'))
  const first = openWorld(folder)
  const parent = payment(first.node.chain, 1_200_000_000n)
  first.node.submit(parent)
  const child = payment(first.node.chain, 290_000_000n)
  first.node.submit(child)
  const stale = first.node.mine({ ...MINED, without: [child.txid] })
  first.node.reorganize(1, () => [
    { ...MINED, empty: true },
    { ...MINED, empty: true },
  ])
  const { hash } = tipOf(first.node.chain)
  first.close()
  const second = openWorld(folder)
  assert.equal(tipOf(second.node.chain).hash, hash)
  assert.deepEqual(new Set(second.node.chain.mempool.keys()), new Set([parent.txid, child.txid]))
  assert(second.node.chain.blocks.has(stale.hash))
  assert.deepEqual(
    [...second.node.chain.coins.keys()].sort(),
    [...first.node.chain.coins.keys()].sort(),
  )
  second.node.mine(MINED)
  assert(second.node.chain.where.has(child.txid))
  second.close()
  rmSync(folder, { recursive: true })
})

test('what fails in the middle leaves nothing behind', () => {
  const { hash } = tip()
  assert.throws(
    () =>
      node.change(() => {
        node.mine({ payTo: MINER.key.script })
        throw new Error('the power went out')
      }),
    /power/,
  )
  assert.equal(tip().hash, hash)
})
