// On demand, against a real node on regtest: BITCOIND=/path/to/bitcoind node --test <this file>.
// Everything that the recorded scenarios claim of a node is done to one here, and the satoshi are
// compared with the node's own count. No prices are asked for: orders are in bitcoin.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { HDKey } from '@scure/bip32'
import { createNetwork } from '../../src/outgoing/network.ts'
import type { Ports } from '../../src/ports.ts'
import { type BitcoinAccount, readAccount } from '../../src/wallets/bitcoin/account.ts'
import { bitcoin } from '../../src/wallets/bitcoin/wallet.ts'
import type { AttemptOrder, FollowFeed, Observation } from '../../src/wallets/wallet.ts'

const program = process.env.BITCOIND
assert(program, 'BITCOIND names the bitcoind to run; see section 12 of the Bitcoin sheet')

const TEST_KEYS = { private: 0x04358394, public: 0x043587cf }
const RPC = { user: 'hub', password: randomBytes(12).toString('hex') }

let node: ChildProcess
let folder: string
let url: string
let ports: Ports
let account: BitcoinAccount
let watched: string
let closeNetwork: () => Promise<void>

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bitcoin-node-'))
  const [rpcPort, p2pPort] = [await freePort(), await freePort()]
  url = `http://127.0.0.1:${rpcPort}/`
  node = spawn(
    program,
    [
      ...['-regtest', `-datadir=${folder}`, '-server', '-listen=0', '-fallbackfee=0.0001'],
      ...[`-rpcport=${rpcPort}`, `-port=${p2pPort}`, '-rpcbind=127.0.0.1', '-rpcallowip=127.0.0.1'],
      ...[`-rpcuser=${RPC.user}`, `-rpcpassword=${RPC.password}`, '-printtoconsole=0'],
    ],
    { stdio: 'ignore' },
  )
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  const network = createNetwork({ log, allowPrivate: [url.slice(0, -1)] })
  closeNetwork = () => network.close()
  const random = { bytes: (size: number) => randomBytes(size) }
  ports = { clock: { now: Date.now }, random, network, log }
  await ready()
  await rpc('createwallet', ['payer'])
  await mine(110)
  const key = HDKey.fromMasterSeed(randomBytes(32), TEST_KEYS).derive("m/84'/1'/0'")
  const descriptor = `wpkh(${key.publicExtendedKey}/<0;1>/*)`
  const read = readAccount({
    network: 'regtest',
    key: descriptor,
    core_urls: url,
    core_user: RPC.user,
    core_password: RPC.password,
    confirmations: '0.01:1 *:3',
    environment: 'test',
    rate_sources: 'kraken=http://127.0.0.1:1 bitstamp=http://127.0.0.1:1',
    fx_source: 'ecb=http://127.0.0.1:1',
  })
  assert('account' in read)
  account = read.account
  watched = `wpkh(${key.publicExtendedKey}/0/*)`
})

after(async () => {
  await closeNetwork()
  const ended = new Promise((resolve) => node.once('exit', resolve))
  node.kill()
  await ended
  await rm(folder, { recursive: true })
})

let lastIndex = 0

function newOrder(sat: bigint): AttemptOrder {
  lastIndex += 1
  return {
    walletReference: `ref${lastIndex}`,
    surface: 'qr',
    money: { amount: sat, currency: 'BTC' },
    title: 'Coffee',
    expiresAt: Date.now() + 900_000,
    notifyUrl: 'https://pay.example.com/notify',
    returnUrl: 'https://pay.example.com/return',
    quitUrl: 'https://pay.example.com/quit',
    accountIndex: lastIndex,
  }
}

/** An order that was started, and what it is paid to. */
async function start(sat: bigint) {
  let order = newOrder(sat)
  const started = await bitcoin.create(ports, account, order)
  assert.equal(started.status, 'requires_action', JSON.stringify(started.problem))
  assert(started.nextAction?.type === 'address')
  keep(started)
  function keep({ memory }: Observation) {
    if (memory !== undefined) order = { ...order, memory }
  }
  const query = async (more: Partial<AttemptOrder> = {}) => {
    const observation = await bitcoin.query(ports, account, { ...order, ...more })
    keep(observation)
    return observation
  }
  return { address: started.nextAction.address, query }
}

test('the account passes its check but for prices', async () => {
  const found = await bitcoin.check(ports, account)
  const errors = found.filter(({ level, param }) => level === 'error' && param !== '/rate_sources')
  assert.deepEqual(errors, [])
})

test('its addresses are those that the node derives', async () => {
  const { descriptor } = await rpc('getdescriptorinfo', [watched])
  const theirs = await rpc('deriveaddresses', [descriptor, [1, 3]])
  const ours = [await start(10_000n), await start(10_000n), await start(10_000n)]
  assert.deepEqual(
    ours.map(({ address }) => address),
    theirs,
  )
})

