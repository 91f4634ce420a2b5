// One call to PayPal's REST API: authorize, send, parse. Silence is a value.

import { type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import { NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import type { Problem } from '../wallet.ts'
import { type Credentials, dropToken, tokenFor } from './session.ts'

export interface Call {
  method: 'GET' | 'POST'
  path: string
  /** PayPal does a call with the same number once, and answers a repeat with what came of it. */
  requestId?: string
  body?: JsonObject
}

export type Answer =
  | { kind: 'answer'; status: number; body: JsonObject }
  /** Nothing that can be believed. `sent: false`: certainly PayPal was not asked to do it. */
  | { kind: 'silent'; sent: boolean; problem: Problem }

const CONNECT_TIMEOUT_MS = 3_000
const TIMEOUT_MS = 20_000

/** Makes one call; with a fresh token once more where the first is refused. Never throws for PayPal. */
export async function callApi(ports: Ports, account: Credentials, call: Call): Promise<Answer> {
  const first = await attempt(ports, account, call)
  return first.kind === 'answer' && first.status === 401 ? attempt(ports, account, call) : first
}

async function attempt(ports: Ports, account: Credentials, call: Call): Promise<Answer> {
  const given = await tokenFor(ports, account)
  if ('problem' in given) return { kind: 'silent', sent: false, problem: given.problem }
  const { method, path, requestId, body } = call
  try {
    const answer = await ports.network.send({
      method,
      url: `${account.api}${path}`,
      headers: {
        authorization: `Bearer ${given.token}`,
        accept: 'application/json',
        prefer: 'return=representation',
        ...(method === 'POST' && { 'content-type': 'application/json' }),
        ...(requestId !== undefined && { 'paypal-request-id': requestId }),
      },
      ...(method === 'POST' && { body: JSON.stringify(body ?? {}) }),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      timeoutMs: TIMEOUT_MS,
    })
    if (answer.status === 401) dropToken(account, given.token)
    const { 'paypal-debug-id': debugId } = answer.headers
    ports.log.debug({ path, status: answer.status, debugId }, 'PayPal answered')
    return read(answer)
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    const walletMessage = `no answer: ${error.reason}`
    const category = method === 'GET' || !error.sent ? 'provider_down' : 'unknown_outcome'
    return { kind: 'silent', sent: error.sent, problem: { category, walletMessage } }
  }
}

function read({ status, body }: OutgoingAnswer): Answer {
  const fields = parseJsonObject(decodeUtf8(body) ?? '')
  if (fields) return { kind: 'answer', status, body: fields }
  const walletMessage = `an answer that is no JSON, status ${status}`
  return { kind: 'silent', sent: true, problem: { category: 'unknown_outcome', walletMessage } }
}
