// On demand, `npm run test:bitcoind`: the sandbox's chain is given to a real node block by block. The
// node must take all of it, answer every question in the same bytes, and the hub must see the same.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import * as bitcoinjs from 'bitcoinjs-lib'
import { testLog } from '../../src/db/testing.ts'
import { createNetwork } from '../../src/outgoing/network.ts'
import { systemRandom } from '../../src/payments/testing.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { bitcoin } from '../../src/wallets/bitcoin/wallet.ts'
import type { AttemptOrder, Observation } from '../../src/wallets/wallet.ts'
import { type Bitcoind, startBitcoind } from './bitcoind-process.ts'

let node: Bitcoind
let sandbox: Sandbox
let login: Record<string, string>

before(async () => {
  node = await startBitcoind()
  sandbox = await startSandbox({ port: 0 })
  login = (await control('hub-account')).fields
})
after(async () => {
  await sandbox.close()
  await node.close()
})

async function control(path: string, body?: object) {
  const answer = await fetch(`${sandbox.url}/control/bitcoin/${path}`, {
    method: body ? 'POST' : 'GET',
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  assert(answer.ok, `${path}: ${text}`)
  return JSON.parse(text)
}

async function ask(method: string, params: readonly unknown[] = []): Promise<string> {
  const user = `${login.core_user}:${login.core_password}`
  const answer = await fetch(String(login.core_urls), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  return answer.text()
}

const resultOf = (text: string) => JSON.parse(text).result

/** Hands the node what it does not have yet: blocks from the fork on, then what waits. */
async function mirror(): Promise<void> {
  const height = resultOf(await ask('getblockcount'))
  const missing: string[] = []
  for (let at = height; at > 0; at -= 1) {
    const hash = resultOf(await ask('getblockhash', [at]))
    if (resultOf(await node.ask('getblockheader', [hash]))) break
    missing.unshift(resultOf(await ask('getblock', [hash, 0])))
  }
  for (const raw of missing) {
    const told = resultOf(await node.ask('submitblock', [raw]))
    assert(told === null || told === 'inconclusive', `the node refuses a block: ${told}`)
  }
  for (const txid of resultOf(await ask('getrawmempool'))) {
    const raw = resultOf(await ask('getrawtransaction', [txid]))
    const told = await node.ask('sendrawtransaction', [raw])
    assert.equal(resultOf(told), txid, `the node refuses a transaction: ${told}`)
  }
}

/** Each knows its own disk and clock, how urgent it thinks a transaction is, and whom it told of it. */
const OWN =
  /"(size_on_disk|time|usage|mempool_sequence|(starting|current)priority|unbroadcast(count)?)":[\w.]+,?/g

async function same(method: string, params: readonly unknown[] = []): Promise<void> {
  const [ours, theirs] = await Promise.all([ask(method, params), node.ask(method, params)])
  const name = `${method} ${JSON.stringify(params).slice(0, 120)}`
  const isOwn = [
    'getblockchaininfo',
    'getmempoolentry',
    'getmempoolinfo',
    'testmempoolaccept',
  ].includes(method)
  const mask = (text: string) => (isOwn ? text.replace(OWN, '') : text)
  assert.equal(mask(ours), mask(theirs), name)
}

/** Every question that there is about what is there now. */
async function sameEverywhere(): Promise<void> {
  for (const method of [
    'getblockchaininfo',
    'getnetworkinfo',
    'getblockcount',
    'getbestblockhash',
  ]) {
    await same(method)
  }
  for (const method of ['getmempoolinfo', 'getindexinfo', 'getzmqnotifications']) await same(method)
  const height = resultOf(await ask('getblockcount'))
  const heights = [0, 1, 50, ...Array.from({ length: 8 }, (_, i) => height - i)]
  const scripts = new Set<string>()
  const hashes: string[] = []
  for (const at of heights) {
    await same('getblockhash', [at])
    const hash = resultOf(await ask('getblockhash', [at]))
    hashes.push(hash)
    await same('getblockheader', [hash])
    await same('getblockheader', [hash, false])
    for (const verbosity of [0, 1, 2]) await same('getblock', [hash, verbosity])
    if (at === 0) continue
    const { tx } = resultOf(await ask('getblock', [hash, 1]))
    for (const txid of tx.slice(0, 4)) {
      for (const verbosity of [0, 1, 2]) await same('getrawtransaction', [txid, verbosity])
      for (const mempool of [true, false]) await same('gettxout', [txid, 0, mempool])
      await same('getmempoolentry', [txid])
      const { vout } = resultOf(await ask('getrawtransaction', [txid, 1]))
      for (const { scriptPubKey } of vout.slice(0, 4)) scripts.add(`raw(${scriptPubKey.hex})`)
    }
  }
  for (const txid of resultOf(await ask('getrawmempool'))) {
    for (const verbosity of [0, 1]) await same('getrawtransaction', [txid, verbosity])
    await same('getmempoolentry', [txid])
    for (const mempool of [true, false]) await same('gettxout', [txid, 0, mempool])
    const { vin, vout, hex } = resultOf(await ask('getrawtransaction', [txid, 1]))
    const spent = vin.map(({ txid, vout }: { txid: string; vout: number }) => ({ txid, vout }))
    await same('gettxspendingprevout', [spent])
    await same('sendrawtransaction', [hex])
    await same('decoderawtransaction', [hex])
    for (const { scriptPubKey } of vout) scripts.add(`raw(${scriptPubKey.hex})`)
  }
  for (const mempool of [true, false]) {
    await same('getdescriptoractivity', [hashes.slice(3), [...scripts], mempool])
  }
  await same('getchaintips')
}

test('a node of the world takes the sandbox for one of its kind', async (t) => {
  await t.test('the chain it begins with', async () => {
    await mirror()
    await sameEverywhere()
  })
  const network = createNetwork({ log: testLog(), allowPrivate: [sandbox.url, node.url] })
  const ports = { clock: { now: Date.now }, random: systemRandom, log: testLog(), network }
  const { core_urls: _ours, esplora_urls: _esplora, ...common } = login
  const accountOf = (more: Record<string, string>) => {
    const read = bitcoin.readAccount({ ...common, ...more })
    assert('account' in read, JSON.stringify(read))
    return read.account
  }
  const views = [
    accountOf({ core_urls: String(login.core_urls) }),
    accountOf({ esplora_urls: String(login.esplora_urls) }),
    accountOf({ core_urls: node.url, core_user: node.user, core_password: node.password }),
  ]
  const orders: AttemptOrder[] = []

  async function begin(accountIndex: number): Promise<string> {
    const order: AttemptOrder = {
      walletReference: `order${accountIndex}`,
      surface: 'qr',
      money: { amount: 8850n, currency: 'USD' },
      title: 'Coffee',
      expiresAt: Date.now() + 900_000,
      notifyUrl: sandbox.url,
      returnUrl: sandbox.url,
      quitUrl: sandbox.url,
      accountIndex,
    }
    const started = await Promise.all(views.map((each) => bitcoin.create(ports, each, order)))
    for (const { memory } of started) orders.push({ ...order, ...(memory && { memory }) })
    const [action] = started.map(({ nextAction }) => nextAction)
    return action?.type === 'address' ? action.uri : assert.fail('no address')
  }

  /** What the hub sees of the latest order, the same through every source. */
  async function seen(): Promise<Observation> {
    await mirror()
    const latest = orders.slice(-views.length)
    const all = await Promise.all(
      views.map(async (view, i) => {
        const order = latest[i] ?? assert.fail('no order')
        const observation = await bitcoin.query(ports, view, order)
        if (observation.memory !== undefined) order.memory = observation.memory
        const { memory: _memory, paidAt: _paidAt, ...told } = observation
        return told
      }),
    )
    const [ours, esplora, theirs] = all
    assert.deepEqual(ours, theirs)
    assert.deepEqual(esplora, theirs)
    return ours ?? assert.fail('no view')
  }

  const cases: [string, (uri: string) => Promise<void>][] = [
    [
      'paid, confirmed, reorganized away and back',
      async (uri) => {
        assert.equal((await seen()).status, 'requires_action')
        await control('pay', { uri })
        assert.equal((await seen()).status, 'processing')
        await sameEverywhere()
        await control('mine', { n: 1 })
        assert.equal((await seen()).status, 'succeeded')
        await control('reorg', { depth: 1, keep: false })
        assert.deepEqual((await seen()).chain?.flags.includes('reorged'), true)
        await sameEverywhere()
        await control('mine', { n: 1 })
        assert.equal((await seen()).chain?.reversedSat, 0)
      },
    ],
    [
      'a fee bumped, in parts, from change that waits',
      async (uri) => {
        const { txid } = await control('pay', { uri, payer: 'hanmeimei', parts: 2 })
        await seen()
        await control('bump', { txid })
        await control('pay', { address: PAYEE, sat: 500_000_000, payer: 'lilei' })
        await control('pay', { address: PAYEE, sat: 990_000_000, payer: 'lilei' })
        assert.equal((await seen()).status, 'processing')
        await sameEverywhere()
        await control('mine', { n: 2 })
        assert.equal((await seen()).status, 'succeeded')
        await sameEverywhere()
      },
    ],
    [
      'taken back by a replacement',
      async (uri) => {
        const { txid } = await control('pay', { uri })
        await seen()
        await control('double-spend', { txid })
        assert.deepEqual((await seen()).chain?.flags, ['double_spent'])
        await control('mine', { n: 1 })
        await seen()
      },
    ],
    [
      'double-spent in a block of another branch',
      async (uri) => {
        const { txid } = await control('pay', { uri, mine: 2 })
        assert.equal((await seen()).status, 'succeeded')
        await control('double-spend', { txid, how: 'mine' })
        assert.equal((await seen()).status, 'reversed')
        await sameEverywhere()
      },
    ],
  ]
  for (const [index, [name, run]] of cases.entries()) {
    await t.test(name, async () => run(await begin(index)))
  }
  await network.close()
})

test('refuses what a node refuses, in its words', async () => {
  await mirror()
  const nobody = '1'.repeat(64)
  const tip = resultOf(await ask('getbestblockhash'))
  const calls: [string, readonly unknown[]][] = [
    ['getblockhash', [99_999_999]],
    ['getblockhash', [-1]],
    ['getblockhash', ['x']],
    ['getblock', [nobody]],
    ['getblock', ['00']],
    ['getblockheader', [nobody]],
    ['getblockheader', ['zz']],
    ['getrawtransaction', [nobody]],
    ['getmempoolentry', [nobody]],
    ['gettxout', [nobody, 0]],
    ['gettxspendingprevout', [[]]],
    ['gettxspendingprevout', [[{ txid: nobody, vout: 1 }]]],
    ['getdescriptoractivity', [[nobody], ['raw(00)'], true]],
    ['getdescriptoractivity', [[tip], ['raw(zz)'], true]],
    ['getdescriptoractivity', [[tip], ['raw(00)#aaaaaaaa'], true]],
    ['getdescriptoractivity', [[tip], [`addr(${PAYEE})`], true]],
    ['getdescriptorinfo', [`addr(${PAYEE})`]],
    ['validateaddress', [PAYEE]],
    ['validateaddress', ['x']],
    ['sendrawtransaction', ['00']],
    ['sendrawtransaction', ['zz']],
    ['decoderawtransaction', ['00']],
    ['testmempoolaccept', [['00']]],
    ['scanblocks', ['start', [`addr(${PAYEE})`]]],
    ['scantxoutset', ['start', [`addr(${PAYEE})`]]],
    ['getbalance', []],
    ['nosuchmethod', []],
  ]
  for (const [method, params] of calls) await same(method, params)
})

test('takes and refuses the same transactions', async () => {
  const address = resultOf(await ask('validateaddress', [PAYEE])).scriptPubKey
  const paid = await control('pay', { address: PAYEE, sat: 100_000 })
  await mirror()
  const draft = bitcoinjs.Transaction.fromHex(paid.raw)
  const changed = (change: (transaction: bitcoinjs.Transaction) => void) => {
    const copy = draft.clone()
    change(copy)
    return copy.toHex()
  }
  const { vout } = resultOf(await ask('getrawtransaction', [paid.txid, 1]))
  const change = vout.findIndex((each: { n: number }) => vout[each.n].scriptPubKey.hex !== address)
  const value = (transaction: bitcoinjs.Transaction, index: number, by: bigint) => {
    const output = transaction.outs[index]
    if (output) output.value += by
  }
  const hexes = [
    changed((each) => value(each, change, -1n)),
    changed((each) => value(each, change, -5_000n)),
    changed((each) => value(each, change, 5_000_000_000n)),
    changed((each) => value(each, 1 - change, -99_900n)),
    changed((each) => {
      each.locktime = 400_000_000
    }),
    changed((each) => each.addOutput(Buffer.from('51', 'hex'), 1_000n)),
    changed((each) => {
      const [input] = each.ins
      if (input) input.hash = Buffer.alloc(32, 7)
    }),
  ]
  for (const hex of hexes) {
    const [ours, theirs] = await Promise.all([
      ask('sendrawtransaction', [hex]),
      node.ask('sendrawtransaction', [hex]),
    ])
    // The node of Debian's packages has a word of its own for what Bitcoin Core calls dust.
    assert.equal(ours, theirs.replace('dust-nonanchor', 'dust'), hex)
    await same('testmempoolaccept', [[changed(() => undefined)]])
  }
  const spent = resultOf(await ask('getblock', [resultOf(await ask('getblockhash', [103])), 2]))
    .tx[1]
  await same('sendrawtransaction', [spent.hex])
  const { tx } = resultOf(await ask('getblock', [resultOf(await ask('getblockhash', [103])), 1]))
  await same('testmempoolaccept', [[resultOf(await ask('getrawtransaction', [tx[1]]))]])
})

const PAYEE = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
