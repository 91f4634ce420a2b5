import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  MERCHANT_ID,
  makeIdentity,
  vectorKeys,
} from '../../../test/oracles/applepay-certificates.ts'
import type { Finding } from '../wallet.ts'
import type { ApplePayAccount } from './account.ts'
import { APPLE_ROOT_CA_G3 } from './apple-root.ts'
import { directFields, fieldsOf } from './testing.ts'
import { applepay } from './wallet.ts'

const identity = makeIdentity(MERCHANT_ID)
const { m1, m1_old, m2, m1_rsa } = vectorKeys.merchant_keys
const hexFile = Buffer.from('{"pspId":"A","version":1,"createdOn":1,"signature":"30"}').toString(
  'hex',
)

function read(fields: Record<string, string>): ApplePayAccount {
  const result = applepay.readAccount(fields)
  assert.ok('account' in result, String('findings' in result && codes(fields)))
  return result.account
}

const findingsOf = (fields: Record<string, string>): Finding[] => {
  const result = applepay.readAccount(fields)
  return 'findings' in result ? result.findings : []
}
const codes = (fields: Record<string, string>) =>
  findingsOf(fields).map(({ code, param }) => `${code} ${param ?? ''}`.trim())

/** Live needs a live acquirer and neither gateway nor root of its own. */
function liveFields(more: Record<string, string> = {}): Record<string, string> {
  const { gateway: _1, root_certificate: _2, acquirer_base_url: _3, ...fields } = fieldsOf()
  return {
    ...fields,
    environment: 'live',
    acquirer_environment: 'live',
    acquirer_live_prefix: '1797a841fbb37ca7-AdyenDemo',
    merchant_identity_certificate: identity.certificate_pem,
    merchant_identity_key: identity.private_key_pem,
    ...more,
  }
}

describe('an account that is right', () => {
  test('trusts exactly one root: its own in test, Apple in live', () => {
    assert.ok(!read(fieldsOf()).root.raw.equals(APPLE_ROOT_CA_G3.raw))
    const live = read(liveFields())
    assert.ok(live.root.raw.equals(APPLE_ROOT_CA_G3.raw))
    assert.equal(applepay.takesRealMoney(live), true)
    assert.equal(applepay.takesRealMoney(read(fieldsOf())), false)
  })

  test('keeps both processing certificates with the right key each, in any order', () => {
    const { processing, direct } = read(directFields())
    assert.equal(direct, true)
    assert.equal(processing.length, 2)
    for (const { certificate, key } of processing) {
      assert.ok(key.privateKey && certificate.checkPrivateKey(key.privateKey))
    }
  })

  test('takes a processing certificate without a key where the acquirer decrypts', () => {
    const account = read(fieldsOf({ processing_certificate: m1.certificate_pem }))
    assert.equal(account.processing[0]?.key.privateKey, undefined)
    assert.equal(account.identity, undefined)
  })

  test('takes an RSA_v1 processing certificate', () => {
    const { processing } = read(
      directFields({
        processing_certificate: m1_rsa.certificate_pem,
        processing_key: m1_rsa.private_key_pem,
      }),
    )
    assert.equal(processing[0]?.key.version, 'RSA_v1')
  })
})

