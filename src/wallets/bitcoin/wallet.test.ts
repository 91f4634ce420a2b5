// The wallet as the hub uses it: one order from its start to its end, and what goes wrong on the way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttemptOrder, Observation } from '../wallet.ts'
import { type BitcoinAccount, readAccount } from './account.ts'
import { readMemory, writeMemory } from './memory.ts'
import { createTapeChain, loadVectors, type TapeChain, type TapeEvent } from './testing.ts'
import {
  createWorld,
  ESPLORA_URL,
  NODE_URL,
  nodeFields,
  SECOND_ESPLORA_URL,
  setPrices,
  type World,
} from './testing-servers.ts'
import { bitcoin } from './wallet.ts'

interface Tape {
  startTip: { height: number; hash: string }
  startTime: number
  descriptor: string
  invoices: { derivationIndex: number; address: string; amountSat: number; expiresAt: number }[]
  steps: { events: TapeEvent[] }[]
}

interface Stage {
  world: World
  account: BitcoinAccount
  order: AttemptOrder
  chain: TapeChain
  /** Plays the next steps of the scenario. */
  play(steps: number): void
  query(more?: Partial<AttemptOrder>): Promise<Observation>
}

async function stage(
  name: string,
  fields: (key: string) => Record<string, string> = nodeFields,
  more: Partial<AttemptOrder> = {},
): Promise<Stage & { started: Observation }> {
  const tape = loadVectors<Tape>(`tapes/${name}`)
  const chain = createTapeChain(tape.startTip)
  const world = createWorld(chain)
  const read = readAccount(fields(tape.descriptor))
  assert('account' in read)
  const { account } = read
  const [invoice] = tape.invoices
  assert(invoice)
  world.setTime(tape.startTime * 1000)
  setPrices(world, { bid: '100000', ask: '100000.01', at: tape.startTime * 1000 })
  const first: AttemptOrder = {
    walletReference: 'ref1',
    surface: 'qr',
    money: { amount: BigInt(invoice.amountSat), currency: 'BTC' },
    title: 'Coffee',
    expiresAt: invoice.expiresAt * 1000,
    notifyUrl: 'https://pay.example.com/notify',
    returnUrl: 'https://pay.example.com/return',
    quitUrl: 'https://pay.example.com/quit',
    accountIndex: invoice.derivationIndex,
    ...more,
  }
  const started = await bitcoin.create(world.ports, account, first)
  let order: AttemptOrder = started.memory ? { ...first, memory: started.memory } : first
  let played = 0
  const play = (steps: number) => {
    for (const event of tape.steps.slice(played, played + steps).flatMap(({ events }) => events)) {
      chain.play(event)
      world.setTime(event.at * 1000)
    }
    played += steps
  }
  const query = async (extra: Partial<AttemptOrder> = {}) => {
    const observation = await bitcoin.query(world.ports, account, { ...order, ...extra })
    if (observation.memory) order = { ...order, memory: observation.memory }
    return observation
  }
  return { world, chain, account, order, play, query, started }
}

const twoServers = (key: string) => ({
  network: 'regtest',
  key,
  esplora_urls: `${ESPLORA_URL} ${SECOND_ESPLORA_URL}`,
})

test('an order gets an address of its own, a locked rate and both texts of the link', async () => {
  const euros = { money: { amount: 10_000n, currency: 'EUR' } }
  const { started } = await stage('exact-1conf', nodeFields, euros)
  assert.equal(started.status, 'requires_action')
  assert(started.nextAction?.type === 'address')
  const { address, uri, qrText, amountSat, rate } = started.nextAction
  assert.equal(amountSat, 100_000)
  assert.equal(rate, '100000.00')
  assert.equal(uri, `bitcoin:${address}?amount=0.001`)
  assert.equal(qrText, `bitcoin:${address.toUpperCase()}?amount=0.001`)
  assert.deepEqual(readMemory(started.memory)?.invoice.rateSources, [
    'kraken',
    'bitstamp',
    'coinbase',
  ])
})

test('the same order again gives the same address and amount, at another price too', async () => {
  const euros = { money: { amount: 10_000n, currency: 'EUR' } }
  const { started, order, world, account } = await stage('exact-1conf', nodeFields, euros)
  setPrices(world, { bid: '50000', ask: '50000.01', at: world.ports.clock.now() })
  const again = await bitcoin.create(world.ports, account, order)
  assert.deepEqual(again.nextAction, started.nextAction)
  assert.equal(again.memory, started.memory)
})

test('orders of other numbers get other addresses', async () => {
  const one = await stage('exact-1conf', nodeFields, { accountIndex: 7 })
  const two = await stage('exact-1conf', nodeFields, { accountIndex: 8 })
  assert(one.started.nextAction?.type === 'address' && two.started.nextAction?.type === 'address')
  assert.notEqual(one.started.nextAction.address, two.started.nextAction.address)
})

