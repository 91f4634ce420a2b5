// Names to addresses, asked of name servers directly: the system's lookup runs on a few threads,
// and names that hang there would hold up every other file and lookup of the hub.

import { Resolver as NameServers } from 'node:dns/promises'
import { NetworkError } from '../ports.ts'

/** All addresses of a name. Throws {@link NetworkError} `dns` when there is none. */
export type Resolve = (hostname: string) => Promise<string[]>

/** `servers` are name servers as `address` or `address:port`; default: the system's. */
export function createResolver({ servers }: { servers?: string[] } = {}): Resolve {
  return async (hostname) => {
    const resolver = new NameServers({ timeout: 1_500, tries: 2 })
    if (servers) resolver.setServers(servers)
    const answers = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ])
    const addresses = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? answer.value : [],
    )
    if (addresses.length > 0) return addresses
    const reasons = answers.map((answer) =>
      answer.status === 'rejected' ? answer.reason.code : '',
    )
    throw new NetworkError('dns', false, `no address for ${hostname}: ${reasons.join(', ')}`)
  }
}
