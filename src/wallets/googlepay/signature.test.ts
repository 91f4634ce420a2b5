import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  makeToken,
  NOW,
  plaintextOf,
  RECIPIENT,
  vectorKeys,
} from '../../../test/oracles/googlepay-tokens.ts'
import type { Stage } from './refusal.ts'
import { readRootKeys } from './root-keys.ts'
import { verifySignature } from './signature.ts'
import { readToken } from './token.ts'

const rootsOf = (set: keyof typeof vectorKeys.root_key_sets) =>
  readRootKeys(JSON.stringify(vectorKeys.root_key_sets[set])) ?? []
const policy = { roots: rootsOf('default'), recipientId: RECIPIENT, now: NOW }
const refusedAs = (stage: Stage) => ({ name: 'TokenRefused', stage })

test('a known intermediate key signs one token after another', async () => {
  for (let i = 0; i < 3; i++) {
    verifySignature(readToken(await makeToken({ plaintext: plaintextOf() })), policy)
  }
})

test('a known intermediate key is refused when its time is over', async () => {
  const token = readToken(await makeToken({ plaintext: plaintextOf() }))
  verifySignature(token, policy)
  const later = { ...policy, now: NOW + 86_400_000 }
  assert.throws(() => verifySignature(token, later), refusedAs('intermediate_expired'))
})

test('a known intermediate key is refused under roots that did not sign it', async () => {
  const token = readToken(await makeToken({ plaintext: plaintextOf() }))
  verifySignature(token, policy)
  const others = { ...policy, roots: rootsOf('only_b') }
  assert.throws(() => verifySignature(token, others), refusedAs('intermediate_signature'))
})

test('a known intermediate key does not carry a message of another', async () => {
  const genuine = await makeToken({ plaintext: plaintextOf() })
  verifySignature(readToken(genuine), policy)
  const rogue = await makeToken({ plaintext: plaintextOf(), intermediate: 'int_rogue' })
  const { intermediateSigningKey } = JSON.parse(genuine)
  const mixed = JSON.stringify({ ...JSON.parse(rogue), intermediateSigningKey })
  assert.throws(() => verifySignature(readToken(mixed), policy), refusedAs('signature'))
})