test('the rate is locked no longer than the account says and the order allows', async () => {
  const long = await stage('exact-1conf', nodeFields, { expiresAt: Date.parse('2099-01-01') })
  assert(long.started.nextAction?.type === 'address')
  const now = long.world.ports.clock.now()
  assert.equal(long.started.nextAction.expiresAt, now + 15 * 60_000)
})

const REFUSALS: [string, Partial<AttemptOrder>, (world: World) => void, string, string][] = [
  [
    'an amount below the minimum',
    { money: { amount: 999n, currency: 'BTC' } },
    () => undefined,
    'invalid_request',
    'amount_too_small',
  ],
  [
    'a cent',
    { money: { amount: 1n, currency: 'EUR' } },
    () => undefined,
    'invalid_request',
    'amount_too_small',
  ],
  [
    'more than all bitcoin',
    { money: { amount: 9_007_199_254_740_991n, currency: 'BTC' } },
    () => undefined,
    'invalid_request',
    'amount_too_large',
  ],
  [
    'a number no key has',
    { accountIndex: 0x8000_0000 },
    () => undefined,
    'merchant_config',
    'index_unusable',
  ],
  [
    'a price nobody knows',
    { money: { amount: 10_000n, currency: 'EUR' } },
    (world) => world.answers.clear(),
    'provider_down',
    'rate_unavailable',
  ],
  [
    'a chain nobody shows',
    {},
    (world) => world.down.add(NODE_URL),
    'provider_down',
    'chain_not_ready',
  ],
]
for (const [name, more, prepare, category, code] of REFUSALS) {
  test(`${name}: no address is shown`, async () => {
    const { world, account, order } = await stage('exact-1conf', nodeFields)
    prepare(world)
    world.setTime(world.ports.clock.now() + 60_000)
    const { memory: _memory, ...bare } = order
    const refused = await bitcoin.create(world.ports, account, { ...bare, ...more })
    assert.equal(refused.status, 'failed')
    assert.equal(refused.problem?.category, category)
    assert.equal(refused.problem?.walletCode, code)
    assert.equal(refused.nextAction, undefined)
  })
}

test('of an order that was never started nothing is known; of spoiled memory neither', async () => {
  const { world, account, order } = await stage('exact-1conf')
  const { memory, ...bare } = order
  assert.equal((await bitcoin.query(world.ports, account, bare)).status, 'absent')
  for (const spoiled of ['', '{}', memory?.slice(0, -1), memory?.replace('"v":1', '"v":2')]) {
    const observation = await bitcoin.query(world.ports, account, {
      ...bare,
      memory: spoiled ?? '',
    })
    assert.equal(observation.status, 'unknown')
  }
})

test('an order waits, is seen, and is paid', async () => {
  const { play, query, order } = await stage('exact-1conf')
  play(2)
  assert.equal((await query()).status, 'requires_action')
  play(1)
  const seen = await query()
  assert.equal(seen.status, 'processing')
  assert.equal(seen.walletStatus, 'processing 0/1')
  assert.equal(seen.walletTransactionId, undefined)
  play(1)
  const paid = await query()
  assert.equal(paid.status, 'succeeded')
  assert.deepEqual(paid.money, order.money)
  assert.match(paid.walletTransactionId ?? '', /^7bf9310e.*:0$/)
  assert.deepEqual(await query(), paid, 'asked again, nothing changes')
})

test('what is short is asked for: the new link says what is due', async () => {
  const { play, query } = await stage('underpaid-topup')
  play(2)
  const short = await query()
  assert.equal(short.status, 'requires_action')
  assert.equal(short.chain?.dueSat, 80_000)
  assert(short.nextAction?.type === 'address')
  assert.match(short.nextAction.uri, /amount=0\.0008$/)
})

test('late money is held until the merchant accepts it', async () => {
  const { play, query } = await stage('late-hold')
  play(4)
  const late = await query()
  assert.equal(late.status, 'closed')
  assert.equal(late.chain?.heldSat, 100_000)
  assert.deepEqual(late.chain?.flags, ['late'])
  const accepted = await query({ decision: 'accept' })
  assert.equal(accepted.status, 'succeeded')
  assert.equal(accepted.chain?.creditedSat, 100_000)
  assert.equal((await query()).status, 'succeeded', 'the word is kept')
})

test('until the grace is over an expired order still waits', async () => {
  const { world, query, order } = await stage('never-paid')
  world.setTime(order.expiresAt + 60_000)
  assert.equal((await query()).status, 'requires_action')
  world.setTime(order.expiresAt + 61_000)
  assert.equal((await query()).status, 'closed')
})

