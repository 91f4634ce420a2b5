// Sealed values open only where they belong (PRODUCT SE-35, SE-36); secrets do not print (SE-37).

import assert from 'node:assert/strict'
import { createDecipheriv } from 'node:crypto'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { createSealer, type SealContext, SealError, secret } from './sealing.ts'

const master = Buffer.alloc(32, 7)
const sealer = createSealer(master)
const context: SealContext = {
  merchantId: 'mer_1',
  object: 'whe_1',
  field: 'sealed_secret',
  version: 3,
}

test('what was sealed opens to the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.deepEqual(sealer.open(sealer.seal(bytes, context), context), Buffer.from(bytes))
    }),
  )
  assert.equal(sealer.open(sealer.seal('密钥', context), context).toString(), '密钥')
})

test('a value sealed twice looks different and shows nothing of itself', () => {
  const [a, b] = [sealer.seal('canary-canary', context), sealer.seal('canary-canary', context)]
  assert.ok(!a.subarray(9).equals(b.subarray(9)))
  assert.ok(!a.includes('canary') && !a.includes(master))
})

test('a value moved to another merchant, row, field or version does not open', () => {
  const sealed = sealer.seal('secret', context)
  const moves: Partial<SealContext>[] = [
    { merchantId: 'mer_2' },
    { object: 'whe_2' },
    { field: 'sealed_previous_secret' },
    { version: 2 },
    // The border between two parts cannot be shifted.
    { merchantId: 'mer_1","whe_1', object: '' },
  ]
  for (const move of moves) {
    const elsewhere = { ...context, ...move }
    assert.throws(() => sealer.open(sealed, elsewhere), { code: 'seal_broken' })
  }
})

test('a value with any bit changed or any byte cut does not open', () => {
  const sealed = sealer.seal('secret', context)
  for (let i = 0; i < sealed.length; i++) {
    const altered = Buffer.from(sealed)
    altered.writeUInt8(altered.readUInt8(i) ^ (1 << (i % 8)), i)
    assert.throws(() => sealer.open(altered, context), SealError)
    assert.throws(() => sealer.open(sealed.subarray(0, i), context), SealError)
  }
  assert.throws(() => sealer.open(Buffer.concat([sealed, Buffer.of(0)]), context), SealError)
})

test('another master key is named as the reason', () => {
  const sealed = createSealer(Buffer.alloc(32, 8)).seal('secret', context)
  assert.throws(() => sealer.open(sealed, context), { code: 'seal_other_key' })
  assert.throws(() => sealer.open(Buffer.alloc(200), context), { code: 'seal_malformed' })
  assert.throws(() => createSealer(Buffer.alloc(31)), RangeError)
})

test('the data key is not the master key: a value does not open with the master key alone', () => {
  const value = sealer.seal('secret', context).subarray(69)
  const aad = Buffer.from(JSON.stringify(['value', 'mer_1', 'whe_1', 'sealed_secret', 3]))
  const decipher = createDecipheriv('aes-256-gcm', master, value.subarray(0, 12))
  decipher.setAAD(aad).setAuthTag(value.subarray(-16))
  decipher.update(value.subarray(12, -16))
  assert.throws(() => decipher.final())
})

test('a secret prints as [redacted] everywhere and is revealed only on demand', () => {
  const canary = secret('canary-7f3a')
  const nested = { a: [canary], error: new Error(`with ${canary}`, { cause: canary }) }
  const outputs = [
    String(canary),
    `${canary}`,
    `${canary}${''}`,
    JSON.stringify(nested),
    inspect(nested, { depth: 9, showHidden: true }),
    format('%s %o %O %j', canary, canary, canary, canary),
    Object.values(canary).map(String).join(),
    new URLSearchParams({ canary: String(canary) }).toString(),
    nested.error.stack ?? '',
  ]
  for (const output of outputs) assert.ok(!output.includes('canary-7f3a'), output)
  assert.equal(JSON.stringify({ canary }), '{"canary":"[redacted]"}')
  assert.equal(inspect(canary), '[redacted]')
  assert.equal(canary.reveal(), 'canary-7f3a')
})
