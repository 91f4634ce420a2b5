// PayPal against PayPal's own client: what we send is what it would send for the same order, with
// fresh random cases in each run. A failure names its seed; repeat it with ORACLE_SEED=<seed>.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import {
  CheckoutPaymentIntent,
  Client,
  Environment,
  OrdersController,
  PayeePaymentMethodPreference,
  PaypalExperienceUserAction,
  PaypalWalletContextShippingPreference,
} from '@paypal/paypal-server-sdk'
import fc from 'fast-check'
import { create } from '../../src/wallets/paypal/create.ts'
import { query } from '../../src/wallets/paypal/query.ts'
import {
  accountOf,
  begun,
  FIELDS,
  NOW,
  ORDER_ID,
  orderOf,
  paypalOrder,
  REFERENCE,
  TOKEN,
} from '../../src/wallets/paypal/testing.ts'
import { scriptAt } from '../../src/wallets/testing.ts'

const seed = Number(process.env.ORACLE_SEED ?? randomInt(2 ** 31))
console.log(`paypal oracle seed ${seed}`)
const runs = { seed, numRuns: 60 }

interface Said {
  method: string
  url: string
  headers: Record<string, string>
  body: unknown
}

/** Their library with its own network replaced by one that keeps what would be sent. */
function library(environment: Environment) {
  const said: Said[] = []
  const client = new Client({
    environment,
    clientCredentialsAuthCredentials: {
      oAuthClientId: FIELDS.client_id,
      oAuthClientSecret: FIELDS.client_secret,
    },
    unstable_httpClientOptions: {
      async adapter(config: {
        method: string
        url: string
        headers: { toJSON(): Record<string, string> }
        data?: string
      }) {
        const headers = Object.fromEntries(
          Object.entries(config.headers.toJSON()).map(([name, value]) => [
            name.toLowerCase(),
            String(value),
          ]),
        )
        said.push({ method: config.method, url: config.url, headers, body: config.data })
        const token = { access_token: 'A21AAtoken', token_type: 'Bearer', expires_in: 900 }
        const order = { id: ORDER_ID, status: 'PAYER_ACTION_REQUIRED' }
        const data = JSON.stringify(config.url.endsWith('/token') ? token : order)
        return { data, status: 200, statusText: 'OK', headers: {}, config }
      },
    },
  })
  return { orders: new OrdersController(client), said }
}

const amounts = fc.record({
  currency: fc.constantFrom('USD', 'EUR', 'GBP', 'SEK'),
  amount: fc.bigInt({ min: 1n, max: 999_999_999n }),
})

test('an order is what their client would write', async () => {
  await fc.assert(
    fc.asyncProperty(
      amounts,
      fc.stringMatching(/^[ -~]{1,127}$/),
      fc.boolean(),
      async (money, title, live) => {
        const digits = money.amount.toString().padStart(3, '0')
        const value = `${digits.slice(0, -2)}.${digits.slice(-2)}`
        const { orders, said } = library(live ? Environment.Production : Environment.Sandbox)
        const order = orderOf({ money, title })
        await orders.createOrder({
          paypalRequestId: REFERENCE,
          prefer: 'return=representation',
          body: {
            intent: CheckoutPaymentIntent.Capture,
            purchaseUnits: [
              {
                referenceId: REFERENCE,
                customId: REFERENCE,
                invoiceId: REFERENCE,
                description: title,
                amount: { currencyCode: money.currency, value },
              },
            ],
            paymentSource: {
              paypal: {
                experienceContext: {
                  returnUrl: order.returnUrl,
                  cancelUrl: order.quitUrl,
                  userAction: PaypalExperienceUserAction.PayNow,
                  shippingPreference: PaypalWalletContextShippingPreference.NoShipping,
                  paymentMethodPreference: PayeePaymentMethodPreference.ImmediatePaymentRequired,
                },
              },
            },
          },
        })
        const { ports, sent } = scriptAt(NOW, TOKEN, paypalOrder('PAYER_ACTION_REQUIRED'))
        await create(ports, accountOf({ environment: live ? 'live' : 'test' }), order)
        const [theirToken, theirs] = said
        const [ourToken, ours] = sent
        assert.equal(ourToken?.url, theirToken?.url)
        assert.equal(ourToken?.headers.authorization, theirToken?.headers.authorization)
        assert.equal(ourToken?.body, String(theirToken?.body))
        assert.equal(ours?.url, theirs?.url)
        for (const name of ['authorization', 'content-type', 'paypal-request-id', 'prefer']) {
          assert.equal(ours?.headers[name], theirs?.headers[name], name)
        }
        assert.deepEqual(JSON.parse(String(ours?.body)), JSON.parse(String(theirs?.body)))
      },
    ),
    runs,
  )
})

test('a question and a capture go where theirs go', async () => {
  const { orders, said } = library(Environment.Sandbox)
  await orders.getOrder({ id: ORDER_ID })
  await orders.captureOrder({ id: ORDER_ID, paypalRequestId: `${REFERENCE}-capture` })
  const { ports, sent } = scriptAt(NOW, TOKEN, paypalOrder('APPROVED'), paypalOrder('APPROVED'))
  await query(ports, accountOf(), begun())
  // Theirs ends in an empty query.
  const places = (calls: readonly { method: string; url: string }[]) =>
    calls.map(({ method, url }) => `${method.toUpperCase()} ${url.replace(/\?$/, '')}`)
  assert.deepEqual(places(sent), places(said))
  const name = 'paypal-request-id'
  assert.equal(sent[2]?.headers[name], said[2]?.headers[name])
})
