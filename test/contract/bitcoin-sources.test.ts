// The hub's Bitcoin wallet while the sandbox's sources misbehave: silence, refusals and lies conclude
// nothing; the second source takes over; prices that cannot be trusted are no prices.

import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { testLog } from '../../src/db/testing.ts'
import { createNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { bitcoin } from '../../src/wallets/bitcoin/wallet.ts'
import type { AttemptOrder, Observation } from '../../src/wallets/wallet.ts'
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

// Every case an account of its own, and a hub that remembers no price of an earlier one.
let accounts = 0
async function open(sources: Sources) {
  const { fields } = await control(`hub-account?account=${accounts}&sources=${sources}`)
  accounts += 1
  const read = bitcoin.readAccount(fields)
  assert('account' in read, JSON.stringify(read))
  const { account } = read
  const send: typeof network.send = (request) => network.send(request)
  const ports = {
    clock: { now: Date.now },
    random: systemRandom,
    log: testLog(),
    network: { send },
  }
  const order: AttemptOrder = {
    walletReference: `order${accounts}`,
    surface: 'qr',
    money: { amount: 8850n, currency: 'CNY' },
    title: 'Coffee',
    expiresAt: Date.now() + 900_000,
    notifyUrl: sandbox.url,
    returnUrl: sandbox.url,
    quitUrl: sandbox.url,
    accountIndex: 0,
  }
  const keep = (told: Observation) => {
    if (told.memory !== undefined) order.memory = told.memory
    return told
  }
  return {
    create: async () => keep(await bitcoin.create(ports, account, order)),
    query: async () => keep(await bitcoin.query(ports, account, order)),
    check: async () => (await bitcoin.check(ports, account)).map(({ code }) => code),
    async pay(mine = 1) {
      const action = keep(await bitcoin.create(ports, account, order)).nextAction
      assert(action?.type === 'address')
      return control('pay', { uri: action.uri, mine })
    },
  }
}

const strike = (source: string, how: string, more: object = {}) =>
  control('outage', { source, how, ...more })
const recover = () => control('outage', undefined, 'DELETE')

afterEach(recover)

const SILENT = {
  core: [
    ...['down', 'unauthorized', 'busy', 'warming_up', 'cut', 'garbage', 'downloading'],
    ...['headers_ahead', 'wrong_network'],
  ],
  esplora: ['down', '429', '5xx', '404', 'cut', 'garbage'],
} as const

for (const [source, ways] of Object.entries(SILENT)) {
  const one = source === 'core' ? 'core' : 'esplora'
  for (const how of ways) {
    test(`${source} ${how}: nothing starts, nothing is concluded, and afterwards it is paid`, async () => {
      const hub = await open(one)
      await hub.pay()
      await strike(source, how)
      const blind = await hub.query()
      assert.equal(blind.status, 'unknown')
      assert.equal(blind.problem?.walletCode, 'chain_not_ready')
      const refused = await (await open(one)).create()
      assert.equal(refused.status, 'failed')
      assert.equal(refused.nextAction, undefined)
      await recover()
      assert.equal((await hub.query()).status, 'succeeded')
    })
  }
}

test('a node that is silent is replaced by the second source', async () => {
  const hub = await open('core,esplora')
  await hub.pay()
  await strike('core', 'down')
  assert.equal((await hub.query()).status, 'succeeded')
  assert((await hub.check()).includes('source_unreachable'))
  await recover()
})

test('a node without the blocks says so, and the other one tells', async () => {
  const hub = await open('core,esplora')
  await hub.pay()
  await strike('core', 'pruned')
  assert.equal((await hub.query()).status, 'succeeded')
  await recover()
})

test('a server that follows another network starts nothing', async () => {
  const hub = await open('esplora')
  await strike('esplora', 'wrong_network')
  assert.equal((await hub.create()).problem?.walletCode, 'chain_not_ready')
  assert((await hub.check()).includes('source_wrong_network'))
})

test('a node too old for its questions is named by the check', async () => {
  const hub = await open('core')
  await strike('core', 'old_version')
  assert((await hub.check()).includes('source_too_old'))
  await recover()
})

for (const source of ['core', 'esplora'] as const) {
  test(`${source} that is stuck shows nothing new until it goes on`, async () => {
    const hub = await open(source)
    await hub.create()
    await strike(source, 'stale')
    assert.equal((await hub.query()).status, 'requires_action')
    await hub.pay()
    assert.equal((await hub.query()).status, 'requires_action')
    await recover()
    assert.equal((await hub.query()).status, 'succeeded')
  })
}

for (const how of ['lies', 'false_proof', 'other_bytes'] as const) {
  test(`an Esplora server that ${how} never settles a payment`, async () => {
    const hub = await open('esplora')
    // What is said to be confirmed is not; what is confirmed comes with a wrong proof, or bytes.
    await hub.pay(how === 'lies' ? 0 : 1)
    await strike('esplora', how)
    const told = await hub.query()
    assert.notEqual(told.status, 'succeeded', JSON.stringify(told))
    await recover()
    if (how === 'lies') await control('mine', {})
    assert.equal((await hub.query()).status, 'succeeded')
  })
}

test('one exchange may fail or lie; two that can be trusted are a price', async () => {
  for (const how of [
    'down',
    '403',
    '5xx',
    'garbage',
    'stale',
    'crossed',
    'wide',
    'apart',
    'ten_times',
  ]) {
    await strike('rate', how, { operation: 'coinbase' })
    const started = await (await open('core')).create()
    assert.equal(started.status, 'requires_action', `${how}: ${JSON.stringify(started.problem)}`)
    await recover()
  }
})

test('no price is made of one exchange, nor of three that disagree, nor without the bank', async () => {
  const refusal = async () => (await (await open('core')).create()).problem?.walletCode
  await strike('rate', 'down', { operation: 'coinbase' })
  await strike('rate', '403', { operation: 'kraken' })
  assert.equal(await refusal(), 'rate_unavailable')
  await recover()
  await strike('rate', 'apart', { operation: 'coinbase' })
  await strike('rate', 'ten_times', { operation: 'kraken' })
  assert.equal(await refusal(), 'rate_disagreement')
  await recover()
  await strike('rate', 'stale', { operation: 'ecb' })
  assert.equal(await refusal(), 'rate_unavailable')
  await recover()
  assert.equal(await refusal(), undefined)
})

test('short, over, twice and split payments end as the sheet says', async () => {
  const cases: [string, (uri: string, sat: number) => Promise<unknown>, string, string[]][] = [
    [
      'short',
      (uri, sat) => control('pay', { uri, sat: sat - 1, mine: 1 }),
      'requires_action',
      ['underpaid'],
    ],
    [
      'over',
      (uri, sat) => control('pay', { uri, sat: sat + 1, mine: 1 }),
      'succeeded',
      ['overpaid'],
    ],
    ['split', (uri) => control('pay', { uri, parts: 3, mine: 1 }), 'succeeded', []],
    [
      'twice',
      async (uri) => {
        await control('pay', { uri })
        await control('pay', { uri, mine: 1 })
      },
      'succeeded',
      ['overpaid'],
    ],
  ]
  for (const [name, act, status, flags] of cases) {
    const hub = await open('core')
    const { nextAction } = await hub.create()
    assert(nextAction?.type === 'address')
    await act(nextAction.uri, nextAction.amountSat)
    const told = await hub.query()
    assert.equal(told.status, status, name)
    assert.deepEqual(told.chain?.flags, flags, name)
  }
})
