// A notification as it goes out: encrypted and signed, or made wrong in the way a fault wants.
import { isObject, type JsonObject, parseObject, stringMember } from '../json.ts'
import { letters, seal } from './crypto.ts'
import type { Merchant } from './merchants.ts'
import type { Event } from './messages.ts'
import type { Lie, Signer } from './signer.ts'

/** What the books keep of a notification. */
export interface Content {
  id: string
  createdAt: string
  event: Event
}

export function readContent(source: string): Content | undefined {
  const object = parseObject(source)
  const event = object?.event
  if (!object || !isObject(event) || !isObject(event.plain)) return undefined
  return {
    id: stringMember(object, 'id') ?? '',
    createdAt: stringMember(object, 'createdAt') ?? '',
    event: {
      type: stringMember(event, 'type') ?? '',
      original: stringMember(event, 'original') ?? '',
      summary: stringMember(event, 'summary') ?? '',
      plain: event.plain,
    },
  }
}

const LIES: Record<string, Lie> = {
  notification_signtest: 'signtest',
  notification_unsigned: 'missing',
  notification_wrong_key: 'wrong_key',
  notification_unknown_serial: 'unknown_serial',
  notification_stale: 'stale',
}

/** Headers and body of one delivery. A fault that is not about them changes nothing here. */
export function writeNotification(
  content: Content,
  options: { merchant: Merchant; signer: Signer; fault: string | undefined },
): { headers: Record<string, string>; body: string } {
  const { merchant, signer, fault } = options
  const { event } = content
  const nonce = letters(12)
  const ciphertext = seal(JSON.stringify(mislead(event.plain, fault)), {
    key: fault === 'notification_wrong_api_key' ? letters(32) : merchant.apiV3Key,
    nonce,
    associated: event.original,
  })
  const body = JSON.stringify({
    id: content.id,
    create_time: content.createdAt,
    resource_type: 'encrypt-resource',
    event_type: event.type,
    summary: event.summary,
    resource: {
      original_type: event.original,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: fault === 'notification_broken_tag' ? breakEnd(ciphertext) : ciphertext,
      associated_data: event.original,
      nonce,
    },
  })
  const headers = signer.headers(
    signer.forNotification(merchant, content.id),
    body,
    LIES[fault ?? ''],
  )
  return {
    headers,
    body: fault === 'notification_tampered' ? body.replace('"summary":', '"summary": ') : body,
  }
}

function mislead(plain: JsonObject, fault: string | undefined): JsonObject {
  if (fault === 'notification_wrong_merchant') return { ...plain, mchid: '1999999999' }
  const { amount } = plain
  if (fault !== 'notification_wrong_amount' || !isObject(amount)) return plain
  return { ...plain, amount: { ...amount, total: Number(amount.total) + 1 } }
}

// The last bytes are the tag: another letter there is another tag.
function breakEnd(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  const last = bytes.length - 1
  bytes[last] = (bytes[last] ?? 0) ^ 1
  return bytes.toString('base64')
}
