// OpenAPI v3 (sheet 4.7): the second transport to the same trades. The hub's verbs use the classic
// gateway, whose refusals are signed too; this is the exact form of v3 messages.

import type { KeyObject } from 'node:crypto'
import { type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { Problem, ProblemCategory } from '../wallet.ts'
import type { PlatformKey } from './certificates.ts'
import { decryptContent, encryptContent } from './encryption.ts'
import { textOf } from './messages.ts'
import { type CallKind, categoryOfWord } from './problems.ts'
import { signText, verifyText } from './signature.ts'

const SCHEME = 'ALIPAY-SHA256withRSA'

export interface V3Request {
  httpMethod: 'GET' | 'POST'
  /** Percent-encoded, exactly as on the request line. */
  pathAndQuery: string
  /** JSON text; empty for a request without body. */
  body: string
  appId: string
  appCertSn?: string
  rootCertSn?: string
  appAuthToken?: string
  contentKey?: Uint8Array
  /** Unique per request. */
  nonce: string
  /** Unix milliseconds. */
  timestamp: number
  expiredSeconds?: number
  /** At most 32 characters of `[A-Za-z0-9_-]`. */
  requestId: string
}

export interface SignedV3Request {
  headers: Record<string, string>
  body: string
  /** What the signature covers. */
  text: string
}

export function signV3(request: V3Request, key: KeyObject): SignedV3Request {
  const { contentKey, appAuthToken, rootCertSn } = request
  const encrypted = contentKey !== undefined && request.body !== ''
  const body = encrypted ? encryptContent(request.body, contentKey) : request.body
  const authString = authStringOf(request)
  const lines = [authString, request.httpMethod, request.pathAndQuery, body]
  if (appAuthToken !== undefined) lines.push(appAuthToken)
  const text = lines.map((line) => `${line}\n`).join('')
  const headers: Record<string, string> = {
    authorization: `${SCHEME} ${authString},sign=${signText(text, key)}`,
    accept: 'application/json',
    'alipay-request-id': request.requestId,
  }
  if (request.httpMethod === 'POST') {
    headers['content-type'] = encrypted ? 'text/plain' : 'application/json'
  }
  if (encrypted) {
    headers['alipay-encrypt-type'] = 'AES'
    headers['alipay-encryption-algm'] = 'AES'
  }
  if (rootCertSn !== undefined) headers['alipay-root-cert-sn'] = rootCertSn
  if (appAuthToken !== undefined) headers['alipay-app-auth-token'] = appAuthToken
  return { headers, body, text }
}

function authStringOf(request: V3Request): string {
  const members = [
    ['app_id', request.appId],
    ['app_cert_sn', request.appCertSn],
    ['nonce', request.nonce],
    ['timestamp', request.timestamp],
    ['expired_seconds', request.expiredSeconds],
  ]
  return members
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}

export interface V3Received {
  status: number
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  body: Uint8Array
}

export type V3Reading =
  | { signature: 'valid'; outcome: 'ok'; fields: JsonObject }
  | {
      signature: 'valid' | 'invalid' | 'absent' | 'unknown_certificate'
      outcome: 'problem'
      problem: Problem
    }

export interface V3Trust {
  keys: readonly PlatformKey[]
  contentKey?: Uint8Array
}

/**
 * Verifies and reads a v3 answer. Answers of 400 and above are never signed: their codes rest on
 * TLS alone, and nothing in them may be taken for a success.
 */
export function readV3(received: V3Received, trust: V3Trust, kind: CallKind): V3Reading {
  const body = decodeUtf8(received.body)
  const { status, headers } = received
  if (body === undefined) return unusable('invalid')
  if (status !== 200) {
    return { signature: 'absent', outcome: 'problem', problem: v3Problem(status, body, kind) }
  }
  const signature = headers['alipay-signature']
  if (signature === undefined) return unusable('absent')
  const sn = headers['alipay-sn']
  const keys = trust.keys.filter((key) => key.sn === undefined || sn === undefined || key.sn === sn)
  if (keys.length === 0) return unusable('unknown_certificate')
  const text = v3Text(headers, body)
  if (
    !verifyText(
      text,
      signature,
      keys.map(({ key }) => key),
    )
  )
    return unusable('invalid')
  const plain = body.trimStart().startsWith('{')
  const content = plain || !trust.contentKey ? body : decryptContent(body, trust.contentKey)
  const fields = content === undefined ? undefined : parseJsonObject(content)
  return fields ? { signature: 'valid', outcome: 'ok', fields } : unusable('valid')
}

/** What the signature of an answer covers. */
export function v3Text(headers: V3Received['headers'], body: string): string {
  return `${headers['alipay-timestamp'] ?? ''}\n${headers['alipay-nonce'] ?? ''}\n${body}\n`
}

function v3Problem(status: number, body: string, kind: CallKind): Problem {
  const fields = parseJsonObject(body) ?? {}
  const code = textOf(fields, 'code')
  const message = textOf(fields, 'message')
  return {
    category: v3Category(status, code, kind),
    walletCode: code ?? `http ${status}`,
    ...(message === undefined ? {} : { walletMessage: message.slice(0, 500) }),
  }
}

function v3Category(status: number, code: string | undefined, kind: CallKind): ProblemCategory {
  const open = kind === 'money' ? 'unknown_outcome' : 'provider_down'
  if (status === 202 || status >= 500) return open
  const known = categoryOfWord(code)
  if (known !== undefined) return known === 'unknown_outcome' ? open : known
  // The Authorization header was not understood: a matter of configuration (sheet 4.7).
  if (code?.startsWith('missing-')) return 'merchant_config'
  switch (status) {
    case 401:
    case 403:
      return 'merchant_config'
    case 404:
      return 'invalid_request'
    case 429:
      return 'retry_same'
    default:
      return 'unknown_outcome'
  }
}

function unusable(signature: V3Reading['signature']): V3Reading {
  return { signature, outcome: 'problem', problem: { category: 'unknown_outcome' } }
}
