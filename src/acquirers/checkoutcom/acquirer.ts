// Checkout.com, over its payments API and its webhook.

import { parseForm } from '../../encoding/form.ts'
import type { Acquirer } from '../acquirer.ts'
import { amountCapabilities } from '../amounts.ts'
import { accountFields, type CheckoutcomAccount, readAccount } from './account.ts'
import { amountRules } from './messages.ts'
import { readNotification } from './notification.ts'
import { authorize, cancel, capture, check, query, refund } from './payments.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

export const checkoutcom: Acquirer<CheckoutcomAccount> = {
  name: 'checkoutcom',
  displayName: { en: 'Checkout.com', 'zh-CN': 'Checkout.com' },
  capabilities: {
    ...amountCapabilities(amountRules),
    separateCapture: true,
    networkTokens: true,
    queryByReference: true,
  },

  accountFields,
  readAccount,
  takesRealMoney: ({ live }) => live,
  check,

  googleTokenization: ({ publicKey }) => ({ gateway: 'checkoutltd', gatewayMerchantId: publicKey }),

  authorize,
  continueFromReturn: (ports, account, order) => query(ports, account, order),
  query,
  cancel,
  capture,
  refund,

  readNotification,
  acknowledge: (taken) => ({
    status: taken ? 200 : 500,
    contentType: 'text/plain; charset=utf-8',
    body: taken ? 'ok' : 'not taken',
  }),
  verifyReturn: (_account, query) => {
    const form = parseForm(Buffer.from(query.replace(/^\?/, ''), 'utf8'))
    if (!('fields' in form)) return false
    return form.fields.has('cko-session-id') || form.fields.has('cko-payment-id')
  },

  nextQueryDelay: (ageMs, untilExpiryMs) => {
    if (untilExpiryMs < -3 * 24 * 60 * MINUTE) return undefined
    // The capture follows its authorization within seconds.
    if (ageMs < MINUTE) return 2 * SECOND
    if (ageMs < 15 * MINUTE) return 20 * SECOND
    return untilExpiryMs > -60 * MINUTE ? 10 * MINUTE : 24 * 60 * MINUTE
  },
  absentGraceMs: 10 * MINUTE,
  cancelAfterMs: 15 * MINUTE,
}
