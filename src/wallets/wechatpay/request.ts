// Sends one signed request, to the other host where no connection can be made.

import type { JsonObject } from '../../encoding/json.ts'
import { NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import type { WechatPayAccount } from './account.ts'
import { authorization } from './signature.ts'

export interface ApiRequest {
  method: 'GET' | 'POST'
  /** Path and query, percent-encoded. */
  path: string
  body?: JsonObject
  /** The key under which fields of the body are encrypted, where it is not the public key. */
  serial?: string
  timeoutMs?: number
}

const CONNECT_TIMEOUT_MS = 3_000
const TIMEOUT_MS = 10_000
/** Calls without one may be refused (sheet section 3). */
export const USER_AGENT = 'tongbao'

/** The answer, unverified, or why there is none. */
export async function sendRequest(
  ports: Ports,
  account: WechatPayAccount,
  request: ApiRequest,
): Promise<OutgoingAnswer | NetworkError> {
  const { base, backup } = account.gateway
  const answer = await sendTo(ports, account, request, base)
  // The number of the order stays the same, and nothing has left for the first host.
  const elsewhere = answer instanceof NetworkError && isConnectFailure(answer) ? backup : undefined
  return elsewhere === undefined ? answer : sendTo(ports, account, request, elsewhere)
}

export function isConnectFailure({ sent, reason }: NetworkError): boolean {
  return !sent && ['dns', 'refused', 'connect_timeout', 'reset'].includes(reason)
}

async function sendTo(
  ports: Ports,
  account: WechatPayAccount,
  request: ApiRequest,
  base: string,
): Promise<OutgoingAnswer | NetworkError> {
  const url = base + request.path
  // Written once: what is signed is what is sent.
  const body = request.body === undefined ? '' : JSON.stringify(request.body)
  const serial = request.serial ?? account.keyset.publicKey?.id
  const timestamp = Math.floor(ports.clock.now() / 1000)
  const { method } = request
  const signed = { method, url, timestamp, nonce: nonceOf(ports), body }
  try {
    return await ports.network.send({
      method,
      url,
      headers: {
        authorization: authorization(account, signed),
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': USER_AGENT,
        // Asks for answers that are signed with the public key (sheet 4.5).
        ...(serial !== undefined && { 'wechatpay-serial': serial }),
      },
      ...(body !== '' && { body }),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      timeoutMs: request.timeoutMs ?? TIMEOUT_MS,
    })
  } catch (error) {
    if (error instanceof NetworkError) return error
    throw error
  }
}

/** 32 letters and digits from the system's generator. */
export function nonceOf({ random }: Pick<Ports, 'random'>): string {
  return Buffer.from(random.bytes(16)).toString('hex').toUpperCase()
}
