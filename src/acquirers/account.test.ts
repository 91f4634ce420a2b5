// What is entered for an account: every fault is named, live and test are never mixed, and a live
// account speaks to its acquirer only.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Acquirer } from './acquirer.ts'
import { adyen } from './adyen/acquirer.ts'
import { checkoutcom } from './checkoutcom/acquirer.ts'
import { acquirers } from './index.ts'
import { stripe } from './stripe/acquirer.ts'
import {
  adyenAccount,
  adyenFields,
  checkoutcomAccount,
  checkoutcomFields,
  stripeAccount,
  stripeFields,
} from './testing.ts'

type Fields = Record<string, string>

function codes(acquirer: Pick<Acquirer, 'readAccount'>, fields: Fields): string[] {
  const read = acquirer.readAccount(fields)
  return 'findings' in read ? read.findings.map(({ code }) => code) : []
}

const live = { environment: 'live', live_prefix: '0123456789abcdef-tongbaotest' }
const stripeLive = {
  publishable_key: 'pk_live_example000000000000',
  secret_key: 'sk_live_example000000000000',
}
const checkoutcomLive = {
  public_key: 'pk_bbbbbbbbbbbbbbbbbbbbbbbbbbb',
  secret_key: 'sk_aaaaaaaaaaaaaaaaaaaaaaaaaaa',
}
const local = { base_url: 'http://127.0.0.1:4010/adyen/v72/' }

test('the registry knows the three, by the name that accounts are kept under', () => {
  assert.deepEqual([...acquirers.keys()], ['adyen', 'stripe', 'checkoutcom'])
  for (const acquirer of acquirers.values()) {
    const { accountFields, capabilities } = acquirer
    assert(
      accountFields.some(({ fixed }) => fixed),
      'an account says which one it is',
    )
    assert.equal(new Set(accountFields.map(({ name }) => name)).size, accountFields.length)
    assert(capabilities.currencies.length > 100)
  }
})

describe('every missing field is named at once', () => {
  test('Adyen', () => {
    assert.deepEqual(codes(adyen, {}), [
      'merchant_account_shape',
      'environment_shape',
      'api_key_shape',
      'hmac_keys_shape',
    ])
  })
  test('Stripe', () => {
    assert.deepEqual(codes(stripe, {}), [
      'publishable_key_shape',
      'secret_key_shape',
      'webhook_secrets_shape',
    ])
  })
  test('Checkout.com', () => {
    assert.deepEqual(codes(checkoutcom, {}), [
      'prefix_shape',
      'processing_channel_id_shape',
      'public_key_shape',
      'secret_key_shape',
      'signature_keys_shape',
    ])
  })
})

describe('refused accounts', () => {
  const cases: [string, Pick<Acquirer, 'readAccount'>, Fields, string][] = [
    ['a field of another account', adyen, { ...adyenFields, app_id: '1' }, 'unknown_field'],
    [
      'a colon in the merchant account',
      adyen,
      { ...adyenFields, merchant_account: 'a:b' },
      'merchant_account_shape',
    ],
    [
      'a live account with a base address',
      adyen,
      { ...adyenFields, ...live, ...local },
      'base_url_live',
    ],
    [
      'a live account without a prefix',
      adyen,
      { ...adyenFields, environment: 'live' },
      'live_prefix_mode',
    ],
    [
      'a test account with a prefix',
      adyen,
      { ...adyenFields, live_prefix: live.live_prefix },
      'live_prefix_mode',
    ],
    [
      'a prefix that leads elsewhere',
      adyen,
      { ...adyenFields, ...live, live_prefix: 'evil.example/x-y' },
      'live_prefix_shape',
    ],
    [
      'a password without a user',
      adyen,
      { ...adyenFields, notification_password: 'x' },
      'notification_password_alone',
    ],
    [
      'an HMAC key that is too short',
      adyen,
      { ...adyenFields, hmac_keys: 'CD3B' },
      'hmac_keys_shape',
    ],
    [
      'plain http to another machine',
      adyen,
      { ...adyenFields, base_url: 'http://198.51.100.1/v72' },
      'base_url_refused',
    ],
    [
      'an address with a user',
      stripe,
      { ...stripeFields, base_url: 'https://a:b@example.test' },
      'base_url_refused',
    ],
    [
      'keys of two modes',
      stripe,
      { ...stripeFields, secret_key: stripeLive.secret_key },
      'keys_of_two_modes',
    ],
    [
      'a publishable key as the secret one',
      stripe,
      { ...stripeFields, secret_key: stripeFields.publishable_key },
      'secret_key_shape',
    ],
    [
      'a live Stripe key with a base address',
      stripe,
      { ...stripeFields, ...stripeLive, ...local },
      'base_url_live',
    ],
    [
      'keys of two environments',
      checkoutcom,
      { ...checkoutcomFields, public_key: checkoutcomLive.public_key },
      'keys_of_two_modes',
    ],
    [
      'a live Checkout.com key with a base address',
      checkoutcom,
      { ...checkoutcomFields, ...checkoutcomLive, ...local },
      'base_url_live',
    ],
    [
      'a prefix with a dot',
      checkoutcom,
      { ...checkoutcomFields, prefix: 'evil.exa' },
      'prefix_shape',
    ],
  ]
  for (const [name, acquirer, fields, code] of cases) {
    test(name, () => {
      assert(codes(acquirer, fields).includes(code), codes(acquirer, fields).join())
    })
  }
})

describe('real money is told by the key or the environment', () => {
  test('a live account has the live address', () => {
    const account = adyenAccount(live)
    assert.equal(adyen.takesRealMoney(account), true)
    assert.equal(
      account.baseUrl,
      'https://0123456789abcdef-tongbaotest-checkout-live.adyenpayments.com/checkout/v72',
    )
    assert.equal(stripe.takesRealMoney(stripeAccount(stripeLive)), true)
    assert.equal(stripeAccount(stripeLive).baseUrl, 'https://api.stripe.com')
    assert.equal(checkoutcom.takesRealMoney(checkoutcomAccount(checkoutcomLive)), true)
    assert.equal(checkoutcomAccount(checkoutcomLive).baseUrl, 'https://testpref.api.checkout.com')
  })
  test('a test account may point to a sandbox on this machine', () => {
    assert.equal(adyen.takesRealMoney(adyenAccount(local)), false)
    assert.equal(adyenAccount(local).baseUrl, 'http://127.0.0.1:4010/adyen/v72')
    assert.equal(stripe.takesRealMoney(stripeAccount()), false)
    assert.equal(checkoutcom.takesRealMoney(checkoutcomAccount()), false)
  })
})

test('each has its own parameters for the sheet of Google Pay', () => {
  assert.deepEqual(adyen.googleTokenization(adyenAccount()), {
    gateway: 'adyen',
    gatewayMerchantId: 'TongbaoTestECOM',
  })
  assert.deepEqual(stripe.googleTokenization(stripeAccount()), {
    gateway: 'stripe',
    'stripe:version': '2018-10-31',
    'stripe:publishableKey': stripeFields.publishable_key,
  })
  assert.deepEqual(checkoutcom.googleTokenization(checkoutcomAccount()), {
    gateway: 'checkoutltd',
    gatewayMerchantId: checkoutcomFields.public_key,
  })
})
