// Opens Apple Pay tokens as an acquirer does that holds the processing key (sheet section 4).
import {
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  privateDecrypt,
  verify,
  X509Certificate,
} from 'node:crypto'
import { type Ber, element, inside, readAll, TAG } from '../asn1.ts'
import { isObject, type JsonObject, parseObject, stringMember } from '../json.ts'
import type { CardData, Unopened } from './card-data.ts'

export interface ProcessingKey {
  merchantId: string
  privateKey: KeyObject
}

export interface AppleTrust {
  /** The one root that signers descend from, in PEM. */
  root: string
  /** The key whose public half has this SHA-256, in base64; undefined where it is another's. */
  keyOf(publicKeyHash: string): ProcessingKey | undefined
  now: number
}

const SIGNED_WITHIN_MS = 5 * 60_000
const LEAF_MARK = '06092a864886f76364061d'
const INTERMEDIATE_MARK = '060a2a864886f7636406020e'

/** `paymentData`, verified and decrypted. Never throws for what the token holds. */
export function openAppleToken(token: JsonObject, trust: AppleTrust): CardData | Unopened {
  try {
    return open(token, trust)
  } catch (error) {
    // A reader meets all kinds of broken bytes; none of them is a token.
    return { reason: error instanceof Error ? error.message : 'unreadable' }
  }
}

function open(token: JsonObject, trust: AppleTrust): CardData | Unopened {
  const { version, header } = token
  if (!isObject(header)) return { reason: 'no header' }
  if (version !== 'EC_v1' && version !== 'RSA_v1') return { reason: 'unknown version' }
  const data = bytesOf(token, 'data')
  const wrapped = bytesOf(header, version === 'EC_v1' ? 'ephemeralPublicKey' : 'wrappedKey')
  const transactionId = hexOf(header, 'transactionId')
  const signed = Buffer.concat([
    wrapped,
    data,
    transactionId,
    header.applicationData === undefined ? Buffer.alloc(0) : hexOf(header, 'applicationData'),
  ])
  verifySignature(bytesOf(token, 'signature'), signed, trust)
  const key = trust.keyOf(stringMember(header, 'publicKeyHash') ?? '')
  if (!key) return { reason: 'encrypted for somebody else' }
  const secret = version === 'EC_v1' ? agreed(key, wrapped) : unwrapped(key, wrapped)
  const fields = parseObject(decrypt(secret, data).toString('utf8'))
  if (!fields) return { reason: 'the plaintext is no JSON object' }
  return cardOf(fields, transactionId.toString('hex'))
}

function verifySignature(signature: Buffer, content: Buffer, trust: AppleTrust): void {
  const [, explicit] = inside(readAll(signature)[0])
  const parts = inside(inside(explicit)[0])
  const certificates = inside(parts.find(({ tag }) => tag === 0xa0)).map(
    ({ raw }) => new X509Certificate(raw),
  )
  const leaf = certificates.find(({ raw }) => raw.toString('hex').includes(LEAF_MARK))
  const middle = certificates.find(({ raw }) => raw.toString('hex').includes(INTERMEDIATE_MARK))
  const root = new X509Certificate(trust.root)
  if (!leaf || !middle) throw new RangeError('no marked certificates')
  if (!leaf.verify(middle.publicKey) || !middle.verify(root.publicKey) || !middle.ca) {
    throw new RangeError('the chain does not lead to the root')
  }
  const infos = inside(parts.findLast(({ tag }) => tag === TAG.set))
  if (infos.length !== 1) throw new RangeError('not exactly one signer')
  const info = inside(infos[0])
  const attributes = info.find(({ tag }) => tag === 0xa0)
  const value = info.find(({ tag }) => tag === TAG.octets)
  if (!attributes || !value) throw new RangeError('no signed attributes')
  const digest = createHash('sha256').update(content).digest()
  if (!attributeOf(attributes, '2a864886f70d010904').content.equals(digest)) {
    throw new RangeError('the signature is about something else')
  }
  const at = readUtcTime(attributeOf(attributes, '2a864886f70d010905'))
  if (Math.abs(trust.now - at) > SIGNED_WITHIN_MS) throw new RangeError('signed at another time')
  if (leaf.validFromDate.getTime() > at || leaf.validToDate.getTime() < at) {
    throw new RangeError('the signer was not valid')
  }
  const asSet = element(TAG.set, attributes.content)
  if (!verify('sha256', asSet, leaf.publicKey, value.content)) {
    throw new RangeError('the signature is wrong')
  }
}

function attributeOf(attributes: Ber, oidHex: string): Ber {
  const found = inside(attributes).find(
    (attribute) => inside(attribute)[0]?.content.toString('hex') === oidHex,
  )
  const [value] = inside(inside(found)[1])
  if (!value) throw new RangeError('a signed attribute is missing')
  return value
}

function readUtcTime({ content }: Ber): number {
  const [year, month, day, hour, minute, second] = content.toString('latin1').match(/\d\d/g) ?? []
  return Date.parse(`20${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function agreed({ privateKey, merchantId }: ProcessingKey, point: Buffer): Buffer {
  const publicKey = createPublicKey({ key: point, format: 'der', type: 'spki' })
  return createHash('sha256')
    .update(Buffer.from([0, 0, 0, 1]))
    .update(diffieHellman({ privateKey, publicKey }))
    .update('\x0did-aes256-GCMApple')
    .update(createHash('sha256').update(merchantId).digest())
    .digest()
}

function unwrapped({ privateKey }: ProcessingKey, wrapped: Buffer): Buffer {
  return privateDecrypt({ key: privateKey, oaepHash: 'sha256' }, wrapped)
}

function decrypt(key: Buffer, data: Buffer): Buffer {
  const decipher = createDecipheriv(
    `aes-${key.length === 32 ? 256 : 128}-gcm`,
    key,
    Buffer.alloc(16),
  )
  decipher.setAuthTag(data.subarray(-16))
  return Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()])
}

function cardOf(fields: JsonObject, transactionId: string): CardData | Unopened {
  const number = stringMember(fields, 'applicationPrimaryAccountNumber')
  const [year, month] =
    stringMember(fields, 'applicationExpirationDate')?.match(/\d\d/g)?.map(Number) ?? []
  const secret = isObject(fields.paymentData) ? fields.paymentData : {}
  if (number === undefined || year === undefined || month === undefined) {
    return { reason: 'no card in the plaintext' }
  }
  return {
    wallet: 'applepay',
    number,
    expiry: { month, year: 2000 + year },
    cryptogram: stringMember(secret, 'onlinePaymentCryptogram') ?? stringMember(secret, 'emvData'),
    eci: stringMember(secret, 'eciIndicator'),
    tokenId: `applepay:${transactionId}`,
  }
}

function bytesOf(object: JsonObject, name: string): Buffer {
  const text = stringMember(object, name) ?? ''
  const bytes = Buffer.from(text, 'base64')
  if (text === '' || bytes.toString('base64') !== text) throw new RangeError(`${name} is no base64`)
  return bytes
}

function hexOf(object: JsonObject, name: string): Buffer {
  const text = stringMember(object, name) ?? ''
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new RangeError(`${name} is not 64 hexadecimal digits`)
  return Buffer.from(text, 'hex')
}
