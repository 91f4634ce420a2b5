import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAccount } from './account.ts'
import { LIMITS, readAmount, writeAmount } from './amounts.ts'
import { accountOf, FIELDS } from './testing.ts'
import { paypal } from './wallet.ts'

function codesOf(fields: Record<string, string>): string[] {
  const read = readAccount(fields)
  return 'findings' in read ? read.findings.map(({ code }) => code) : []
}

test('live and test accounts go to hosts of their own', () => {
  assert.equal(accountOf().api, 'https://api-m.sandbox.paypal.com')
  assert.equal(accountOf({ environment: 'live' }).api, 'https://api-m.paypal.com')
  assert.equal(paypal.takesRealMoney(accountOf({ environment: 'live' })), true)
  assert.equal(paypal.takesRealMoney(accountOf()), false)
})

test('every fault is told at once', () => {
  assert.deepEqual(codesOf({}), [
    'environment_unknown',
    'client_id_shape',
    'client_secret_shape',
    'webhook_id_shape',
  ])
  assert.deepEqual(codesOf({ ...FIELDS, webhook: 'x' }), ['unknown_field'])
})

test('another address is for test accounts only, and never one of PayPal', () => {
  const gateway = 'http://127.0.0.1:18100/paypal/'
  assert.equal(accountOf({ gateway }).api, 'http://127.0.0.1:18100/paypal')
  for (const fields of [
    { environment: 'live', gateway },
    { gateway: 'http://sandbox.example/paypal' },
    { gateway: 'https://api-m.paypal.com' },
    { gateway: 'https://user@sandbox.example' },
    { gateway: 'https://sandbox.example/?x' },
    { gateway: 'paypal' },
  ]) {
    assert.deepEqual(codesOf({ ...FIELDS, ...fields }), ['gateway_refused'], JSON.stringify(fields))
  }
})

test('roots are certificates of authorities', () => {
  for (const webhook_roots of [
    'x',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  ]) {
    assert.deepEqual(codesOf({ ...FIELDS, webhook_roots }), ['webhook_roots_unreadable'])
  }
  assert.equal(accountOf().certificates.trust.roots.length, 4)
})

test('amounts are written and read exactly', () => {
  for (const [amount, currency, text] of [
    [1n, 'USD', '0.01'],
    [8850n, 'EUR', '88.50'],
    [100n, 'JPY', '100'],
    [900_000n, 'HUF', '9000'],
    [100n, 'TWD', '1'],
  ] as const) {
    assert.equal(writeAmount({ amount, currency }), text)
    assert.deepEqual(readAmount({ currency_code: currency, value: text }), { amount, currency })
  }
  assert.equal(writeAmount({ amount: 150n, currency: 'TWD' }), undefined)
  assert.deepEqual(readAmount({ currency_code: 'JPY', value: '100.00' })?.amount, 100n)
  for (const value of ['1e3', '', '.5', '1,00', ' 1', '+1', '-1', '0x1', '1.005', 1]) {
    assert.equal(readAmount({ currency_code: 'USD', value }), undefined, String(value))
  }
  assert.equal(readAmount({ currency_code: 'XXX', value: '1.00' }), undefined)
})

test('limits are seven digits before the point, in whole units where there is no other', () => {
  assert.deepEqual(LIMITS.USD, { min: 1n, max: 999_999_999n })
  assert.deepEqual(LIMITS.JPY, { min: 1n, max: 9_999_999n })
  assert.deepEqual(LIMITS.HUF, { min: 100n, max: 999_999_900n })
})
