// The certificates that PayPal signs notifications with: named by address in each notification,
// fetched from PayPal's own hosts only, believed when their chain leads to a known authority.

import { type KeyObject, X509Certificate } from 'node:crypto'
import { readPem } from '../../encoding/pem.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import { type Milliseconds, NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'

export interface Trust {
  /** Beginnings of allowed addresses, e.g. `https://api.paypal.com`. */
  sources: readonly string[]
  /** The host name that the signer's certificate has to be for. */
  name: string
  roots: readonly X509Certificate[]
}

export interface SigningKey {
  key: KeyObject
  from: Milliseconds
  until: Milliseconds
}

export interface CertificateStore {
  readonly trust: Trust
  /** By address; the oldest goes when there are too many. */
  readonly keys: Map<string, SigningKey>
  /** The address that a notification named last and nobody has fetched. */
  wanted: string | undefined
  /** Not before: strangers can cause a fetch. */
  nextFetchAt: Milliseconds
  pending: Promise<void> | undefined
}

const PATH = /^\/v1\/notifications\/certs\/CERT-[A-Za-z0-9-]{1,100}$/
const MIN_INTERVAL_MS = 60_000
const MAX_BYTES = 64 * 1024
const MAX_KEYS = 8
const MAX_CHAIN = 6
const MIN_RSA_BITS = 2048

export function createStore(trust: Trust): CertificateStore {
  return { trust, keys: new Map(), wanted: undefined, nextFetchAt: 0, pending: undefined }
}

/** True for an address of a certificate at PayPal itself. */
export function isCertificateUrl({ sources }: Trust, url: string): boolean {
  return sources.some((source) => url.startsWith(source) && PATH.test(url.slice(source.length)))
}

/** The key at this address, when it is known and valid now; else it is the one to fetch next. */
export function keyAt(
  store: CertificateStore,
  url: string,
  now: Milliseconds,
): KeyObject | undefined {
  const known = store.keys.get(url)
  if (known && known.from <= now && now <= known.until) return known.key
  store.wanted = url
  return undefined
}

/** One fetch at a time, and at most one a minute. Never throws for what PayPal or the network does. */
export function fetchWanted(ports: Ports, store: CertificateStore): Promise<void> {
  const { wanted } = store
  const now = ports.clock.now()
  if (store.pending) return store.pending
  if (wanted === undefined || now < store.nextFetchAt) return Promise.resolve()
  store.nextFetchAt = now + MIN_INTERVAL_MS
  store.wanted = undefined
  store.pending = fetchInto(ports, store, wanted).finally(() => {
    store.pending = undefined
  })
  return store.pending
}

async function fetchInto(ports: Ports, store: CertificateStore, url: string): Promise<void> {
  const answer = await get(ports, url)
  const text = answer?.status === 200 ? decodeUtf8(answer.body) : undefined
  const key = text === undefined ? undefined : readChain(store.trust, text, ports.clock.now())
  if (key === undefined) {
    const fields = { wallet: 'paypal', url, status: answer?.status }
    ports.log.warn(fields, 'no certificate for notifications was learned')
    return
  }
  store.keys.delete(url)
  store.keys.set(url, key)
  const [oldest] = store.keys.keys()
  if (store.keys.size > MAX_KEYS && oldest !== undefined) store.keys.delete(oldest)
}

async function get(ports: Ports, url: string): Promise<OutgoingAnswer | undefined> {
  try {
    return await ports.network.send({
      method: 'GET',
      url,
      headers: {},
      timeoutMs: 10_000,
      maxBytes: MAX_BYTES,
    })
  } catch (error) {
    if (error instanceof NetworkError) return undefined
    throw error
  }
}

/** The signer's key when its certificate is for the right name and leads to a root, all valid now. */
export function readChain(trust: Trust, pem: string, now: Milliseconds): SigningKey | undefined {
  const [leaf, ...others] = readCertificates(pem) ?? []
  if (!leaf || leaf.ca || others.length >= MAX_CHAIN) return undefined
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf.publicKey
  const bits = asymmetricKeyType === 'rsa' ? (asymmetricKeyDetails?.modulusLength ?? 0) : 0
  const named = leaf.checkHost(trust.name, { subject: 'always', wildcards: false })
  if (bits < MIN_RSA_BITS || named === undefined) return undefined
  const chain = chainOf(leaf, others, trust.roots)
  const from = Math.max(...(chain ?? []).map(({ validFrom }) => Date.parse(validFrom)))
  const until = Math.min(...(chain ?? []).map(({ validTo }) => Date.parse(validTo)))
  if (!chain || !(from <= now && now <= until)) return undefined
  return { key: leaf.publicKey, from, until }
}

/** From the leaf to a root of ours, or undefined. */
function chainOf(
  leaf: X509Certificate,
  others: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const chain = [leaf]
  for (let at = leaf; chain.length <= MAX_CHAIN; ) {
    const root = roots.find((candidate) => issued(candidate, at))
    if (root) return [...chain, root]
    const next = others.find((other) => other.ca && !chain.includes(other) && issued(other, at))
    if (!next) return undefined
    chain.push(next)
    at = next
  }
  return undefined
}

function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

/** Every certificate in the text, at least one, or undefined where something in it is none. */
export function readCertificates(pem: string): X509Certificate[] | undefined {
  const blocks = readPem(pem)
  if (!blocks || blocks.length === 0) return undefined
  if (blocks.some(({ label }) => label !== 'CERTIFICATE')) return undefined
  try {
    return blocks.map(({ der }) => new X509Certificate(der))
  } catch {
    return undefined
  }
}
