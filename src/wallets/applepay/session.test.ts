import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { describe, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { MERCHANT_ID, makeIdentity } from '../../../test/oracles/applepay-certificates.ts'
import { createNetwork } from '../../outgoing/network.ts'
import { NetworkError, type OutgoingAnswer } from '../../ports.ts'
import { json, type Script } from '../testing.ts'
import type { Problem } from '../wallet.ts'
import type { ApplePayAccount } from './account.ts'
import { fieldsOf, script } from './testing.ts'
import { applepay } from './wallet.ts'

const identity = makeIdentity(MERCHANT_ID)
const own = {
  merchant_identity_certificate: identity.certificate_pem,
  merchant_identity_key: identity.private_key_pem,
}

function accountOf(fields: Record<string, string>): ApplePayAccount {
  const read = applepay.readAccount(fields)
  assert.ok('account' in read)
  return read.account
}

const account = accountOf(fieldsOf(own))
const URL_OF_GATEWAY = 'https://apple.sandbox.example.com/paymentservices/startSession'
const SESSION = {
  epochTimestamp: 1_795_348_800_000,
  expiresAt: 1_795_352_400_000,
  merchantSessionIdentifier: 'SSH0123456789',
  nonce: '0f0e0d0c',
  merchantIdentifier: 'A1B2',
  domainName: 'pay.example.com',
  displayName: 'Tea & Coffee 茶',
  signature: '308006092a864886',
  retries: 0,
  pspId: 'A1B2',
}

function open(
  { ports }: Script,
  more: { validationUrl?: string; domain?: string; merchantName?: string } = {},
  of = account,
) {
  assert.ok(applepay.openSession)
  const usual = {
    validationUrl: URL_OF_GATEWAY,
    domain: 'pay.example.com',
    merchantName: 'Tea & Coffee 茶',
  }
  return applepay.openSession(ports, of, { ...usual, ...more })
}

async function problemOf(
  steps: (OutgoingAnswer | NetworkError)[],
  more: Parameters<typeof open>[1] = {},
  of = account,
): Promise<Problem & { asked: number }> {
  const world = script(...steps)
  const opened = await open(world, more, of)
  assert.ok('problem' in opened)
  return { ...opened.problem, asked: world.sent.length }
}

test('a session is asked for under the merchant identity and handed on unchanged', async () => {
  const world = script(json(SESSION))
  assert.deepEqual(await open(world), { session: SESSION })
  const [request] = world.sent
  assert.ok(request)
  assert.equal(request.url, URL_OF_GATEWAY)
  assert.deepEqual(JSON.parse(String(request.body)), {
    merchantIdentifier: MERCHANT_ID,
    displayName: 'Tea & Coffee 茶',
    initiative: 'web',
    initiativeContext: 'pay.example.com',
  })
  const shown = request.clientCertificate
  assert.ok(shown)
  assert.ok(shown.certificate.includes(identity.certificate_pem.split('\n')[1] ?? '?'))
  assert.match(shown.key, /BEGIN PRIVATE KEY/)
})

test('a name longer than 64 characters is cut, by characters and not by bytes', async () => {
  const world = script(json(SESSION))
  await open(world, { merchantName: '茶'.repeat(70) })
  assert.equal(JSON.parse(String(world.sent[0]?.body)).displayName, '茶'.repeat(64))
})

describe('nothing is asked', () => {
  const places = [
    'https://apple-pay-gateway.apple.com/paymentservices/startSession',
    'https://apple.sandbox.example.com/other',
    'https://apple.sandbox.example.com/paymentservices/startSession?x=1',
    'https://apple.sandbox.example.com:8443/paymentservices/startSession',
    'http://169.254.169.254/latest/meta-data/',
    '',
  ]
  for (const validationUrl of places) {
    test(`at ${JSON.stringify(validationUrl)}`, async () => {
      const { category, walletCode, asked } = await problemOf([], { validationUrl })
      assert.deepEqual([category, walletCode, asked], ['invalid_request', 'validation_url', 0])
    })
  }

  test('for a domain that is not of the account', async () => {
    const { category, walletCode, asked } = await problemOf([], { domain: 'phish.example.net' })
    assert.deepEqual([category, walletCode, asked], ['merchant_config', 'domain_not_registered', 0])
  })
})

describe("Apple's own gateway", () => {
  const { gateway: _1, root_certificate: _2, ...apple } = fieldsOf(own)
  const test1 = accountOf(apple)

  test('a test account asks the sandbox and never production', async () => {
    const world = script(json(SESSION))
    const validationUrl = 'https://apple-pay-gateway-cert.apple.com/paymentservices/startSession'
    assert.ok('session' in (await open(world, { validationUrl }, test1)))
    const live = 'https://apple-pay-gateway.apple.com/paymentservices/startSession'
    assert.equal((await problemOf([], { validationUrl: live }, test1)).walletCode, 'validation_url')
  })
})

describe('what Apple refuses', () => {
  const refusal = (status: number, statusMessage: string) =>
    json({ statusCode: String(status), statusMessage }, status)
  const cases: [string, OutgoingAnswer, Problem['category']][] = [
    ['an unregistered domain', refusal(417, 'Payment Services Exception'), 'merchant_config'],
    ['a malformed request', refusal(400, 'bad'), 'merchant_config'],
    ['a gateway that is down', refusal(503, 'down'), 'provider_down'],
    ['an answer that is no session', json({ hello: 1 }), 'provider_down'],
    [
      'an answer that is no JSON',
      { status: 200, headers: {}, body: Buffer.from('<html>') },
      'provider_down',
    ],
    ['a session for another domain', json({ ...SESSION, domainName: 'x.com' }), 'merchant_config'],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://x' }, body: Buffer.of() },
      'merchant_config',
    ],
  ]
  for (const [name, answer, category] of cases) {
    test(name, async () => assert.equal((await problemOf([answer])).category, category))
  }

  test("Apple's words are kept short", async () => {
    const { walletMessage = '' } = await problemOf([refusal(417, 'x'.repeat(5000))])
    assert.equal(walletMessage.length, 200)
  })
})

