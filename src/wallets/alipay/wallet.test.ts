import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alipay } from './wallet.ts'

test('acknowledges with exactly the seven bytes that end the retries', () => {
  assert.equal(alipay.acknowledge(true).body, 'success')
  assert.equal(alipay.acknowledge(true).status, 200)
  assert.notEqual(alipay.acknowledge(false).body, 'success')
})

test('takes yuan from one fen to a hundred million, on every surface', () => {
  const { capabilities } = alipay
  assert.deepEqual(capabilities.limits.CNY, { min: 1n, max: 10_000_000_000n })
  assert.deepEqual(capabilities.currencies, ['CNY'])
  assert.equal(capabilities.surfaces.length, 6)
  assert.equal(alipay.absentGraceMs, 300_000)
})
