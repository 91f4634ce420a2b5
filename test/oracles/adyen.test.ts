// Adyen as an acquirer against Adyen's own library, with fresh random cases in each run. A failure
// names its seed; repeat it with ORACLE_SEED=<seed>.

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, test } from 'node:test'
import adyenLibrary from '@adyen/api-library'
import fc from 'fast-check'
import { adyen } from '../../src/acquirers/adyen/acquirer.ts'
import {
  adyenAccount,
  HMAC_KEY,
  NOW,
  networkToken,
  orderOf,
  script,
} from '../../src/acquirers/testing.ts'
import type { OutgoingRequest } from '../../src/ports.ts'

const { CheckoutAPI, Client, EnvironmentEnum, hmacValidator: HmacValidator, Types } = adyenLibrary

const seed = Number(process.env.ORACLE_SEED ?? randomInt(2 ** 31))
console.log(`adyen oracle seed ${seed}`)
const runs = { seed, numRuns: 60 }

const live = {
  environment: 'live',
  live_prefix: '0123456789abcdef-tongbaotest',
  api_key: 'AQElive',
}
const accounts = [adyenAccount(), adyenAccount(live)]

interface Said {
  url: string
  body: string
  key: string | undefined
}

/** Their library with its own network replaced by one that keeps what would be sent. */
function library(isLive: boolean) {
  const said: Said[] = []
  const client = new Client(
    {
      apiKey: isLive ? 'AQElive' : 'AQEtest',
      environment: isLive ? EnvironmentEnum.LIVE : EnvironmentEnum.TEST,
      ...(isLive && { liveEndpointUrlPrefix: live.live_prefix }),
    },
    {
      request: (url, json, _config, _apiKeyRequired, options) => {
        said.push({ url, body: String(json), key: options?.idempotencyKey })
        return Promise.resolve('{}')
      },
    },
  )
  return { api: new CheckoutAPI(client), said }
}

function assertSame(ours: OutgoingRequest | undefined, theirs: Said | undefined): void {
  assert(ours && theirs)
  assert.equal(ours.url, theirs.url)
  assert.equal(ours.headers['idempotency-key'], theirs.key)
  assert.deepEqual(JSON.parse(String(ours.body)), JSON.parse(theirs.body))
}

const glyph = fc.constantFrom(...'aZ09 +-_.%&=/\\"\'<>{}[],?#~!*()', '咖', 'é', '🍜', '\u2028')
const text = fc.string({ unit: glyph, minLength: 1, maxLength: 60 })
const reference = fc.stringMatching(/^[0-9A-Za-z]{1,32}$/)
const psp = fc.stringMatching(/^[0-9A-Z]{16}$/)
const units = fc.integer({ min: 1, max: 2 ** 40 })
const currency = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD', 'HKD')
const side = fc.constantFrom(0, 1)
const answered = { status: 200, body: {} }

describe('our requests are theirs', () => {
  test('authorizations of both wallets and of network tokens', async () => {
    const property = fc.asyncProperty(
      fc.record({
        reference,
        units,
        currency,
        token: text,
        side,
        kind: fc.constantFrom('apple', 'google', 'direct'),
        path: fc.stringMatching(/^[a-z0-9/]{0,30}$/),
        ip: fc.ipV4(),
      }),
      async (c) => {
        const account = accounts[c.side] ?? adyenAccount()
        const credential =
          c.kind === 'apple'
            ? { type: 'applepay' as const, token: c.token }
            : c.kind === 'google'
              ? { type: 'googlepay' as const, token: c.token }
              : networkToken
        const order = orderOf(credential, {
          walletReference: c.reference,
          money: { amount: BigInt(c.units), currency: c.currency },
          returnUrl: `https://pay.example.test/${c.path}`,
          payerAddress: c.ip,
        })
        const { ports, sent } = script(answered)
        await adyen.authorize(ports, account, order)
        const { api, said } = library(c.side === 1)
        const { CardDetails, ApplePayDetails, GooglePayDetails, PaymentRequest } = Types.checkout
        await api.PaymentsApi.payments(
          {
            merchantAccount: account.merchantAccount,
            amount: { currency: c.currency, value: c.units },
            reference: c.reference,
            returnUrl: order.returnUrl,
            channel: PaymentRequest.ChannelEnum.Web,
            origin: 'https://pay.example.test',
            shopperIP: c.ip,
            metadata: { tongbaoPayment: c.reference },
            ...(c.kind === 'direct' && {
              mpiData: {
                authenticationResponse:
                  Types.checkout.ThreeDSecureData.AuthenticationResponseEnum.Y,
                directoryResponse: Types.checkout.ThreeDSecureData.DirectoryResponseEnum.Y,
                cavv: 'AgAAAAAAAIR8CQrXcIhbQAAAAAA=',
                eci: '07',
              },
            }),
            paymentMethod:
              c.kind === 'apple'
                ? {
                    type: ApplePayDetails.TypeEnum.Applepay,
                    applePayToken: Buffer.from(c.token).toString('base64'),
                  }
                : c.kind === 'google'
                  ? { type: GooglePayDetails.TypeEnum.Googlepay, googlePayToken: c.token }
                  : {
                      type: CardDetails.TypeEnum.Scheme,
                      brand: 'applepay',
                      number: '4242424242424242',
                      expiryMonth: '12',
                      expiryYear: '2029',
                      holderName: 'Test Payer',
                    },
          },
          { idempotencyKey: `${c.reference}:authorise` },
        )
        assertSame(sent[0], said[0])
      },
    )
    await fc.assert(property, runs)
  })

  test('capture, refund, cancel by either number, and the return from 3-D Secure', async () => {
    const property = fc.asyncProperty(
      reference,
      psp,
      units,
      text,
      async (ref, id, value, result) => {
        const account = adyenAccount()
        const { merchantAccount } = account
        const order = orderOf(networkToken, { walletReference: ref })
        const known = { ...order, walletTransactionId: id }
        const amount = { currency: 'USD', value }
        const change = {
          order: known,
          reference: ref,
          money: { amount: BigInt(value), currency: 'USD' },
        }
        const { ports, sent } = script(answered, answered, answered, answered, answered)
        const { api, said } = library(false)
        const key = { idempotencyKey: ref }
        await adyen.capture(ports, account, change)
        await api.ModificationsApi.captureAuthorisedPayment(
          id,
          { merchantAccount, amount, reference: ref },
          key,
        )
        await adyen.refund(ports, account, change)
        const { MerchantRefundReasonEnum } = Types.checkout.PaymentRefundRequest
        await api.ModificationsApi.refundCapturedPayment(
          id,
          {
            merchantAccount,
            amount,
            reference: ref,
            merchantRefundReason: MerchantRefundReasonEnum.CustomerRequest,
          },
          key,
        )
        const cancelKey = { idempotencyKey: `${ref}:cancel` }
        await adyen.cancel(ports, account, known)
        await api.ModificationsApi.cancelAuthorisedPaymentByPspReference(
          id,
          { merchantAccount, reference: ref },
          cancelKey,
        )
        await adyen.cancel(ports, account, order)
        await api.ModificationsApi.cancelAuthorisedPayment(
          { merchantAccount, paymentReference: ref, reference: ref },
          cancelKey,
        )
        const query = `redirectResult=${encodeURIComponent(result)}`
        await adyen.continueFromReturn(ports, account, order, query)
        const idempotencyKey = sent[4]?.headers['idempotency-key']
        await api.PaymentsApi.paymentsDetails(
          { details: { redirectResult: result } },
          { ...(idempotencyKey !== undefined && { idempotencyKey }) },
        )
        for (const [index, ours] of sent.entries()) assertSame(ours, said[index])
      },
    )
    await fc.assert(property, runs)
  })
})

