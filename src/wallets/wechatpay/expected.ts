// What is said about an order, and what an answer about it has to say.

import type { AttemptOrder, Observation } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { appIdOf } from './messages.ts'
import type { Expected } from './transaction.ts'

/** What an answer about this order has to say. The order's application is kept as its memory. */
export function expectedOf(account: WechatPayAccount, order: AttemptOrder): Expected {
  const appId = order.memory ?? appIdOf(account, order)
  return {
    mchid: account.mchid,
    appIds: appId === undefined ? [] : [appId],
    walletReference: order.walletReference,
    surface: order.surface,
  }
}

/** The beginning of every observation that comes from an answer. */
export function about(order: AttemptOrder): Pick<Observation, 'source' | 'walletReference'> {
  return { source: 'response', walletReference: order.walletReference }
}
