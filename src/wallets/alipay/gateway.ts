// One call to the gateway: sign, send, verify, parse. What comes out has been proven or says so.

import { isObject, type JsonObject, parseJson, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import { type Milliseconds, NetworkError, type OutgoingAnswer, type Ports } from '../../ports.ts'
import type { Problem } from '../wallet.ts'
import { type AlipayAccount, activeKeys } from './account.ts'
import { learnPlatformKey } from './certificates.ts'
import { decryptContent } from './encryption.ts'
import { textOf } from './messages.ts'
import { type CallKind, isGatewayCode, problemOf } from './problems.ts'
import { type AlipayRequest, postForm, signedParameters } from './request.ts'
import { openResponse, verifyResponse } from './signature.ts'

export interface Call extends AlipayRequest {
  kind: CallKind
  /** Our out_trade_no, which the answer must repeat: answers carry no nonce (sheet 4.3 step 6). */
  reference: string
}

export type Answer =
  | { outcome: 'ok'; fields: JsonObject }
  /** A payer's code was taken and the payer has to confirm. */
  | { outcome: 'processing'; fields: JsonObject }
  /** Alipay said no. Unsigned refusals come from before its signature check and prove nothing. */
  | { outcome: 'refused'; signed: boolean; problem: Problem; fields: JsonObject }
  /** Nothing that can be believed. `sent: false`: certainly no byte of the call left. */
  | { outcome: 'silent'; sent: boolean; problem: Problem }

export type SignatureVerdict = 'valid' | 'invalid' | 'absent' | 'malformed' | 'unknown_certificate'

export interface Reading {
  signature: SignatureVerdict
  /** The node exactly as received. */
  source?: string
  /** The certificate that is said to have signed. */
  certSn?: string
  answer: Answer
}

const CONNECT_TIMEOUT_MS = 3_000
const TIMEOUT_MS = 15_000
/** Alipay may wait for the payer's bank (sheet section 8). */
const PAY_TIMEOUT_MS = 30_000
const PAY = 'alipay.trade.pay'
const DOWNLOAD = 'alipay.open.app.alipaycert.download'

/** Makes one call. Never throws for what Alipay or the network does. */
export async function callGateway(
  ports: Ports,
  account: AlipayAccount,
  call: Call,
): Promise<Answer> {
  const received = await send(ports, account, call)
  if (received instanceof NetworkError) return unanswered(call.kind, received)
  const now = ports.clock.now()
  let reading = readAnswer(account, call, received, now)
  if (reading.signature === 'unknown_certificate' && reading.certSn !== undefined) {
    const learned = await learn(ports, account, reading.certSn)
    if (learned) reading = readAnswer(account, call, received, now)
  }
  if (reading.answer.outcome === 'silent') {
    ports.log.warn(
      { method: call.method, reference: call.reference, signature: reading.signature },
      'an answer of Alipay was not believed',
    )
  }
  return checkReference(reading.answer, call)
}

async function send(
  ports: Ports,
  account: AlipayAccount,
  request: AlipayRequest,
): Promise<OutgoingAnswer | NetworkError> {
  const parameters = signedParameters(account, request, ports.clock.now())
  const { action, fields } = postForm(account.gatewayUrl, parameters)
  try {
    return await ports.network.send({
      method: 'POST',
      url: action,
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' },
      body: `biz_content=${encodeURIComponent(fields.biz_content)}`,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      timeoutMs: request.method === PAY ? PAY_TIMEOUT_MS : TIMEOUT_MS,
    })
  } catch (error) {
    if (error instanceof NetworkError) return error
    throw error
  }
}

/** Verifies and parses one answer (sheet 4.3). Pure. */
export function readAnswer(
  account: AlipayAccount,
  call: Pick<Call, 'method' | 'kind'>,
  received: Pick<OutgoingAnswer, 'status' | 'body'>,
  now: Milliseconds,
): Reading {
  const body = received.status === 200 ? decodeUtf8(received.body) : undefined
  if (body === undefined) return unread('malformed')
  const envelope = openResponse(body, call.method)
  if (envelope.kind === 'malformed') return unread('malformed')
  if (envelope.kind === 'foreign') return unread('invalid')
  const { source, certSn, signature } = envelope
  const seen = certSn === undefined ? { source } : { source, certSn }
  if (signature === undefined) return { ...readUnsigned(source, call.kind), ...seen }

  const keys = keysFor(account, certSn, now)
  if (keys.length === 0) return { ...unread('unknown_certificate'), ...seen }
  const proven = verifyResponse(source, signature, keys)
  if (proven === undefined) return { ...unread('invalid'), ...seen }
  const fields = readNode(proven, account.contentKey)
  const code = fields && textOf(fields, 'code')
  // An error node cannot tell of a success.
  if (!fields || code === undefined || (envelope.error && isSuccess(code))) {
    return { ...unread('valid'), ...seen }
  }
  return { signature: 'valid', ...seen, answer: classify(code, fields, call) }
}

function classify(code: string, fields: JsonObject, call: Pick<Call, 'method' | 'kind'>): Answer {
  if (code === '10000') return { outcome: 'ok', fields }
  if (code === '10003' && call.method === PAY) return { outcome: 'processing', fields }
  return { outcome: 'refused', signed: true, problem: refusalOf(code, fields, call.kind), fields }
}

function isSuccess(code: string): boolean {
  return code === '10000' || code === '10003'
}

function refusalOf(code: string, fields: JsonObject, kind: CallKind): Problem {
  const [subCode, message] = [textOf(fields, 'sub_code'), textOf(fields, 'sub_msg')]
  return problemOf({ code, subCode, message }, kind)
}

/** Only errors of the gateway itself come without a signature, e.g. for an unknown app_id. */
function readUnsigned(source: string, kind: CallKind): Reading {
  const fields = parseJsonObject(source)
  const code = fields && textOf(fields, 'code')
  if (!fields || code === undefined || !isGatewayCode(code)) return unread('absent')
  const problem = refusalOf(code, fields, kind)
  return { signature: 'absent', answer: { outcome: 'refused', signed: false, problem, fields } }
}

/** The node as an object; an encrypted node is a JSON string (sheet 4.6). */
function readNode(text: string, contentKey: Buffer | undefined): JsonObject | undefined {
  const node = parseJson(text)
  if (typeof node !== 'string') return isObject(node) ? node : undefined
  const plaintext = contentKey && decryptContent(node, contentKey)
  return plaintext === undefined ? undefined : parseJsonObject(plaintext)
}

/** In certificate mode the answer names the certificate; key mode tries every active key. */
function keysFor(account: AlipayAccount, certSn: string | undefined, now: Milliseconds) {
  const named = account.certificates !== undefined && certSn !== undefined
  return activeKeys(account, now)
    .filter(({ sn }) => !named || sn === certSn)
    .map(({ key }) => key)
}

function learn(ports: Ports, account: AlipayAccount, sn: string) {
  const trust = account.certificates?.trust
  if (trust === undefined || !/^[0-9a-f]{32}$/.test(sn)) return Promise.resolve(undefined)
  return learnPlatformKey(trust, sn, ports.clock.now(), async () => {
    const received = await send(ports, account, {
      method: DOWNLOAD,
      content: { alipay_cert_sn: sn },
    })
    if (received instanceof NetworkError || received.status !== 200) return undefined
    const envelope = openResponse(decodeUtf8(received.body) ?? '', DOWNLOAD)
    // This answer may be signed with the very certificate it brings: its chain is what proves it.
    const fields =
      envelope.kind === 'node' ? readNode(envelope.source, account.contentKey) : undefined
    return fields && textOf(fields, 'alipay_cert_content')
  })
}

function checkReference(answer: Answer, call: Call): Answer {
  if (answer.outcome === 'silent') return answer
  const repeated = textOf(answer.fields, 'out_trade_no')
  // Refusals of a call that was never understood do not repeat it.
  if (repeated === call.reference) return answer
  if (repeated === undefined && answer.outcome === 'refused') return answer
  return { outcome: 'silent', sent: true, problem: { category: 'unknown_outcome' } }
}

function unread(signature: SignatureVerdict): Reading {
  const walletMessage = `answer not usable, signature ${signature}`
  const problem: Problem = { category: 'unknown_outcome', walletMessage }
  return { signature, answer: { outcome: 'silent', sent: true, problem } }
}

function unanswered(kind: CallKind, error: NetworkError): Answer {
  const walletMessage = `no answer: ${error.reason}`
  const category = kind === 'question' || !error.sent ? 'provider_down' : 'unknown_outcome'
  return { outcome: 'silent', sent: error.sent, problem: { category, walletMessage } }
}
