// The sandbox's Checkout.com as its own client sees it.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Checkout } from 'checkout-sdk-node'
import { type CardSetup, cardSetup } from '../cards/test-support.ts'
import { isObject, type JsonObject } from '../json.ts'
import { orderNumber } from '../test-support.ts'

/** The calls of their client that are used here; its own types leave the services out. */
interface Payments {
  request(body: object, key?: string): Promise<JsonObject>
  get(id: string): Promise<JsonObject>
  getActions(id: string): Promise<JsonObject[]>
  getPaymentList(query: object): Promise<JsonObject>
  capture(id: string, body?: object, key?: string): Promise<JsonObject>
  refund(id: string, body?: object, key?: string): Promise<JsonObject>
  void(id: string, body?: object, key?: string): Promise<JsonObject>
}

let world: CardSetup
let fields: Record<string, string>
let payments: Payments
let tokens: { request(body: object): Promise<JsonObject> }
before(async () => {
  world = await cardSetup('checkoutcom')
  fields = await world.account('applepay')
  const theirs = client(fields)
  payments = theirs.payments
  tokens = theirs.tokens
})
after(() => world[Symbol.asyncDispose]())

function client(own: Record<string, string>) {
  const theirs = new Checkout(own.acquirer_secret_key ?? '', {
    pk: own.acquirer_public_key ?? '',
    subdomain: own.acquirer_prefix ?? '',
    timeout: 5_000,
  })
  theirs.config.host = own.acquirer_base_url ?? ''
  const services: { payments: Payments; tokens: typeof tokens } = theirs
  return services
}

async function token(card = 'approve'): Promise<string> {
  const made = await tokens.request({ type: 'applepay', token_data: await world.apple({ card }) })
  assert.equal(made.token_format, 'cryptogram_3ds')
  return String(made.token)
}

async function order(reference: string, more: JsonObject & { card?: string } = {}) {
  const { card, ...rest } = more
  return {
    source: { type: 'token', token: await token(card) },
    amount: 1099,
    currency: 'USD',
    capture: true,
    reference,
    processing_channel_id: fields.acquirer_processing_channel_id,
    metadata: { tongbao_payment: reference },
    ...rest,
  }
}

const told = (type: string, reference: string) =>
  world.hooks.next(
    ({ json, body }) => json.type === type && body.includes(`"tongbao_payment":"${reference}"`),
  )

const statusOf = (status: number) => (error: unknown) => {
  const code =
    typeof error === 'object' && error !== null && 'http_code' in error && error.http_code
  assert.equal(code, status, JSON.stringify(error))
  return true
}

test('a token is opened, charged and captured, and the events are signed', async () => {
  const reference = orderNumber()
  const answer = await payments.request(await order(reference))
  assert.deepEqual([answer.approved, answer.status], [true, 'Authorized'])
  const hook = await told('payment_captured', reference)
  const key = fields.acquirer_signature_keys ?? ''
  const signature = createHmac('sha256', key).update(hook.body).digest('hex')
  assert.equal(hook.headers['cko-signature'], signature)
  assert.equal(hook.headers.authorization, fields.acquirer_notification_authorization)
  const read = await payments.get(String(answer.id))
  assert.equal(read.status, 'Captured')
  const actions = await payments.getActions(String(answer.id))
  assert.deepEqual(
    actions.map(({ type }) => type),
    ['Capture', 'Authorization'],
  )
  const list = await payments.getPaymentList({ limit: 10, skip: 0, reference })
  assert.equal(list.total_count, 1)
})

test('each card is declined by its code', async () => {
  const cards = {
    insufficient_funds: '20051',
    declined: '20005',
    fraud: '30034',
    expired: '20054',
    unavailable: '20091',
    challenge: '20154',
  }
  for (const [card, code] of Object.entries(cards)) {
    const reference = orderNumber()
    const answer = await payments.request(await order(reference, { card }))
    assert.deepEqual([answer.approved, answer.response_code], [false, code], card)
    await told('payment_declined', reference)
  }
})

