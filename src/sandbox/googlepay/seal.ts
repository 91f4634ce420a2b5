// Makes payment tokens of version ECv2 as Google does (sheet section 4).
import {
  createCipheriv,
  createHmac,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import type { JsonObject } from '../json.ts'

export interface SigningKeys {
  rootKey: KeyObject
  intermediateKey: KeyObject
  /** Base64 of SubjectPublicKeyInfo. */
  intermediatePublic: string
  /** In milliseconds since 1970. */
  intermediateExpiresAt: number
}

export interface GoogleSealOrder {
  recipientId: string
  publicKey: KeyObject
  plaintext: JsonObject
}

/** The token's text. */
export function sealGoogleToken(keys: SigningKeys, order: GoogleSealOrder): string {
  const signedKey = written({
    keyValue: keys.intermediatePublic,
    keyExpiration: String(keys.intermediateExpiresAt),
  })
  const signedMessage = written(encrypt(order))
  const signed = (key: KeyObject, ...texts: string[]) =>
    sign('sha256', lengthValue(texts), key).toString('base64')
  return written({
    signature: signed(keys.intermediateKey, 'Google', order.recipientId, 'ECv2', signedMessage),
    intermediateSigningKey: {
      signedKey,
      signatures: [signed(keys.rootKey, 'Google', 'ECv2', signedKey)],
    },
    protocolVersion: 'ECv2',
    signedMessage,
  })
}

// Google's own library writes the equals sign of base64 like this (sheet section 4.1).
function written(value: JsonObject): string {
  return JSON.stringify(value).replaceAll('=', '\\u003d')
}

function lengthValue(texts: string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(Buffer.byteLength(text))
      return [length, Buffer.from(text)]
    }),
  )
}

function encrypt({ publicKey, plaintext }: GoogleSealOrder): JsonObject {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const point = own.publicKey.export({ type: 'spki', format: 'der' }).subarray(-65)
  const secret = diffieHellman({ privateKey: own.privateKey, publicKey })
  const material = Buffer.concat([point, secret])
  const keys = Buffer.from(hkdfSync('sha256', material, Buffer.alloc(32), 'Google', 64))
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), Buffer.alloc(16))
  const sealed = Buffer.concat([cipher.update(JSON.stringify(plaintext)), cipher.final()])
  const tag = createHmac('sha256', keys.subarray(32)).update(sealed).digest()
  return {
    encryptedMessage: sealed.toString('base64'),
    ephemeralPublicKey: point.toString('base64'),
    tag: tag.toString('base64'),
  }
}