describe('webhooks', () => {
  const validator = new HmacValidator()
  const { NotificationRequestItem } = Types.notification
  const parts = {
    pspReference: psp,
    originalReference: psp,
    merchantAccountCode: fc.constant('TongbaoTestECOM'),
    merchantReference: fc.oneof(
      reference,
      text.map((value) => value.replaceAll(':', '')),
    ),
    amount: fc.record({ value: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), currency }),
    eventCode: fc.constantFrom(
      NotificationRequestItem.EventCodeEnum.Authorisation,
      NotificationRequestItem.EventCodeEnum.Capture,
      NotificationRequestItem.EventCodeEnum.Refund,
      NotificationRequestItem.EventCodeEnum.Chargeback,
    ),
    success: fc.constantFrom(
      NotificationRequestItem.SuccessEnum.True,
      NotificationRequestItem.SuccessEnum.False,
    ),
    eventDate: fc.constant('2026-11-22T13:00:00+01:00'),
  }
  const { originalReference: _optional, ...required } = parts
  const item = fc.oneof(fc.record(parts), fc.record(required))

  function read(notification: object): string {
    const body = Buffer.from(
      JSON.stringify({
        live: 'false',
        notificationItems: [{ NotificationRequestItem: notification }],
      }),
    )
    const raw = { contentType: 'application/json', headers: {}, body }
    const verdict = adyen.readNotification(adyenAccount(), raw, NOW)
    const doubted = verdict.verdict === 'refused' || verdict.verdict === 'quarantined'
    return doubted ? verdict.reason : 'taken'
  }

  test('what they sign we take', () => {
    const property = fc.property(item, (notification) => {
      const hmacSignature = validator.calculateHmac(notification, HMAC_KEY)
      assert.equal(read({ ...notification, additionalData: { hmacSignature } }), 'taken')
    })
    fc.assert(property, { ...runs, numRuns: 200 })
  })

  test('what they refuse we refuse, after any signed field was altered', () => {
    const property = fc.property(item, item, (notification, other) => {
      const hmacSignature = validator.calculateHmac(notification, HMAC_KEY)
      for (const name of ['pspReference', 'merchantReference', 'amount', 'success'] as const) {
        const altered = {
          ...notification,
          [name]: other[name],
          additionalData: { hmacSignature },
        }
        const theirs = validator.validateHMAC(altered, HMAC_KEY)
        assert.equal(read(altered), theirs ? 'taken' : 'signature', name)
      }
    })
    fc.assert(property, { ...runs, numRuns: 200 })
  })

  test('where fields can be cut at another colon they are lax and we are not', () => {
    const property = fc.property(item, reference, (notification, part) => {
      const whole = { ...notification, merchantReference: `${part}:x` }
      const hmacSignature = validator.calculateHmac(whole, HMAC_KEY)
      const cut = {
        ...whole,
        merchantAccountCode: `TongbaoTestECOM:${part}`,
        merchantReference: 'x',
        additionalData: { hmacSignature },
      }
      assert.equal(validator.validateHMAC(cut, HMAC_KEY), true)
      assert.equal(read(cut), 'malformed')
    })
    fc.assert(property, runs)
  })
})
