// The sandbox's WeChat Pay put together: books, people, merchants, orders and the notifier.
import { readSetting, writeSetting } from '../books.ts'
import type { Strike } from '../faults.ts'
import type { Platform } from '../platform.ts'
import { type Bills, openBills } from './bills.ts'
import { type Buyers, openBuyers } from './buyers.ts'
import { type KeyPair, newKey, pairOf, privatePem } from './crypto.ts'
import { WECHATPAY_FAULTS } from './faults.ts'
import { openFlows } from './flows.ts'
import { type Merchants, openMerchants } from './merchants.ts'
import { paymentEvent } from './messages.ts'
import { type Notifier, openNotifier } from './notifier.ts'
import type { Order } from './order-rows.ts'
import { type Orders, openOrders } from './orders.ts'
import { WRONG_CODES } from './payer.ts'
import { openSigner, type Signer } from './signer.ts'

export interface World {
  platform: Platform
  merchants: Merchants
  buyers: Buyers
  orders: Orders
  bills: Bills
  signer: Signer
  notifier: Notifier
  /** Whether a fault strikes this order in this operation. */
  strikes(kind: string, order: string, operation?: string): Strike | undefined
  /** Books all of `work` or nothing, then lets notifications start. */
  act<T>(work: () => T): T
  close(): Promise<void>
}

/** Opens WeChat Pay's part of the books. */
export function openWorld(platform: Platform): World {
  const { books, clock, faults } = platform
  faults.declare('wechatpay', WECHATPAY_FAULTS)
  books.define(WRONG_CODES)
  const merchants = openMerchants(books, clock.now)
  const buyers = openBuyers(books)
  const flows = openFlows(books, clock.now)
  const signer = openSigner(merchants, platform.realClock.now, () => foreignKey().privateKey)
  const notifier = openNotifier({ books, clock, faults, merchants, signer })
  const orders = openOrders(books, { buyers, flows, now: clock.now, paid: announce })

  // Code payments have no notification: their answer is the result (sheet section 3.6).
  function announce(order: Order): void {
    if (order.notifyUrl === undefined) return
    const { mchid, outTradeNo, notifyUrl } = order
    notifier.announce({ mchid, outTradeNo, url: notifyUrl, event: paymentEvent(order) })
  }

  let foreign: KeyPair | undefined
  function foreignKey(): KeyPair {
    foreign ??= readForeignKey()
    return foreign
  }

  function readForeignKey(): KeyPair {
    const kept = readSetting(books, 'wechatpay.foreign_key')
    if (kept !== undefined) return pairOf(kept)
    const pair = newKey()
    writeSetting(books, 'wechatpay.foreign_key', privatePem(pair.privateKey))
    return pair
  }

  let closed = false
  return {
    platform,
    merchants,
    buyers,
    orders,
    bills: openBills({ books, clock, orders, flows }),
    signer,
    notifier,
    strikes: (kind, order, operation) =>
      faults.strikes({ wallet: 'wechatpay', kind, order, ...(operation && { operation }) }),
    act(work) {
      const result = books.atomically(work)
      setImmediate(() => {
        if (!closed) notifier.wake()
      })
      return result
    },
    async close() {
      closed = true
      await notifier.close()
    },
  }
}
