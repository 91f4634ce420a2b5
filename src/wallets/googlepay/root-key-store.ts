// Google's root keys of one account, fetched when they are needed and renewed before they are old
// (sheet section 3, as Tink's KeysDownloader does it).

import { decodeUtf8 } from '../../encoding/utf8.ts'
import { type Milliseconds, NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import { type RootKey, readRootKeys, unexpired } from './root-keys.ts'

export interface RootKeyStore {
  readonly url: string
  keys: readonly RootKey[]
  /** From half of the answer's life on, a use of the keys renews them in the background. */
  renewAt: Milliseconds
  /** The end of the answer's life: a use of the keys then waits for newer ones. */
  freshUntil: Milliseconds
  /** Not before: strangers can cause a fetch. */
  nextFetchAt: Milliseconds
  pending: Promise<void> | undefined
}

const MIN_INTERVAL_MS = 60_000
const MAX_BYTES = 64 * 1024
const MAX_LIFE_MS = 7 * 86_400_000

export function createRootKeyStore(url: string): RootKeyStore {
  return { url, keys: [], renewAt: 0, freshUntil: 0, nextFetchAt: 0, pending: undefined }
}

/** The keys to verify with now. Old ones stay in use while Google is silent, until they expire. */
export async function currentRootKeys(
  ports: Ports,
  store: RootKeyStore,
): Promise<readonly RootKey[]> {
  const now = ports.clock.now()
  const usable = unexpired(store.keys, now).length > 0
  if (!usable || now >= store.freshUntil) await refreshRootKeys(ports, store)
  else if (now >= store.renewAt) void refreshRootKeys(ports, store)
  return store.keys
}

/** One fetch at a time, and at most one a minute. Never throws for what Google or the network does. */
export function refreshRootKeys(ports: Ports, store: RootKeyStore): Promise<void> {
  const now = ports.clock.now()
  if (store.pending === undefined && now < store.nextFetchAt) return Promise.resolve()
  store.nextFetchAt = now + MIN_INTERVAL_MS
  store.pending ??= fetchInto(ports, store).finally(() => {
    store.pending = undefined
  })
  return store.pending
}

async function fetchInto(ports: Ports, store: RootKeyStore): Promise<void> {
  const answer = await get(ports, store.url)
  const text = answer?.status === 200 ? decodeUtf8(answer.body) : undefined
  const keys = text === undefined ? undefined : readRootKeys(text)
  const now = ports.clock.now()
  // A list without a usable key never replaces one with.
  if (!answer || !keys || unexpired(keys, now).length === 0) {
    ports.log.warn({ wallet: 'googlepay', status: answer?.status }, 'no root keys were fetched')
    return
  }
  const life = lifeOf(answer.headers)
  store.keys = keys
  store.renewAt = now + life / 2
  store.freshUntil = now + life
}

async function get(ports: Ports, url: string): Promise<OutgoingAnswer | undefined> {
  const send = () =>
    ports.network.send({ method: 'GET', url, headers: {}, timeoutMs: 10_000, maxBytes: MAX_BYTES })
  try {
    return await send().catch(() => send())
  } catch (error) {
    if (error instanceof NetworkError) return undefined
    throw error
  }
}

/** `max-age` less the `age` it already has in caches between; nothing stated is no life at all. */
function lifeOf(headers: Readonly<Record<string, string>>): Milliseconds {
  const control = headers['cache-control'] ?? ''
  const age = /^\d{1,9}$/.test(headers.age ?? '') ? Number(headers.age) : 0
  const maxAge = Number(/(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(control)?.[1] ?? 0)
  return Math.min(Math.max(0, maxAge - age) * 1000, MAX_LIFE_MS)
}
