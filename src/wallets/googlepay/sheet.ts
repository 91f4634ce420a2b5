// What the page opens Google's sheet with: isReadyToPay and PaymentDataRequest, API version 2.0.

import { formatDecimal } from '../../money.ts'
import type { SheetOrder, SheetScript } from '../wallet.ts'
import type { GooglePayAccount } from './account.ts'
import { publicPointOf } from './decrypt.ts'
import { PROTOCOL_VERSION } from './token.ts'

const API = { apiVersion: 2, apiVersionMinor: 0 } as const

/**
 * `{environment, isReadyToPay, paymentDataRequest}`: the client's option and the arguments of its
 * two calls. The token holds no price; the order's own is charged.
 */
export function sheet(account: GooglePayAccount, order: SheetOrder): Record<string, unknown> {
  const method = {
    type: 'CARD',
    parameters: {
      allowedAuthMethods: account.authMethods,
      allowedCardNetworks: account.networks,
    },
  }
  return {
    environment: account.live ? 'PRODUCTION' : 'TEST',
    isReadyToPay: { ...API, allowedPaymentMethods: [method] },
    paymentDataRequest: {
      ...API,
      merchantInfo: {
        merchantName: order.merchantName,
        ...(account.merchantId !== undefined && { merchantId: account.merchantId }),
      },
      allowedPaymentMethods: [
        {
          ...method,
          parameters: { ...method.parameters, assuranceDetailsRequired: true },
          tokenizationSpecification: tokenization(account),
        },
      ],
      transactionInfo: {
        // Google wants the country and the final price where strong authentication applies.
        countryCode: account.sheet.country,
        currencyCode: order.money.currency,
        totalPriceStatus: 'FINAL',
        totalPrice: formatDecimal(order.money),
        totalPriceLabel: order.title,
        checkoutOption: 'COMPLETE_IMMEDIATE_PURCHASE',
        ...(order.paymentId !== undefined && { transactionId: order.paymentId }),
      },
    },
  }
}

const SDK = 'https://pay.google.com/gp/p/js/pay.js'

/** Google Pay for the web, "Troubleshooting: content security policy". */
export function sheetScript({ sheet: { script } }: GooglePayAccount): SheetScript {
  if (script !== undefined) {
    const { origin } = new URL(script)
    return { script, frames: [origin], connects: [origin], images: [origin] }
  }
  return {
    script: SDK,
    frames: ['https://pay.google.com'],
    connects: ['https://pay.google.com', 'https://google.com', 'https://www.google.com'],
    images: ['https://www.gstatic.com', 'https://pay.google.com'],
  }
}

function tokenization({ direct, acquiring: { acquirer, account } }: GooglePayAccount) {
  if (direct === undefined) {
    return { type: 'PAYMENT_GATEWAY', parameters: acquirer.googleTokenization(account) }
  }
  const [newest] = direct.privateKeys
  return {
    type: 'DIRECT',
    parameters: { protocolVersion: PROTOCOL_VERSION, publicKey: publicPointOf(newest) },
  }
}
