import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { accountFields, readAccount } from './account.ts'
import { accountOf, certificateFields, keyFields, pem, vectorKeys } from './testing.ts'

const codes = (fields: Record<string, string>) => {
  const read = readAccount(fields)
  return 'findings' in read ? read.findings.map(({ code }) => code) : []
}

describe('key mode', () => {
  test('reads keys in every shape that merchants paste', () => {
    const bare = (text: string) => text.replace(/-----[^-]+-----|\s/g, '')
    const privates = [
      pem('app', 'private_pkcs1'),
      pem('app', 'private_pkcs8'),
      bare(pem('app', 'private_pkcs1')),
      bare(pem('app', 'private_pkcs8')),
      pem('app', 'private_pkcs8').replaceAll('\n', '\r\n'),
      pem('app', 'private_pkcs1').replaceAll('RSA PRIVATE', 'PRIVATE'),
    ]
    for (const private_key of privates) assert.deepEqual(codes(keyFields({ private_key })), [])
    const alipay = pem('alipay', 'public')
    for (const alipay_public_key of [alipay, bare(alipay), ` ${alipay}\r\n`]) {
      assert.deepEqual(codes(keyFields({ alipay_public_key })), [])
    }
  })

  test('takes several Alipay keys for a rotation', () => {
    const both = [pem('alipay', 'public'), pem('alipay_next', 'public')]
    for (const separator of ['\n\n', ',', '']) {
      const account = accountOf(keyFields({ alipay_public_key: both.join(separator) }))
      assert.equal(account.platformKeys.length, 2)
    }
    const many = Array.from({ length: 5 }, () => both[0]).join('\n')
    assert.deepEqual(codes(keyFields({ alipay_public_key: many })), ['alipay_key_too_many'])
  })

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecPrivate = ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const ecPublic = ec.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const locked = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  }).privateKey
  const refusals: [string, Record<string, string>, string[]][] = [
    [
      'the application key as Alipay’s',
      { alipay_public_key: pem('app', 'public') },
      ['application_key_as_alipay_key'],
    ],
    [
      'a private key as Alipay’s',
      { alipay_public_key: pem('app', 'private_pkcs8') },
      ['alipay_key_is_private'],
    ],
    [
      'a certificate as Alipay’s key',
      { alipay_public_key: pem('certs', 'alipay_leaf') },
      ['alipay_key_is_certificate'],
    ],
    ['no Alipay key', { alipay_public_key: '' }, ['alipay_key_unreadable']],
    ['an elliptic Alipay key', { alipay_public_key: ecPublic }, ['alipay_key_unreadable']],
    [
      'a short Alipay key',
      { alipay_public_key: pem('legacy1024', 'public') },
      ['alipay_key_too_short'],
    ],
    [
      'a short private key',
      { private_key: pem('legacy1024', 'private_pkcs1') },
      ['private_key_too_short'],
    ],
    [
      'a public key as private key',
      { private_key: pem('app', 'public') },
      ['private_key_is_public'],
    ],
    [
      'a certificate as private key',
      { private_key: pem('certs', 'app_leaf') },
      ['private_key_is_public'],
    ],
    ['an elliptic private key', { private_key: ecPrivate }, ['private_key_unreadable']],
    ['a private key with a password', { private_key: locked }, ['private_key_unreadable']],
    [
      'two private keys',
      { private_key: pem('app', 'private_pkcs1').repeat(2) },
      ['private_key_unreadable'],
    ],
    ['words for a private key', { private_key: 'my key' }, ['private_key_unreadable']],
    ['a seller_id that is no PID', { seller_id: '1088000000000001' }, ['seller_id_shape']],
    ['a seller_id of 15 digits', { seller_id: '208800000000001' }, ['seller_id_shape']],
    ['an app_id with letters', { app_id: '90210001000000x1' }, ['app_id_shape']],
    ['an unknown mode', { mode: 'cert' }, ['mode_unknown']],
    [
      'a content key of 24 bytes',
      { content_key: Buffer.alloc(24).toString('base64') },
      ['content_key_shape'],
    ],
    ['a token with a line end', { app_auth_token: 'a\nb' }, ['app_auth_token_shape']],
    ['a field that does not exist', { appid: '1' }, ['unknown_field']],
    ['an unknown environment', { environment: 'prod' }, ['environment_unknown']],
    [
      'several faults at once',
      { app_id: '', seller_id: '', private_key: '' },
      ['app_id_shape', 'seller_id_shape', 'private_key_unreadable'],
    ],
  ]
  for (const [what, fields, expected] of refusals) {
    test(`refuses ${what}`, () => assert.deepEqual(codes(keyFields(fields)), expected))
  }
})

