// The sandbox's Adyen as Adyen's own library sees it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import adyenLibrary from '@adyen/api-library'
import { type CardSetup, cardSetup } from '../cards/test-support.ts'
import { isObject, type JsonObject } from '../json.ts'
import { orderNumber } from '../test-support.ts'

const { CheckoutAPI, Client, EnvironmentEnum, HttpClientException, hmacValidator, Types } =
  adyenLibrary
const HmacValidator = hmacValidator

let world: CardSetup
let fields: Record<string, string>
let api: InstanceType<typeof CheckoutAPI>
let account: string
before(async () => {
  world = await cardSetup('adyen')
  fields = await world.account('applepay')
  account = fields.acquirer_merchant_account ?? ''
  api = library(fields.acquirer_api_key ?? '')
})
after(() => world[Symbol.asyncDispose]())

/** Their library; only the address is another, which it does not let one choose. */
function library(apiKey: string) {
  const client = new Client(
    { apiKey, environment: EnvironmentEnum.TEST },
    {
      async request(url, json, config, _required, options) {
        const address = url.replace(
          'https://checkout-test.adyen.com/v72',
          fields.acquirer_base_url ?? '',
        )
        const answer = await fetch(address, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-api-key': config.apiKey ?? '',
            ...(options?.idempotencyKey && { 'idempotency-key': options.idempotencyKey }),
          },
          body: String(json),
        })
        const body = await answer.text()
        if (answer.ok) return body
        const error = new HttpClientException({
          message: `HTTP ${answer.status}`,
          statusCode: answer.status,
          responseBody: body,
        })
        throw error
      },
    },
  )
  return new CheckoutAPI(client)
}

async function payment(reference: string, order: { card?: string; version?: string } = {}) {
  const token = await world.apple(order)
  return {
    merchantAccount: account,
    amount: { currency: 'USD', value: 1099 },
    reference,
    returnUrl: 'https://shop.example/return?x=1',
    paymentMethod: {
      type: Types.checkout.ApplePayDetails.TypeEnum.Applepay,
      applePayToken: Buffer.from(JSON.stringify(token)).toString('base64'),
    },
  }
}

const pay = async (reference: string, order = {}) =>
  api.PaymentsApi.payments(await payment(reference, order), {
    idempotencyKey: `${reference}:authorise`,
  })

function itemOf(json: JsonObject): JsonObject {
  const [first] = Array.isArray(json.notificationItems) ? json.notificationItems : []
  return isObject(first?.NotificationRequestItem) ? first.NotificationRequestItem : {}
}

const told = (eventCode: string, reference: string) =>
  world.hooks.next(({ json }) => {
    const item = itemOf(json)
    return item.eventCode === eventCode && item.merchantReference === reference
  })

function statusOf(error: unknown): number {
  assert(error instanceof HttpClientException, String(error))
  return error.statusCode
}

test('tokens of both versions are opened and charged, and the webhook is signed', async () => {
  for (const version of ['EC_v1', 'RSA_v1']) {
    if (version === 'RSA_v1') {
      await world.control(`applepay/merchants/${fields.merchant_id}`, {
        new_processing_key: version,
      })
    }
    const reference = orderNumber()
    const answer = await pay(reference, { version })
    assert.equal(answer.resultCode, 'Authorised')
    assert.equal(answer.merchantReference, reference)
    const hook = await told('AUTHORISATION', reference)
    const item = itemOf(hook.json)
    assert.equal(item.success, 'true')
    assert.equal(item.pspReference, answer.pspReference)
    const validator = new HmacValidator()
    const known = JSON.parse(JSON.stringify(item))
    assert(validator.validateHMAC(known, fields.acquirer_hmac_keys ?? ''))
    assert(!validator.validateHMAC(known, '00'.repeat(32)))
    const basic = `${fields.acquirer_notification_user}:${fields.acquirer_notification_password}`
    assert.equal(hook.headers.authorization, `Basic ${Buffer.from(basic).toString('base64')}`)
  }
})

