// The exact bytes that are signed and verified: requests, answers, notifications (sheet 4.1, 4.2).

import { type KeyObject, sign, verify } from 'node:crypto'
import { decodeBase64, encodeBase64 } from '../../encoding/base64.ts'
import type { Milliseconds } from '../../ports.ts'

/** The only scheme: RSASSA-PKCS1-v1_5 with SHA-256. A message never chooses another. */
export const SCHEME = 'WECHATPAY2-SHA256-RSA2048'

/** Messages signed this long ago, or this far in the future, are refused. */
const MAX_SKEW_MS = 300_000
/** WeChat Pay now and then signs wrongly on purpose, to see whether anybody looks (sheet 4.6). */
const PROBE = 'WECHATPAY/SIGNTEST/'

export interface RequestToSign {
  method: 'GET' | 'POST'
  /** Absolute URL, exactly as it is sent. */
  url: string
  /** Unix seconds. */
  timestamp: number
  /** At most 32 letters and digits. */
  nonce: string
  /** The body as sent; of an upload, its meta JSON only. */
  body: string
}

/** Path and query as they go over the wire, without scheme, host and fragment. */
export function targetOf(url: string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

/** Five lines, each ended by one line feed, the last one too. */
export function requestText({ method, url, timestamp, nonce, body }: RequestToSign): string {
  return lines(method, targetOf(url), String(timestamp), nonce, body)
}

export interface Signer {
  mchid: string
  /** Serial of the merchant's own certificate. */
  merchantSerial: string
  privateKey: KeyObject
}

/** The `Authorization` header of a request. */
export function authorization(signer: Signer, request: RequestToSign): string {
  const parameters = Object.entries({
    mchid: signer.mchid,
    nonce_str: request.nonce,
    signature: signText(requestText(request), signer.privateKey),
    timestamp: String(request.timestamp),
    serial_no: signer.merchantSerial,
  })
  return `${SCHEME} ${parameters.map(([name, value]) => `${name}="${value}"`).join(',')}`
}

export function signText(text: string, key: KeyObject): string {
  return encodeBase64(sign('sha256', Buffer.from(text, 'utf8'), key))
}

export function lines(...parts: readonly string[]): string {
  return parts.map((part) => `${part}\n`).join('')
}

export type SignatureRefusal =
  | 'missing_header'
  | 'unsupported_signature_type'
  | 'signtest'
  | 'bad_timestamp'
  | 'timestamp_skew'
  | 'unknown_serial'
  | 'bad_signature'

export type SignatureVerdict =
  | { valid: true; serial: string }
  | { valid: false; reason: SignatureRefusal; serial?: string }

export interface SignedMessage {
  headers: Readonly<Record<string, string>>
  /** The bytes as received; a body that was parsed and written again is another one. */
  body: Uint8Array
}

/** The key of exactly this id; there is no trying of every key. */
export type KeyOf = (serial: string) => KeyObject | undefined

/** Verifies an answer or a notification (sheet 4.2): nothing of it is parsed before. */
export function verifyMessage(
  { headers, body }: SignedMessage,
  keyOf: KeyOf,
  now: Milliseconds,
): SignatureVerdict {
  const timestamp = headerOf(headers, 'wechatpay-timestamp')
  const nonce = headerOf(headers, 'wechatpay-nonce')
  const serial = headerOf(headers, 'wechatpay-serial')
  const signature = headerOf(headers, 'wechatpay-signature')
  if (!timestamp || !nonce || !serial || !signature) return refuse('missing_header')
  if ((headerOf(headers, 'wechatpay-signature-type') ?? SCHEME) !== SCHEME) {
    return refuse('unsupported_signature_type')
  }
  if (signature.startsWith(PROBE)) return refuse('signtest')
  // Any other text would turn the subtraction into NaN, which no comparison refuses.
  if (!/^[0-9]{1,10}$/.test(timestamp)) return refuse('bad_timestamp')
  if (Math.abs(now - Number(timestamp) * 1000) >= MAX_SKEW_MS) return refuse('timestamp_skew')
  const key = keyOf(serial)
  if (key === undefined) return { ...refuse('unknown_serial'), serial }
  const bytes = decodeBase64(signature)
  const signed = Buffer.concat([Buffer.from(lines(timestamp, nonce)), body, Buffer.from('\n')])
  const genuine = bytes !== undefined && verify('sha256', signed, key, bytes)
  return genuine ? { valid: true, serial } : { ...refuse('bad_signature'), serial }
}

function refuse(reason: SignatureRefusal) {
  return { valid: false as const, reason }
}

/** A header that is there once, in whatever case; two spellings of one name count as none. */
export function headerOf(
  headers: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  const found = Object.entries(headers).filter(([spelled]) => spelled.toLowerCase() === name)
  return found.length === 1 ? found[0]?.[1] : undefined
}
