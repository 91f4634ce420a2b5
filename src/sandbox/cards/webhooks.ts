// Sends an acquirer's webhooks to its merchants and repeats them on the acquirer's schedule.
import { randomUUID } from 'node:crypto'
import { createAlarm } from '../alarm.ts'
import type { Strike } from '../faults.ts'
import { type JsonObject, parseObject } from '../json.ts'
import { type Message, openOutbox } from '../outbox.ts'
import type { Platform } from '../platform.ts'
import { createPoster } from '../post.ts'
import { WEBHOOK_FAULTS } from './faults.ts'
import type { AcquirerName, Merchant, Merchants } from './merchants.ts'

export interface Written {
  headers: Record<string, string>
  body: string
}

export interface WebhookRules {
  acquirer: AcquirerName
  /** Waiting times after the first delivery and each one that was not acknowledged. */
  retryMs: readonly number[]
  /** A merchant must answer within this time. */
  answerMs: number
  /** Faults of this acquirer alone, besides {@link WEBHOOK_FAULTS}. */
  faults?: readonly string[]
  /** Headers and body of one delivery, or made wrong in the way `fault` wants. */
  write(event: JsonObject, merchant: Merchant, fault: string | undefined): Written
}

export interface Webhooks {
  /** Queues an event to every endpoint of the merchant, in the transaction that books it. */
  announce(merchant: Merchant, order: string, event: JsonObject): void
  /** Starts what is due, now that the transaction is over. */
  wake(): void
  resend(id: string): boolean
  recent(limit: number, order?: string): Message[]
  close(): Promise<void>
}

const AT_ONCE = 64
const REORDER_LIMIT_MS = 60_000
const DEFAULT_DELAY_SECONDS = 30

export function openWebhooks(
  { books, clock, faults }: Platform,
  merchants: Merchants,
  rules: WebhookRules,
): Webhooks {
  const { acquirer } = rules
  const outbox = openOutbox(books, acquirer)
  const poster = createPoster({ timeoutMs: rules.answerMs })
  const kinds = [...WEBHOOK_FAULTS.map(({ name }) => name), ...(rules.faults ?? [])]
  const underWay = new Map<string, Promise<void>>()
  let ending = false
  const alarm = createAlarm(clock, nextDue, startDue)

  // With no room nothing is due: the end of a delivery looks again.
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
    const merchant = merchants.byId(acquirer, message.merchant)
    const event = parseObject(message.content)
    if (!merchant || !event) return outbox.end(message, 'lost')
    // Only the first delivery misbehaves; what is repeated is genuine.
    const fault = message.deliveries === 0 ? message.fault : undefined
    const written = rules.write(event, merchant, fault)
    const headers = { 'content-type': 'application/json; charset=utf-8', ...written.headers }
    const copies = fault === 'notification_doubled' ? 2 : 1
    const results = await Promise.all(
      Array.from({ length: copies }, () => poster.post(message.url, written.body, headers)),
    )
    if (ending) return
    const at = clock.now()
    books.atomically(() => {
      for (const result of results) {
        outbox.record(message, {
          at,
          body: written.body,
          headers: JSON.stringify(headers),
          fault,
          ...result,
        })
      }
      const taken = results.some(({ status = 0 }) => status >= 200 && status < 300)
      const retry = rules.retryMs[message.deliveries]
      if (taken) outbox.end(message, 'acknowledged')
      else if (retry === undefined) outbox.end(message, 'exhausted')
      else outbox.postpone(message, at + retry)
      outbox.releaseHeld(message, at)
    })
  }

  alarm.check()
  return {
    announce(merchant, order, event) {
      const at = clock.now()
      for (const url of merchant.webhooks) {
        const strike = kinds
          .map((kind) => faults.strikes({ wallet: acquirer, kind, order }))
          .find((found) => found !== undefined)
        outbox.add({
          id: randomUUID(),
          merchant: merchant.id,
          order,
          url,
          content: JSON.stringify(event),
          repeated: true,
          createdAt: at,
          ...beginning(strike, at),
        })
      }
    },
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
