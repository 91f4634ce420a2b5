// Which key signs what WeChat Pay says, and how that signature is written (sheet sections 4.2, 4.5).
import { createHash, type KeyObject } from 'node:crypto'
import { letters, rsaSign } from './crypto.ts'
import type { Merchant, Merchants } from './merchants.ts'

export interface SigningKey {
  serial: string
  key: KeyObject
  publicKey: KeyObject
}

/** Ways in which a signature can be made wrong on purpose. */
export type Lie = 'missing' | 'wrong_key' | 'unknown_serial' | 'signtest' | 'stale'

export interface Signer {
  /** For an answer: by what the request asked for, as far as the merchant's mode allows. */
  forAnswer(merchant: Merchant, wanted: string | undefined): SigningKey
  /** For a notification; while migrating, by chance that is the same for the same message. */
  forNotification(merchant: Merchant, messageId: string): SigningKey
  /** The key behind a name that a request may encrypt for, or undefined. */
  named(merchant: Merchant, serial: string): SigningKey | undefined
  /** The four headers and the signature's type over exactly this body. */
  headers(key: SigningKey, body: string, lie?: Lie): Record<string, string>
}

const STALE_SECONDS = 600
// A serial that looks right and that nobody has.
const NOBODY = '7A0FFBE37AF2E8E87C0BC1D0EBD92D1C8C6E5D11'

/** `now` is real time: merchants hold it against their own clocks. */
export function openSigner(
  merchants: Merchants,
  now: () => number,
  foreignKey: () => KeyObject,
): Signer {
  const byPublicKey = ({ publicKeyId, publicKey }: Merchant): SigningKey => ({
    serial: publicKeyId,
    key: publicKey.privateKey,
    publicKey: publicKey.publicKey,
  })
  function byCertificate(merchant: Merchant): SigningKey {
    const all = merchants.platformCertificates(merchant.mchid, now())
    const signing = all.find(({ state }) => state === 'signing')
    if (!signing) throw new Error(`no platform certificate signs for ${merchant.mchid}`)
    const { serial, pair } = signing
    return { serial, key: pair.privateKey, publicKey: pair.publicKey }
  }

  return {
    forAnswer(merchant, wanted) {
      if (merchant.mode === 'public_key') return byPublicKey(merchant)
      const asked = merchant.mode === 'migrating' && wanted === merchant.publicKeyId
      return asked ? byPublicKey(merchant) : byCertificate(merchant)
    },
    forNotification(merchant, messageId) {
      const share = { certificate: 0, migrating: merchant.publicKeyShare, public_key: 1 }
      const chance = createHash('sha256').update(messageId).digest().readUInt32BE(0) / 2 ** 32
      return chance < share[merchant.mode] ? byPublicKey(merchant) : byCertificate(merchant)
    },
    named(merchant, serial) {
      if (serial === merchant.publicKeyId) {
        return merchant.mode === 'certificate' ? undefined : byPublicKey(merchant)
      }
      if (merchant.mode === 'public_key') return undefined
      const found = merchants
        .platformCertificates(merchant.mchid, now())
        .find((each) => each.serial === serial && each.state !== 'retired')
      return found && { serial, key: found.pair.privateKey, publicKey: found.pair.publicKey }
    },
    headers({ serial, key }, body, lie) {
      if (lie === 'missing') return {}
      const seconds = Math.floor(now() / 1000) - (lie === 'stale' ? STALE_SECONDS : 0)
      const timestamp = String(seconds)
      const nonce = letters(32)
      const by = lie === 'wrong_key' || lie === 'unknown_serial' ? foreignKey() : key
      const signature = rsaSign(`${timestamp}\n${nonce}\n${body}\n`, by)
      return {
        'Wechatpay-Nonce': nonce,
        'Wechatpay-Serial': lie === 'unknown_serial' ? NOBODY : serial,
        'Wechatpay-Signature':
          lie === 'signtest' ? `WECHATPAY/SIGNTEST/${signature.slice(19)}` : signature,
        'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
        'Wechatpay-Timestamp': timestamp,
      }
    },
  }
}
