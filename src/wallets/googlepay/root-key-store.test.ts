import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NOW, vectorKeys } from '../../../test/oracles/googlepay-tokens.ts'
import { NetworkError } from '../../ports.ts'
import { json } from '../testing.ts'
import { createRootKeyStore, currentRootKeys, refreshRootKeys } from './root-key-store.ts'
import { ROOTS_URL, rootsAnswer, script } from './testing.ts'

const MINUTE = 60_000
const reset = () => new NetworkError('reset', true, 'gone')
const hour = { 'cache-control': 'private, max-age=3600' }

test('keys are fetched once and used until half of their life is over', async () => {
  const { ports, sent, clock } = script(rootsAnswer('default', hour), rootsAnswer('rotated', hour))
  const store = createRootKeyStore(ROOTS_URL)
  const first = await currentRootKeys(ports, store)
  assert.equal(first.length, 1)
  assert.equal(sent[0]?.url, ROOTS_URL)
  clock.time += 29 * MINUTE
  await currentRootKeys(ports, store)
  assert.equal(sent.length, 1)
  // From half-life on, a use of them renews them behind the scenes.
  clock.time += 2 * MINUTE
  assert.equal(await currentRootKeys(ports, store), first)
  await store.pending
  assert.deepEqual([sent.length, store.keys.length], [2, 2])
})

test('the time that an answer spent in caches counts', async () => {
  const age = { 'cache-control': 'max-age=3600, public', age: '3590' }
  const { ports, clock, sent } = script(rootsAnswer('default', age), rootsAnswer('rotated', hour))
  const store = createRootKeyStore(ROOTS_URL)
  await currentRootKeys(ports, store)
  clock.time += 61_000
  assert.equal((await currentRootKeys(ports, store)).length, 2)
  assert.equal(sent.length, 2)
})

test('many who need keys cause one fetch, and strangers at most one a minute', async () => {
  const { ports, sent, clock } = script(rootsAnswer(), rootsAnswer())
  const store = createRootKeyStore(ROOTS_URL)
  await Promise.all([1, 2, 3].map(() => currentRootKeys(ports, store)))
  await refreshRootKeys(ports, store)
  clock.time += MINUTE - 1
  await refreshRootKeys(ports, store)
  assert.equal(sent.length, 1)
  clock.time += 1
  await refreshRootKeys(ports, store)
  assert.equal(sent.length, 2)
})

test('silence is asked again once, and old keys stay in use until they expire', async () => {
  const steps = [reset(), rootsAnswer(), reset(), reset()]
  const { ports, sent, clock } = script(...steps)
  const store = createRootKeyStore(ROOTS_URL)
  assert.equal((await currentRootKeys(ports, store)).length, 1)
  clock.time += 2 * 60 * MINUTE
  assert.equal((await currentRootKeys(ports, store)).length, 1)
  assert.equal(sent.length, 4)
})

test('an answer without a usable key never replaces one with', async () => {
  const bad = [
    json({ keys: [] }),
    json({ keys: vectorKeys.root_keys }),
    json([]),
    json({ keys: [{ keyValue: 'AAAA', protocolVersion: 'ECv2', keyExpiration: '9999999999999' }] }),
    rootsAnswer('expired'),
    { status: 500, headers: {}, body: Buffer.from('down') },
    { status: 302, headers: { location: 'https://x.example.com' }, body: Buffer.of() },
  ]
  const { ports, clock, logged } = script(rootsAnswer(), ...bad)
  const store = createRootKeyStore(ROOTS_URL)
  const good = await currentRootKeys(ports, store)
  for (const _answer of bad) {
    clock.time += 61 * MINUTE
    assert.equal(await currentRootKeys(ports, store), good)
  }
  assert.equal(logged.length, bad.length)
  assert.ok(clock.time > NOW)
})
