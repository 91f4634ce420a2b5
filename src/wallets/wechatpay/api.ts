// One call to APIv3: sign, send, verify, parse. What comes out has been proven or says so.

import { type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import { type Milliseconds, NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import type { Problem } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { refreshKeys } from './key-refresh.ts'
import { keyOf } from './keyset.ts'
import { problemOf, type Where } from './problems.ts'
import { type ApiRequest, sendRequest } from './request.ts'
import { headerOf, type SignatureRefusal, verifyMessage } from './signature.ts'
import { textOf } from './transaction.ts'

export interface Call extends ApiRequest {
  where: Where
}

export type Answer =
  | { outcome: 'ok'; status: number; text: string; fields: JsonObject }
  /** WeChat Pay said no. An unsigned refusal proves nothing about an order. */
  | { outcome: 'refused'; signed: boolean; status: number; problem: Problem; fields: JsonObject }
  /** Nothing that can be believed. `sent: false`: certainly no byte of the call left. */
  | { outcome: 'silent'; sent: boolean; problem: Problem }

export interface Reading {
  signature: 'valid' | SignatureRefusal
  answer: Answer
}

/** Makes one call. Never throws for what WeChat Pay or the network does. */
export async function callApi(
  ports: Ports,
  account: WechatPayAccount,
  call: Call,
): Promise<Answer> {
  const first = await ask(ports, account, call)
  // A wrong signature on purpose: the call is the same again, and the true answer follows.
  const again = first.signature === 'signtest' && call.where !== 'code'
  const { signature, answer } = again ? await ask(ports, account, call) : first
  if (answer.outcome === 'silent' || (answer.outcome === 'refused' && !answer.signed)) {
    const { problem } = answer
    ports.log.warn({ path: call.path, signature, problem }, 'an answer of WeChat Pay is not proven')
  }
  return answer
}

type Heard = { signature: Reading['signature'] | 'no_answer'; answer: Answer }

async function ask(ports: Ports, account: WechatPayAccount, call: Call): Promise<Heard> {
  const received = await sendRequest(ports, account, call)
  if (received instanceof NetworkError) {
    return { signature: 'no_answer', answer: unanswered(call.where, received) }
  }
  const requestId = headerOf(received.headers, 'request-id')
  ports.log.debug({ path: call.path, status: received.status, requestId }, 'WeChat Pay answered')
  const reading = readAnswer(account, call.where, received, ports.clock.now())
  if (reading.signature !== 'unknown_serial') return reading
  await refreshKeys(ports, account)
  return readAnswer(account, call.where, received, ports.clock.now())
}

/** Verifies and parses one answer (sheet 4.2). Pure. */
export function readAnswer(
  account: Pick<WechatPayAccount, 'keyset'>,
  where: Where,
  received: OutgoingAnswer,
  now: Milliseconds,
): Reading {
  const verdict = verifyMessage(received, keyOf(account.keyset), now)
  const signature = verdict.valid ? 'valid' : verdict.reason
  const { status } = received
  const text = decodeUtf8(received.body)
  const empty = status === 204 && text === ''
  const fields = text === undefined ? undefined : empty ? {} : parseJsonObject(text)
  if (text === undefined || fields === undefined) return { signature, answer: unusable(signature) }
  if (status >= 200 && status < 300) {
    const answer: Answer = verdict.valid
      ? { outcome: 'ok', status, text, fields }
      : unusable(signature)
    return { signature, answer }
  }
  const code = textOf(fields, 'code')
  if (code === undefined || status < 400) return { signature, answer: unusable(signature) }
  const problem = problemOf(
    { status, code, message: textOf(fields, 'message'), internal: internalNumber(received) },
    where,
  )
  return {
    signature,
    answer: { outcome: 'refused', signed: verdict.valid, status, problem, fields },
  }
}

/** The digits behind the last `-` of Request-ID (sheet section 3). */
function internalNumber({ headers }: OutgoingAnswer): string | undefined {
  return /-(\d{1,12})$/.exec(headerOf(headers, 'request-id') ?? '')?.[1]
}

function unusable(signature: Reading['signature']): Answer {
  const walletMessage = `answer not usable, signature ${signature}`
  return { outcome: 'silent', sent: true, problem: { category: 'unknown_outcome', walletMessage } }
}

function unanswered(where: Where, error: NetworkError): Answer {
  const walletMessage = `no answer: ${error.reason}`
  const category = where === 'question' || !error.sent ? 'provider_down' : 'unknown_outcome'
  return { outcome: 'silent', sent: error.sent, problem: { category, walletMessage } }
}
