// From the text of an API key to what it may do. Looked-up keys are remembered for less than a
// second, so that a revoked key stops working everywhere within one (PRODUCT CO-15).

import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { Pool } from '../db/pool.ts'
import { ApiError } from '../errors.ts'
import type { Clock, Log, Milliseconds } from '../ports.ts'
import { type ApiKey, findApiKeyByHash, noteUse } from './api-keys.ts'
import { hashKey, readKeyText } from './key-format.ts'

const REMEMBERED_MS = 900
const REMEMBERED_MOST = 10_000
/** The time of last use is kept to the minute, so that a busy key is not written at each request. */
const USE_KEPT_EVERY_MS = 60_000

export interface Authenticator {
  /**
   * The key that `authorization` carries, used from `address`. Throws `key_missing`, `key_invalid`,
   * `key_revoked`, `key_expired` or `address_not_allowed`.
   */
  authenticate(authorization: string | undefined, address: string): Promise<ApiKey>
}

export function createAuthenticator(deps: { pool: Pool; clock: Clock; log: Log }): Authenticator {
  const { pool, clock, log } = deps
  const remembered = new Map<string, { key: ApiKey; until: Milliseconds }>()
  const noted = new Map<string, Milliseconds>()

  async function lookUp(text: string): Promise<ApiKey> {
    const hash = hashKey(text)
    const name = hash.toString('base64')
    const known = remembered.get(name)
    const now = clock.now()
    if (known && now < known.until) return known.key
    const key = await findApiKeyByHash(pool, hash)
    if (!key) throw new ApiError('key_invalid')
    if (remembered.size >= REMEMBERED_MOST) remembered.clear()
    remembered.set(name, { key, until: now + REMEMBERED_MS })
    return key
  }

  function note(key: ApiKey): void {
    const now = clock.now()
    const last = Math.max(noted.get(key.apiKeyId) ?? 0, key.lastUsedAt ?? 0)
    if (now < last + USE_KEPT_EVERY_MS) return
    noted.set(key.apiKeyId, now)
    noteUse(pool, key, now, now - USE_KEPT_EVERY_MS).catch((error: Error) =>
      log.warn(
        { apiKeyId: key.apiKeyId, error: error.message },
        'the last use of a key was not kept',
      ),
    )
  }

  return {
    async authenticate(authorization, address) {
      if (authorization === undefined) throw new ApiError('key_missing')
      const text = /^bearer +(\S+)$/i.exec(authorization)?.[1]
      if (text === undefined || !readKeyText(text)) throw new ApiError('key_invalid')
      const key = await lookUp(text)
      if (key.revokedAt !== null) throw new ApiError('key_revoked')
      if (key.expiresAt !== null && clock.now() >= key.expiresAt) throw new ApiError('key_expired')
      if (!isAllowed(key.allowedAddresses, address)) throw new ApiError('address_not_allowed')
      note(key)
      return key
    },
  }
}

/** Whether `address` is on the list; an IPv4 address may come mapped into IPv6. */
export function isAllowed(list: readonly string[] | null, address: string): boolean {
  if (list === null) return true
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  const allowed = new BlockList()
  for (const entry of list) addRange(allowed, entry)
  if (isIPv4(plain)) return allowed.check(plain, 'ipv4')
  return isIPv6(plain) && allowed.check(plain, 'ipv6')
}

/** True for an IP address or a CIDR range. */
export function isAddressRange(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  if (rest.length > 0 || (!isIPv4(address) && !isIPv6(address))) return false
  if (bits === undefined) return true
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128)
}

function addRange(list: BlockList, entry: string): void {
  if (!isAddressRange(entry)) return
  const [address = '', bits] = entry.split('/')
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  if (bits === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(bits), family)
}