test('a Google token is charged only for the merchant it was made for', async () => {
  const own = await world.account('googlepay')
  const google = library(own.acquirer_api_key ?? '')
  const merchant = own.acquirer_merchant_account ?? ''
  const token = await world.google({ gateway: 'adyen', gatewayMerchantId: merchant })
  const order = (merchantAccount: string) => ({
    merchantAccount,
    amount: { currency: 'USD', value: 1099 },
    reference: orderNumber(),
    returnUrl: 'https://shop.example/return',
    paymentMethod: {
      type: Types.checkout.GooglePayDetails.TypeEnum.Googlepay,
      googlePayToken: token,
    },
  })
  await assert.rejects(api.PaymentsApi.payments(order(account)), (error) => statusOf(error) === 422)
  const answer = await google.PaymentsApi.payments(order(merchant))
  assert.equal(answer.resultCode, 'Authorised')
})

test('each card is answered as its issuer says', async () => {
  const cards: Record<string, string | undefined> = {
    insufficient_funds: '12',
    declined: '2',
    fraud: '31',
    expired: '6',
    unavailable: '9',
  }
  for (const [card, code] of Object.entries(cards)) {
    const reference = orderNumber()
    const answer = await pay(reference, { card })
    assert.equal(answer.refusalReasonCode, code, card)
    assert.equal(itemOf((await told('AUTHORISATION', reference)).json).success, 'false')
  }
})

test('a token is charged once', async () => {
  const body = await payment(orderNumber())
  assert.equal((await api.PaymentsApi.payments(body)).resultCode, 'Authorised')
  const again = await api.PaymentsApi.payments({ ...body, reference: orderNumber() })
  assert.equal(again.resultCode, 'Refused')
})

test('the same key is answered as the first time, and nothing is charged again', async () => {
  const reference = orderNumber()
  const body = await payment(reference)
  const key = { idempotencyKey: `${reference}:authorise` }
  const first = await api.PaymentsApi.payments(body, key)
  const second = await api.PaymentsApi.payments(body, key)
  assert.equal(second.pspReference, first.pspReference)
  const { payments } = await world.control(`adyen/payments?reference=${reference}`)
  assert(Array.isArray(payments))
  assert.equal(payments.length, 1)
})

test('3-D Secure: the payer confirms or refuses, and only details conclude', async () => {
  for (const [answer, result] of [
    ['confirm', 'Authorised'],
    ['refuse', 'Refused'],
  ] as const) {
    const reference = orderNumber()
    const started = await pay(reference, { card: 'challenge' })
    assert.equal(started.resultCode, 'RedirectShopper')
    const back = await world.answerBank(reference, answer)
    assert.equal(back.searchParams.get('x'), '1')
    const details = { redirectResult: back.searchParams.get('redirectResult') ?? '' }
    const done = await api.PaymentsApi.paymentsDetails({ details })
    assert.equal(done.resultCode, result)
    assert.equal(done.merchantReference, reference)
    assert.equal((await api.PaymentsApi.paymentsDetails({ details })).resultCode, result)
  }
  const foreign = { details: { redirectResult: 'x!y' } }
  await assert.rejects(api.PaymentsApi.paymentsDetails(foreign), (error) => statusOf(error) === 422)
})

