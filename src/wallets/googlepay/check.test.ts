import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NetworkError, type OutgoingAnswer, type OutgoingRequest } from '../../ports.ts'
import { json } from '../testing.ts'
import { directFields, fieldsOf, ROOTS_URL, rootsAnswer, script } from './testing.ts'
import { googlepay } from './wallet.ts'

async function codesOf(
  fields: Record<string, string>,
  roots: () => OutgoingAnswer,
): Promise<{ codes: string[]; urls: string[] }> {
  const read = googlepay.readAccount(fields)
  assert.ok('account' in read)
  const answer = ({ url }: OutgoingRequest) => (url === ROOTS_URL ? roots() : json({}, 401))
  const world = script(...Array.from({ length: 9 }, () => answer))
  const findings = await googlepay.check(world.ports, read.account)
  return { codes: findings.map(({ code }) => code), urls: world.sent.map(({ url }) => url) }
}

test('in direct mode the root keys have to be within reach', async () => {
  assert.equal((await codesOf(directFields(), () => rootsAnswer())).codes[0], 'root_keys_ready')
  const expired = await codesOf(directFields(), () => rootsAnswer('expired'))
  assert.equal(expired.codes[0], 'root_keys_unreachable')
  const silent = await codesOf(directFields(), () => {
    throw new NetworkError('dns', false, 'no such name')
  })
  assert.equal(silent.codes[0], 'root_keys_unreachable')
})

test('where the acquirer decrypts only the acquirer is asked', async () => {
  const { codes, urls } = await codesOf(fieldsOf(), () => rootsAnswer())
  assert.ok(codes.length > 0 && !codes.some((code) => code.startsWith('root_keys')))
  assert.ok(urls.every((url) => url !== ROOTS_URL))
})

test('asked to renew its keys, it does so in direct mode and not more than once a minute', async () => {
  const read = googlepay.readAccount(directFields())
  assert.ok('account' in read && googlepay.refreshKeys)
  const world = script(rootsAnswer())
  await googlepay.refreshKeys(world.ports, read.account)
  await googlepay.refreshKeys(world.ports, read.account)
  assert.equal(world.sent.length, 1)
})