test('paid, bumped, mined', async () => {
  const { address, query } = await start(150_000n)
  const txid = await rpc('sendtoaddress', [address, '0.0015'])
  assert.equal((await query()).status, 'processing')
  const { txid: bumped } = await rpc('bumpfee', [txid])
  const replaced = await query()
  assert.equal(replaced.status, 'processing')
  assert.equal(replaced.chain?.seenSat, 150_000)
  assert.deepEqual(replaced.chain?.payments.map(({ status }) => status).sort(), [
    'mempool',
    'replaced',
  ])
  assert.deepEqual(replaced.chain?.flags, [])
  await mine(1)
  const paid = await query()
  assert.equal(paid.status, 'succeeded')
  assert.match(paid.walletTransactionId ?? '', new RegExp(`^${bumped}:`))
  assert.deepEqual(paid.chain?.payments.map(({ status }) => status).sort(), [
    'confirmed',
    'conflicted',
  ])
})

test('short, topped up, and over', async () => {
  const { address, query } = await start(200_000n)
  await rpc('sendtoaddress', [address, '0.0012'])
  const short = await query()
  assert.equal(short.status, 'requires_action')
  assert.equal(short.chain?.dueSat, 80_000)
  await rpc('sendtoaddress', [address, '0.00081'])
  await mine(1)
  const paid = await query()
  assert.equal(paid.status, 'succeeded')
  assert.equal(paid.chain?.heldSat, 1_000)
  assert.deepEqual(paid.chain?.flags, ['overpaid'])
})

test('three confirmations, one taken back by a reorganization', async () => {
  const { address, query } = await start(2_000_000n)
  await rpc('sendtoaddress', [address, '0.02'])
  await mine(2)
  assert.equal((await query()).walletStatus, 'processing 2/3')
  const tip = await rpc('getbestblockhash')
  await rpc('invalidateblock', [tip])
  assert.equal((await query()).walletStatus, 'processing 1/3')
  await mine(2)
  assert.equal((await query()).status, 'succeeded')
})

test('a payment that a reorganization and a double spend take away is reversed', async () => {
  const { address, query } = await start(100_000n)
  const txid = await rpc('sendtoaddress', [address, '0.001'])
  const { decoded } = await rpc('gettransaction', [txid, true, true])
  await mine(1)
  assert.equal((await query()).status, 'succeeded')
  await rpc('invalidateblock', [await rpc('getbestblockhash')])
  const back = await query()
  assert.equal(back.status, 'succeeded')
  assert.deepEqual(back.chain?.flags, ['reorged', 'reversed'])
  const elsewhere = await rpc('getnewaddress')
  const inputs = decoded.vin.map(({ txid, vout }: { txid: string; vout: number }) => ({
    txid,
    vout,
  }))
  const value = await inputValue(inputs)
  const raw = await rpc('createrawtransaction', [
    inputs,
    [{ [elsewhere]: (value - 0.0005).toFixed(8) }],
  ])
  const { hex } = await rpc('signrawtransactionwithwallet', [raw])
  const miner = await rpc('getnewaddress')
  await rpc('generateblock', [miner, [hex]])
  await mine(1)
  const gone = await query()
  assert.equal(gone.status, 'reversed')
  assert.equal(gone.chain?.reversedSat, 100_000)
  assert.deepEqual(
    gone.chain?.payments.map(({ status }) => status),
    ['conflicted'],
  )
})

test('following tells of unconfirmed payments, of blocks, and of old addresses', async () => {
  const { address, query } = await start(120_000n)
  const old = await start(130_000n)
  let position: string | undefined
  const look = async () => {
    const asked = new Map<string, readonly string[]>()
    const feed: FollowFeed = {
      position,
      open: async () => [address],
      known: async (all) => all.filter((each) => [address, old.address].includes(each)),
      ask: async (news) => {
        for (const each of news) asked.set(each.address, each.hints)
        return []
      },
    }
    position = (await bitcoin.follow?.(ports, account, feed))?.position
    return asked
  }
  assert.deepEqual(await look(), new Map())
  await rpc('sendtoaddress', [address, '0.0012'])
  await rpc('sendtoaddress', [old.address, '0.0013'])
  assert.deepEqual(await look(), new Map([[address, []]]))
  await mine(1)
  const hints = [await rpc('getbestblockhash')]
  const blocks = await look()
  assert.deepEqual(
    blocks,
    new Map([
      [address, hints],
      [old.address, hints],
    ]),
  )
  assert.equal((await query({ hints })).status, 'succeeded')
  assert.equal((await old.query({ hints })).status, 'succeeded')
})

test('what was confirmed is what the node counts on the account', async () => {
  const { address, query } = await start(500_000n)
  await rpc('sendtoaddress', [address, '0.005'])
  await mine(1)
  const paid = await query()
  const { total_amount: total } = await rpc('scantxoutset', ['start', [`addr(${address})`]])
  assert.equal(Math.round(total * 1e8), paid.chain?.confirmedSat)
})

async function mine(blocks: number): Promise<void> {
  await rpc('generatetoaddress', [blocks, await rpc('getnewaddress')])
}

async function inputValue(inputs: readonly { txid: string; vout: number }[]): Promise<number> {
  let sum = 0
  for (const { txid, vout } of inputs) sum += (await rpc('gettxout', [txid, vout, false])).value
  return sum
}

async function ready(): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      await rpc('getblockcount')
      return
    } catch (error) {
      if (node.exitCode !== null || tries === 199) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

async function rpc(method: string, params: unknown[] = []) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${RPC.user}:${RPC.password}`).toString('base64')}`,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const answer = JSON.parse(await response.text())
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(address && typeof address === 'object' ? address.port : 0))
    })
  })
}