test('closing ends an untouched order, and never hides money', async () => {
  const untouched = await stage('exact-1conf')
  const { world, account, order } = untouched
  const closed = await bitcoin.close(world.ports, account, order)
  assert.equal(closed.status, 'closed')
  assert.equal(closed.nextAction, undefined)
  untouched.play(3)
  assert.equal((await bitcoin.close(world.ports, account, order)).status, 'processing')
  untouched.play(1)
  assert.equal((await untouched.query()).status, 'succeeded')
  const short = await stage('underpaid-topup')
  short.play(2)
  const kept = await bitcoin.close(short.world.ports, short.account, short.order)
  assert.equal(kept.status, 'requires_action')
})

test('money that was spent otherwise after the payment was paid is told as reversed', async () => {
  const { play, query } = await stage('reorg-double-spend')
  play(3)
  assert.equal((await query()).status, 'succeeded')
  play(1)
  const gone = await query()
  assert.equal(gone.status, 'reversed')
  assert.equal(gone.chain?.reversedSat, 100_000)
})

test('a node that refuses, lies about its network or lags behind is passed over', async () => {
  const fields = (key: string) => nodeFields(key, { esplora_urls: ESPLORA_URL })
  const { world, play, query } = await stage('exact-1conf', fields)
  play(4)
  const info = { chain: 'regtest', blocks: 1, headers: 1, bestblockhash: 'a'.repeat(64), time: 1 }
  for (const result of [
    { ...info, chain: 'main', initialblockdownload: false },
    { ...info, initialblockdownload: true },
    { ...info, headers: 9, initialblockdownload: false },
    { ...info, blocks: -1 },
    null,
  ]) {
    world.answers.set(NODE_URL, JSON.stringify({ jsonrpc: '2.0', id: 1, result }))
    assert.equal((await query()).status, 'succeeded')
  }
  world.down.add(ESPLORA_URL)
  const silent = await query()
  assert.equal(silent.status, 'unknown')
  assert.equal(silent.problem?.walletCode, 'chain_not_ready')
  assert.equal(silent.memory, undefined)
})

test('a server of another chain is not believed', async () => {
  const { world, account, order } = await stage('exact-1conf', twoServers)
  for (const base of [ESPLORA_URL, SECOND_ESPLORA_URL]) {
    world.answers.set(`${base}/block-height/0`, 'b'.repeat(64))
  }
  // It was asked for its first block when the order was made; that holds for an hour.
  world.setTime(world.ports.clock.now() + 3_600_000)
  const observation = await bitcoin.query(world.ports, account, order)
  assert.equal(observation.status, 'unknown')
  assert.equal(observation.problem?.category, 'merchant_config')
})

for (const [name, fields] of [
  ['a node', nodeFields],
  ['a server', twoServers],
] as const) {
  test(`${name} that lags behind what another source has shown says nothing`, async () => {
    const { world, account, order, play, query } = await stage('exact-1conf', fields)
    play(4)
    await query()
    const memory = readMemory(order.memory)
    assert(memory)
    const cursor = { height: memory.cursor.height + 5, hash: 'e'.repeat(64) }
    const ahead = { ...order, memory: writeMemory({ ...memory, cursor }) }
    const observation = await bitcoin.query(world.ports, account, ahead)
    assert.equal(observation.status, 'unknown')
    assert.equal(observation.problem?.walletCode, 'chain_not_ready')
  })
}

test('after a long absence a payment is not called gone before every block was looked at', async () => {
  const { chain, play, query } = await stage('exact-1conf')
  play(3)
  assert.equal((await query()).status, 'processing')
  const { height } = chain.tip()
  play(1)
  const mined = chain.blocks.pop()
  assert(mined)
  for (let n = 1; n <= 300; n += 1) {
    const hash = n.toString(16).padStart(64, 'f')
    chain.blocks.push({ hash, prev: '', height: height + n, time: 0, hex: '', transactions: [] })
  }
  chain.blocks.push({ ...mined, height: height + 301 })
  const partly = await query()
  assert.equal(partly.status, 'processing')
  assert.deepEqual(partly.chain?.flags, [])
  const whole = await query()
  assert.equal(whole.status, 'succeeded')
  assert.deepEqual(whole.chain?.flags, [])
})

test('a large payment seen by one server waits for the second to agree', async () => {
  const fields = (key: string) => ({ ...twoServers(key), second_source_above: '0.001' })
  const { world, play, query } = await stage('exact-1conf', fields)
  play(4)
  world.down.add(SECOND_ESPLORA_URL)
  for (let i = 0; i < 2; i += 1) {
    const alone = await query()
    assert.equal(alone.status, 'processing')
    assert.equal(alone.walletStatus, 'processing awaits_second_source')
    assert.equal(alone.chain?.creditedSat, 0)
  }
  world.down.clear()
  assert.equal((await query()).status, 'succeeded')
})

