// Apple Pay and Google Pay: what verifying and opening a token costs. Acquirers: a webhook's check.

import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  privateDecrypt,
  verify,
  X509Certificate,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Acquirer } from '../../src/acquirers/acquirer.ts'
import { adyen } from '../../src/acquirers/adyen/acquirer.ts'
import { checkoutcom } from '../../src/acquirers/checkoutcom/acquirer.ts'
import { acquirers } from '../../src/acquirers/index.ts'
import { stripe } from '../../src/acquirers/stripe/acquirer.ts'
import {
  adyenAccount,
  checkoutcomAccount,
  HMAC_KEY,
  SIGNATURE_KEY,
  stripeAccount,
  WEBHOOK_SECRET,
} from '../../src/acquirers/testing.ts'
import { readAccount } from '../../src/wallets/applepay/account.ts'
import { readSignedData } from '../../src/wallets/applepay/cms.ts'
import { decryptToken, type ProcessingKey } from '../../src/wallets/applepay/decrypt.ts'
import { directFields } from '../../src/wallets/applepay/testing.ts'
import { type PaymentToken, readSheetToken } from '../../src/wallets/applepay/token.ts'
import { applepay } from '../../src/wallets/applepay/wallet.ts'
import { decryptMessage } from '../../src/wallets/googlepay/decrypt.ts'
import { readRootKeys } from '../../src/wallets/googlepay/root-keys.ts'
import {
  keyBytesOf,
  messageBytesOf,
  verifySignature,
} from '../../src/wallets/googlepay/signature.ts'
import { readSignedMessage, readToken } from '../../src/wallets/googlepay/token.ts'
import type { RawNotification } from '../../src/wallets/wallet.ts'
import { vectorKeys as appleKeys, ROOT_PEM } from '../../test/oracles/applepay-certificates.ts'
import { vectorKeys as googleKeys, NOW, RECIPIENT } from '../../test/oracles/googlepay-tokens.ts'
import { type Comparison, must } from './compare.ts'

function firstOf<T>(file: string): T {
  const url = new URL(`../../test/vectors/${file}.json`, import.meta.url)
  const cases: T[] = JSON.parse(readFileSync(url, 'utf8'))
  return must(cases[0], file)
}

export function applepayComparisons(): Comparison[] {
  return [...applePay('EC_v1', 'tokens_ec', 'm1'), ...applePay('RSA_v1', 'tokens_rsa', 'm1_rsa')]
}

function applePay(version: string, file: string, name: 'm1' | 'm1_rsa'): Comparison[] {
  const { token: paymentData, now_epoch_s: seconds } = firstOf<{
    token: object
    now_epoch_s: number
  }>(`applepay/${file}`)
  const { certificate_pem: certificate, private_key_pem: pem } = must(
    appleKeys.merchant_keys[name],
    'processing key',
  )
  const fields = directFields({ processing_certificate: certificate, processing_key: pem })
  const read = readAccount(acquirers, fields)
  if ('findings' in read) throw new Error(JSON.stringify(read.findings))
  const { account } = read
  const text = JSON.stringify({ paymentData, paymentMethod: { network: 'Visa' } })
  const { token } = readSheetToken(text)
  const key = must(account.processing[0], 'processing key').key
  const identify = () => must(applepay.identifyToken, 'identity')(account, text, seconds * 1000)
  must('tokenId' in identify(), 'verified token of Apple Pay')
  return [
    {
      does: `read and verify a token (${version})`,
      whole: identify,
      bare: bareChain(token),
      algorithm: `two certificates and a signature: ${algorithmOf(token)}`,
    },
    {
      does: `decrypt a token (${version})`,
      whole: () => decryptToken(token, key),
      bare: bareDecryption(token, key),
      algorithm:
        version === 'EC_v1'
          ? 'ECDH with a fresh P-256 key, SHA-256, AES-256-GCM'
          : 'RSA-2048 OAEP, AES-128-GCM',
    },
  ]
}

function algorithmOf(token: PaymentToken): string {
  const { certificates } = readSignedData(token.signature)
  return certificates.map(({ publicKey }) => publicKey.asymmetricKeyType).join(', ')
}

/** Root over intermediate, intermediate over leaf, leaf over the message. */
function bareChain(token: PaymentToken): () => unknown {
  const { certificates, signer } = readSignedData(token.signature)
  const root = new X509Certificate(ROOT_PEM)
  const leaf = must(
    certificates.find(({ ca }) => !ca),
    'leaf',
  )
  const intermediate = must(
    certificates.find(({ ca, raw }) => ca && !raw.equals(root.raw)),
    'intermediate',
  )
  const [rootKey, intermediateKey, leafKey] = [root, intermediate, leaf].map((c) => c.publicKey)
  if (!rootKey || !intermediateKey || !leafKey) throw new Error('no keys')
  const run = () => [
    intermediate.verify(rootKey),
    leaf.verify(intermediateKey),
    verify('sha256', signer.signedBytes, leafKey, signer.signature),
  ]
  must(
    run().every((good) => good),
    'three good signatures',
  )
  return run
}

