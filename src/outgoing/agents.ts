// Pools of connections: one for everybody, and one for each client certificate, so that nobody's
// request ever travels under the name of another merchant.

import { createHash } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { Agent } from 'undici'
import { type ClientCertificate, NetworkError } from '../ports.ts'
import { createConnector } from './connector.ts'
import type { Guard } from './guard.ts'

export interface Agents {
  /** Throws {@link NetworkError} `tls` for a certificate and key that do not belong together. */
  of(clientCertificate: ClientCertificate | undefined): Agent
  /** Ends all connections; what is under way fails. */
  close(): Promise<void>
}

export interface AgentOptions {
  guard: Guard
  /** Most connections to one host, per certificate. */
  connections: number | null
  authorities?: readonly string[]
}

const MOST_CERTIFICATES = 64

export function createAgents({ guard, connections, authorities }: AgentOptions): Agents {
  const open = (clientCertificate?: ClientCertificate) =>
    new Agent({
      // undici reads no proxy variables unless its EnvHttpProxyAgent is used, and follows no
      // redirect unless an interceptor is added.
      connect: createConnector({
        guard,
        // A wallet may allow more time than usual for one request, never for the socket itself.
        timeoutMs: 10_000,
        ...(authorities && { authorities }),
        ...(clientCertificate && { clientCertificate }),
      }),
      connections,
      pipelining: 1,
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 30_000,
    })
  const anonymous = open()
  // In the order of their last use.
  const named = new Map<string, Agent>()

  return {
    of(clientCertificate) {
      if (clientCertificate === undefined) return anonymous
      const name = nameOf(clientCertificate)
      const known = named.get(name)
      if (known === undefined) checkPair(clientCertificate)
      const agent = known ?? open(clientCertificate)
      named.delete(name)
      named.set(name, agent)
      const [oldest] = named
      // Its requests under way are answered before it ends.
      if (named.size > MOST_CERTIFICATES && oldest) {
        named.delete(oldest[0])
        void oldest[1].close()
      }
      return agent
    },
    async close() {
      await Promise.all([anonymous, ...named.values()].map((agent) => agent.destroy()))
    },
  }
}

function nameOf({ certificate, key }: ClientCertificate): string {
  return createHash('sha256').update(`${certificate.length} ${certificate}${key}`).digest('hex')
}

function checkPair({ certificate, key }: ClientCertificate): void {
  try {
    createSecureContext({ cert: certificate, key })
  } catch {
    throw new NetworkError('tls', false, 'the client certificate and its key cannot be used')
  }
}
