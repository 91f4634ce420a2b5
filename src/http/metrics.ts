// What is counted and measured, for Prometheus. Labels are words of ours, never ids.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    requests: new Histogram({
      name: 'tongbao_http_request_duration_seconds',
      help: 'HTTP requests by method, route and status.',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    notifications: new Counter({
      name: 'tongbao_notifications_total',
      help: 'Notifications from wallets by wallet and what became of them (taken, known, refused_signature, …).',
      labelNames: ['wallet', 'outcome'] as const,
      registers,
    }),
    webhookTries: new Counter({
      name: 'tongbao_webhook_tries_total',
      help: 'Tries to deliver an event, by result.',
      labelNames: ['result'] as const,
      registers,
    }),
    journalGroup: new Histogram({
      name: 'tongbao_journal_group_size',
      help: 'Changes that one statement of the journal wrote.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    walletCalls: new Histogram({
      name: 'tongbao_wallet_call_duration_seconds',
      help: 'Calls to wallets by wallet, operation and result.',
      labelNames: ['wallet', 'operation', 'result'] as const,
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers,
    }),
    streams: new Gauge({
      name: 'tongbao_checkout_streams',
      help: 'Open pages that listen for changes.',
      registers,
    }),
  }
}
