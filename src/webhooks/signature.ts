// Signatures of Standard Webhooks 1.0.0: HMAC-SHA256 over `id.timestamp.body`, one per secret.

import { createHmac } from 'node:crypto'
import type { Random } from '../ports.ts'

export interface SignedMessage {
  /** The event's id; it holds no dot, so that the signed text can be read in one way only. */
  id: string
  /** Seconds since 1970. */
  timestamp: number
  body: string
}

/** A new secret: `whsec_` and the base64 of 32 random bytes. */
export function newSecret(random: Random): string {
  return `whsec_${Buffer.from(random.bytes(32)).toString('base64')}`
}

/** The value of `webhook-signature`: a `v1,` signature for each secret, separated by spaces. */
export function signatures(secrets: readonly string[], message: SignedMessage): string {
  const signed = `${message.id}.${message.timestamp}.${message.body}`
  return secrets
    .map(
      (secret) =>
        `v1,${createHmac('sha256', keyOf(secret)).update(signed, 'utf8').digest('base64')}`,
    )
    .join(' ')
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
}
