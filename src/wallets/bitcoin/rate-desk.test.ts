// The price: from at least two that agree and are fresh, or none at all.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { currentRate, keepFresh } from './rate-desk.ts'
import { createTapeChain } from './testing.ts'
import { createWorld, setPrices } from './testing-servers.ts'
import { ECB, readReferenceRates, TICKERS } from './tickers.ts'

const NOW = Date.parse('2026-03-02T10:00:00Z')
const SOURCES = {
  tickers: Object.entries(TICKERS).map(([name, { origin }]) => ({ name, origin })),
  ecb: ECB.origin,
}
const KRAKEN_USD = 'https://api.kraken.com/0/public/Ticker?pair=XBTUSD'
const COINBASE_USD = 'https://api.exchange.coinbase.com/products/BTC-USD/ticker'

function open() {
  const world = createWorld(createTapeChain({ hash: '00'.repeat(32), height: 1 }))
  world.setTime(NOW)
  setPrices(world, { bid: '97000.10', ask: '97000.20', at: NOW })
  return world
}

test('direct currencies take the median bid of the tickers', async () => {
  const rate = await currentRate(open().ports, SOURCES, 'USD')
  assert.deepEqual(rate, { ok: true, rate: '97000.10', used: ['kraken', 'bitstamp', 'coinbase'] })
})

test('other currencies go through the euro, exactly, and are cut', async () => {
  const { ports } = open()
  const cny = await currentRate(ports, SOURCES, 'CNY')
  assert(cny.ok)
  // 97000.10 * 7.8125 = 757813.28125
  assert.equal(cny.rate, '757813.28')
  assert.equal(cny.used.at(-1), 'ecb')
  const hkd = await currentRate(ports, SOURCES, 'HKD')
  assert.deepEqual(hkd, { ok: false, error: 'rate_unavailable', detail: 'ecb: no HKD' })
})

test('bitcoin itself costs 1 and asks nobody', async () => {
  const world = open()
  assert.deepEqual(await currentRate(world.ports, SOURCES, 'BTC'), {
    ok: true,
    rate: '1',
    used: [],
  })
  assert.equal(world.requests.length, 0)
})

test('with one source left there is no price, and no older one takes its place', async () => {
  const world = open()
  await currentRate(world.ports, SOURCES, 'USD')
  world.answers.delete(KRAKEN_USD)
  world.answers.delete(COINBASE_USD)
  world.setTime(NOW + 31_000)
  const rate = await currentRate(world.ports, SOURCES, 'USD')
  assert.equal(rate.ok, false)
  assert(!rate.ok && rate.error === 'rate_unavailable')
})

test("a price is as old as its source's own clock says", async () => {
  const world = open()
  world.setTime(NOW + 121_000)
  const rate = await currentRate(world.ports, SOURCES, 'USD')
  assert(!rate.ok && rate.error === 'rate_unavailable')
})

test('sources that differ too much give no price', async () => {
  const world = open()
  world.answers.delete(KRAKEN_USD)
  const time = new Date(NOW).toISOString()
  world.answers.set(
    COINBASE_USD,
    JSON.stringify({ bid: '90000', ask: '90001', price: '90000', time }),
  )
  const rate = await currentRate(world.ports, SOURCES, 'USD')
  assert(!rate.ok && rate.error === 'rate_disagreement')
})

test('payers who come together cause one question per source', async () => {
  const world = open()
  await Promise.all(Array.from({ length: 20 }, () => currentRate(world.ports, SOURCES, 'USD')))
  assert.equal(world.requests.length, 3)
})

test('a source that fails rests, twice as long each time, and is asked again', async () => {
  const world = open()
  world.answers.delete(KRAKEN_USD)
  const asked = () => world.requests.filter(({ url }) => url === KRAKEN_USD).length
  await currentRate(world.ports, SOURCES, 'USD')
  world.setTime(NOW + 4_000)
  await currentRate(world.ports, SOURCES, 'USD')
  assert.equal(asked(), 1)
  world.setTime(NOW + 5_000)
  await currentRate(world.ports, SOURCES, 'USD')
  assert.equal(asked(), 2)
  world.setTime(NOW + 14_000)
  await currentRate(world.ports, SOURCES, 'USD')
  assert.equal(asked(), 2)
})

test('prices that were wanted are fetched anew before a payer needs them', async () => {
  const world = open()
  await currentRate(world.ports, SOURCES, 'USD')
  setPrices(world, { bid: '98000', ask: '98000.10', at: NOW + 25_000 })
  world.setTime(NOW + 25_000)
  await keepFresh(world.ports)
  const before = world.requests.length
  const rate = await currentRate(world.ports, SOURCES, 'USD')
  assert(rate.ok)
  assert.equal(rate.rate, '98000.00')
  assert.equal(world.requests.length, before)
})

test('reference rates older than the longest holiday do not count', async () => {
  const world = open()
  setPrices(world, { bid: '97000.10', ask: '97000.20', at: NOW })
  const file = 'https://www.ecb.europa.eu/stats/eurofxref/eurofxref-daily.xml'
  world.answers.set(file, (world.answers.get(file) ?? '').replace('2026-03-02', '2026-02-24'))
  const rate = await currentRate(world.ports, SOURCES, 'CNY')
  assert(!rate.ok && rate.detail === 'ecb: 154 hours old')
})

test('answers that are not what the source writes are no price', () => {
  const { kraken, bitstamp, coinbase } = TICKERS
  for (const body of ['', '[]', '{}', '<html>', '{"error":["EQuery:Unknown asset pair"]}']) {
    for (const each of [kraken, bitstamp, coinbase]) assert.equal(each?.read(body), undefined)
  }
  assert.equal(bitstamp?.read('{"bid":97000,"ask":97001,"timestamp":"1"}'), undefined)
  assert.equal(coinbase?.read('{"bid":"1","ask":"2","time":"yesterday"}'), undefined)
  assert.equal(readReferenceRates('<Cube currency="CNY" rate="7.8"/>'), undefined)
  const twice =
    "<Cube time='2026-03-02'><Cube currency='CNY' rate='7'/><Cube currency='CNY' rate='8'/>"
  assert.equal(readReferenceRates(twice), undefined)
})
