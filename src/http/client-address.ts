// Who is behind a network address, for limits that count by address.

import ipaddr from 'ipaddr.js'

/**
 * The address as limits count it: an IPv4 address, also where it comes mapped into IPv6, or the first
 * 64 bits of an IPv6 address: one subscriber has all of the rest (RFC 6177, RFC 7421).
 */
export function countedAddress(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const [network] = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toNormalizedString()}/64`)
    .toString()
    .split('%')
  return `${network}/64`
}