describe('an account that is wrong', () => {
  const cases: [string, Record<string, string>, string[]][] = [
    ['field of nobody', fieldsOf({ colour: 'red' }), ['unknown_field /colour']],
    ['merchant id', fieldsOf({ merchant_id: 'shop' }), ['merchant_id_shape /merchant_id']],
    [
      'sheet without TLS',
      fieldsOf({ sheet_script: 'http://x.example.com/s.js' }),
      ['sheet_script_refused /sheet_script'],
    ],
    ['country', fieldsOf({ country: 'de' }), ['country_shape /country']],
    ['mode', fieldsOf({ mode: 'key' }), ['mode_unknown /mode']],
    ['scheme in a domain', fieldsOf({ domains: 'https://x.com' }), ['domains_shape /domains']],
    ['no domain', fieldsOf({ domains: '' }), ['domains_shape /domains']],
    ['network', fieldsOf({ networks: 'VISA' }), ['networks_unknown /networks']],
    [
      'file decoded by accident',
      fieldsOf({ domain_association: '{"pspId":"A"}' }),
      ['domain_association_shape /domain_association'],
    ],
    [
      'direct without acceptance of its duties',
      directFields({ pci_scope_accepted: 'yes' }),
      ['pci_scope_not_accepted /pci_scope_accepted'],
    ],
    [
      'direct without key',
      directFields({ processing_key: '' }),
      ['processing_missing /processing_certificate'],
    ],
    [
      'direct with a key for one of two certificates',
      directFields({ processing_key: m1.private_key_pem }),
      ['processing_missing /processing_certificate'],
    ],
    [
      'key of another certificate',
      directFields({
        processing_key: m1.private_key_pem + m1_old.private_key_pem + m2.private_key_pem,
      }),
      ['key_mismatch /processing_key'],
    ],
    [
      'key where the acquirer decrypts',
      fieldsOf({
        processing_certificate: m1.certificate_pem,
        processing_key: m1.private_key_pem,
      }),
      ['processing_key_not_direct /processing_key'],
    ],
    [
      'processing certificate of another merchant',
      fieldsOf({ processing_certificate: m2.certificate_pem }),
      ['certificate_other_merchant /processing_certificate'],
    ],
    [
      'a signing certificate of Apple instead',
      fieldsOf({ processing_certificate: vectorKeys.leaf_ecc.certificate_pem }),
      ['certificate_other_merchant /processing_certificate'],
    ],
    [
      'EMV in direct mode',
      directFields({ networks: 'visa, chinaUnionPay' }),
      ['networks_not_direct /networks'],
    ],
    [
      'certificate without its key',
      fieldsOf({ merchant_identity_certificate: identity.certificate_pem }),
      ['identity_missing /merchant_identity_certificate'],
    ],
    [
      'processing certificate as identity',
      fieldsOf({
        merchant_identity_certificate: m1.certificate_pem,
        merchant_identity_key: m1.private_key_pem,
      }),
      ['identity_key_kind /merchant_identity_certificate'],
    ],
    [
      'identity with another key',
      fieldsOf({
        merchant_identity_certificate: identity.certificate_pem,
        merchant_identity_key: m1_rsa.private_key_pem,
      }),
      ['key_mismatch /merchant_identity_key'],
    ],
    [
      'no PEM',
      fieldsOf({ merchant_identity_certificate: 'MIIB', merchant_identity_key: 'MIIB' }),
      [
        'certificate_unreadable /merchant_identity_certificate',
        'key_unreadable /merchant_identity_key',
      ],
    ],
    [
      'another root in live',
      liveFields({ root_certificate: fieldsOf().root_certificate ?? '' }),
      ['root_certificate_refused /root_certificate'],
    ],
    [
      'another gateway in live',
      liveFields({ gateway: 'https://x.example.com' }),
      ['gateway_refused /gateway'],
    ],
    [
      'gateway without TLS',
      fieldsOf({ gateway: 'http://x.example.com' }),
      ['gateway_refused /gateway', 'root_certificate_refused /root_certificate'],
    ],
    [
      'a leaf as root',
      fieldsOf({ root_certificate: vectorKeys.leaf_ecc.certificate_pem }),
      ['root_certificate_refused /root_certificate'],
    ],
    [
      'live wallet at a test acquirer',
      liveFields({ acquirer_environment: 'test', acquirer_live_prefix: '' }),
      ['environment_mismatch /environment'],
    ],
    ['acquirer', fieldsOf({ acquirer: 'nobody' }), ['acquirer_unknown /acquirer']],
    [
      'field of the acquirer',
      fieldsOf({ acquirer_hmac_keys: 'zz' }),
      ['hmac_keys_shape /acquirer_hmac_keys'],
    ],
    [
      'field of another acquirer',
      fieldsOf({ acquirer_publishable_key: 'pk_1' }),
      ['unknown_field /acquirer_publishable_key'],
    ],
    [
      'no identity at an acquirer that opens no sessions',
      {
        ...Object.fromEntries(
          Object.entries(fieldsOf()).filter(([name]) => !name.startsWith('acquirer')),
        ),
        acquirer: 'stripe',
        acquirer_secret_key: 'sk_test_51Abcdefghijklmnop',
        acquirer_publishable_key: 'pk_test_51Abcdefghijklmnop',
        acquirer_webhook_secrets: 'whsec_abcdefghijklmnopqrstuvwxyz012345',
      },
      ['identity_missing /merchant_identity_certificate'],
    ],
  ]
  for (const [name, fields, expected] of cases) {
    test(name, () => assert.deepEqual(codes(fields), expected))
  }

  test('every fault is told at once, in both languages', () => {
    const findings = findingsOf({ mode: 'x' })
    assert.ok(findings.length >= 5, JSON.stringify(findings))
    for (const { message } of findings) assert.ok(message.en && message['zh-CN'])
  })

  test('no finding repeats a key', () => {
    const text = JSON.stringify(findingsOf(directFields({ processing_key: m2.private_key_pem })))
    assert.ok(!text.includes(m2.private_key_pem.split('\n')[1] ?? ''))
  })
})

test('keys are secret, and who the account is never changes', () => {
  const by = (name: string) => applepay.accountFields.find((field) => field.name === name)
  for (const name of ['merchant_identity_key', 'processing_key', 'acquirer_api_key']) {
    assert.equal(by(name)?.secret, true, name)
  }
  for (const name of ['merchant_id', 'environment', 'acquirer']) assert.equal(by(name)?.fixed, true)
  const names = applepay.accountFields.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
})

test('the domain file is given out byte for byte, for the domains of the account only', () => {
  const account = read(fieldsOf({ domain_association: hexFile }))
  const path = '/.well-known/apple-developer-merchantid-domain-association'
  assert.deepEqual(applepay.domainFile?.(account, 'Pay.Example.com'), { path, body: hexFile })
  assert.equal(applepay.domainFile?.(account, 'example.com'), undefined)
  assert.equal(applepay.domainFile?.(read(fieldsOf()), 'pay.example.com'), undefined)
})
