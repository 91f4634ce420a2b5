// Alipay 支付宝, mainland Open Platform, over the classic gateway.

import { SURFACES, type Wallet } from '../wallet.ts'
import { type AlipayAccount, accountFields, readAccount } from './account.ts'
import { check } from './check.ts'
import { close } from './close.ts'
import { create } from './create.ts'
import { CURRENCY, MAX_AMOUNT, MIN_AMOUNT } from './messages.ts'
import { readNotification, verifyReturn } from './notification.ts'
import { query } from './query.ts'
import { ABSENT_GRACE_MS, nextQueryDelay, reverseAfterMs } from './schedule.ts'

export const alipay: Wallet<AlipayAccount> = {
  name: 'alipay',
  displayName: { en: 'Alipay', 'zh-CN': '支付宝' },
  capabilities: {
    surfaces: SURFACES,
    currencies: [CURRENCY],
    limits: { [CURRENCY]: { min: MIN_AMOUNT, max: MAX_AMOUNT } },
    separateCapture: false,
    expiry: { minSeconds: 60, maxSeconds: 15 * 86_400 },
  },

  accountFields,
  readAccount,
  takesRealMoney: ({ realMoney }) => realMoney,
  check,

  create,
  query,
  close,

  readNotification,
  verifyReturn,
  // Exactly these seven bytes end the retries (sheet section 5); anything else asks for another.
  acknowledge: (taken) => ({
    status: 200,
    contentType: 'text/plain; charset=utf-8',
    body: taken ? 'success' : 'fail',
  }),

  nextQueryDelay,
  reverseAfterMs,
  absentGraceMs: ABSENT_GRACE_MS,
}