describe('certificate mode', () => {
  test('reads the three files, CRLF and chains included', () => {
    const account = accountOf(certificateFields())
    assert.equal(account.certificates?.applications[0]?.sn, vectorKeys.certs.app_leaf_sn)
    assert.equal(account.certificates?.rootSn, vectorKeys.certs.root_bundle_sn)
    assert.equal(account.platformKeys[0]?.sn, vectorKeys.certs.alipay_leaf_sn)
    const windows = Object.fromEntries(
      Object.entries(certificateFields()).map(([name, text]) => [
        name,
        text.replaceAll('\n', '\r\n'),
      ]),
    )
    assert.deepEqual(codes(windows), [])
    assert.deepEqual(codes(certificateFields({ alipay_cert: pem('certs', 'alipay_leaf') })), [])
  })

  test('keeps two application certificates while a renewal takes effect', () => {
    const both = pem('certs', 'app_leaf').repeat(2)
    assert.equal(
      accountOf(certificateFields({ app_cert: both })).certificates?.applications.length,
      2,
    )
  })

  const certs = vectorKeys.certs
  const refusals: [string, Record<string, string>, string[]][] = [
    [
      'a certificate of another key',
      { private_key: pem('attacker', 'private_pkcs8') },
      ['app_cert_key_mismatch'],
    ],
    [
      'swapped certificates',
      { app_cert: certs.alipay_leaf ?? '', alipay_cert: certs.app_leaf ?? '' },
      ['app_cert_key_mismatch', 'application_cert_as_alipay_cert'],
    ],
    [
      'the root as Alipay’s certificate',
      { alipay_cert: certs.root_bundle ?? '' },
      ['root_cert_as_alipay_cert'],
    ],
    [
      'a certificate of another application',
      { app_id: '9021000100000002' },
      ['app_cert_other_application'],
    ],
    ['no application certificate', { app_cert: '' }, ['app_cert_unreadable']],
    ['no Alipay certificate', { alipay_cert: '' }, ['alipay_cert_unreadable']],
    ['no root', { alipay_root_cert: '' }, ['root_cert_unreadable']],
    ['a leaf as root', { alipay_root_cert: certs.app_leaf ?? '' }, ['root_cert_unreadable']],
  ]
  for (const [what, fields, expected] of refusals) {
    test(`refuses ${what}`, () => assert.deepEqual(codes(certificateFields(fields)), expected))
  }
})

describe('the gateway', () => {
  const url = (more: Record<string, string>) => {
    const read = readAccount(keyFields(more))
    return 'account' in read
      ? read.account.gatewayUrl
      : read.findings.map(({ code }) => code).join()
  }

  test('is Alipay’s own unless another one is named', () => {
    assert.equal(url({}), 'https://openapi.alipay.com/gateway.do')
    assert.equal(url({ gateway: 'production' }), 'https://openapi.alipay.com/gateway.do')
    assert.equal(url({ gateway: 'sandbox' }), 'https://openapi-sandbox.dl.alipaydev.com/gateway.do')
    assert.equal(
      url({ gateway: 'https://proxy.example.com/gateway.do' }),
      'https://proxy.example.com/gateway.do',
    )
  })

  test('on this machine only with environment test', () => {
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      const gateway = `http://${host}:4001/gateway.do`
      assert.equal(url({ gateway, environment: 'test' }), gateway)
      assert.equal(url({ gateway, environment: 'live' }), 'gateway_refused')
      assert.equal(url({ gateway }), 'gateway_refused')
    }
  })

  for (const [gateway, environment, real] of [
    ['production', 'live', true],
    ['production', 'test', true],
    ['sandbox', 'live', false],
    ['https://proxy.example.com/gateway.do', 'live', true],
    ['https://proxy.example.com/gateway.do', 'test', false],
    ['https://openapi.alipay.com/gateway.do', 'test', true],
  ] as const) {
    test(`${gateway} with environment ${environment} takes ${real ? 'real' : 'play'} money`, () =>
      assert.equal(accountOf(keyFields({ gateway, environment })).realMoney, real))
  }

  for (const gateway of [
    'http://example.com/gateway.do',
    'http://127.0.0.1.example.com/gateway.do',
    'https://user:pass@example.com/',
    'https://example.com/?method=x',
    'https://example.com/#x',
    'ftp://example.com/',
    'constructor',
    'gateway.do',
  ]) {
    test(`is not ${gateway}`, () =>
      assert.equal(url({ gateway, environment: 'test' }), 'gateway_refused'))
  }
})

test('every secret is marked as one, and every finding speaks both languages', () => {
  const secrets = accountFields.filter(({ secret }) => secret).map(({ name }) => name)
  assert.deepEqual(secrets, ['private_key', 'content_key', 'app_auth_token'])
  const read = readAccount({})
  assert.ok('findings' in read)
  for (const { message, level } of read.findings) {
    assert.equal(level, 'error')
    assert.match(message.en, /^[A-Z].*\.$/)
    assert.match(message['zh-CN'], /[\u4e00-\u9fff].*。$/)
  }
})
