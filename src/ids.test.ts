import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isId, newId, walletReferenceOf } from './ids.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

test('an identifier is its time and its random bits, in Crockford base 32', () => {
  const property = fc.property(
    fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    fc.uint8Array({ minLength: 10, maxLength: 10 }),
    (time, bytes) => {
      const id = newId('pay', { clock: { now: () => time }, random: { bytes: () => bytes } })
      assert(isId('pay', id))
      const value = [...id.slice(4)].reduce(
        (sum, digit) => sum * 32n + BigInt(ALPHABET.indexOf(digit)),
        0n,
      )
      assert.equal(value >> 80n, BigInt(time))
      assert.equal(
        (value & ((1n << 80n) - 1n)).toString(16).padStart(20, '0'),
        Buffer.from(bytes).toString('hex'),
      )
    },
  )
  fc.assert(property)
})

test('identifiers sort by their time', () => {
  const at = (time: number) =>
    newId('att', { clock: { now: () => time }, random: { bytes: () => new Uint8Array(10) } })
  assert(at(1) < at(2))
  assert(at(999_999) < at(1_000_000))
})

test("an attempt's number at a wallet is letters and digits, at most 32", () => {
  const id = newId('att', {
    clock: { now: Date.now },
    random: { bytes: () => new Uint8Array(10).fill(255) },
  })
  assert.match(walletReferenceOf(id), /^[0-9A-Z]{28}$/)
})
