// Stripe, over payment intents and its webhook.

import { parseForm } from '../../encoding/form.ts'
import type { Acquirer } from '../acquirer.ts'
import { amountCapabilities } from '../amounts.ts'
import { accountFields, readAccount, type StripeAccount } from './account.ts'
import { amountRules, googleTokenId } from './messages.ts'
import { readNotification } from './notification.ts'
import { authorize, cancel, capture, check, query, refund } from './payments.ts'
import { readStatement } from './statement.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** The version of Stripe's tokens in Google's sheet (Google's list of gateways). */
const GOOGLE_VERSION = '2018-10-31'

export const stripe: Acquirer<StripeAccount> = {
  name: 'stripe',
  displayName: { en: 'Stripe', 'zh-CN': 'Stripe' },
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

  googleTokenization: ({ publishableKey }) => ({
    gateway: 'stripe',
    'stripe:version': GOOGLE_VERSION,
    'stripe:publishableKey': publishableKey,
  }),
  googleTokenId,

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
    return 'fields' in form && /^pi_\w{1,250}$/.test(form.fields.get('payment_intent') ?? '')
  },

  readStatement,

  nextQueryDelay: (ageMs, untilExpiryMs) => {
    if (untilExpiryMs < -3 * 24 * 60 * MINUTE) return undefined
    if (ageMs < MINUTE) return 5 * SECOND
    if (ageMs < 15 * MINUTE) return 30 * SECOND
    return untilExpiryMs > -60 * MINUTE ? 10 * MINUTE : 24 * 60 * MINUTE
  },
  // The search never says "absent"; a cancel shuts a lost request out instead.
  absentGraceMs: 60 * MINUTE,
  cancelAfterMs: 15 * MINUTE,
}
