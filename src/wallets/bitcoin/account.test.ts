// What an account may hold, and that nothing which can spend gets in.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountFields, type BitcoinAccount, readAccount } from './account.ts'
import { loadVectors } from './testing.ts'
import { bitcoin } from './wallet.ts'

const { cases } = loadVectors<{ cases: { id: string; input: string }[] }>('extended_keys')
const keyOf = (id: string) => cases.find((each) => each.id === id)?.input ?? assert.fail(id)
const XPUB = keyOf('xpub-main')
const ZPUB = keyOf('zpub-main')

const GOOD = { key: ZPUB, esplora_urls: 'https://mempool.space/api https://blockstream.info/api' }

function codes(fields: Record<string, string>): string[] {
  const read = readAccount(fields)
  return 'findings' in read ? read.findings.map(({ code }) => code) : []
}

function accountOf(fields: Record<string, string>): BitcoinAccount {
  const read = readAccount(fields)
  assert('account' in read, `refused: ${codes(fields)}`)
  return read.account
}

test('a key and a server are enough; the rest has the defaults of the sheet', () => {
  const account = accountOf(GOOD)
  assert.equal(account.network, 'main')
  assert.equal(bitcoin.takesRealMoney(account), true)
  assert.deepEqual(
    account.sources.map(({ kind, name }) => [kind, name]),
    [
      ['esplora', 'https://mempool.space'],
      ['esplora', 'https://blockstream.info'],
    ],
  )
  assert.deepEqual(account.terms, {
    tiers: [
      { maxSat: 1_000_000, conf: 1 },
      { maxSat: 10_000_000, conf: 2 },
      { maxSat: 100_000_000, conf: 3 },
      { maxSat: null, conf: 6 },
    ],
    zeroConfMaxSat: -1,
    tolerancePermille: 0,
    spreadPpm: 0,
    quoteSec: 900,
    graceSec: 60,
    monitorSec: 86_400,
    minSat: 1_000,
    secondSourceAboveSat: 1_000_000,
  })
  assert.deepEqual(
    account.rates.tickers.map(({ name }) => name),
    ['kraken', 'bitstamp', 'coinbase'],
  )
})

test('nodes are asked before servers', () => {
  const login = { core_user: 'hub', core_password: 'p:w' }
  const account = accountOf({ ...GOOD, core_urls: 'http://10.0.0.2:8332', ...login })
  assert.deepEqual(
    account.sources.map(({ kind }) => kind),
    ['core', 'esplora', 'esplora'],
  )
})

const SECRETS: Record<string, string> = {
  'an xprv': keyOf('xprv'),
  'a zprv': keyOf('zprv'),
  'a mistyped xprv': `${keyOf('xprv').slice(0, -1)}X`,
  'an xprv in a descriptor': `wpkh(${keyOf('xprv')}/<0;1>/*)`,
  'a WIF key': 'L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1',
  'a WIF key in a descriptor': 'wpkh(L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1)',
  'seed words': `${'abandon '.repeat(11)}about`,
  'seed words in upper case on lines': `${'ABANDON\n'.repeat(11)}ABOUT`,
  'a raw private key': 'c28fca386c7a227600b2fe50b7cae11ec86d3bf1fbe471be89827e19d72aa1d4',
}
for (const [name, secret] of Object.entries(SECRETS)) {
  test(`${name} is refused in every field and never repeated`, () => {
    for (const field of ['key', 'core_user', 'esplora_urls']) {
      const read = readAccount({ ...GOOD, [field]: secret })
      assert('findings' in read)
      const found = read.findings.find(({ code }) => code === 'key_private_key')
      assert.equal(found?.param, `/${field}`)
      assert(!JSON.stringify(read).includes(secret.slice(4, 20)))
    }
  })
}

test('an xpub needs the script type, and a key that says it tolerates no other', () => {
  assert.deepEqual(codes({ ...GOOD, key: XPUB }), ['script_type_missing'])
  assert.equal(
    accountOf({ ...GOOD, key: XPUB, script_type: 'taproot' }).descriptor.scriptType,
    'p2tr',
  )
  assert.deepEqual(codes({ ...GOOD, script_type: 'legacy' }), ['script_type_conflict'])
  assert.deepEqual(codes({ ...GOOD, script_type: 'p2pk' }), ['script_type_unknown'])
})

