// What WeChat Pay posts to notify_url (sheet section 5).

import { isObject, type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { Milliseconds } from '../../ports.ts'
import type { NotificationVerdict, RawNotification, RefusalReason } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import { AEAD, openSealedWith, type Sealed } from './cipher.ts'
import { keyOf } from './keyset.ts'
import { type SignatureRefusal, verifyMessage } from './signature.ts'
import {
  type Doubt,
  defined,
  doubtful,
  readTransaction,
  type Transaction,
  textOf,
} from './transaction.ts'

export const MAX_NOTIFICATION_BYTES = 64 * 1024

export type NotificationRefusal =
  | SignatureRefusal
  | 'too_large'
  | 'malformed_body'
  | 'unsupported_algorithm'
  | 'decrypt_failed'
  | 'malformed_plaintext'

export interface Notice {
  id: string
  eventType: string
  originalType: string
  plaintext: string
}

export type Opened = Notice | { refused: NotificationRefusal; duplicate?: true }

/**
 * Verifies and decrypts, up to "the plaintext is a JSON object" (sheet section 5, steps 1 to 3).
 * Where the message came from and what it calls itself counts for nothing.
 */
export function openNotification(
  account: Pick<WechatPayAccount, 'keyset' | 'apiV3Keys'>,
  { headers, body }: Pick<RawNotification, 'headers' | 'body'>,
  now: Milliseconds,
): Opened {
  if (body.length > MAX_NOTIFICATION_BYTES) return { refused: 'too_large' }
  const verdict = verifyMessage({ headers, body }, keyOf(account.keyset), now)
  if (!verdict.valid) return { refused: verdict.reason }
  const text = decodeUtf8(body)
  const envelope = text === undefined ? undefined : parseJsonObject(text)
  if (envelope === undefined) {
    const duplicate = text !== undefined && isJsonObject(text)
    return { refused: 'malformed_body', ...(duplicate && { duplicate }) }
  }
  return openEnvelope(account, envelope)
}

function openEnvelope(
  { apiV3Keys }: Pick<WechatPayAccount, 'apiV3Keys'>,
  envelope: JsonObject,
): Opened {
  const { resource } = envelope
  const id = textOf(envelope, 'id')
  const eventType = textOf(envelope, 'event_type')
  if (!isObject(resource) || id === undefined || eventType === undefined) {
    return { refused: 'malformed_body' }
  }
  if (typeof resource.algorithm !== 'string') return { refused: 'malformed_body' }
  if (resource.algorithm !== AEAD) return { refused: 'unsupported_algorithm' }
  const sealed = sealedOf(resource)
  if (sealed === undefined) return { refused: 'malformed_body' }
  const opened = openSealedWith(sealed, apiV3Keys)
  if (!('plaintext' in opened)) return { refused: 'decrypt_failed' }
  const plaintext = decodeUtf8(opened.plaintext)
  if (plaintext === undefined || !isJsonObject(plaintext)) return { refused: 'malformed_plaintext' }
  return { id, eventType, originalType: textOf(resource, 'original_type') ?? '', plaintext }
}

function sealedOf(resource: JsonObject): Sealed | undefined {
  const { nonce, ciphertext, associated_data: associatedData = '' } = resource
  const texts =
    typeof nonce === 'string' &&
    typeof ciphertext === 'string' &&
    typeof associatedData === 'string'
  return texts ? { nonce, ciphertext, associatedData } : undefined
}

/** One JSON object, be a member named twice in it or not. */
function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

export type News =
  | ({ kind: 'payment' } & Transaction)
  /** About a refund: it changes no payment. */
  | { kind: 'refund' }
  | { kind: 'other' }

const REFUND_STATES: Readonly<Record<string, string>> = {
  'REFUND.SUCCESS': 'SUCCESS',
  'REFUND.ABNORMAL': 'ABNORMAL',
  'REFUND.CLOSED': 'CLOSED',
}

/** What a genuine message says. What contradicts itself or the account is a doubt about an order. */
export function readNews(account: WechatPayAccount, notice: Notice): News {
  const { eventType, originalType, plaintext } = notice
  const refundState = Object.hasOwn(REFUND_STATES, eventType) ? REFUND_STATES[eventType] : undefined
  const paid = eventType === 'TRANSACTION.SUCCESS'
  if (!paid && refundState === undefined) return { kind: 'other' }
  // Events of other products come under the name of a payment's, e.g. profit sharing.
  if (!['transaction', 'refund', ''].includes(originalType)) return { kind: 'other' }
  const fields = parseJsonObject(plaintext)
  if (fields === undefined) return doubt('duplicate_keys', undefined)
  if (originalType !== (paid ? 'transaction' : 'refund')) return doubt('type_mismatch', fields)
  return paid ? readPaid(account, plaintext, fields) : readRefunded(account, fields, refundState)
}

function readPaid(account: WechatPayAccount, plaintext: string, fields: JsonObject): News {
  const appIds = [account.appId, account.miniAppId, account.appAppId].filter(
    (id) => id !== undefined,
  )
  const read = readTransaction(plaintext, 'notification', { mchid: account.mchid, appIds })
  if (read.doubt === undefined && read.observation.walletStatus !== 'SUCCESS') {
    return doubt('type_mismatch', fields)
  }
  return { kind: 'payment', ...read }
}

function readRefunded(
  account: WechatPayAccount,
  fields: JsonObject,
  state: string | undefined,
): News {
  if (textOf(fields, 'mchid') !== account.mchid) return doubt('mchid_mismatch', fields)
  if (textOf(fields, 'refund_status') !== state) return doubt('type_mismatch', fields)
  return { kind: 'refund' }
}

function doubt(reason: Doubt, fields: JsonObject | undefined): News {
  const walletReference = fields && textOf(fields, 'out_trade_no')
  return {
    kind: 'payment',
    ...doubtful('notification', reason, defined({ walletReference })),
  }
}

/**
 * Verifies and reads a notification. Even a verified one is only a reason to ask: whether the order
 * was made for this application, was ended here before, or bears another transaction already is
 * seen when the answer is compared with the order. A doubt names the order and claims nothing.
 */
export function readNotification(
  account: WechatPayAccount,
  raw: RawNotification,
  now: Milliseconds,
): NotificationVerdict {
  const opened = openNotification(account, raw, now)
  if ('refused' in opened) {
    const reason = opened.duplicate ? 'duplicate_field' : REASONS[opened.refused]
    return { verdict: 'refused', reason, detail: DETAILS[opened.refused] ?? opened.refused }
  }
  const news = readNews(account, opened)
  if (news.kind !== 'payment') {
    return {
      verdict: 'ignored',
      reason: `${opened.eventType} ${opened.originalType}`.slice(0, 100),
    }
  }
  const observation = { ...news.observation, messageId: opened.id }
  return { verdict: 'verified', observation, askFirst: true }
}

const REASONS: Readonly<Record<NotificationRefusal, RefusalReason>> = {
  too_large: 'too_large',
  missing_header: 'signature',
  unsupported_signature_type: 'algorithm',
  signtest: 'signature',
  bad_timestamp: 'timestamp',
  timestamp_skew: 'timestamp',
  unknown_serial: 'unknown_key',
  bad_signature: 'signature',
  malformed_body: 'malformed',
  unsupported_algorithm: 'algorithm',
  // Genuine, but sealed with a key that is not this account's.
  decrypt_failed: 'wrong_account',
  malformed_plaintext: 'malformed',
}

const DETAILS: Readonly<Partial<Record<NotificationRefusal, string>>> = {
  signtest: 'signtest: WeChat Pay sees whether signatures are verified',
  decrypt_failed: 'decrypt_failed: not sealed with the APIv3 key of this account',
  timestamp_skew: 'timestamp_skew: signed 5 minutes or more from the clock of this machine',
}
