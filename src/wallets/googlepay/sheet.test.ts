import assert from 'node:assert/strict'
import { test } from 'node:test'
import { vectorKeys } from '../../../test/oracles/googlepay-tokens.ts'
import { exponentOf } from '../../money.ts'
import { directFields, fieldsOf } from './testing.ts'
import { googlepay } from './wallet.ts'

function sheetOf(fields: Record<string, string>, amount = 1099n, currency = 'EUR') {
  const read = googlepay.readAccount(fields)
  assert.ok('account' in read && googlepay.sheet)
  return googlepay.sheet(read.account, {
    paymentId: 'pay_1',
    money: { amount, currency },
    title: 'Beans',
    merchantName: 'Tea & Coffee',
  })
}

const methods = {
  allowedAuthMethods: ['PAN_ONLY', 'CRYPTOGRAM_3DS'],
  allowedCardNetworks: ['VISA', 'MASTERCARD', 'AMEX'],
}

test('the two requests are those of API 2.0, with the gateway of the acquirer', () => {
  assert.deepEqual(sheetOf(fieldsOf()), {
    environment: 'TEST',
    isReadyToPay: {
      apiVersion: 2,
      apiVersionMinor: 0,
      allowedPaymentMethods: [{ type: 'CARD', parameters: methods }],
    },
    paymentDataRequest: {
      apiVersion: 2,
      apiVersionMinor: 0,
      merchantInfo: { merchantName: 'Tea & Coffee' },
      allowedPaymentMethods: [
        {
          type: 'CARD',
          parameters: { ...methods, assuranceDetailsRequired: true },
          tokenizationSpecification: {
            type: 'PAYMENT_GATEWAY',
            parameters: { gateway: 'adyen', gatewayMerchantId: 'ShopECOM' },
          },
        },
      ],
      transactionInfo: {
        countryCode: 'DE',
        currencyCode: 'EUR',
        totalPriceStatus: 'FINAL',
        totalPrice: '10.99',
        totalPriceLabel: 'Beans',
        checkoutOption: 'COMPLETE_IMMEDIATE_PURCHASE',
        transactionId: 'pay_1',
      },
    },
  })
})

test('in direct mode tokens are asked for under the newest of our keys', () => {
  const text = JSON.stringify(sheetOf(directFields()))
  const { public_uncompressed_b64 } = vectorKeys.recipient_keys.m1
  const wanted = {
    type: 'DIRECT',
    parameters: { protocolVersion: 'ECv2', publicKey: public_uncompressed_b64 },
  }
  assert.ok(text.includes(JSON.stringify(wanted)))
  assert.ok(!text.includes('PAN_ONLY'))
})

test('prices have no decimals or two, and currencies with three are not offered', () => {
  const priceOf = (amount: bigint, currency: string) =>
    JSON.stringify(sheetOf(fieldsOf(), amount, currency)).match(/"totalPrice":"([^"]*)"/)?.[1]
  assert.equal(priceOf(500n, 'JPY'), '500')
  assert.equal(priceOf(5n, 'USD'), '0.05')
  const { currencies, surfaces } = googlepay.capabilities
  assert.ok(currencies.includes('JPY') && !currencies.includes('KWD'))
  for (const currency of currencies) assert.ok(exponentOf(currency) <= 2, currency)
  assert.deepEqual(surfaces, ['desktop', 'mobile'])
})

test("the script is Google's own, or that of a simulated sheet", () => {
  const scriptOf = (more: Record<string, string>) => {
    const read = googlepay.readAccount(fieldsOf(more))
    assert.ok('account' in read)
    return googlepay.sheetScript?.(read.account)
  }
  const origins = ['http://127.0.0.1:7003']
  const script = 'http://127.0.0.1:7003/pay.js'
  const own = { script, frames: origins, connects: origins, images: origins }
  assert.deepEqual(scriptOf({ sheet_script: script }), own)
  assert.equal(scriptOf({})?.script, 'https://pay.google.com/gp/p/js/pay.js')
  assert.deepEqual(scriptOf({})?.frames, ['https://pay.google.com'])
})