test('keys are refused with the reason', () => {
  const refused = (key: string, more = {}) => codes({ ...GOOD, key, ...more })
  assert.deepEqual(refused(keyOf('tpub-on-main')), ['key_wrong_network'])
  assert.deepEqual(refused(ZPUB, { network: 'signet' }), ['key_wrong_network'])
  assert.deepEqual(refused(keyOf('Zpub-multisig')), ['key_multisig_key'])
  assert.deepEqual(refused(`${ZPUB.slice(0, -1)}D`), ['key_bad_checksum'])
  assert.deepEqual(refused('bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu'), ['key_invalid'])
  assert.deepEqual(refused(`wpkh(${XPUB}/0/5)`), ['key_not_ranged'])
  assert.deepEqual(refused(`${ZPUB.slice(0, 40)}\n${ZPUB.slice(40)}`), ['key_invalid'])
  assert.deepEqual(refused(''), ['key_invalid'])
})

test('sources are refused with the reason', () => {
  const { esplora_urls: _, ...bare } = GOOD
  assert.deepEqual(codes(bare), ['source_missing'])
  assert.deepEqual(codes({ ...bare, core_urls: 'http://10.0.0.2:8332' }), ['core_login_missing'])
  for (const url of [
    'ftp://x',
    'http://user:pw@node',
    'https://x/api?key=1',
    'https://x#y',
    'node',
  ]) {
    assert.deepEqual(codes({ ...GOOD, esplora_urls: url }), ['source_url'])
  }
  assert.deepEqual(codes({ ...GOOD, esplora_urls: 'https://x/api '.repeat(7) }), [
    'source_too_many',
  ])
})

test('rate sources: at least two different ones, elsewhere only by https or on this machine', () => {
  const refused = (rate_sources: string, more = {}) => codes({ ...GOOD, rate_sources, ...more })
  assert.deepEqual(refused('kraken'), ['rate_sources_too_few'])
  assert.deepEqual(refused('kraken kraken'), ['rate_sources_too_few'])
  assert.deepEqual(refused('kraken coingecko'), ['rate_source_unknown'])
  const local = 'kraken=http://127.0.0.1:7/k bitstamp=http://127.0.0.1:7'
  assert.deepEqual(refused(local), ['rate_source_unknown'])
  const account = accountOf({ ...GOOD, rate_sources: local, environment: 'test' })
  assert.deepEqual(account.rates.tickers[0], { name: 'kraken', origin: 'http://127.0.0.1:7/k' })
  assert.deepEqual(refused('kraken bitstamp=https://relay.example.com/b/'), [])
  assert.deepEqual(codes({ ...GOOD, fx_source: 'bank' }), ['fx_source_unknown'])
})

test('numbers are read exactly and kept in their ranges', () => {
  const { terms } = accountOf({
    ...GOOD,
    confirmations: '0.005:1 2:4 *:8',
    zero_conf_max: '0.0002',
    spread: '0.75',
    tolerance: '10',
    quote_minutes: '30',
  })
  assert.deepEqual(terms.tiers, [
    { maxSat: 500_000, conf: 1 },
    { maxSat: 200_000_000, conf: 4 },
    { maxSat: null, conf: 8 },
  ])
  assert.equal(terms.zeroConfMaxSat, 20_000)
  assert.equal(terms.spreadPpm, 7_500)
  assert.equal(terms.tolerancePermille, 10)
  assert.equal(terms.quoteSec, 1_800)
  for (const bad of ['0.01:0 *:1', '1:1', '1:1 0.5:2 *:3', '*:1 1:2', '0.01;1', '1e-3:1 *:2']) {
    assert.deepEqual(codes({ ...GOOD, confirmations: bad }), ['confirmations_unreadable'], bad)
  }
  for (const [name, value] of [
    ['spread', '10.01'],
    ['spread', '-1'],
    ['tolerance', '51'],
    ['quote_minutes', '4'],
    ['quote_minutes', '15.5'],
    ['min_amount', '545'],
  ]) {
    assert.deepEqual(codes({ ...GOOD, [String(name)]: String(value) }), ['number_out_of_range'])
  }
  for (const bad of ['1e-4', '-1', '0.000000001', '1,5']) {
    assert.deepEqual(codes({ ...GOOD, zero_conf_max: bad }), ['amount_unreadable'])
  }
})

test('what an account is never changes, and what reveals or opens it is sealed', () => {
  const named = (wanted: 'fixed' | 'secret') =>
    accountFields.filter((each) => each[wanted]).map(({ name }) => name)
  assert.deepEqual(named('fixed'), ['network', 'key', 'script_type'])
  assert.deepEqual(named('secret'), ['key', 'core_password'])
  assert.deepEqual(codes({ ...GOOD, xpub: 'x' }), ['unknown_field'])
})
