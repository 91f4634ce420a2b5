// The node's RPC against recorded answers of a real one: refusals byte for byte, the rest member by
// member, in the same order and of the same kind.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { isObject } from '../json.ts'
import { setup } from '../test-support.ts'
import { writeJson } from './rpc-json.ts'
import { viewTransaction } from './rpc-views.ts'
import { parseTransaction } from './transaction.ts'

interface Sample {
  id: string
  request: unknown
  path: string
  auth: 'valid' | 'none' | 'wrong'
  response: {
    httpStatus: number
    contentType: string | null
    wwwAuthenticate?: string
    bodyText: string
  }
}

const file = new URL('../../../test/vectors/bitcoin/rpc_samples.json', import.meta.url)
const { samples }: { samples: Sample[] } = JSON.parse(readFileSync(file, 'utf8'))

const world = await setup()
after(() => world.sandbox.close())
const { fields } = await world.control('bitcoin/hub-account')
const login = isObject(fields) ? `${fields.core_user}:${fields.core_password}` : ''

async function post(body: unknown, { path = '/', auth = 'valid' } = {}) {
  const credentials = auth === 'wrong' ? 'sandbox:guess' : login
  return fetch(`${world.sandbox.url}/bitcoin/rpc${path === '/' ? '' : path}`, {
    method: 'POST',
    headers:
      auth === 'none'
        ? {}
        : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function ask(method: string, ...params: unknown[]) {
  const answer = await post({ jsonrpc: '2.0', id: 1, method, params })
  return JSON.parse(await answer.text())
}

function sample(id: string): Sample {
  return samples.find((each) => each.id === id) ?? assert.fail(id)
}

// Answers that do not depend on what the chain holds. The recorded node had two wallets loaded and
// its own error position for a mistyped address.
const SAME = [
  ...['getblockhash-out-of-range-v2', 'getblockhash-out-of-range-v1', 'unknown-method-v2'],
  ...['unknown-method-v1', 'no-auth', 'wrong-auth', 'bad-json', 'notification-no-id'],
  ...['wallet-missing', 'getmempoolentry-gone', 'sendrawtransaction-garbage'],
  ...['sendrawtransaction-inputs-spent', 'testmempoolaccept-inputs-spent'],
  ...['getzmqnotifications', 'scanblocks-no-index', 'getnetworkinfo-version'],
  'gettxout-spent-in-mempool',
]

for (const id of SAME) {
  test(`answers as recorded: ${id}`, async () => {
    const { request, response, ...how } = sample(id)
    const answer = await post(request, how)
    assert.equal(await answer.text(), response.bodyText)
    assert.equal(answer.status, response.httpStatus)
    assert.equal(answer.headers.get('content-type'), response.contentType)
    assert.equal(answer.headers.get('www-authenticate'), response.wwwAuthenticate ?? null)
  })
}

test('shows a recorded transaction in the recorded bytes', () => {
  const { bodyText } = sample('getrawtransaction-mempool').response
  const { hex } = JSON.parse(bodyText).result
  const transaction = parseTransaction(Buffer.from(hex, 'hex'))
  assert(transaction)
  const shown = writeJson({ ...viewTransaction(undefined, transaction), hex })
  assert.equal(`{"jsonrpc":"2.0","result":${shown},"id":1}\n`, bodyText)
})

/** The members by their paths in order, each with the kind of its value. */
function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [`${path}[]`, ...shapeOf(value[0], `${path}[0]`)]
  if (!isObject(value)) return value === undefined ? [] : [`${path}: ${typeof value}`]
  return Object.entries(value).flatMap(([name, each]) => shapeOf(each, `${path}.${name}`))
}

test('answers with the recorded members in the recorded order', async () => {
  const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
  const paid = await world.control('bitcoin/pay', { address, sat: 100_000 })
  const { txid, raw } = paid
  const hash = (await ask('getbestblockhash')).result
  const [input] = (await ask('getrawtransaction', txid, 1)).result.vin
  const calls: Record<string, [string, ...unknown[]]> = {
    getblockchaininfo: ['getblockchaininfo'],
    'getblockhash-ok': ['getblockhash', 1],
    getblockheader: ['getblockheader', hash],
    'getblock-0': ['getblock', hash, 0],
    getmempoolentry: ['getmempoolentry', txid],
    getrawmempool: ['getrawmempool'],
    'getrawmempool-seq': ['getrawmempool', false, true],
    'getrawtransaction-mempool': ['getrawtransaction', txid, 1],
    gettxspendingprevout: ['gettxspendingprevout', [{ txid: input.txid, vout: input.vout }]],
    'estimatesmartfee-no-data': ['estimatesmartfee', 2],
    getmempoolinfo: ['getmempoolinfo'],
    getindexinfo: ['getindexinfo'],
    getchaintips: ['getchaintips'],
  }
  for (const [id, [method, ...params]] of Object.entries(calls)) {
    const recorded = JSON.parse(sample(id).response.bodyText)
    assert.deepEqual(shapeOf(await ask(method, ...params)), shapeOf(recorded), id)
  }
  assert.equal((await ask('sendrawtransaction', raw)).result, txid)
})

test('each call of a batch is answered, wrong ones too', async () => {
  const { request, response } = sample('batch')
  const answer = await post(request)
  const shape = shapeOf(JSON.parse(response.bodyText))
  assert.deepEqual(shapeOf(await answer.json()), shape)
})

test('amounts are numbers with eight decimals', async () => {
  const { hash } = (await ask('getblockheader', (await ask('getbestblockhash')).result)).result
  const answer = await post({ jsonrpc: '2.0', id: 1, method: 'getblock', params: [hash, 2] })
  const values = [...(await answer.text()).matchAll(/"value":([^,]+),/g)].map(([, value]) => value)
  assert(values.length > 1)
  for (const value of values) assert.match(value ?? '', /^\d+\.\d{8}$/)
})

test('named parameters are understood, unknown ones refused', async () => {
  const named = async (params: object) => {
    const answer = await post({ jsonrpc: '2.0', id: 1, method: 'getblockhash', params })
    return JSON.parse(await answer.text())
  }
  assert.equal((await named({ height: 0 })).result, (await ask('getblockhash', 0)).result)
  assert.equal((await named({ depth: 0 })).error.code, -8)
})

test('mines, bans a block and takes it back by the calls a test network has', async () => {
  const address = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
  const before = (await ask('getblockcount')).result
  const [first] = (await ask('generatetoaddress', 2, address)).result
  assert.equal((await ask('getblockcount')).result, before + 2)
  await ask('invalidateblock', first)
  assert.equal((await ask('getblockheader', first)).result.confirmations, -1)
  assert.equal((await ask('getblockcount')).result, before)
  await ask('reconsiderblock', first)
  assert.equal((await ask('getblockcount')).result, before + 2)
  const foreign = JSON.parse(sample('getrawtransaction-mempool').response.bodyText).result.hex
  assert.equal((await ask('generateblock', address, [foreign])).error.code, -25)
  const paid = await world.control('bitcoin/pay', { address, sat: 70_000 })
  await world.control('bitcoin/drop', { txid: paid.txid })
  const { hash } = (await ask('generateblock', address, [paid.raw])).result
  assert.deepEqual((await ask('getblock', hash, 1)).result.tx.slice(1), [paid.txid])
})
