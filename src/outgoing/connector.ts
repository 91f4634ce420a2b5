// Opens the connections: to the addresses that the guard checked and to no other, TLS always verified.

import { isIP, type LookupFunction } from 'node:net'
import { rootCertificates } from 'node:tls'
import { buildConnector } from 'undici'
import type { ClientCertificate } from '../ports.ts'
import type { Guard } from './guard.ts'

export interface ConnectorOptions {
  guard: Guard
  /** Longest time until a connection stands, TLS included. */
  timeoutMs: number
  /** Certificates of authorities that are trusted besides the well-known ones, in PEM. */
  authorities?: readonly string[]
  clientCertificate?: ClientCertificate
}

/** How undici opens a connection. The TLS name stays the URL's host (PRODUCT SE-18). */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { guard, timeoutMs } = options
  const trust = options.authorities ? { ca: [...rootCertificates, ...options.authorities] } : {}
  const own = options.clientCertificate
  const identity = own ? { cert: own.certificate, key: own.key } : {}
  const common = { timeout: timeoutMs, rejectUnauthorized: true, ...trust, ...identity }
  const exempt = buildConnector(common)
  const guarded = buildConnector({ ...common, lookup: checkedLookup(guard) })
  return (target, callback) => {
    if (guard.isExempt(`${target.protocol}//${target.host}`)) return exempt(target, callback)
    // Node does not call `lookup` for a literal address, so a literal is checked here.
    if (isIP(target.hostname) === 0) return guarded(target, callback)
    guard.addressesOf(target.hostname).then(
      () => guarded(target, callback),
      (error: Error) => callback(error, null),
    )
  }
}

// Node connects to what this returns and asks nobody again: a second answer of the name server
// comes too late to matter.
function checkedLookup(guard: Guard): LookupFunction {
  return (hostname, { all }, callback) => {
    guard.addressesOf(hostname).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first] = found
        if (all || !first) callback(null, found)
        else callback(null, first.address, first.family)
      },
      (error: Error) => callback(error, []),
    )
  }
}
