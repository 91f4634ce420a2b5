// What the page opens Apple's sheet with (ApplePayPaymentRequest), and what binds the token to it.

import { encodeBase64 } from '../../encoding/base64.ts'
import { formatDecimal, type Money } from '../../money.ts'
import type { SheetOrder, SheetScript } from '../wallet.ts'
import type { ApplePayAccount } from './account.ts'

/** Apple Pay JS 3 is the lowest version with everything that is used here. */
const VERSION = 3
const LABEL_CHARACTERS = 64

/** `{version, merchantIdentifier, request}` for `new ApplePaySession(version, request)`. */
export function sheet(account: ApplePayAccount, order: SheetOrder): Record<string, unknown> {
  const unionPay = account.networks.includes('chinaUnionPay')
  return {
    version: VERSION,
    merchantIdentifier: account.merchantId,
    request: {
      countryCode: account.sheet.country,
      currencyCode: order.money.currency,
      merchantCapabilities: unionPay ? ['supports3DS', 'supportsEMV'] : ['supports3DS'],
      supportedNetworks: account.networks,
      total: {
        label: shortened(order.merchantName),
        type: 'final',
        amount: formatDecimal(order.money),
      },
      applicationData: encodeBase64(applicationDataOf(order)),
    },
  }
}

/** Apple Pay JS, "Loading the latest version of the SDK"; the session itself is the browser's. */
const SDK = 'https://applepay.cdn-apple.com/jsapi/1.latest/apple-pay-sdk.js'

export function sheetScript({ sheet: { script } }: ApplePayAccount): SheetScript {
  const { origin } = new URL(script ?? SDK)
  return { script: script ?? SDK, frames: [origin], connects: [origin], images: [origin] }
}

/**
 * What a token's signature repeats of the sheet: the payment and what it costs. A token cannot be
 * moved to another payment, nor can the page lower the price, even where the acquirer decrypts.
 */
export function applicationDataOf(order: { paymentId?: string; money: Money }): Buffer {
  const { amount, currency } = order.money
  return Buffer.from(`tb1|${order.paymentId ?? ''}|${amount}|${currency}`)
}

/** At most 64 characters, as Apple shows and takes them. */
export function shortened(name: string): string {
  return [...name].slice(0, LABEL_CHARACTERS).join('')
}
