// Apple's gateway over real TLS: who is let in, what is refused, and what a session is good for.
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { googleRequest, textsOf } from '../cards/test-support.ts'
import { isObject, type JsonObject, parseObject } from '../json.ts'
import { type Setup, setup } from '../test-support.ts'

let world: Setup
let fields: Record<string, string>
let root: string
before(async () => {
  world = await setup()
  fields = textsOf((await world.control('applepay/hub-account?domain=shop.example')).fields)
  root = fields.root_certificate ?? ''
})
after(() => world.sandbox.close())

interface Asked {
  status: number
  body: JsonObject
}

function ask(body: JsonObject, options: { cert?: string; key?: string } = {}): Promise<Asked> {
  const own = { cert: fields.merchant_identity_certificate, key: fields.merchant_identity_key }
  const sent = request(`${world.sandbox.gateway}/paymentservices/paymentSession`, {
    method: 'POST',
    ca: root,
    ...own,
    ...options,
    headers: { 'content-type': 'application/json' },
  })
  return new Promise((resolve, reject) => {
    sent.on('error', reject)
    sent.on('response', async (response) => {
      try {
        let text = ''
        for await (const part of response) text += String(part)
        resolve({ status: response.statusCode ?? 0, body: parseObject(text) ?? {} })
      } catch (error) {
        reject(error)
      }
    })
    sent.end(JSON.stringify(body))
  })
}

const order = (more: JsonObject = {}): JsonObject => ({
  merchantIdentifier: fields.merchant_id,
  displayName: 'Coffee',
  initiative: 'web',
  initiativeContext: 'shop.example',
  ...more,
})

/** A question of the sheet, asked from a page. */
async function sheet(path: string, body: JsonObject, origin = 'https://shop.example') {
  const answer = await fetch(`${world.sandbox.url}/applepay/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify(body),
  })
  const read: unknown = await answer.json()
  return { status: answer.status, body: isObject(read) ? read : {} }
}

const authorize = (session: JsonObject) => ({
  session,
  card: 'approve',
  amount: '10.99',
  currency: 'USD',
})

test('a merchant with its certificate gets a session', async () => {
  const { status, body } = await ask(order())
  assert.equal(status, 200)
  for (const name of ['epochTimestamp', 'expiresAt', 'nonce', 'merchantSessionIdentifier']) {
    assert(body[name], name)
  }
  assert(String(body.signature).startsWith('308006092a86'))
  assert.equal(body.domainName, 'shop.example')
})

test('nobody gets in without a certificate of the sandbox, or with the key of another', async () => {
  await assert.rejects(ask(order(), { cert: '', key: '' }))
  const other = textsOf((await world.control('applepay/hub-account?new=1')).fields)
  const cert = other.merchant_identity_certificate ?? ''
  const key = other.merchant_identity_key ?? ''
  assert.equal((await ask(order(), { cert, key })).status, 417)
})

test('refuses other domains with 417 and broken bodies with 400', async () => {
  assert.equal((await ask(order({ initiativeContext: 'evil.example' }))).status, 417)
  assert.equal((await ask(order({ merchantIdentifier: 'merchant.other' }))).status, 417)
  for (const wrong of [
    { displayName: 'x'.repeat(65) },
    { displayName: '' },
    { initiative: 'fax' },
    { initiativeContext: 'https://shop.example' },
    { colour: 'red' },
  ]) {
    const { status, body } = await ask(order(wrong))
    assert.equal(status, 400, JSON.stringify(wrong))
    assert.match(String(body.statusMessage), /^Payment Services Exception/)
  }
})

test('a session opens one sheet, on its own domain, for five minutes', async () => {
  const { body: session } = await ask(order())
  assert.equal((await sheet('validate', { session })).status, 200)
  assert.equal((await sheet('validate', { session }, 'https://evil.example')).status, 409)
  assert.equal(
    (await sheet('validate', { session: { ...session, displayName: 'Bank' } })).status,
    409,
  )
  assert.equal((await sheet('authorize', authorize(session))).status, 200)
  const again = await sheet('authorize', authorize(session))
  assert.deepEqual([again.status, again.body.problem], [409, 'session_used'])
  const { body: late } = await ask(order())
  await world.control('clock/advance', { seconds: 301 })
  assert.equal((await sheet('validate', { session: late })).body.problem, 'session_expired')
})

test('the token names card, order and transaction as genuine ones do', async () => {
  const { body: session } = await ask(order())
  const applicationData = Buffer.from('tb1|x').toString('base64')
  const asked = { ...authorize(session), application_data: applicationData }
  const { body } = await sheet('authorize', asked)
  const token = isObject(body.token) ? body.token : {}
  const data = isObject(token.paymentData) ? token.paymentData : {}
  const header = isObject(data.header) ? data.header : {}
  assert.equal(String(token.transactionIdentifier).toLowerCase(), header.transactionId)
  assert.match(String(header.applicationData), /^[0-9a-f]{64}$/)
  assert.equal(JSON.stringify(body).includes('4895370012003478'), false)
})

test('faults: refused, broken, expired and foreign sessions', async () => {
  const strike = (kind: string) =>
    world.control('faults', { wallet: 'applepay', kind, order: fields.merchant_id })
  await strike('session_417')
  assert.equal((await ask(order())).status, 417)
  await strike('session_5xx')
  assert.equal((await ask(order())).status, 500)
  await strike('session_garbage')
  assert.deepEqual(await ask(order()), { status: 200, body: {} })
  await strike('session_expired')
  const { body: session } = await ask(order())
  assert.equal((await sheet('validate', { session })).body.problem, 'session_expired')
  await strike('session_other_domain')
  assert.equal((await ask(order())).body.domainName, 'other.example')
})

test("Google's list has roots with an end, decoys beside them, and a time to keep it", async () => {
  const answer = await fetch(`${world.sandbox.url}/googlepay/keys.json`)
  assert.match(answer.headers.get('cache-control') ?? '', /max-age=\d+/)
  const { keys } = parseObject(await answer.text()) ?? {}
  assert(Array.isArray(keys))
  const versions = keys.map((key) => key.protocolVersion)
  assert.deepEqual(versions, ['ECv1', 'ECv2', 'ECv2SigningOnly'])
  const rotated = await world.control('googlepay/rotate-root', {})
  assert(Array.isArray(rotated.keys))
  assert.equal(rotated.keys.length, 5)
})

test('Google refuses what its own checks refuse', async () => {
  const parameters = { gateway: 'adyen', gatewayMerchantId: 'Nobody' }
  const request = googleRequest({ type: 'PAYMENT_GATEWAY', parameters })
  const told = async (changed: JsonObject) => {
    const { problem } = await world.control('googlepay/tokens', { request: changed })
    return isObject(problem) ? String(problem.statusMessage) : ''
  }
  assert.match(await told(request), /OR_BIBED_06/)
  assert.match(await told({ ...request, apiVersion: 1 }), /apiVersion/)
  const info = isObject(request.transactionInfo) ? request.transactionInfo : {}
  const transactionInfo = { ...info, totalPrice: '1.234' }
  assert.match(await told({ ...request, transactionInfo }), /totalPrice/)
})
