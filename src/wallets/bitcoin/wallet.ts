// Bitcoin, on chain and watch-only: the hub holds no key that can spend.

import { MAX_AMOUNT } from '../../money.ts'
import type { Wallet } from '../wallet.ts'
import { accountFields, type BitcoinAccount, readAccount } from './account.ts'
import { MAX_SAT } from './amounts.ts'
import { check } from './check.ts'
import { create } from './create.ts'
import { derive } from './derive.ts'
import { follow } from './follow.ts'
import { close, query } from './query.ts'
import { ABSENT_GRACE_MS, nextQueryDelay } from './schedule.ts'
import { CROSS, DIRECT } from './tickers.ts'

const FIAT: readonly string[] = [...DIRECT, ...CROSS]

/** Two keys with the same first address have all addresses in common. */
function firstScript({ descriptor, network }: BitcoinAccount): string {
  const first = derive(descriptor, network, 0)
  return `${network} ${first?.address ?? 'none'}`
}

export const bitcoin: Wallet<BitcoinAccount> = {
  name: 'bitcoin',
  displayName: { en: 'Bitcoin', 'zh-CN': '比特币' },
  capabilities: {
    surfaces: ['qr', 'mobile', 'desktop'],
    currencies: [...FIAT, 'BTC'],
    // What is too small for the chain depends on the rate and is refused when an order starts.
    limits: {
      ...Object.fromEntries(FIAT.map((currency) => [currency, { min: 1n, max: MAX_AMOUNT }])),
      BTC: { min: 1n, max: MAX_SAT },
    },
    separateCapture: false,
    expiry: { minSeconds: 60, maxSeconds: 30 * 86_400 },
  },

  accountFields,
  countsAttempts: true,
  readAccount,
  exclusive: firstScript,
  takesRealMoney: ({ network }) => network === 'main',
  check,

  create,
  query,
  close,
  follow,

  // Nobody notifies of a payment on a public chain; whoever says so is not believed.
  readNotification: () => ({
    verdict: 'refused',
    reason: 'not_a_notification',
    detail: 'Bitcoin has no notifications',
  }),
  acknowledge: () => ({ status: 404, contentType: 'text/plain; charset=utf-8', body: '' }),
  verifyReturn: () => false,

  nextQueryDelay,
  reverseAfterMs: () => undefined,
  absentGraceMs: ABSENT_GRACE_MS,
}
