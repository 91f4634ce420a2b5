// Sends notifications to the merchant and repeats them on Alipay's schedule (sheet section 5).
import { randomInt } from 'node:crypto'
import { createAlarm } from '../alarm.ts'
import type { Books } from '../books.ts'
import type { SandboxClock } from '../clock.ts'
import type { Faults } from '../faults.ts'
import { createPoster } from '../post.ts'
import type { Applications } from './applications.ts'
import type { Buyers } from './buyers.ts'
import { NOTIFICATION_FAULTS } from './faults.ts'
import type { KeyPair } from './keys.ts'
import { notificationOf, notifyIdOf, returnOf } from './messages.ts'
import { mislead } from './mischief.ts'
import { type Notice, openNotices } from './notices.ts'
import { formatTime } from './time.ts'
import type { Trade } from './trade-rows.ts'

export interface Notifier {
  /** Queues the notification of a trade's new status, in the transaction that books it. */
  announce(trade: Trade): void
  /** Starts what is due, now that the transaction is over. */
  wake(): void
  /** Sends a notification again at once, whatever became of it. False: unknown id. */
  resend(notifyId: string): boolean
  recent(limit: number, outTradeNo?: string): Notice[]
  /** Ends deliveries that are under way. */
  close(): Promise<void>
}

export interface NotifierParts {
  books: Books
  clock: SandboxClock
  faults: Faults
  applications: Applications
  buyers: Buyers
  tradeOf(tradeNo: string): Trade | undefined
  foreignKey: () => KeyPair
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Waiting times after the first delivery and each one that was not acknowledged. */
export const RETRY_MS = [4 * MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 6 * HOUR, 15 * HOUR]
const FACE_TO_FACE_RETRY_MS = [0, 0, 0, ...RETRY_MS]
const AT_ONCE = 64
const START_AT_ONCE = 8
const REORDER_LIMIT_MS = MINUTE
const DEFAULT_DELAY_SECONDS = 30

export function openNotifier(parts: NotifierParts): Notifier {
  const { books, clock, faults, applications, buyers } = parts
  const notices = openNotices(books)
  const poster = createPoster()
  const underWay = new Map<string, Promise<void>>()
  let ending = false
  const alarm = createAlarm(clock, nextDue, startDue)

  function announce(trade: Trade): void {
    const application = applications.byId(trade.appId)
    if (!application || trade.notifyUrl === undefined) return
    const always = trade.status === 'TRADE_SUCCESS' || trade.status === 'TRADE_FINISHED'
    if (!always && !application.notified.includes(trade.status)) return
    const at = clock.now()
    const notifyId = notifyIdOf(
      at,
      String(randomInt(1e9)).padStart(9, '0') + String(randomInt(1e6)).padStart(6, '0'),
    )
    const buyer = trade.buyerId === undefined ? undefined : buyers.byId(trade.buyerId)
    const strike = NOTIFICATION_FAULTS.map(({ name }) =>
      faults.strikes({ wallet: 'alipay', kind: name, order: trade.outTradeNo }),
    ).find((found) => found !== undefined)
    notices.add({
      notifyId,
      appId: trade.appId,
      tradeNo: trade.tradeNo,
      outTradeNo: trade.outTradeNo,
      url: trade.notifyUrl,
      parameters: notificationOf(trade, application, buyer, notifyId),
      faceToFace: FACE_TO_FACE.has(trade.productCode),
      ...beginning(strike, at),
      createdAt: at,
    })
  }

  // With no room nothing is due: the end of a delivery looks again.
  function nextDue(): number | undefined {
    return underWay.size < AT_ONCE ? notices.nextDue([...underWay.keys()]) : undefined
  }

  function startDue(): void {
    // Few at a time: each start signs, and the gateway answers in between.
    const room = Math.min(AT_ONCE - underWay.size, START_AT_ONCE)
    for (const notice of notices.due(clock.now(), room, [...underWay.keys()])) start(notice)
  }

  function start(notice: Notice): void {
    const work = deliver(notice).finally(() => {
      underWay.delete(notice.notifyId)
      alarm.check()
    })
    underWay.set(notice.notifyId, work)
  }

  async function deliver(notice: Notice): Promise<void> {
    // Only the first delivery misbehaves; what Alipay repeats is genuine.
    const fault = notice.deliveries === 0 ? notice.fault : undefined
    const body = write(notice, fault)
    if (body === undefined) return notices.end(notice, 'lost')
    const copies = fault === 'notification_doubled' ? 2 : 1
    const results = await Promise.all(
      Array.from({ length: copies }, () => poster.post(notice.url, body)),
    )
    if (ending) return
    const at = clock.now()
    books.atomically(() => {
      for (const result of results) notices.record(notice, { at, body, fault, ...result })
      const acknowledged = results.some(
        (result) => result.status === 200 && result.answer === 'success',
      )
      const retry = (notice.faceToFace ? FACE_TO_FACE_RETRY_MS : RETRY_MS)[notice.deliveries]
      if (acknowledged) notices.end(notice, 'acknowledged')
      else if (retry === undefined) notices.end(notice, 'exhausted')
      else notices.postpone(notice, at + retry)
      notices.releaseHeld(notice, at)
    })
  }

  function write(notice: Notice, fault: string | undefined): string | undefined {
    const application = applications.byId(notice.appId)
    const trade = parts.tradeOf(notice.tradeNo)
    if (!application || !trade) return undefined
    const honest = {
      ...notice.parameters,
      notify_time: formatTime(clock.now() + trade.skew * 1000),
    }
    const signed = mislead(fault, honest, {
      genuine: application.alipayKey,
      foreign: parts.foreignKey().privateKey,
      returned: () => returnOf(trade, application, 'page', clock.now()),
    })
    return new URLSearchParams(signed).toString()
  }

  alarm.check()
  return {
    announce,
    wake: alarm.check,
    resend(notifyId) {
      const notice = notices.byId(notifyId)
      if (!notice) return false
      notices.postpone({ ...notice, deliveries: notice.deliveries - 1 }, clock.now())
      alarm.check()
      return true
    },
    recent: notices.recent,
    async close() {
      alarm.stop()
      ending = true
      poster.close()
      await Promise.all(underWay.values())
    },
  }
}

const FACE_TO_FACE = new Set(['FACE_TO_FACE_PAYMENT', 'QR_CODE_OFFLINE', 'OFFLINE_PAYMENT'])

interface Beginning {
  fault?: string | undefined
  state: 'waiting' | 'held' | 'lost'
  nextAt: number
}

function beginning(
  strike: { kind: string; seconds?: number | undefined } | undefined,
  at: number,
): Beginning {
  switch (strike?.kind) {
    case 'notification_lost':
      return { fault: strike.kind, state: 'lost', nextAt: at }
    case 'notification_reordered':
      return { fault: strike.kind, state: 'held', nextAt: at + REORDER_LIMIT_MS }
    case 'notification_delayed':
      return {
        fault: strike.kind,
        state: 'waiting',
        nextAt: at + (strike.seconds ?? DEFAULT_DELAY_SECONDS) * 1000,
      }
    default:
      return { fault: strike?.kind, state: 'waiting', nextAt: at }
  }
}