function bareDecryption(token: PaymentToken, key: ProcessingKey): () => unknown {
  const privateKey = must(key.privateKey, 'private key')
  const [data, tag] = [token.data.subarray(0, -16), token.data.subarray(-16)]
  const open = (cipher: 'aes-256-gcm' | 'aes-128-gcm', symmetric: Buffer) => {
    const decipher = createDecipheriv(cipher, symmetric, Buffer.alloc(16), { authTagLength: 16 })
    decipher.setAuthTag(tag)
    return [decipher.update(data), decipher.final()]
  }
  if (token.version === 'RSA_v1') {
    const oaep = { key: privateKey, oaepHash: 'sha256' }
    return () => open('aes-128-gcm', privateDecrypt(oaep, token.keyMaterial))
  }
  const der = { key: token.keyMaterial, format: 'der', type: 'spki' } as const
  const info = Buffer.concat([Buffer.from('\x0did-aes256-GCMApple'), key.merchantIdHash])
  const one = Buffer.of(0, 0, 0, 1)
  return () => {
    // Each token brings a key that was never seen before.
    const secret = diffieHellman({ privateKey, publicKey: createPublicKey(der) })
    return open(
      'aes-256-gcm',
      createHash('sha256').update(one).update(secret).update(info).digest(),
    )
  }
}

export function googlepayComparisons(): Comparison[] {
  const { token: text } = firstOf<{ token: string }>('googlepay/tokens_ecv2')
  const token = readToken(text)
  const roots = must(readRootKeys(JSON.stringify(googleKeys.root_key_sets.default)), 'root keys')
  const policy = { roots, recipientId: RECIPIENT, now: NOW }
  const privateKey = createPrivateKey(googleKeys.recipient_keys.m1.private_key_pem)
  const message = readSignedMessage(token.signedMessage)
  return [
    {
      does: 'read and verify a token (ECv2)',
      whole: () => verifySignature(readToken(text), policy),
      bare: bareSignatures(text),
      algorithm: 'ECDSA P-256 verify, twice',
    },
    {
      does: 'decrypt a token (ECv2)',
      whole: () => decryptMessage(message, [privateKey]),
      bare: bareEcies(message, privateKey),
      algorithm: 'ECDH with a fresh P-256 key, HKDF, HMAC, AES-256-CTR',
    },
  ]
}

function spkiKey(base64: string): KeyObject {
  return createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
}

function bareSignatures(text: string): () => unknown {
  const token = readToken(text)
  const root = spkiKey(googleKeys.root_keys.root_a.public_spki_b64)
  const intermediate = spkiKey(googleKeys.intermediate_keys.int_1.public_spki_b64)
  const [keyBytes, messageBytes] = [keyBytesOf(token), messageBytesOf(token, RECIPIENT)]
  const [signature] = token.intermediate.signatures
  const run = () => [
    verify('sha256', keyBytes, root, must(signature, 'signature')),
    verify('sha256', messageBytes, intermediate, token.signature),
  ]
  must(
    run().every((good) => good),
    'two good signatures',
  )
  return run
}

function bareEcies(
  message: ReturnType<typeof readSignedMessage>,
  privateKey: KeyObject,
): () => unknown {
  const prefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')
  const point = message.ephemeralPublicKey
  const der = { key: Buffer.concat([prefix, point]), format: 'der', type: 'spki' } as const
  const [salt, iv] = [Buffer.alloc(32), Buffer.alloc(16)]
  return () => {
    const secret = diffieHellman({ privateKey, publicKey: createPublicKey(der) })
    const keys = hkdfSync('sha256', Buffer.concat([point, secret]), salt, 'Google', 64)
    const derived = Buffer.from(keys)
    const tag = createHmac('sha256', derived.subarray(32)).update(message.encryptedMessage).digest()
    const open = createDecipheriv('aes-256-ctr', derived.subarray(0, 32), iv)
    return [tag, open.update(message.encryptedMessage), open.final()]
  }
}

interface WebhookVector {
  body: string
  header?: string
  headers?: Record<string, string>
}

export function acquirerComparisons(): Comparison[] {
  const stripeVector = firstOf<WebhookVector>('processors/stripe_webhooks')
  const [time = ''] = /\d+/.exec(stripeVector.header ?? '') ?? []
  const adyenVector = firstOf<WebhookVector>('processors/adyen_webhooks')
  const checkoutVector = firstOf<WebhookVector>('processors/checkout_webhooks')
  return [
    webhook(adyen, adyenAccount(), {
      ...adyenVector,
      key: Buffer.from(HMAC_KEY, 'hex'),
      // What Adyen signs are eight fields; the length is what counts here.
      signed: Buffer.from('QFQTPCQ8HXSKGK82::TongbaoTestECOM:tb_1001:1099:USD:AUTHORISATION:true'),
    }),
    webhook(stripe, stripeAccount(), {
      ...stripeVector,
      headers: { 'stripe-signature': stripeVector.header ?? '' },
      now: Number(time) * 1000,
      key: Buffer.from(WEBHOOK_SECRET),
      signed: Buffer.from(`${time}.${stripeVector.body}`),
    }),
    webhook(checkoutcom, checkoutcomAccount(), {
      ...checkoutVector,
      key: Buffer.from(SIGNATURE_KEY),
      signed: Buffer.from(checkoutVector.body),
    }),
  ]
}

interface Webhook extends WebhookVector {
  now?: number
  key: Buffer
  signed: Buffer
}

function webhook<Account extends object>(
  acquirer: Acquirer<Account>,
  account: Account,
  { body, headers = {}, now = Date.now(), key, signed }: Webhook,
): Comparison {
  const contentType = 'application/json'
  const raw: RawNotification = { contentType, headers, body: Buffer.from(body) }
  const read = () => acquirer.readNotification(account, raw, now)
  must(read().verdict === 'verified', `verified webhook of ${acquirer.name}`)
  return {
    does: `verify a webhook of ${acquirer.name}`,
    whole: read,
    bare: () => [
      createHmac('sha256', key).update(signed).digest(),
      JSON.parse(raw.body.toString()),
    ],
    algorithm: 'HMAC-SHA256, JSON.parse',
  }
}
