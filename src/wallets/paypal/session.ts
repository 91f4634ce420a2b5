// The access token of one account (OAuth 2.0 client credentials), kept until shortly before it ends.

import { encodeBase64 } from '../../encoding/base64.ts'
import { parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import { type Milliseconds, NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import type { Problem } from '../wallet.ts'
import { problemOf } from './problems.ts'

export interface Session {
  token: string | undefined
  until: Milliseconds
  pending: Promise<TokenAnswer> | undefined
}

export interface Credentials {
  api: string
  clientId: string
  clientSecret: string
  session: Session
}

export type TokenAnswer = { token: string } | { problem: Problem }

/** A token that ends within this time is not used any more. */
const MARGIN_MS = 60_000
const TIMEOUT_MS = 10_000

export function createSession(): Session {
  return { token: undefined, until: 0, pending: undefined }
}

/** The token to call with; who asks while one is fetched shares it. */
export async function tokenFor(ports: Ports, account: Credentials): Promise<TokenAnswer> {
  const { session } = account
  if (session.token !== undefined && ports.clock.now() < session.until) {
    return { token: session.token }
  }
  session.pending ??= fetchToken(ports, account).finally(() => {
    session.pending = undefined
  })
  return session.pending
}

/** PayPal refused this token: the next call gets another, unless somebody fetched one already. */
export function dropToken({ session }: Credentials, token: string): void {
  if (session.token === token) session.token = undefined
}

async function fetchToken(ports: Ports, account: Credentials): Promise<TokenAnswer> {
  const { clientId, clientSecret, session } = account
  const credentials = encodeBase64(Buffer.from(`${clientId}:${clientSecret}`))
  try {
    const answer = await ports.network.send({
      method: 'POST',
      url: `${account.api}/v1/oauth2/token`,
      headers: {
        authorization: `Basic ${credentials}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: 'grant_type=client_credentials',
      timeoutMs: TIMEOUT_MS,
    })
    return readToken(ports, session, answer)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    return { problem: { category: 'provider_down', walletMessage: `no token: ${error.reason}` } }
  }
}

function readToken(ports: Ports, session: Session, answer: OutgoingAnswer): TokenAnswer {
  const body = parseJsonObject(decodeUtf8(answer.body) ?? '')
  const { access_token: token, expires_in: seconds } = body ?? {}
  const usable = typeof token === 'string' && /^[\x21-\x7e]{1,4096}$/.test(token)
  if (answer.status !== 200 || !usable || typeof seconds !== 'number') {
    // Without a token nothing was asked for, so an answer that is not known is PayPal's trouble only.
    return { problem: problemOf({ status: answer.status, body: body ?? {} }, 'question') }
  }
  session.token = token
  session.until = ports.clock.now() + seconds * 1000 - MARGIN_MS
  return { token }
}
