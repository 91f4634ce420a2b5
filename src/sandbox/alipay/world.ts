// The sandbox's Alipay put together: books, people, merchants, trades and the notifier.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { type Alarm, createAlarm } from '../alarm.ts'
import { readSetting, writeSetting } from '../books.ts'
import type { Platform } from '../platform.ts'
import { type Applications, openApplications } from './applications.ts'
import { type Buyers, openBuyers } from './buyers.ts'
import { type Authority, openAuthority } from './certificates.ts'
import { ALIPAY_FAULTS } from './faults.ts'
import { type KeyPair, newKey } from './keys.ts'
import { type Notifier, openNotifier } from './notifier.ts'
import { type Orders, openOrders } from './orders.ts'
import { WRONG_CODES } from './payer.ts'
import { openTrades, type Trades } from './trades.ts'

export interface World {
  platform: Platform
  authority: Authority
  applications: Applications
  buyers: Buyers
  orders: Orders
  trades: Trades
  notifier: Notifier
  /** A key nobody trusts, for forged messages. */
  foreignKey(): KeyPair
  close(): Promise<void>
}

/** Opens Alipay's part of the books; the first start brings one application along. */
export function openWorld(platform: Platform): World {
  const { books, clock, faults } = platform
  faults.declare('alipay', ALIPAY_FAULTS)
  const authority = openAuthority(books, clock.now())
  const applications = openApplications(books, authority)
  if (applications.list().length === 0) applications.add({ mode: 'key' }, clock.now())
  books.define(WRONG_CODES)
  const buyers = openBuyers(books)
  const trades = openTrades(books, buyers, clock.now, (trade) => {
    notifier.announce(trade)
    changed()
  })
  const notifier = openNotifier({
    books,
    clock,
    faults,
    applications,
    buyers,
    foreignKey,
    tradeOf: trades.byNo,
  })
  const expiry: Alarm = createAlarm(clock, trades.nextExpiry, trades.expire)
  expiry.check()

  // The transaction that announced is over when this turn of the loop is.
  let looking = false
  function changed(): void {
    if (looking) return
    looking = true
    setImmediate(() => {
      looking = false
      if (closed) return
      notifier.wake()
      expiry.check()
    })
  }

  let foreign: KeyPair | undefined
  function foreignKey(): KeyPair {
    foreign ??= readForeignKey()
    return foreign
  }

  function readForeignKey(): KeyPair {
    const kept = readSetting(books, 'alipay.foreign_key')
    if (kept !== undefined) {
      return { privateKey: createPrivateKey(kept), publicKey: createPublicKey(kept) }
    }
    const pair = newKey()
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    writeSetting(books, 'alipay.foreign_key', pem)
    return pair
  }

  let closed = false
  return {
    platform,
    authority,
    applications,
    buyers,
    orders: openOrders(books),
    trades,
    notifier,
    foreignKey,
    async close() {
      closed = true
      expiry.stop()
      await notifier.close()
    },
  }
}