describe('silence', () => {
  const reset = new NetworkError('reset', true, 'gone')
  test('is asked again once, and then the gateway is down', async () => {
    const { category, asked } = await problemOf([reset, reset])
    assert.deepEqual([category, asked], ['provider_down', 2])
    const world = script(reset, json(SESSION))
    assert.ok('session' in (await open(world)))
  })

  test('a refused handshake is a fault of the certificate and not repeated', async () => {
    const { category, asked } = await problemOf([new NetworkError('tls', true, 'alert')])
    assert.deepEqual([category, asked], ['merchant_config', 1])
  })
})

describe('without an identity certificate', () => {
  test('the acquirer that holds one opens the session', async () => {
    const world = script(json({ data: Buffer.from(JSON.stringify(SESSION)).toString('base64') }))
    const adyens = accountOf(fieldsOf({ acquirer_apple_merchant_id: 'merchant.com.adyen.x' }))
    assert.deepEqual(await open(world, {}, adyens), { session: SESSION })
    assert.match(world.sent[0]?.url ?? '', /^https:\/\/adyen\.sandbox\..*\/applePay\/sessions$/)
  })

  test('an acquirer without one leaves a fault of the settings', async () => {
    const { category, walletCode } = await problemOf([], {}, accountOf(fieldsOf()))
    assert.deepEqual([category, walletCode], ['merchant_config', 'identity_missing'])
  })
})

test('over real TLS the gateway sees the merchant identity, and has to be the gateway itself', async () => {
  const site = makeIdentity('gateway', { address: '127.0.0.1' })
  const server = createServer(
    {
      cert: site.certificate_pem,
      key: site.private_key_pem,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      assert.ok(request.socket instanceof TLSSocket)
      const { subject } = request.socket.getPeerCertificate()
      const known = JSON.stringify(subject ?? {}).includes(MERCHANT_ID)
      response.writeHead(known ? 200 : 417).end(JSON.stringify(known ? SESSION : {}))
    },
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address)
  const gateway = `https://127.0.0.1:${address.port}`
  const world = script()
  const network = createNetwork({
    log: world.ports.log,
    allowPrivate: [gateway],
    authorities: [site.certificate_pem],
  })
  try {
    const here = accountOf(fieldsOf({ ...own, gateway }))
    const validationUrl = `${gateway}/paymentservices/startSession`
    const real = { ...world, ports: { ...world.ports, network } }
    assert.deepEqual(await open(real, { validationUrl }, here), { session: SESSION })
    const elsewhere = createNetwork({ log: world.ports.log, allowPrivate: [gateway] })
    const unknown = { ...real, ports: { ...real.ports, network: elsewhere } }
    const opened = await open(unknown, { validationUrl }, here)
    assert.ok('problem' in opened && opened.problem.category !== 'invalid_request')
    await elsewhere.close()
  } finally {
    await network.close()
    server.close()
  }
})
