// The control API: what payers, miners and exchanges do on command, and what is refused.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { JsonObject } from '../json.ts'
import { listOf, setup } from '../test-support.ts'

const world = await setup()
after(() => world.sandbox.close())
const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
const OTHER = 'bcrt1qac0hd63g4g9fhcrqar2n7hrhkv8grhvs4cjpxx'

const control = (path: string, body?: JsonObject) => world.control(`bitcoin/${path}`, body)
const pay = (body: JsonObject) => control('pay', { address: ADDRESS, sat: 20_000, ...body })
const stateOf = async (txid: unknown) => (await control(`payments/${txid}`)).state
const problemOf = (answer: JsonObject) => JSON.parse(JSON.stringify(answer.problem ?? {})).code

async function esplora(path: string): Promise<{ status: number; body: JsonObject; text: string }> {
  const answer = await fetch(`${world.sandbox.url}/bitcoin/esplora${path}`)
  const text = await answer.text()
  const body = /^[[{]/.test(text) ? JSON.parse(text) : {}
  return { status: answer.status, body, text }
}

test('pays what a link asks, in upper case too, and by its label', async () => {
  const uri = `bitcoin:${ADDRESS.toUpperCase()}?amount=0.00012681&label=Caf%C3%A9`
  const paid = await control('pay', { uri, label: 'Café' })
  assert.deepEqual(paid.outputs, [{ address: ADDRESS, sat: 12_681 }])
  assert.equal(paid.label, 'Café')
  assert.equal(paid.state, 'waiting')
})

test('pays in parts, and several in one transaction', async () => {
  const parts = await pay({ sat: 10_001, parts: 3 })
  assert.deepEqual(
    listOf(parts, 'outputs').map(({ sat }) => sat),
    [3_335, 3_333, 3_333],
  )
  const outputs = [
    { address: ADDRESS, sat: 5_000 },
    { address: OTHER, amount: '0.00007' },
  ]
  const both = await control('pay', { outputs })
  assert.deepEqual(both.outputs, [
    { address: ADDRESS, sat: 5_000 },
    { address: OTHER, sat: 7_000 },
  ])
})

test('refuses a foreign network, a missing amount, an unknown payer, and who has nothing', async () => {
  for (const body of [
    { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
    { address: `${ADDRESS.slice(0, -1)}1` },
    { uri: `bitcoin:${ADDRESS}`, sat: 0 },
    { uri: `bitcoin:${ADDRESS}?amount=1e-3`, address: undefined, sat: undefined },
    { uri: `bitcoin:${ADDRESS}?amount=1&amount=2` },
    { uri: `bitcoin:${ADDRESS}?amount=1&req-x=2` },
    { payer: 'nobody' },
    { parts: 101 },
    { fee_rate: 0 },
    { mine: -1 },
  ]) {
    assert.equal(problemOf(await pay(body)), 'INVALID_PARAMETER', JSON.stringify(body))
  }
  assert.equal(problemOf(await pay({ payer: 'poor', sat: 100_000 })), 'NOT_ENOUGH')
  assert.equal(problemOf(await pay({ sat: 100 })), 'REFUSED_BY_NODE')
  assert.equal(problemOf(await control('bump', { txid: '00' })), 'UNKNOWN_PAYMENT')
})

test('a fee bumped keeps the payment; a payment lowered, or taken back, does not', async () => {
  const first = await pay({})
  const bumped = await control('bump', { txid: first.txid })
  assert.deepEqual(bumped.outputs, first.outputs)
  assert.equal(await stateOf(first.txid), 'replaced')
  const lowered = await control('lower', { txid: bumped.txid, sat: 15_000 })
  assert.deepEqual(lowered.outputs, [{ address: ADDRESS, sat: 15_000 }])
  const back = await control('double-spend', { txid: lowered.txid })
  assert.deepEqual(back.outputs, [])
  await control('mine', {})
  assert.equal(await stateOf(lowered.txid), 'double_spent')
  assert.equal(problemOf(await control('double-spend', { txid: back.txid })), 'TOO_LATE')
})

test('a payment is double-spent from under its confirmations', async () => {
  const paid = await pay({ mine: 3 })
  assert.equal(paid.state, 'confirmed')
  assert.equal(paid.confirmations, 3)
  const back = await control('double-spend', { txid: paid.txid, how: 'mine' })
  assert.equal(back.state, 'confirmed')
  assert.equal(await stateOf(paid.txid), 'double_spent')
  for (const how of ['mine', 'replace']) {
    assert.equal(problemOf(await control('double-spend', { txid: paid.txid, how })), 'TOO_LATE')
  }
})

test('a payment is dropped and sent again, left out of blocks, and reorganized', async () => {
  const paid = await pay({})
  const { txid } = paid
  assert.deepEqual((await control('drop', { txid })).dropped, [txid])
  assert.equal(await stateOf(txid), 'gone')
  assert.equal((await control('resend', { txid })).state, 'waiting')
  await control('mine', { n: 2, without: [txid] })
  assert.equal(await stateOf(txid), 'waiting')
  await control('mine', {})
  await control('reorg', { depth: 1, keep: false })
  assert.equal(await stateOf(txid), 'waiting')
  await control('reorg', { depth: 3 })
  assert.equal(await stateOf(txid), 'confirmed')
  assert.equal(problemOf(await control('reorg', { depth: 0 })), 'INVALID_PARAMETER')
  assert.equal(problemOf(await control('reorg', { depth: 2, blocks: 2 })), 'INVALID_PARAMETER')
  assert.equal(problemOf(await control('mine', { n: 1, to: 'nowhere' })), 'INVALID_PARAMETER')
})

test('rewards go where they are told, and the poor are helped', async () => {
  await control('mine', { to: OTHER })
  const { status, body } = await esplora(`/address/${OTHER}`)
  assert.equal(status, 200)
  assert(JSON.stringify(body).includes('"funded_txo_count":2'), JSON.stringify(body))
  await control('payers/poor/fund', { sat: 500_000 })
  assert.equal((await pay({ payer: 'poor', sat: 100_000 })).state, 'waiting')
})

test('the miner works as the clock goes, and only while he is of use', async () => {
  const height = async () => Number((await esplora('/blocks/tip/height')).text)
  await control('mine', { n: 8, everything: true })
  const before = await height()
  await control('miner', { seconds: 600 })
  const pass = () => world.control('clock/advance', { seconds: 601 })
  /** The alarm rings in a turn of the loop of its own: asked until it has, or often enough. */
  const reaches = async (wanted: number) => {
    let told = await height()
    for (let asked = 0; asked < 100 && told !== wanted; asked += 1) told = await height()
    return told
  }
  await pass()
  assert.equal(await reaches(before + 1), before, 'nothing to confirm')
  await pay({})
  await pass()
  assert.equal(await reaches(before + 1), before + 1)
  await control('miner', { seconds: 0 })
  await pay({})
  await pass()
  assert.equal(await reaches(before + 2), before + 1, 'switched off')
  assert.equal(problemOf(await control('miner', { seconds: -1 })), 'INVALID_PARAMETER')
})

test('the miner begins as the settings say', async () => {
  const other = await setup({ blockSeconds: 30 })
  assert.equal((await other.control('bitcoin/miner')).seconds, 30)
  await other.sandbox.close()
})

async function ticker(path: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${world.sandbox.url}/bitcoin/rates/${path}`)
  return { status: answer.status, text: await answer.text() }
}

const KRAKEN = 'kraken/0/public/Ticker?pair=XBTUSD'
const COINBASE = 'coinbase/products/BTC-USD/ticker'

test('every exchange writes the price that was set, each in its way', async () => {
  await control('rates', { mid: { USD: '50000.00' }, per_euro: { CNY: '8.0001' } })
  const kraken = JSON.parse((await ticker(KRAKEN)).text)
  assert.deepEqual(Object.keys(kraken.result), ['XXBTZUSD'])
  assert.equal(kraken.result.XXBTZUSD.b[0], '49997.50000')
  const bitstamp = JSON.parse((await ticker('bitstamp/api/v2/ticker/btcusd')).text)
  assert.equal(bitstamp.bid, '50007.50')
  const coinbase = JSON.parse((await ticker(COINBASE)).text)
  assert.equal(coinbase.ask, '49992.49')
  assert.match(
    (await ticker('ecb/stats/eurofxref/eurofxref-daily.xml')).text,
    /'CNY' rate='8.0001'/,
  )
  assert.equal((await ticker('bitstamp/api/v2/ticker/btcxyz')).status, 404)
  assert.match((await ticker('kraken/0/public/Ticker?pair=XBTXYZ')).text, /Unknown asset pair/)
  assert.equal(problemOf(await control('rates', { mid: { USD: '5' } })), 'INVALID_PARAMETER')
  assert.equal(problemOf(await control('rates', { per_euro: { CNY: 'x' } })), 'INVALID_PARAMETER')
})

test('an exchange fails, goes stale, or tells nonsense, and the others do not', async () => {
  const strike = (how: string, more: JsonObject = {}) =>
    control('outage', { source: 'rate', how, operation: 'coinbase', times: 1, ...more })
  await strike('403')
  assert.equal((await ticker(COINBASE)).status, 403)
  await strike('5xx')
  assert.equal((await ticker(COINBASE)).status, 502)
  await strike('garbage')
  assert.match((await ticker(COINBASE)).text, /^<html>/)
  await strike('down')
  await assert.rejects(ticker(COINBASE))
  await strike('stale', { seconds: 300 })
  const { time } = JSON.parse((await ticker(COINBASE)).text)
  assert(Date.now() - Date.parse(time) >= 300_000)
  await strike('crossed')
  const crossed = JSON.parse((await ticker(COINBASE)).text)
  assert(Number(crossed.bid) > Number(crossed.ask))
  await strike('ten_times')
  assert(Number(JSON.parse((await ticker(COINBASE)).text).bid) > 400_000)
  await strike('apart')
  assert.equal((await ticker(KRAKEN)).status, 200)
  assert.equal(problemOf(await control('outage', { source: 'moon' })), 'INVALID_PARAMETER')
  await world.control('bitcoin/outage', undefined, 'DELETE')
})

test('an Esplora server shows pages of 25 confirmed and at most 50 waiting', async () => {
  const address = 'bcrt1q5kk6pxn7q24jt7p4fvdmrnys74mutg42trz0nx'
  for (let i = 0; i < 30; i += 1) await control('pay', { address, sat: 1_000, fee_rate: 2 })
  await control('mine', { n: 1, everything: true })
  for (let i = 0; i < 52; i += 1) await control('pay', { address, sat: 1_000, fee_rate: 2 })
  const list = async (path: string) =>
    JSON.parse((await esplora(`/address/${address}${path}`)).text)
  const first = await list('/txs')
  assert.equal(first.length, 75)
  const last = first.at(-1).txid
  const rest = await list(`/txs/chain/${last}`)
  assert.equal(rest.length, 5)
  const all = new Set([...first.slice(50), ...rest].map((each: { txid: string }) => each.txid))
  assert.equal(all.size, 30)
  assert.equal((await list('/txs/mempool')).length, 50)
  assert.equal((await list('/utxo')).length, 82)
})

test('an Esplora server refuses as such a server does', async () => {
  const nobody = '1'.repeat(64)
  const answers = await Promise.all(
    [
      `/tx/${nobody}`,
      `/tx/${nobody}/status`,
      '/tx/zz',
      `/block/${nobody}`,
      '/block-height/999999',
      '/address/nonsense',
      '/nothing',
    ].map(esplora),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 404, 400, 404, 404, 400, 404],
  )
  const spend = await esplora(`/tx/${nobody}/outspend/0`)
  assert.deepEqual(spend.body, { spent: false })
})

test('the account for the hub is the same each time, and another by its number', async () => {
  const { fields, ...named } = await control('hub-account')
  assert.deepEqual(named, { wallet: 'bitcoin', name: 'Sandbox Bitcoin 沙箱比特币' })
  assert.deepEqual((await control('hub-account')).fields, fields)
  const other = (await control('hub-account?account=1&sources=esplora')).fields
  assert.notDeepEqual(other, fields)
  assert(!JSON.stringify(other).includes('core_'))
  assert.equal(problemOf(await control('hub-account?account=-1')), 'INVALID_PARAMETER')
})
