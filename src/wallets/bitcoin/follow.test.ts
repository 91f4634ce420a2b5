// Following the chain: news of blocks and unconfirmed payments, each once, and nothing missed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FollowFeed } from '../wallet.ts'
import { readAccount } from './account.ts'
import { boundedPath, watchedStill } from './position.ts'
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
  let silent = false
  /** One look; what it asked about. */
  async function look() {
    const asked: { address: string; hints: readonly string[] }[] = []
    const feed: FollowFeed = {
      position,
      open: async () => waiting,
      known: async (all) => all.filter((each) => addresses.includes(each)),
      ask: async (news) => {
        asked.push(...news)
        return silent ? news.map(({ address }) => address) : []
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
  /** Whether the questions stay without an answer. */
  const silence = (value: boolean) => {
    silent = value
  }
  /** What an earlier hub would have kept, or any other change of what is kept. */
  const keep = (change: (kept: string) => string) => {
    position = position === undefined ? undefined : change(position)
  }
  return { world, chain, addresses, look, play, finish, silence, keep, kept: () => position ?? '' }
}

const server = (key: string) => ({ network: 'regtest', key, esplora_urls: ESPLORA_URL })

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
  const { look, play, chain, addresses } = open('exact-1conf', server)
  assert.equal((await look()).nextMs, 20_000)
  for (let i = 0; i < 4; i += 1) play()
  assert.deepEqual((await look()).asked, [{ address: addresses[0], hints: [chain.tip().hash] }])
})

for (const [name, fields] of [
  ['a node', nodeFields],
  ['a server, which does not keep it', server],
] as const) {
  test(`what a block had paid is asked about when the block is gone: ${name}`, async () => {
    const { look, play, addresses, finish } = open('reorg-double-spend', fields)
    await look()
    for (let i = 0; i < 3; i += 1) play()
    await look()
    // Nobody waits for it any more, and the other branch pays somebody else.
    finish()
    play()
    assert.deepEqual((await look()).asked, [{ address: addresses[0], hints: [] }])
    assert.deepEqual((await look()).asked, [])
    play()
    assert.deepEqual(
      (await look()).asked,
      [{ address: addresses[0], hints: [] }],
      'each further block may bring what takes its place',
    )
  })
}

test('what is not kept of a block that is gone is read from a node that has it', async () => {
  const { look, play, addresses, finish, keep } = open('reorg-double-spend')
  await look()
  for (let i = 0; i < 3; i += 1) play()
  await look()
  finish()
  keep((kept) => {
    const { height, path, told }: { height: number; path: { hash: string }[]; told: string[] } =
      JSON.parse(kept)
    return JSON.stringify({ height, path: path.map(({ hash }) => hash), told })
  })
  play()
  assert.deepEqual((await look()).asked, [{ address: addresses[0], hints: [] }])
})

test('a payment that another block takes is not watched any longer', async () => {
  const { look, play, addresses, finish, chain } = open('reorg-requeue')
  await look()
  for (let i = 0; i < 3; i += 1) play()
  await look()
  finish()
  play()
  const [address] = addresses
  assert.deepEqual((await look()).asked, [{ address, hints: [] }])
  play()
  assert.deepEqual((await look()).asked, [{ address, hints: [chain.tip().hash] }])
  play()
  assert.deepEqual((await look()).asked, [])
})

test('a question that nobody could answer is asked again with its block', async () => {
  const { look, play, chain, world, addresses, finish, silence } = open('months-later')
  await look()
  finish()
  for (let i = 0; i < 5; i += 1) play()
  silence(true)
  const news = [{ address: addresses[0], hints: [chain.tip().hash] }]
  assert.deepEqual((await look()).asked, news)
  assert.deepEqual((await look()).asked, [], 'not before its time')
  world.setTime(world.ports.clock.now() + 15_000)
  assert.deepEqual((await look()).asked, news)
  world.setTime(world.ports.clock.now() + 15_000)
  assert.deepEqual((await look()).asked, [], 'each time later')
  silence(false)
  world.setTime(world.ports.clock.now() + 15_000)
  assert.deepEqual((await look()).asked, news)
  world.setTime(world.ports.clock.now() + 3_600_000)
  assert.deepEqual((await look()).asked, [])
})

test('the next block asks at once what nobody could answer', async () => {
  const { look, play, chain, addresses, silence } = open('reorg-requeue')
  await look()
  for (let i = 0; i < 3; i += 1) play()
  silence(true)
  const { hash } = chain.tip()
  assert.deepEqual((await look()).asked, [{ address: addresses[0], hints: [hash] }])
  silence(false)
  play()
  assert.deepEqual((await look()).asked, [{ address: addresses[0], hints: [hash] }])
})

test('with more open questions than can be kept the place stays', async () => {
  const { look, play, addresses, silence, keep, kept } = open('exact-1conf')
  await look()
  keep((text) => {
    const pending = Array.from({ length: 1_000 }, (_, i) => ({
      address: `bcrt1q${i}`,
      hints: [],
      tries: 1,
      at: Number.MAX_SAFE_INTEGER,
    }))
    return JSON.stringify({ ...JSON.parse(text), pending })
  })
  const before = kept()
  for (let i = 0; i < 4; i += 1) play()
  silence(true)
  assert.equal((await look()).nextMs, 15_000)
  assert.equal(kept(), before)
  silence(false)
  assert((await look()).asked.some(({ address }) => address === addresses[0]))
  assert.notEqual(kept(), before)
})

test('what is kept stays small, whatever is paid', () => {
  const block = (n: number) => ({
    hash: n.toString(16).padStart(64, '0'),
    paid: Array.from({ length: 90 }, (_, i) => ({ address: `a${i}`, txid: `${n}` })),
  })
  const path = boundedPath(Array.from({ length: 60 }, (_, n) => block(n)))
  assert.equal(path.length, 24)
  assert.deepEqual(
    path.map(({ paid }) => paid?.length ?? 0),
    [...Array.from({ length: 19 }, () => 0), ...Array.from({ length: 5 }, () => 90)],
  )
  const many = Array.from({ length: 900 }, (_, i) => ({ address: `a${i}`, txid: '', since: 5 }))
  assert.equal(watchedStill(many, 6).length, 500)
  assert.equal(watchedStill(many, 5 + 2_016).length, 0)
})