test('a Google card that is only on file goes through 3-D Secure', async () => {
  const own = await world.account('googlepay')
  const google = client(own)
  const parameters = {
    gateway: 'checkoutltd',
    gatewayMerchantId: own.acquirer_public_key,
  }
  for (const [card, answer, status] of [
    ['challenge', 'confirm', 'Captured'],
    ['challenge', 'refuse', 'Declined'],
    ['approve_on_file', undefined, 'Captured'],
  ] as const) {
    const data = JSON.parse(await world.google(parameters, card))
    const made = await google.tokens.request({ type: 'googlepay', token_data: data })
    assert.equal(made.token_format, 'pan_only')
    const reference = orderNumber()
    const started = await google.payments.request({
      source: { type: 'token', token: made.token },
      amount: 1099,
      currency: 'USD',
      reference,
      processing_channel_id: own.acquirer_processing_channel_id,
      '3ds': { enabled: true, attempt_n3d: false },
      success_url: 'https://shop.example/good',
      failure_url: 'https://shop.example/bad',
    })
    assert.equal(started.status, 'Pending')
    const links = isObject(started._links) ? started._links : {}
    const redirect = isObject(links.redirect) ? String(links.redirect.href) : ''
    const seen = await fetch(redirect, { redirect: 'manual' })
    const next = new URL(seen.headers.get('location') ?? '')
    const back = answer === undefined ? next : await world.answerBank(reference, answer)
    assert.equal(back.pathname, status === 'Declined' ? '/bad' : '/good')
    assert(back.searchParams.get('cko-session-id')?.startsWith('sid_'))
    assert.equal((await google.payments.get(String(started.id))).status, status)
  }
})

test('captures and refunds in parts, voids, and what is not allowed in a state', async () => {
  const held = await payments.request(await order(orderNumber(), { capture: false }))
  const id = String(held.id)
  await assert.rejects(payments.refund(id), statusOf(403))
  const taken = await payments.capture(id, {
    amount: 999,
    reference: 'cap1',
    capture_type: 'Final',
  })
  assert(taken.action_id)
  await assert.rejects(payments.void(id), statusOf(403))
  await assert.rejects(payments.capture(id), statusOf(403))
  await payments.refund(id, { amount: 300, reference: 'ref1' })
  assert.equal((await payments.get(id)).status, 'Partially Refunded')
  await assert.rejects(payments.refund(id, { amount: 700 }), statusOf(422))
  await payments.refund(id)
  assert.equal((await payments.get(id)).status, 'Refunded')

  const other = await payments.request(await order(orderNumber(), { capture: false }))
  await payments.void(String(other.id), { reference: 'void1' })
  assert.equal((await payments.get(String(other.id))).status, 'Voided')
})

test('the same key repeats what was done, and a failed call is carried out anew', async () => {
  const reference = orderNumber()
  const body = await order(reference)
  const first = await payments.request(body, reference)
  assert.equal((await payments.request(body, reference)).id, first.id)

  const broken = orderNumber()
  await world.control('faults', { wallet: 'checkoutcom', kind: 'api_5xx_after', order: broken })
  await assert.rejects(payments.request(await order(broken), broken))
  await payments.request(await order(broken), broken)
  const list = await payments.getPaymentList({ limit: 10, skip: 0, reference: broken })
  assert.equal(list.total_count, 2)
})

test('a token is used once and within a quarter of an hour', async () => {
  const body = await order(orderNumber())
  await payments.request(body)
  await assert.rejects(payments.request(body), statusOf(422))
  const late = await order(orderNumber())
  await world.control('clock/advance', { seconds: 901 })
  await assert.rejects(payments.request(late), statusOf(422))
})

test('refuses wrong keys, foreign channels, unknown and missing members, what is not there', async () => {
  const body = await order(orderNumber())
  const stranger = client({ ...fields, acquirer_secret_key: `sk_sbox_${'a'.repeat(27)}` })
  await assert.rejects(stranger.payments.request(body), statusOf(401))
  for (const wrong of [{ processing_channel_id: 'pc_other' }, { colour: 'red' }, { amount: -1 }]) {
    await assert.rejects(payments.request({ ...body, ...wrong }), statusOf(422))
  }
  await assert.rejects(payments.get('pay_missing'), statusOf(404))
  const foreign = await world.apple()
  await assert.rejects(
    tokens.request({ type: 'applepay', token_data: { ...foreign, data: 'AAAA' } }),
    statusOf(422),
  )
})
