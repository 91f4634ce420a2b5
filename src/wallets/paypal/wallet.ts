// PayPal, Orders v2: the payer approves at PayPal, the hub captures.

import type { Wallet } from '../wallet.ts'
import { accountFields, type PaypalAccount, readAccount } from './account.ts'
import { CURRENCIES, LIMITS } from './amounts.ts'
import { fetchWanted } from './certificates.ts'
import { check } from './check.ts'
import { close } from './close.ts'
import { create } from './create.ts'
import { readNotification } from './notification.ts'
import { query } from './query.ts'
import { ABSENT_GRACE_MS, nextQueryDelay } from './schedule.ts'

export const paypal: Wallet<PaypalAccount> = {
  name: 'paypal',
  displayName: { en: 'PayPal', 'zh-CN': 'PayPal' },
  capabilities: {
    surfaces: ['desktop', 'mobile'],
    currencies: CURRENCIES,
    limits: LIMITS,
    separateCapture: false,
    // PayPal forgets an order that nobody approves after three hours.
    expiry: { minSeconds: 60, maxSeconds: 3 * 3600 },
  },

  accountFields,
  readAccount,
  takesRealMoney: ({ live }) => live,
  check,

  create,
  query,
  close,
  refreshKeys: (ports, { certificates }) => fetchWanted(ports, certificates),

  readNotification,
  // Nothing about the way back is signed: coming back is a reason to ask, and no more.
  verifyReturn: () => true,
  // Any 2xx ends the repeats.
  acknowledge: (taken) => ({ status: taken ? 200 : 500, contentType: 'text/plain', body: '' }),

  nextQueryDelay,
  reverseAfterMs: () => undefined,
  absentGraceMs: ABSENT_GRACE_MS,
}
