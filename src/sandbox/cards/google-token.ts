// Opens Google Pay tokens of version ECv2 as a gateway does (sheet section 4).
import {
  createDecipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { isObject, type JsonObject, numberMember, parseObject, stringMember } from '../json.ts'
import type { CardData, Unopened } from './card-data.ts'

export interface GoogleTrust {
  /** Public root keys that have not expired. */
  roots: readonly KeyObject[]
  /** `gateway:` and the gateway's name, or `merchant:` and the merchant's number. */
  recipientId: string
  privateKeys: readonly KeyObject[]
  now: number
}

const POINT_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')

/** A token, verified and decrypted. Never throws for what the token holds. */
export function openGoogleToken(token: JsonObject, trust: GoogleTrust): CardData | Unopened {
  try {
    return open(token, trust)
  } catch (error) {
    // A reader meets all kinds of broken bytes; none of them is a token.
    return { reason: error instanceof Error ? error.message : 'unreadable' }
  }
}

function open(token: JsonObject, trust: GoogleTrust): CardData | Unopened {
  const { intermediateSigningKey: middle } = token
  const message = stringMember(token, 'signedMessage') ?? ''
  if (token.protocolVersion !== 'ECv2' || !isObject(middle)) return { reason: 'not ECv2' }
  const signedKey = stringMember(middle, 'signedKey') ?? ''
  const signatures = Array.isArray(middle.signatures) ? middle.signatures : []
  const keyBytes = joined('Google', 'ECv2', signedKey)
  const rooted = signatures.some(
    (signature) =>
      typeof signature === 'string' &&
      trust.roots.some((root) => matches(keyBytes, root, signature)),
  )
  if (!rooted) return { reason: 'no root signed the intermediate key' }
  const intermediate = parseObject(signedKey) ?? {}
  if (Number(intermediate.keyExpiration) <= trust.now) return { reason: 'intermediate expired' }
  const key = createPublicKey({
    key: Buffer.from(stringMember(intermediate, 'keyValue') ?? '', 'base64'),
    format: 'der',
    type: 'spki',
  })
  const messageBytes = joined('Google', trust.recipientId, 'ECv2', message)
  if (!matches(messageBytes, key, stringMember(token, 'signature') ?? '')) {
    return { reason: 'the message is not signed, or for another recipient' }
  }
  const envelope = parseObject(message) ?? {}
  for (const privateKey of trust.privateKeys) {
    const plaintext = decrypt(envelope, privateKey)
    if (plaintext) return cardOf(parseObject(plaintext.toString('utf8')) ?? {}, trust.now)
  }
  return { reason: 'encrypted for somebody else' }
}

function matches(bytes: Buffer, key: KeyObject, signature: string): boolean {
  return verify('sha256', bytes, key, Buffer.from(signature, 'base64'))
}

function joined(...texts: string[]): Buffer {
  const parts = texts.map((text) => {
    const length = Buffer.alloc(4)
    length.writeUInt32LE(Buffer.byteLength(text))
    return Buffer.concat([length, Buffer.from(text)])
  })
  return Buffer.concat(parts)
}

function decrypt(envelope: JsonObject, privateKey: KeyObject): Buffer | undefined {
  const bytes = (name: string) => Buffer.from(stringMember(envelope, name) ?? '', 'base64')
  const [point, sealed, tag] = [
    bytes('ephemeralPublicKey'),
    bytes('encryptedMessage'),
    bytes('tag'),
  ]
  const publicKey = createPublicKey({
    key: Buffer.concat([POINT_PREFIX, point]),
    format: 'der',
    type: 'spki',
  })
  const secret = diffieHellman({ privateKey, publicKey })
  const material = Buffer.concat([point, secret])
  const keys = Buffer.from(hkdfSync('sha256', material, Buffer.alloc(32), 'Google', 64))
  const expected = createHmac('sha256', keys.subarray(32)).update(sealed).digest()
  if (tag.length !== expected.length || !timingSafeEqual(tag, expected)) return undefined
  const decipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), Buffer.alloc(16))
  return Buffer.concat([decipher.update(sealed), decipher.final()])
}

function cardOf(fields: JsonObject, now: number): CardData | Unopened {
  const details = isObject(fields.paymentMethodDetails) ? fields.paymentMethodDetails : {}
  const [month, year] = [
    numberMember(details, 'expirationMonth'),
    numberMember(details, 'expirationYear'),
  ]
  const number = stringMember(details, 'pan')
  const messageId = stringMember(fields, 'messageId')
  if (!(Number(fields.messageExpiration) > now)) return { reason: 'the message has expired' }
  if (!number || !messageId || month === undefined || year === undefined) {
    return { reason: 'no card in the plaintext' }
  }
  return {
    wallet: 'googlepay',
    number,
    expiry: { month, year },
    ...(details.authMethod === 'CRYPTOGRAM_3DS' && {
      cryptogram: stringMember(details, 'cryptogram'),
      eci: stringMember(details, 'eciIndicator'),
    }),
    tokenId: `googlepay:${messageId}`,
    gatewayMerchant: stringMember(fields, 'gatewayMerchantId'),
  }
}
