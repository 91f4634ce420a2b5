// Following the chain: news of blocks and unconfirmed payments, each once, and nothing missed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FollowFeed } from '../wallet.ts'
import { readAccount } from './account.ts'
import { createTapeChain, loadVectors, type TapeEvent } from './testing.ts'
import { createWorld, ESPLORA_URL, NODE_URL, nodeFields } from './testing-servers.ts'
import { bitcoin } from './wallet.ts'

interface Tape {
  startTip: { height: number; hash: string }
  descriptor: string
  invoices: { address: string }[]
  steps: { events: TapeEvent[] }[]
}

function open(name: string, fields: (key: string) => Record<string, string> = nodeFields) {
  const tape = loadVectors<Tape>(`tapes/${name}`)
  const chain = createTapeChain(tape.startTip)
  const world = createWorld(chain)
  const read = readAccount(fields(tape.descriptor))
  assert('account' in read)
  const addresses = tape.invoices.map(({ address }) => address)
  const { account } = read
  let waiting = addresses
  let position: string | undefined
  let played = 0
  /** One look; what it asked about. */
  async function look() {
    const asked: { address: string; hints: readonly string[] }[] = []
    const feed: FollowFeed = {
      position,
      open: async () => waiting,
      known: async (all) => all.filter((each) => addresses.includes(each)),
      ask: async (news) => {
        asked.push(...news)
      },
    }
    const result = await bitcoin.follow?.(world.ports, account, feed)
    assert(result)
    position = result.position
    return { asked, nextMs: result.nextMs }
  }
  const play = () => {
    for (const event of tape.steps[played]?.events ?? []) {
      chain.play(event)
      world.setTime(event.at * 1000)
    }
    played += 1
  }
  const finish = () => {
    waiting = []
  }
  return { world, chain, addresses, look, play, finish }
}

test('an unconfirmed payment is told once, its block again with its hash', async () => {
  const { look, play, chain, addresses } = open('exact-1conf')
  assert.deepEqual(await look(), { asked: [], nextMs: 3_000 })
  play()
  play()
  play()
  const [address] = addresses
  assert.deepEqual((await look()).asked, [{ address, hints: [] }])
  assert.deepEqual((await look()).asked, [])
  play()
  assert.deepEqual((await look()).asked, [{ address, hints: [chain.tip().hash] }])
  assert.deepEqual((await look()).asked, [])
})

test('money to an address that nobody waits for any more is told by its block', async () => {
  const { look, play, chain, addresses, finish } = open('months-later')
  await look()
  finish()
  for (let i = 0; i < 4; i += 1) play()
  assert.deepEqual((await look()).asked, [])
  play()
  assert.deepEqual((await look()).asked, [{ address: addresses[0], hints: [chain.tip().hash] }])
})

for (const name of ['reorg-requeue', 'reorg-double-spend', 'reorg-settled-reconfirmed']) {
  test(`a reorganization is walked back and told: ${name}`, async () => {
    const { look, play, chain, addresses } = open(name)
    await look()
    play()
    play()
    play()
    await look()
    play()
    const { asked } = await look()
    assert.deepEqual(
      asked.map(({ address }) => address),
      addresses,
    )
    for (const { hints } of asked) {
      for (const hash of hints) assert(chain.blocks.some((block) => block.hash === hash))
    }
    assert.deepEqual((await look()).asked, [])
  })
}

test('without any source the place is kept and nothing is told', async () => {
  const { look, play, world, addresses } = open('exact-1conf')
  await look()
  world.down.add(NODE_URL)
  for (let i = 0; i < 4; i += 1) play()
  assert.deepEqual(await look(), { asked: [], nextMs: 15_000 })
  world.down.clear()
  assert.deepEqual(
    (await look()).asked.map(({ address }) => address),
    addresses,
  )
})

test('a server is followed block by block as well, and asked less often', async () => {
  const esplora = (key: string) => ({ network: 'regtest', key, esplora_urls: ESPLORA_URL })
  const { look, play, chain, addresses } = open('exact-1conf', esplora)
  assert.equal((await look()).nextMs, 20_000)
  for (let i = 0; i < 4; i += 1) play()
  assert.deepEqual((await look()).asked, [{ address: addresses[0], hints: [chain.tip().hash] }])
})
