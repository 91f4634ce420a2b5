import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { RECIPIENT, vectorKeys } from '../../../test/oracles/googlepay-tokens.ts'
import type { GooglePayAccount } from './account.ts'
import { directFields, fieldsOf, ROOTS_URL } from './testing.ts'
import { googlepay } from './wallet.ts'

const codes = (fields: Record<string, string>) => {
  const read = googlepay.readAccount(fields)
  return 'findings' in read
    ? read.findings.map(({ code, param }) => `${code} ${param ?? ''}`.trim())
    : []
}

function accountOf(fields: Record<string, string>): GooglePayAccount {
  const read = googlepay.readAccount(fields)
  assert.ok('account' in read, codes(fields).join())
  return read.account
}

function liveFields(more: Record<string, string> = {}): Record<string, string> {
  const { acquirer_base_url: _1, ...fields } = fieldsOf()
  return {
    ...fields,
    environment: 'live',
    merchant_id: 'BCR2DN4T263KB4BO',
    acquirer_environment: 'live',
    acquirer_live_prefix: '1797a841fbb37ca7-AdyenDemo',
    ...more,
  }
}

const otherCurve = generateKeyPairSync('ec', {
  namedCurve: 'secp384r1',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}).privateKey
const key = vectorKeys.recipient_keys.m1.private_key_pem

describe('whom tokens are for, and whose keys sign them', () => {
  test("in test Google's own test merchant and the test keys", () => {
    const { root_keys_url: _1, ...fields } = directFields()
    const { direct } = accountOf(fields)
    assert.equal(direct?.recipientId, RECIPIENT)
    assert.match(direct?.roots.url ?? '', /\/paymentmethodtoken\/test\/keys\.json$/)
    assert.equal(accountOf(directFields()).direct?.roots.url, ROOTS_URL)
  })

  test('in live the merchant id and the live keys', () => {
    const { acquirer_base_url: _1, root_keys_url: _2, ...more } = directFields()
    const { direct, live } = accountOf({ ...more, ...liveFields({ mode: 'direct' }) })
    assert.equal(live, true)
    assert.equal(direct?.recipientId, 'merchant:BCR2DN4T263KB4BO')
    assert.equal(
      direct?.roots.url,
      'https://payments.developers.google.com/paymentmethodtoken/keys.json',
    )
  })

  test('nobody where the acquirer decrypts', () => {
    assert.equal(accountOf(fieldsOf()).direct, undefined)
    assert.equal(googlepay.takesRealMoney(accountOf(liveFields())), true)
    assert.equal(googlepay.takesRealMoney(accountOf(fieldsOf())), false)
  })
})

describe('card numbers without a cryptogram', () => {
  test('are never asked for in direct mode, and may be where the acquirer decrypts', () => {
    assert.deepEqual(accountOf(directFields()).authMethods, ['CRYPTOGRAM_3DS'])
    assert.deepEqual(accountOf(fieldsOf()).authMethods, ['PAN_ONLY', 'CRYPTOGRAM_3DS'])
    const refused = codes(directFields({ auth_methods: 'PAN_ONLY, CRYPTOGRAM_3DS' }))
    assert.deepEqual(refused, ['pan_only_direct /auth_methods'])
  })
})

describe('an account that is wrong', () => {
  const cases: [string, Record<string, string>, string[]][] = [
    ['field of nobody', fieldsOf({ colour: 'red' }), ['unknown_field /colour']],
    ['environment', fieldsOf({ environment: 'TEST' }), ['environment_unknown /environment']],
    [
      'sheet in live',
      liveFields({ sheet_script: 'https://x.example.com/s.js' }),
      ['sheet_script_refused /sheet_script'],
    ],
    ...['a;b.com', '*.evil.com', "a'b.com", 'x..com', '[2001:db8::1]'].map(
      (host): [string, Record<string, string>, string[]] => [
        `sheet of the host ${host}`,
        fieldsOf({ sheet_script: `https://${host}/x.js` }),
        ['sheet_script_refused /sheet_script'],
      ],
    ),
    ['country', fieldsOf({ country: 'Germany' }), ['country_shape /country']],
    ['mode', fieldsOf({ mode: 'gateway' }), ['mode_unknown /mode']],
    [
      'live without merchant id',
      liveFields({ merchant_id: '' }),
      ['merchant_id_shape /merchant_id'],
    ],
    ['network', fieldsOf({ networks: 'visa' }), ['networks_unknown /networks']],
    ['method', fieldsOf({ auth_methods: '3DS' }), ['auth_methods_unknown /auth_methods']],
    [
      'direct without its duties',
      directFields({ pci_scope_accepted: '' }),
      ['pci_scope_not_accepted /pci_scope_accepted'],
    ],
    [
      'direct without key',
      directFields({ private_keys: '' }),
      ['private_key_missing /private_keys'],
    ],
    [
      'another curve',
      directFields({ private_keys: otherCurve }),
      ['private_key_unreadable /private_keys'],
    ],
    ['no key', directFields({ private_keys: 'AAAA' }), ['private_key_unreadable /private_keys']],
    [
      'five keys',
      directFields({ private_keys: key.repeat(5) }),
      ['private_key_too_many /private_keys'],
    ],
    [
      'key where the acquirer decrypts',
      fieldsOf({ private_keys: key }),
      ['private_key_not_direct /private_keys'],
    ],
    [
      'other roots in live',
      liveFields({ root_keys_url: ROOTS_URL }),
      ['root_keys_url_refused /root_keys_url'],
    ],
    [
      'roots without TLS',
      fieldsOf({ root_keys_url: 'http://x.example.com/k' }),
      ['root_keys_url_refused /root_keys_url'],
    ],
    [
      'test at a live acquirer',
      { ...liveFields(), environment: 'test' },
      ['environment_mismatch /environment'],
    ],
    ['acquirer', fieldsOf({ acquirer: '' }), ['acquirer_unknown /acquirer']],
    [
      'an acquirer that holds the money',
      fieldsOf({ acquirer_capture: 'manual' }),
      ['capture_manual /acquirer_capture'],
    ],
    [
      'field of the acquirer',
      fieldsOf({ acquirer_api_key: '' }),
      ['api_key_shape /acquirer_api_key'],
    ],
  ]
  for (const [name, fields, expected] of cases) {
    test(name, () => assert.deepEqual(codes(fields), expected))
  }
})

test('keys are secret, and every field stands once', () => {
  const names = googlepay.accountFields.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  const secrets = googlepay.accountFields.filter(({ secret }) => secret).map(({ name }) => name)
  assert.ok(secrets.includes('private_keys') && secrets.includes('acquirer_api_key'))
})
