// Google's root keys as keys.json lists them, and which of them may be trusted at a moment.

import { createPublicKey, type KeyObject } from 'node:crypto'
import { decodeBase64 } from '../../encoding/base64.ts'
import { isObject, type JsonValue, parseJsonObject } from '../../encoding/json.ts'
import type { Milliseconds } from '../../ports.ts'
import { PROTOCOL_VERSION, readTime } from './token.ts'

export interface RootKey {
  key: KeyObject
  expiresAt: Milliseconds
}

/**
 * The usable keys of a list: ECv2 only, and with an expiration, without which nobody could ever take
 * a key back. Undefined for a text that is no such list.
 */
export function readRootKeys(text: string): RootKey[] | undefined {
  const keys = parseJsonObject(text)?.keys
  if (!Array.isArray(keys)) return undefined
  return keys.map(readRootKey).filter((key) => key !== undefined)
}

/** Those that have not expired; equal counts as expired. */
export function unexpired(keys: readonly RootKey[], now: Milliseconds): RootKey[] {
  return keys.filter(({ expiresAt }) => expiresAt > now)
}

function readRootKey(entry: JsonValue): RootKey | undefined {
  if (!isObject(entry) || entry.protocolVersion !== PROTOCOL_VERSION) return undefined
  const key = readPublicKey(entry.keyValue)
  const expiresAt = readTime(entry.keyExpiration)
  return key && expiresAt !== undefined ? { key, expiresAt } : undefined
}

/** A P-256 key as base64 of SubjectPublicKeyInfo. */
export function readPublicKey(value: JsonValue | undefined): KeyObject | undefined {
  const der = typeof value === 'string' ? decodeBase64(value) : undefined
  if (der === undefined) return undefined
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : undefined
  } catch {
    return undefined
  }
}
