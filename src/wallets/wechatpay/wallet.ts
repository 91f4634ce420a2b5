// WeChat Pay 微信支付, APIv3, for merchants of mainland China.

import type { Wallet } from '../wallet.ts'
import { accountFields, readAccount, type WechatPayAccount } from './account.ts'
import { check } from './check.ts'
import { close } from './close.ts'
import { create } from './create.ts'
import { refreshKeys } from './key-refresh.ts'
import {
  MAX_AMOUNT,
  MAX_EXPIRY_SECONDS,
  MIN_AMOUNT,
  MIN_EXPIRY_SECONDS,
  SURFACES,
} from './messages.ts'
import { readNotification } from './notification.ts'
import { query } from './query.ts'
import { ABSENT_GRACE_MS, nextQueryDelay, reverseAfterMs } from './schedule.ts'
import { CURRENCY } from './transaction.ts'

export const wechatpay: Wallet<WechatPayAccount> = {
  name: 'wechatpay',
  displayName: { en: 'WeChat Pay', 'zh-CN': '微信支付' },
  capabilities: {
    surfaces: SURFACES,
    currencies: [CURRENCY],
    limits: { [CURRENCY]: { min: MIN_AMOUNT, max: MAX_AMOUNT } },
    separateCapture: false,
    expiry: { minSeconds: MIN_EXPIRY_SECONDS, maxSeconds: MAX_EXPIRY_SECONDS },
  },

  accountFields,
  readAccount,
  takesRealMoney: ({ gateway }) => gateway.realMoney,
  check,

  create,
  query,
  close,
  refreshKeys,

  readNotification,
  // Nothing about the way back is signed: coming back is a reason to ask, and no more.
  verifyReturn: () => true,
  // Only 200 and 204 end the retries (sheet section 5); the body of a refusal is WeChat Pay's form.
  acknowledge: (taken) =>
    taken
      ? { status: 204, contentType: 'application/json', body: '' }
      : {
          status: 500,
          contentType: 'application/json',
          body: '{"code":"FAIL","message":"not taken"}',
        },

  nextQueryDelay,
  reverseAfterMs,
  absentGraceMs: ABSENT_GRACE_MS,
}