test('where a second voice is needed and there is none, no address is shown', async () => {
  const fields = (key: string) => ({
    network: 'regtest',
    key,
    esplora_urls: ESPLORA_URL,
    second_source_above: '0.001',
  })
  const { started } = await stage('exact-1conf', fields)
  assert.equal(started.status, 'failed')
  assert.equal(started.problem?.walletCode, 'second_source_missing')
})

test('a confirmation without a proof, or with one that leads elsewhere, is not believed', async () => {
  const one = (key: string) => ({ network: 'regtest', key, esplora_urls: ESPLORA_URL })
  const { world, play, query } = await stage('exact-1conf', one)
  play(4)
  const txid = '7bf9310eba194c8d3e3f87e8fd7b51fa5aba07d99666544ddf99f154f99a57a8'
  const proof = `${ESPLORA_URL}/tx/${txid}/merkle-proof`
  for (const lie of [
    '{}',
    '{"block_height":112,"merkle":[],"pos":0}',
    `{"block_height":112,"merkle":["${'c'.repeat(64)}"],"pos":1}`,
  ]) {
    world.answers.set(proof, lie)
    assert.equal((await query()).status, 'unknown')
  }
  world.answers.delete(proof)
  world.answers.set(`${ESPLORA_URL}/tx/${txid}/hex`, '0200')
  assert.equal((await query()).status, 'unknown')
  world.answers.clear()
  assert.equal((await query()).status, 'succeeded')
})

test('an account that can be used is told its first addresses; one that cannot, why', async () => {
  const { world, account } = await stage('exact-1conf')
  const good = await bitcoin.check(world.ports, account)
  assert.deepEqual(
    good.map(({ code }) => code),
    ['first_addresses'],
  )
  world.down.add(NODE_URL)
  world.answers.clear()
  world.setTime(world.ports.clock.now() + 60_000)
  const bad = await bitcoin.check(world.ports, account)
  assert.deepEqual(
    bad.map(({ code }) => code),
    [
      'source_unreachable',
      'rate_source_silent',
      'rate_source_silent',
      'rate_source_silent',
      'rate_unavailable',
      'first_addresses',
    ],
  )
})

test('sources on different chains are reported', async () => {
  const { world, account, play } = await stage('exact-1conf', twoServers)
  play(4)
  world.answers.set(`${SECOND_ESPLORA_URL}/block-height/112`, 'd'.repeat(64))
  const found = await bitcoin.check(world.ports, account)
  assert(found.some(({ code }) => code === 'tips_disagree'))
})

test('there are no notifications, and none is believed', async () => {
  const { account } = await stage('exact-1conf')
  const body = Buffer.from('{"paid":true}')
  const raw = { contentType: 'application/json', headers: {}, body }
  assert.equal(bitcoin.readNotification(account, raw, 0).verdict, 'refused')
  assert.equal(bitcoin.verifyReturn(account, 'paid=1'), false)
})

test('an order is asked about for ever, more and more rarely', () => {
  const day = 86_400_000
  const delays = [-600_000, 0, 600_000, 4 * 3_600_000, 2 * day, 8 * day, 31 * day, 3_650 * day].map(
    (since) => bitcoin.nextQueryDelay('qr', since + 900_000, -since),
  )
  assert(delays.every((delay) => delay !== undefined && delay >= 10_000 && delay <= day))
  assert.deepEqual(
    delays,
    delays.toSorted((a, b) => Number(a) - Number(b)),
  )
})

test('dust does not hide that the money was spent otherwise', async () => {
  const { play, query, chain } = await stage('reorg-double-spend')
  play(3)
  const paid = await query()
  assert.equal(paid.status, 'succeeded')
  const memory = readMemory(paid.memory)
  assert(memory)
  const dust = {
    txid: 'd'.repeat(64),
    inputs: [`${'e'.repeat(64)}:0`],
    outputs: [{ vout: 0, sat: 600 }],
    coinbase: false,
    firstSeen: memory.invoice.createdAt,
    place: { in: 'block' as const, ...chain.start, time: 0 },
    reorged: false,
  }
  play(1)
  const transactions = [...memory.facts.transactions, dust]
  const gone = await query({
    memory: writeMemory({ ...memory, facts: { ...memory.facts, transactions } }),
  })
  assert.equal(gone.chain?.creditedSat, 600)
  assert.equal(gone.chain?.reversedSat, 99_400)
  assert.equal(gone.status, 'reversed')
})
