// Adyen, over the Checkout API v72 and the standard webhook.

import type { Acquirer } from '../acquirer.ts'
import { amountCapabilities } from '../amounts.ts'
import { type AdyenAccount, accountFields, readAccount } from './account.ts'
import { amountRules } from './messages.ts'
import { readNotification } from './notification.ts'
import {
  appleSession,
  ask,
  authorize,
  cancel,
  capture,
  check,
  continueFromReturn,
  redirectResultOf,
  refund,
} from './payments.ts'
import { readStatement } from './statement.ts'

const MINUTE = 60_000

export const adyen: Acquirer<AdyenAccount> = {
  name: 'adyen',
  displayName: { en: 'Adyen', 'zh-CN': 'Adyen' },
  capabilities: {
    ...amountCapabilities(amountRules),
    separateCapture: true,
    networkTokens: true,
    queryByReference: false,
  },

  accountFields,
  readAccount,
  takesRealMoney: ({ live }) => live,
  check,

  googleTokenization: ({ merchantAccount }) => ({
    gateway: 'adyen',
    gatewayMerchantId: merchantAccount,
  }),
  appleSession: (ports, account, request) =>
    account.appleMerchantId === undefined
      ? undefined
      : appleSession(ports, account, account.appleMerchantId, request),

  authorize,
  continueFromReturn,
  query: (ports, _account, order) => Promise.resolve(ask(order, ports.clock.now())),
  cancel,
  capture,
  refund,

  readNotification,
  // Anything but 2xx holds up every later webhook of this address at Adyen (sheet 3.3).
  acknowledge: (taken) => ({
    status: taken ? 200 : 500,
    contentType: 'text/plain; charset=utf-8',
    body: taken ? '[accepted]' : 'not taken',
  }),
  verifyReturn: (_account, query) => redirectResultOf(query) !== undefined,

  readStatement,

  // No question can be asked, but each look at a payment cancels what is overdue.
  nextQueryDelay: (_ageMs, untilExpiryMs) =>
    untilExpiryMs < -3 * 24 * 60 * MINUTE ? undefined : 5 * MINUTE,
  absentGraceMs: 60 * MINUTE,
  cancelAfterMs: 15 * MINUTE,
}
