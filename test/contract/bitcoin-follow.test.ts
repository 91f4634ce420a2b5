// The hub's Bitcoin wallet follows the sandbox's chain: money that leaves it after the payment was
// settled, money that came while nobody could tell, and more payments than can be kept.

import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { testLog } from '../../src/db/testing.ts'
import { createNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { bitcoin } from '../../src/wallets/bitcoin/wallet.ts'
import type { AttemptOrder, FollowFeed } from '../../src/wallets/wallet.ts'
import type { Sources } from './bitcoin.ts'

const sandbox = await startSandbox({ port: 0 })
const network = createNetwork({ log: testLog(), allowPrivate: [sandbox.url] })
after(async () => {
  await network.close()
  await sandbox.close()
})

async function control(path: string, body?: object, method = body ? 'POST' : 'GET') {
  const answer = await fetch(`${sandbox.url}/control/bitcoin/${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  assert(answer.ok, `${path}: ${text}`)
  return JSON.parse(text)
}

afterEach(() => control('outage', undefined, 'DELETE'))

let accounts = 20

/** An order that nobody waits for: only what the chain is seen to do leads to a question. */
async function open(sources: Sources) {
  const { fields } = await control(`hub-account?account=${accounts}&sources=${sources}`)
  accounts += 1
  const read = bitcoin.readAccount(fields)
  assert('account' in read, JSON.stringify(read))
  const { account } = read
  const ports = { clock: { now: Date.now }, random: systemRandom, log: testLog(), network }
  const order: AttemptOrder = {
    walletReference: `follow${accounts}`,
    surface: 'qr',
    money: { amount: 8850n, currency: 'CNY' },
    title: 'Coffee',
    expiresAt: Date.now() + 900_000,
    notifyUrl: sandbox.url,
    returnUrl: sandbox.url,
    quitUrl: sandbox.url,
    accountIndex: 0,
  }
  const started = await bitcoin.create(ports, account, order)
  assert(started.nextAction?.type === 'address' && started.memory)
  const { address, uri, amountSat } = started.nextAction
  let told = started
  let memory = started.memory
  let position: string | undefined
  const look = async () => {
    const feed: FollowFeed = {
      position,
      open: async () => [],
      known: async (all) => all.filter((each) => each === address),
      ask: async (news) => {
        for (const { hints } of news) {
          told = await bitcoin.query(ports, account, { ...order, memory, hints })
          memory = told.memory ?? memory
        }
        return told.status === 'unknown' ? news.map((each) => each.address) : []
      },
    }
    position = (await bitcoin.follow?.(ports, account, feed))?.position
    return told
  }
  await look()
  return { look, uri, address, amountSat }
}

for (const sources of ['core', 'esplora', 'core,esplora'] as const) {
  test(`money that is spent otherwise after it had settled is told: ${sources}`, async () => {
    const { look, uri, amountSat } = await open(sources)
    const { txid } = await control('pay', { uri, mine: 1 })
    assert.equal((await look()).status, 'succeeded')
    await control('double-spend', { txid, how: 'mine' })
    await control('mine', { n: 3 })
    const gone = await look()
    assert.equal(gone.chain?.reversedSat, amountSat)
    assert(gone.chain?.flags.includes('reversed'))
    assert.equal(gone.status, 'reversed')
  })
}

test('money that came while nobody could tell is seen with the next block', async () => {
  const { look, uri, amountSat } = await open('core,esplora')
  const down = { source: 'core', how: 'busy', operation: 'getblockheader', times: 1000 }
  await control('outage', down)
  await control('outage', { source: 'esplora', how: 'down' })
  await control('pay', { uri, mine: 1 })
  assert.equal((await look()).status, 'unknown')
  await control('mine', { n: 1 })
  await look()
  await control('outage', undefined, 'DELETE')
  await control('mine', { n: 1 })
  const seen = await look()
  assert.equal(seen.status, 'succeeded')
  assert.equal(seen.chain?.creditedSat, amountSat)
})

for (const sources of ['core', 'esplora'] as const) {
  test(`sixty payments of forty outputs count to the satoshi: ${sources}`, async () => {
    const { look, address } = await open(sources)
    let total = 0
    for (let i = 0; i < 60; i += 1) {
      const outputs = Array.from({ length: 40 }, (_, k) => ({ address, sat: 600 + i + k }))
      for (const { sat } of outputs) total += sat
      await control('pay', { outputs, ...(i % 20 === 19 && { mine: 1 }) })
      if (i % 20 === 19) assert.equal((await look()).chain?.seenSat, total)
    }
    for (const n of [1, 4, 10]) {
      await control('mine', { n })
      await control('pay', { address, sat: 1_000, mine: 1 })
      total += 1_000
      assert.equal((await look()).chain?.confirmedSat, total)
    }
  })
}
