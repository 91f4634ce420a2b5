// Sends notifications to the merchant and repeats them on WeChat Pay's schedule (sheet section 5).
import { randomUUID } from 'node:crypto'
import { createAlarm } from '../alarm.ts'
import type { Books } from '../books.ts'
import type { SandboxClock } from '../clock.ts'
import type { Faults } from '../faults.ts'
import { type Message, openOutbox } from '../outbox.ts'
import { createPoster } from '../post.ts'
import { digits } from './crypto.ts'
import { NOTIFICATION_FAULTS } from './faults.ts'
import type { Merchants } from './merchants.ts'
import type { Event } from './messages.ts'
import { type Content, readContent, writeNotification } from './mischief.ts'
import type { Signer } from './signer.ts'
import { formatTime } from './time.ts'

export interface Announcement {
  mchid: string
  outTradeNo: string
  url: string
  event: Event
}

export interface Notifier {
  /** Queues a notification, in the transaction that books what it tells. Returns its id. */
  announce(announcement: Announcement): string
  /** Queues one that lies as `fault` says and is never repeated. Returns its id. */
  lie(announcement: Announcement, fault: string): string
  /** Starts what is due, now that the transaction is over. */
  wake(): void
  /** Sends a notification again at once, whatever became of it. False: unknown id. */
  resend(id: string): boolean
  recent(limit: number, outTradeNo?: string): Message[]
  /** Ends deliveries that are under way. */
  close(): Promise<void>
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Waiting times after the first delivery and each one that was not acknowledged. */
export const RETRY_MS = [
  15 * SECOND,
  15 * SECOND,
  30 * SECOND,
  3 * MINUTE,
  10 * MINUTE,
  20 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  60 * MINUTE,
  3 * HOUR,
  3 * HOUR,
  3 * HOUR,
  6 * HOUR,
  6 * HOUR,
]
/** A merchant must answer within this time. */
export const ANSWER_MS = 5 * SECOND
const AT_ONCE = 64
const START_AT_ONCE = 8
const REORDER_LIMIT_MS = MINUTE
const DEFAULT_DELAY_SECONDS = 30

export function openNotifier(parts: {
  books: Books
  clock: SandboxClock
  faults: Faults
  merchants: Merchants
  signer: Signer
}): Notifier {
  const { books, clock, faults, merchants, signer } = parts
  const outbox = openOutbox(books, 'wechatpay')
  const poster = createPoster({ timeoutMs: ANSWER_MS })
  const underWay = new Map<string, Promise<void>>()
  let ending = false
  const alarm = createAlarm(clock, nextDue, startDue)

  function queue(
    { mchid, outTradeNo, url, event }: Announcement,
    beginning: Beginning,
    repeated: boolean,
  ): string {
    const at = clock.now()
    const id = randomUUID()
    const content: Content = { id, createdAt: formatTime(at), event }
    outbox.add({
      id,
      merchant: mchid,
      order: outTradeNo,
      url,
      content: JSON.stringify(content),
      repeated,
      createdAt: at,
      ...beginning,
    })
    return id
  }

  // With no room nothing is due: the end of a delivery looks again.
  function nextDue(): number | undefined {
    return underWay.size < AT_ONCE ? outbox.nextDue([...underWay.keys()]) : undefined
  }

  function startDue(): void {
    // Few at a time: each start signs, and the API answers in between.
    const room = Math.min(AT_ONCE - underWay.size, START_AT_ONCE)
    for (const message of outbox.due(clock.now(), room, [...underWay.keys()])) start(message)
  }

  function start(message: Message): void {
    const work = deliver(message).finally(() => {
      underWay.delete(message.id)
      alarm.check()
    })
    underWay.set(message.id, work)
  }

  async function deliver(message: Message): Promise<void> {
    const merchant = merchants.byId(message.merchant)
    const content = readContent(message.content)
    if (!merchant || !content) return outbox.end(message, 'lost')
    // Only the first delivery misbehaves; what WeChat Pay repeats is genuine.
    const fault = message.deliveries === 0 ? message.fault : undefined
    const copies = fault === 'notification_doubled' ? 2 : 1
    const results = await Promise.all(
      Array.from({ length: copies }, async () => {
        const { headers, body } = writeNotification(content, { merchant, signer, fault })
        const sent = {
          Accept: '*/*',
          'Content-Type': 'application/json',
          'User-Agent': 'Mozilla/4.0',
          'Request-ID': `08${digits(18)}-0`,
          ...headers,
        }
        return {
          headers: JSON.stringify(sent),
          body,
          ...(await poster.post(message.url, body, sent)),
        }
      }),
    )
    if (ending) return
    const at = clock.now()
    books.atomically(() => {
      for (const result of results) outbox.record(message, { at, fault, ...result })
      const acknowledged = results.some(({ status }) => status === 200 || status === 204)
      const retry = message.repeated ? RETRY_MS[message.deliveries] : undefined
      if (acknowledged) outbox.end(message, 'acknowledged')
      else if (retry === undefined) outbox.end(message, 'exhausted')
      else outbox.postpone(message, at + retry)
      outbox.releaseHeld(message, at)
    })
  }

  alarm.check()
  return {
    announce(announcement) {
      const strike = NOTIFICATION_FAULTS.map(({ name }) =>
        faults.strikes({ wallet: 'wechatpay', kind: name, order: announcement.outTradeNo }),
      ).find((found) => found !== undefined)
      return queue(announcement, beginning(strike, clock.now()), true)
    },
    lie: (announcement, fault) =>
      queue(announcement, { fault, state: 'waiting', nextAt: clock.now() }, false),
    wake: alarm.check,
    resend(id) {
      const message = outbox.byId(id)
      if (!message) return false
      outbox.restart(message, clock.now())
      alarm.check()
      return true
    },
    recent: outbox.recent,
    async close() {
      alarm.stop()
      ending = true
      poster.close()
      await Promise.all(underWay.values())
    },
  }
}

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
