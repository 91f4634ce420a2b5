import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { keyOf } from './keyset.ts'
import { accountOf, faultsOf, fieldsOf, merchantKeys, vectorKeys } from './testing.ts'

const { m2 } = vectorKeys.merchants
const { pubkey, cert_old: certOld } = vectorKeys.platform

describe('an account that is complete', () => {
  test('holds both kinds of keys at once, each under its own id', () => {
    const find = keyOf(accountOf().keyset)
    for (const { id } of Object.values(vectorKeys.platform)) assert(find(id))
    for (const id of [merchantKeys.cert_serial, '__proto__', 'constructor', '']) {
      assert.equal(find(id), undefined)
    }
    assert.equal(find(certOld.id.toLowerCase()), undefined)
  })

  test('needs neither public key nor platform certificates: the hub can fetch the latter', () => {
    const { keyset } = accountOf(fieldsOf([]))
    assert.equal(keyset.publicKey, undefined)
    assert.deepEqual(keyset.certificates, [])
  })

  test('knows its certificate and may keep the previous APIv3 key', () => {
    const account = accountOf(fieldsOf(['pubkey'], { previous_api_v3_key: m2.api_v3_key }))
    assert.equal(account.merchantSerial, merchantKeys.cert_serial)
    assert.equal(account.apiV3Keys.length, 2)
    assert.equal(account.v2, undefined)
  })
})

describe('refuses', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const weakPem = weak.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const cases: readonly [string, Record<string, string>, readonly string[]][] = [
    ['a field of another wallet', { app_id: '1' }, ['unknown_field']],
    [
      'a merchant number with letters',
      { mchid: '19000001x' },
      ['mchid_shape', 'merchant_cert_other_merchant'],
    ],
    [
      'the certificate of another merchant',
      { mchid: '1900000110' },
      ['merchant_cert_other_merchant'],
    ],
    ['an appid that is none', { appid: 'wx123' }, ['appid_shape']],
    ['a second appid that is none', { mini_appid: 'wx7E570000000001B2' }, ['appid_shape']],
    ['a private key of another pair', { private_key: m2.private_key_pem }, ['key_pair_mismatch']],
    [
      'a public key for the private one',
      { private_key: merchantKeys.public_key_pem },
      ['private_key_is_public'],
    ],
    [
      'a certificate for the private key',
      { private_key: merchantKeys.cert_pem },
      ['private_key_is_public'],
    ],
    ['a weak private key', { private_key: weakPem }, ['private_key_unreadable']],
    ['nonsense for the private key', { private_key: 'secret' }, ['private_key_unreadable']],
    [
      'two certificates for one',
      { merchant_cert: merchantKeys.cert_pem.repeat(2) },
      ['merchant_cert_unreadable'],
    ],
    ['an APIv3 key of 16 bytes', { api_v3_key: 'TESTONLY16bytes!' }, ['api_v3_key_length']],
    [
      'an APIv3 key of 32 characters but more bytes',
      { api_v3_key: `${'x'.repeat(31)}é` },
      ['api_v3_key_length'],
    ],
    ['a previous APIv3 key that is short', { previous_api_v3_key: 'x' }, ['api_v3_key_length']],
    ['a public key without its number', { public_key_id: '' }, ['public_key_id_shape']],
    ['a number without its public key', { public_key: '' }, ['public_key_unreadable']],
    [
      'a private key for the public one',
      { public_key: pubkey.private_key_pem },
      ['public_key_is_private'],
    ],
    [
      'a certificate for the public key',
      { public_key: certOld.cert_pem ?? '' },
      ['public_key_is_certificate'],
    ],
    [
      "the merchant's own key as WeChat Pay's",
      { public_key: merchantKeys.public_key_pem },
      ['merchant_key_as_public_key'],
    ],
    [
      "the merchant's own certificate as WeChat Pay's",
      { platform_certs: merchantKeys.cert_pem },
      ['merchant_cert_as_platform_cert'],
    ],
    ['platform certificates that are none', { platform_certs: 'x' }, ['platform_certs_unreadable']],
    ['APIv2 without its key', { code_pay: 'v2' }, ['api_v2_key_missing']],
    ['an APIv2 key of the wrong length', { api_v2_key: 'short' }, ['api_v2_key_length']],
    ['another API version', { code_pay: 'v4' }, ['code_pay_unknown']],
    ['a store number with spaces', { store_id: 'shop 1' }, ['store_id_shape']],
    ['an address for a domain', { h5_domain: 'https://pay.example.com/' }, ['h5_domain_shape']],
    ['another environment', { environment: 'prod' }, ['environment_unknown']],
    [
      'everything at once',
      { mchid: '1', appid: '', api_v3_key: '' },
      ['mchid_shape', 'appid_shape', 'merchant_cert_other_merchant', 'api_v3_key_length'],
    ],
  ]
  for (const [what, more, codes] of cases) {
    test(what, () => assert.deepEqual(faultsOf(fieldsOf(undefined, more)), codes))
  }
})

describe('the gateway', () => {
  const gateway = (address: string, environment = '') => {
    const fields = fieldsOf(['pubkey'], { gateway: address, environment })
    return faultsOf(fields).length > 0 ? faultsOf(fields).join() : accountOf(fields).gateway
  }
  const primary = 'https://api.mch.weixin.qq.com'
  const backup = 'https://api2.mch.weixin.qq.com'

  test('is one of the documented hosts where money is real, with its backup', () => {
    const production = { base: primary, backup, realMoney: true }
    for (const name of [
      '',
      'production',
      primary,
      `${primary}/`,
      'https://API.mch.weixin.qq.com:443',
    ]) {
      assert.deepEqual(gateway(name), production)
    }
    assert.deepEqual(gateway(backup, 'live'), { base: backup, backup: primary, realMoney: true })
    assert.equal(typeof gateway('https://api.wechatpay.cn'), 'object')
  })

  test('is elsewhere only in a test, by http only on this machine', () => {
    const sandbox = 'http://127.0.0.1:4100/wechatpay'
    const there = { base: sandbox, backup: undefined, realMoney: false }
    assert.deepEqual(gateway(`${sandbox}/`, 'test'), there)
    assert.equal(typeof gateway('https://sandbox.example.com', 'test'), 'object')
    for (const [address, environment] of [
      ['https://sandbox.example.com', ''],
      [sandbox, 'live'],
      ['http://sandbox.example.com', 'test'],
      ['https://user:pw@sandbox.example.com', 'test'],
      ['https://sandbox.example.com/?x=1', 'test'],
      ['ftp://127.0.0.1', 'test'],
      ['nonsense', 'test'],
      ['https://apihk.mch.weixin.qq.com', ''],
      ['http://api.mch.weixin.qq.com', ''],
    ] as const) {
      assert.equal(gateway(address, environment), 'gateway_refused', `${address} ${environment}`)
    }
  })

  test("never calls a host of WeChat Pay's a test", () => {
    for (const address of [
      'production',
      primary,
      `${primary}/x`,
      'https://api.mch.weixin.qq.com.',
    ]) {
      assert.equal(gateway(address, 'test'), 'gateway_refused')
    }
  })
})
