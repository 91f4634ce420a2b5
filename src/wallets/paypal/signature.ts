// What PayPal signs: the numbers of the delivery, the webhook, and a checksum of the body ("Integrate
// webhooks", self verification). Exact bytes; the key comes in as an argument.

import { type KeyObject, verify } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { decodeBase64 } from '../../encoding/base64.ts'

export interface Delivery {
  transmissionId: string
  transmissionTime: string
  webhookId: string
  body: Uint8Array
}

/** `id|time|webhook|crc32`, the checksum in decimal. */
export function signedText(delivery: Delivery): string {
  const { transmissionId, transmissionTime, webhookId, body } = delivery
  return [transmissionId, transmissionTime, webhookId, crc32(body)].join('|')
}

/** RSASSA-PKCS1-v1_5 with SHA-256, which PayPal names SHA256withRSA. */
export function isSigned(delivery: Delivery, signature: string, key: KeyObject): boolean {
  const bytes = decodeBase64(signature)
  if (bytes === undefined) return false
  return verify('sha256', Buffer.from(signedText(delivery)), key, bytes)
}
