// The sandbox's PayPal as PayPal's own client sees it.
import assert from 'node:assert/strict'
import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import { after, before, test } from 'node:test'
import {
  ApiError,
  CheckoutPaymentIntent,
  Client,
  Environment,
  OrdersController,
  PaypalExperienceUserAction,
} from '@paypal/paypal-server-sdk'
import { isObject, type JsonObject } from '../json.ts'
import { listOf, orderNumber, type Setup, setup } from '../test-support.ts'

let world: Setup
let orders: OrdersController
before(async () => {
  world = await setup()
  const { fields } = await world.control('paypal/hub-account')
  orders = new OrdersController(client(isObject(fields) ? fields : {}))
})
after(() => world[Symbol.asyncDispose]())

/** Their client; only the address is another, which it does not let one choose. */
function client({ client_id: id, client_secret: secret, gateway }: JsonObject): Client {
  const { hostname, port, pathname } = new URL(String(gateway))
  const transport = {
    request: ({ method, headers, path }: RequestOptions, answered: (to: IncomingMessage) => void) =>
      request({ method, headers: { ...headers }, hostname, port, path: pathname + path }, answered),
  }
  return new Client({
    environment: Environment.Sandbox,
    clientCredentialsAuthCredentials: {
      oAuthClientId: String(id),
      oAuthClientSecret: String(secret),
    },
    httpClientOptions: { retryConfig: { maxNumberOfRetries: 0 } },
    unstable_httpClientOptions: { transport },
  })
}

const begin = (reference: string, value = '10.99', currencyCode = 'USD') =>
  orders.createOrder({
    paypalRequestId: reference,
    prefer: 'return=representation',
    body: {
      intent: CheckoutPaymentIntent.Capture,
      purchaseUnits: [
        { amount: { currencyCode, value }, customId: reference, invoiceId: reference },
      ],
      paymentSource: {
        paypal: {
          experienceContext: {
            returnUrl: 'https://shop.example/back',
            cancelUrl: 'https://shop.example/quit',
            userAction: PaypalExperienceUserAction.PayNow,
          },
        },
      },
    },
  })

const approve = (order: string | undefined, payer = 'wren') =>
  world.control('paypal/orders/approve', { order, payer })

/** The issue that PayPal names in its refusal. */
async function issueOf(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    assert.ok(error instanceof ApiError)
    const body: unknown = JSON.parse(String(error.body))
    return isObject(body) ? String(listOf(body, 'details')[0]?.issue) : ''
  }
  return 'nothing'
}

test('an order is begun, approved and captured', async () => {
  const reference = orderNumber()
  const { result, statusCode } = await begin(reference)
  assert.equal(statusCode, 201)
  assert.equal(result.status, 'PAYER_ACTION_REQUIRED')
  const link = result.links?.find(({ rel }) => rel === 'payer-action')
  assert.match(link?.href ?? '', /\/checkoutnow\?token=/)
  const back = await approve(result.id)
  assert.match(String(back.return_to), /^https:\/\/shop\.example\/back\?token=.+&PayerID=/)
  const shown = await orders.getOrder({ id: result.id ?? '' })
  assert.equal(shown.result.status, 'APPROVED')
  const done = await orders.captureOrder({
    id: result.id ?? '',
    paypalRequestId: `${reference}-capture`,
    prefer: 'return=representation',
  })
  assert.equal(done.result.status, 'COMPLETED')
  const [capture] = done.result.purchaseUnits?.[0]?.payments?.captures ?? []
  assert.equal(capture?.status, 'COMPLETED')
  assert.deepEqual(capture?.amount, { currencyCode: 'USD', value: '10.99' })
  assert.equal(capture?.customId, reference)
})

test('a repeated call gives the same order, and captures once', async () => {
  const reference = orderNumber()
  const first = await begin(reference)
  const second = await begin(reference)
  assert.equal(second.statusCode, 200)
  assert.equal(second.result.id, first.result.id)
  await approve(first.result.id)
  const id = first.result.id ?? ''
  const capture = (paypalRequestId: string) => orders.captureOrder({ id, paypalRequestId })
  assert.equal((await capture('a')).statusCode, 201)
  assert.equal((await capture('a')).statusCode, 200)
  assert.equal(await issueOf(capture('b')), 'ORDER_ALREADY_CAPTURED')
})

test('what PayPal refuses is refused', async () => {
  const { result } = await begin(orderNumber())
  const id = result.id ?? ''
  assert.equal(await issueOf(orders.captureOrder({ id })), 'ORDER_NOT_APPROVED')
  await approve(id, 'tomas')
  assert.equal(await issueOf(orders.captureOrder({ id })), 'INSTRUMENT_DECLINED')
  const again = await orders.getOrder({ id })
  assert.equal(again.result.status, 'PAYER_ACTION_REQUIRED')
  assert.equal(await issueOf(begin(orderNumber(), '10.5', 'JPY')), 'DECIMAL_PRECISION')
  assert.equal(await issueOf(begin(orderNumber(), '0.00')), 'CANNOT_BE_ZERO_OR_NEGATIVE')
  assert.equal(await issueOf(begin(orderNumber(), '1.00', 'XAU')), 'CURRENCY_NOT_SUPPORTED')
  assert.equal(await issueOf(orders.getOrder({ id: 'NOTTHERE' })), 'INVALID_RESOURCE_ID')
})

test('a capture that is held back settles later', async () => {
  const { result } = await begin(orderNumber())
  const id = result.id ?? ''
  await approve(id, 'ines')
  const done = await orders.captureOrder({ id, prefer: 'return=representation' })
  const [capture] = done.result.purchaseUnits?.[0]?.payments?.captures ?? []
  assert.equal(capture?.status, 'PENDING')
  await world.control(`paypal/captures/${capture?.id}`, { status: 'DECLINED' })
  const shown = await orders.getOrder({ id })
  assert.equal(shown.result.purchaseUnits?.[0]?.payments?.captures?.[0]?.status, 'DECLINED')
})

test('an order that nobody captures is forgotten after three hours', async () => {
  const { result } = await begin(orderNumber())
  const id = result.id ?? ''
  await world.control('clock/advance', { seconds: 3 * 3600 + 1 })
  assert.equal(await issueOf(orders.getOrder({ id })), 'INVALID_RESOURCE_ID')
})

test('the page asks who pays, in two languages, and sends the browser back', async () => {
  const { result } = await begin(orderNumber())
  const page = `${world.sandbox.url}/paypal/checkoutnow`
  for (const [language, words] of [
    ['zh-CN', '立即付款'],
    ['en', 'Pay now'],
  ] as const) {
    const shown = await fetch(`${page}?token=${result.id}`, {
      headers: { 'accept-language': language },
    })
    assert.equal(shown.status, 200)
    assert.ok((await shown.text()).includes(words))
  }
  const post = (answer: string) =>
    fetch(`${page}/${answer}`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ token: result.id ?? '', payer: 'wren' }),
    })
  const left = await post('cancel')
  assert.equal(left.headers.get('location'), `https://shop.example/quit?token=${result.id}`)
  const paid = await post('approve')
  assert.match(paid.headers.get('location') ?? '', /shop\.example\/back\?token=/)
  assert.equal((await post('approve')).status, 410)
})
