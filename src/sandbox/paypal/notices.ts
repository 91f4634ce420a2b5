// Sends events to the webhooks of apps: signed, and repeated up to 25 times over three days.
import { createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { createAlarm } from '../alarm.ts'
import type { Strike } from '../faults.ts'
import { isObject, type JsonObject, parseObject } from '../json.ts'
import { type Message, openOutbox } from '../outbox.ts'
import type { Platform } from '../platform.ts'
import { createPoster } from '../post.ts'
import type { App, Apps } from './apps.ts'
import type { Authority } from './authority.ts'
import { NOTIFICATION_FAULTS } from './faults.ts'
import { time } from './views.ts'

export interface Notices {
  /** Queues an event to the app's webhook, in the transaction that books it. */
  announce(app: App, order: string, event: JsonObject): void
  /** Starts what is due, now that the transaction is over. */
  wake(): void
  resend(id: string): boolean
  recent(limit: number, order?: string): Message[]
  close(): Promise<void>
}

const MINUTE = 60_000
const RETRY_MS = [1, 2, 4, 8, 15, 30, 60, 120, ...Array.from({ length: 17 }, () => 240)].map(
  (minutes) => minutes * MINUTE,
)
const AT_ONCE = 64
const REORDER_LIMIT_MS = MINUTE
const DEFAULT_DELAY_SECONDS = 30
const TEN_DAYS_MS = 864_000_000

export function openNotices(platform: Platform, apps: Apps, authority: () => Authority): Notices {
  const { books, clock, faults, realClock } = platform
  const outbox = openOutbox(books, 'paypal')
  const poster = createPoster()
  const underWay = new Map<string, Promise<void>>()
  let ending = false
  let waking: NodeJS.Immediate | undefined
  let foreign: KeyObject | undefined
  const alarm = createAlarm(clock, nextDue, startDue)

  function nextDue(): number | undefined {
    return underWay.size < AT_ONCE ? outbox.nextDue([...underWay.keys()]) : undefined
  }

  function startDue(): void {
    const room = AT_ONCE - underWay.size
    for (const message of outbox.due(clock.now(), room, [...underWay.keys()])) {
      const work = deliver(message).finally(() => {
        underWay.delete(message.id)
        alarm.check()
      })
      underWay.set(message.id, work)
    }
  }

  async function deliver(message: Message): Promise<void> {
    const app = apps.byClient(message.merchant)
    const event = parseObject(message.content)
    if (!app || !event) return outbox.end(message, 'lost')
    // Only the first delivery misbehaves; what is repeated is genuine.
    const fault = message.deliveries === 0 ? message.fault : undefined
    const { headers, body } = write(event, app, fault)
    const copies = fault === 'notification_doubled' ? 2 : 1
    const results = await Promise.all(
      Array.from({ length: copies }, () => poster.post(message.url, body, headers)),
    )
    if (ending) return
    const at = clock.now()
    books.atomically(() => {
      for (const result of results) {
        outbox.record(message, { at, body, headers: JSON.stringify(headers), fault, ...result })
      }
      const taken = results.some(({ status = 0 }) => status >= 200 && status < 300)
      const retry = RETRY_MS[message.deliveries]
      if (taken) outbox.end(message, 'acknowledged')
      else if (retry === undefined) outbox.end(message, 'exhausted')
      else outbox.postpone(message, at + retry)
      outbox.releaseHeld(message, at)
    })
  }

  function write(event: JsonObject, app: App, fault: string | undefined) {
    const signed = JSON.stringify(fault === 'notification_wrong_amount' ? withMore(event) : event)
    const body = fault === 'notification_tampered' ? JSON.stringify(withMore(event)) : signed
    const { signer: own, forger } = authority()
    const signer = fault === 'notification_wrong_chain' ? forger : own
    const id = randomUUID()
    const at = realClock.now() - (fault === 'notification_stale' ? TEN_DAYS_MS : 0)
    const source = `${id}|${time(at)}|${app.webhookId}|${crc32(signed)}`
    const key = fault === 'notification_wrong_key' ? foreignKey() : signer.key
    const host = fault === 'notification_wrong_host' ? 'http://127.0.0.1:9' : platform.address()
    const headers = {
      'content-type': 'application/json',
      'paypal-transmission-id': id,
      'paypal-transmission-time': time(at),
      'paypal-transmission-sig': createSign('sha256').update(source).sign(key, 'base64'),
      'paypal-cert-url': `${host}/paypal/v1/notifications/certs/${signer.certificateId}`,
      'paypal-auth-algo': 'SHA256withRSA',
    }
    return { headers, body }
  }

  function foreignKey(): KeyObject {
    foreign ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    return foreign
  }

  alarm.check()
  return {
    announce(app, order, event) {
      if (app.webhookUrl === '') return
      if (!app.events.includes('*') && !app.events.includes(String(event.event_type))) return
      const at = clock.now()
      const strike = NOTIFICATION_FAULTS.map(({ name: kind }) =>
        faults.strikes({ wallet: 'paypal', kind, order }),
      ).find((found) => found !== undefined)
      outbox.add({
        id: String(event.id),
        merchant: app.clientId,
        order,
        url: app.webhookUrl,
        content: JSON.stringify(event),
        repeated: true,
        createdAt: at,
        ...beginning(strike, at),
      })
    },
    wake() {
      waking ??= setImmediate(() => {
        waking = undefined
        if (!ending) alarm.check()
      })
    },
    resend(id) {
      const message = outbox.byId(id)
      if (!message) return false
      outbox.restart(message, clock.now())
      alarm.check()
      return true
    },
    recent: outbox.recent,
    async close() {
      ending = true
      clearImmediate(waking)
      alarm.stop()
      poster.close()
      await Promise.all(underWay.values())
    },
  }
}

/** The same event about a thousandfold amount. */
function withMore(event: JsonObject): JsonObject {
  const text = JSON.stringify(event).replaceAll('"value":"', '"value":"999')
  const changed: unknown = JSON.parse(text)
  return isObject(changed) ? changed : event
}

function beginning(strike: Strike | undefined, at: number) {
  switch (strike?.kind) {
    case 'notification_lost':
      return { fault: strike.kind, state: 'lost' as const, nextAt: at }
    case 'notification_reordered':
      return { fault: strike.kind, state: 'held' as const, nextAt: at + REORDER_LIMIT_MS }
    case 'notification_delayed':
      return {
        fault: strike.kind,
        state: 'waiting' as const,
        nextAt: at + (strike.seconds ?? DEFAULT_DELAY_SECONDS) * 1000,
      }
    default:
      return { fault: strike?.kind, state: 'waiting' as const, nextAt: at }
  }
}
