import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countedAddress } from './client-address.ts'

test('an IPv4 address counts alone, mapped into IPv6 or not', () => {
  assert.equal(countedAddress('192.0.2.7'), '192.0.2.7')
  assert.equal(countedAddress('::ffff:192.0.2.7'), '192.0.2.7')
  assert.notEqual(countedAddress('192.0.2.8'), countedAddress('192.0.2.7'))
})

test('IPv6 addresses of one /64 count as one, of two as two', () => {
  const one = countedAddress('2001:db8:1:2::1')
  assert.equal(one, '2001:db8:1:2::/64')
  assert.equal(countedAddress('2001:DB8:1:2:ffff:ffff:ffff:ffff'), one)
  assert.notEqual(countedAddress('2001:db8:1:3::1'), one)
})

test('an address of a zone counts as its network; what is no address stands for itself', () => {
  assert.equal(countedAddress('fe80::1%eth0'), countedAddress('fe80::2%eth0'))
  assert.equal(countedAddress('unknown'), 'unknown')
})
