// Which addresses lie on the public internet. Everything that is not known to is refused.

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

// Global by their prefix, but answered by the machine's own surroundings or by nobody.
const NOT_PUBLIC = [
  // Azure's platform services, reachable from inside a virtual machine only
  '168.63.129.16/32',
  // Deprecated site-local and never assigned parts of the IPv6 space outside 2000::/3 need no line:
  // they fail the test for 2000::/3. Inside it (IANA special-purpose registry):
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
].map((range) => ipaddr.parseCIDR(range))

const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3')

/**
 * True when `address` is a global unicast address: not loopback, private, link-local, shared,
 * multicast, documentation, nor an IPv6 form that carries an IPv4 address inside (PRODUCT SE-18).
 */
export function isPublicAddress(address: string): boolean {
  // The parser takes octal, short and zoned forms; a resolved or normalized address has none.
  if (isIP(address) === 0 || address.includes('%')) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed.kind() === 'ipv6' && !parsed.match(GLOBAL_IPV6)) return false
  return !NOT_PUBLIC.some((range) => range[0].kind() === parsed.kind() && parsed.match(range))
}
