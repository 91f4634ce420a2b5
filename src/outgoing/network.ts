// The hub's way out: the only code that opens connections to wallets and to merchants' servers.

import { type Log, type Network, NetworkError, type OutgoingRequest } from '../ports.ts'
import { createAgents } from './agents.ts'
import { exchange, type Limits } from './exchange.ts'
import { createGuard, ForbiddenDestination, type Guard } from './guard.ts'
import type { Resolve } from './resolver.ts'

export interface OpenNetwork extends Network {
  /** Ends all connections; what is under way fails. */
  close(): Promise<void>
}

export interface NetworkOptions {
  log: Log
  /** Exact origins that may be private and unencrypted: the sandbox, in test mode. */
  allowPrivate?: readonly string[]
  resolve?: Resolve
  /** Certificates of authorities that are trusted besides the well-known ones, in PEM. */
  authorities?: readonly string[]
  /** Most connections to one host. */
  connections?: number
  /** Most requests to one host that wait for a connection. */
  waiting?: number
}

/**
 * The network for wallets. Each host has connections and a queue of its own, so a wallet that hangs
 * fills its own queue only; past that it throws `overloaded`.
 */
export function createNetwork(options: NetworkOptions): OpenNetwork {
  const guard = createGuard({
    exempt: options.allowPrivate ?? [],
    ports: 'any',
    ...(options.resolve && { resolve: options.resolve }),
  })
  const connections = options.connections ?? 64
  return open(guard, options, {
    connections,
    atOnce: connections + (options.waiting ?? 192),
    limits: { connectTimeoutMs: 3_000, timeoutMs: 15_000, maxBytes: 1024 * 1024, larger: 'refuse' },
  })
}

/**
 * The network for webhooks: destinations are what merchants entered. 5 s to connect, 20 s in all,
 * the first 64 KB of an answer (PRODUCT SE-19); who asks limits the requests per endpoint.
 */
export function createWebhookNetwork(
  options: Pick<NetworkOptions, 'log' | 'authorities'> & { guard: Guard },
): OpenNetwork {
  return open(options.guard, options, {
    connections: null,
    atOnce: Number.POSITIVE_INFINITY,
    limits: { connectTimeoutMs: 5_000, timeoutMs: 20_000, maxBytes: 64 * 1024, larger: 'cut' },
  })
}

interface Kind {
  connections: number | null
  atOnce: number
  limits: Limits
}

function open(
  guard: Guard,
  { log, authorities }: Pick<NetworkOptions, 'log' | 'authorities'>,
  { connections, atOnce, limits }: Kind,
): OpenNetwork {
  const agents = createAgents({ guard, connections, ...(authorities && { authorities }) })
  const running = new Map<string, number>()

  async function send(request: OutgoingRequest) {
    const { origin } = guard.checkForm(request.url)
    const count = running.get(origin) ?? 0
    if (count >= atOnce) {
      throw new NetworkError('overloaded', false, `${count} requests to ${origin} are under way`)
    }
    running.set(origin, count + 1)
    try {
      return await exchange(agents.of(request.clientCertificate), request, {
        connectTimeoutMs: request.connectTimeoutMs ?? limits.connectTimeoutMs,
        timeoutMs: request.timeoutMs ?? limits.timeoutMs,
        maxBytes: request.maxBytes ?? limits.maxBytes,
        larger: limits.larger,
      })
    } catch (error) {
      if (error instanceof ForbiddenDestination)
        log.warn({ origin, rule: error.rule }, 'refused a destination')
      throw error
    } finally {
      const left = (running.get(origin) ?? 1) - 1
      if (left === 0) running.delete(origin)
      else running.set(origin, left)
    }
  }

  return { send, close: () => agents.close() }
}
