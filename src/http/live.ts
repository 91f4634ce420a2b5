// Tells open pages that a payment has changed. What is said is only "changed": the page then asks.

import type { Metrics } from './metrics.ts'

/** Where changes of other processes come from and ours go to, e.g. LISTEN and NOTIFY. */
export interface Channel {
  publish(paymentId: string): void
  /** Calls `heard` for every payment that changed in any process. Returns what stops it. */
  subscribe(heard: (paymentId: string) => void): () => void
}

export interface Live {
  /** A payment was changed by this process. */
  changed(paymentId: string): void
  /** Calls `wake` whenever the payment changes. Returns what stops it. */
  watch(paymentId: string, wake: () => void): () => void
  /** News of other processes may have been missed: every open page asks. */
  missed(): void
  close(): void
}

/** @param channel left out where there is only one process */
export function createLive(metrics: Metrics, channel?: Channel): Live {
  const watchers = new Map<string, Set<() => void>>()
  const wake = (paymentId: string) => {
    for (const watcher of watchers.get(paymentId) ?? []) watcher()
  }
  const stop = channel?.subscribe(wake)
  return {
    changed(paymentId) {
      wake(paymentId)
      channel?.publish(paymentId)
    },
    watch(paymentId, watcher) {
      const set = watchers.get(paymentId) ?? new Set()
      watchers.set(paymentId, set.add(watcher))
      metrics.streams.inc()
      return () => {
        if (!set.delete(watcher)) return
        metrics.streams.dec()
        if (set.size === 0) watchers.delete(paymentId)
      }
    },
    missed() {
      for (const paymentId of watchers.keys()) wake(paymentId)
    },
    close() {
      stop?.()
      watchers.clear()
    },
  }
}