test('capture, refund and cancel are received first and told later', async () => {
  await world.control(`adyen/merchants/${account}`, { settings: { capture: 'manual' } })
  const reference = orderNumber()
  const { pspReference = '' } = await pay(reference)
  const money = (value: number) => ({ currency: 'USD', value })
  const order = (value: number) => ({
    merchantAccount: account,
    amount: money(value),
    reference: orderNumber(),
  })
  const capture = order(999)
  const taken = await api.ModificationsApi.captureAuthorisedPayment(pspReference, capture)
  assert.equal(taken.status, 'received')
  const hook = itemOf((await told('CAPTURE', capture.reference)).json)
  assert.deepEqual([hook.success, hook.originalReference], ['true', pspReference])
  const refund = order(300)
  await api.ModificationsApi.refundCapturedPayment(pspReference, refund)
  assert.equal(itemOf((await told('REFUND', refund.reference)).json).success, 'true')
  const tooMuch = order(700)
  await api.ModificationsApi.refundCapturedPayment(pspReference, tooMuch)
  assert.equal(itemOf((await told('REFUND', tooMuch.reference)).json).success, 'false')
  const cancel = { merchantAccount: account, reference: orderNumber() }
  await api.ModificationsApi.cancelAuthorisedPaymentByPspReference(pspReference, cancel)
  assert.equal(itemOf((await told('CANCELLATION', cancel.reference)).json).success, 'false')

  const held = orderNumber()
  await pay(held)
  const lost = { merchantAccount: account, paymentReference: held, reference: held }
  await api.ModificationsApi.cancelAuthorisedPayment(lost)
  assert.equal(itemOf((await told('TECHNICAL_CANCEL', held)).json).success, 'true')
  await world.control(`adyen/merchants/${account}`, { settings: { capture: 'automatic' } })
})

test('refuses a wrong key, a foreign account, unknown and missing members', async () => {
  const body = await payment(orderNumber())
  const refused = (wrong: object, status: number) =>
    assert.rejects(
      api.PaymentsApi.payments(JSON.parse(JSON.stringify({ ...body, ...wrong }))),
      (error) => statusOf(error) === status,
    )
  await assert.rejects(library('AQEwrong').PaymentsApi.payments(body), (e) => statusOf(e) === 401)
  await refused({ merchantAccount: 'SomebodyElse' }, 403)
  await refused({ reference: undefined }, 422)
  await refused({ amount: { currency: 'USD', value: -1 } }, 422)
})

test('faults: told as failed, lost or garbage, and done all the same', async () => {
  for (const kind of ['api_5xx_after', 'api_lost_after', 'api_garbage']) {
    const reference = orderNumber()
    await world.control('faults', { wallet: 'adyen', kind, order: reference })
    const body = await payment(reference)
    const key = { idempotencyKey: reference }
    // Their library gives nothing back for what is no JSON.
    const first = await api.PaymentsApi.payments(body, key).catch(() => undefined)
    assert.equal(first?.resultCode, undefined, kind)
    assert.equal((await api.PaymentsApi.payments(body, key)).resultCode, 'Authorised')
  }
  for (const kind of ['api_5xx_before', 'api_429']) {
    const reference = orderNumber()
    await world.control('faults', { wallet: 'adyen', kind, order: reference })
    await assert.rejects(pay(reference), kind)
    const { payments } = await world.control(`adyen/payments?reference=${reference}`)
    assert.deepEqual(payments, [])
  }
})

test('forged and wrongly signed webhooks do not pass their validator; the repetition does', async () => {
  const validator = new HmacValidator()
  const key = fields.acquirer_hmac_keys ?? ''
  for (const kind of ['notification_wrong_key', 'notification_tampered']) {
    const reference = orderNumber()
    await world.control('faults', { wallet: 'adyen', kind, order: reference })
    world.hooks.status = 500
    await pay(reference)
    const first = itemOf((await told('AUTHORISATION', reference)).json)
    assert(!validator.validateHMAC(JSON.parse(JSON.stringify(first)), key), kind)
    world.hooks.status = 200
    const count = world.hooks.all.length
    await world.control('clock/advance', { seconds: 60 })
    const again = await world.hooks.next(
      (hook) =>
        world.hooks.all.indexOf(hook) >= count && itemOf(hook.json).merchantReference === reference,
    )
    assert(validator.validateHMAC(JSON.parse(JSON.stringify(itemOf(again.json))), key))
  }
})
