// Keeps the payment on the screen true: a stream that says "changed", and questions on a schedule
// beside it (CK-31 to CK-33, CK-54).

import type { CheckoutPayment } from '../../http/checkout-types.ts'
import { type Api, RefusedError } from './api.ts'
import { backoffMs, pollDelayMs } from './schedule.ts'
import { isFinal } from './screen.ts'

const STREAM_FAILURES = 2
const WAKE_MS = 100

export interface Live {
  /** Something happened that makes news likely: ask soon, and often for 30 s. */
  wake(): void
  /** Takes an answer that came another way. */
  take(payment: CheckoutPayment): void
}

export interface LiveOptions {
  api: Api
  first: CheckoutPayment
  onPayment(payment: CheckoutPayment): void
  onOffline(offline: boolean): void
}

/** Starts watching; it lasts as long as the page. */
export function watch({ api, first, onPayment, onOffline }: LiveOptions): Live {
  const began = performance.now()
  let wokeAt = Number.NEGATIVE_INFINITY
  let failures = 0
  let latest = first
  let timer: ReturnType<typeof setTimeout> | undefined
  let asking = false
  let askAgain = false
  let streamFailures = 0
  let stream: AbortController | null = null

  const resting = () => document.hidden || isFinal(latest)

  function take(payment: CheckoutPayment): void {
    // Answers can overtake each other; the server's time says which one is older.
    if (Date.parse(payment.server_time) < Date.parse(latest.server_time)) return
    if (payment.status === 'processing' && latest.status !== 'processing')
      wokeAt = performance.now()
    latest = payment
    onPayment(payment)
    if (isFinal(payment)) stream?.abort()
  }

  async function ask(): Promise<void> {
    clearTimeout(timer)
    if (asking) {
      askAgain = true
      return
    }
    asking = true
    try {
      const payment = await api.payment()
      failures = 0
      onOffline(false)
      if (payment) take(payment)
    } catch (error) {
      failures += 1
      onOffline(!(error instanceof RefusedError) && !navigator.onLine)
    } finally {
      asking = false
    }
    if (askAgain) {
      askAgain = false
      return ask()
    }
    plan()
  }

  function plan(): void {
    clearTimeout(timer)
    if (resting()) return
    const now = performance.now()
    const watching = { ageMs: now - began, sinceWakeMs: now - wokeAt }
    const delay =
      failures > 0 ? backoffMs(failures, Math.random()) : pollDelayMs(watching, Math.random())
    timer = setTimeout(ask, delay)
  }

  async function listen(): Promise<void> {
    if (stream || resting() || streamFailures >= STREAM_FAILURES) return
    const mine = new AbortController()
    stream = mine
    let failed = false
    try {
      await api.stream(() => {
        streamFailures = 0
        void ask()
      }, mine.signal)
    } catch {
      // Polling goes on beside the stream, so a broken one is only counted.
      failed = !mine.signal.aborted
    }
    stream = null
    if (failed) streamFailures += 1
    if (!mine.signal.aborted) setTimeout(listen, 1_000)
  }

  function wake(): void {
    wokeAt = performance.now()
    clearTimeout(timer)
    timer = setTimeout(ask, WAKE_MS)
    void listen()
  }

  function onVisibility(): void {
    if (document.hidden) {
      clearTimeout(timer)
      stream?.abort()
    } else if (latest.status !== 'succeeded') wake()
  }

  document.addEventListener('visibilitychange', onVisibility)
  for (const name of ['pageshow', 'focus', 'online']) {
    addEventListener(name, () => latest.status !== 'succeeded' && wake())
  }
  addEventListener('offline', () => onOffline(true))
  if (!navigator.onLine) onOffline(true)
  plan()
  void listen()
  return { wake, take }
}
