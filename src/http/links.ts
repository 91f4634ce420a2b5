// Addresses that the hub hands out, and the tokens inside them. A token names its payment and is
// authenticated, so nothing has to be stored for it and nobody can make one up.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { isId } from '../ids.ts'
import type { Links } from '../payments/context.ts'
import type { Attempt, Payment } from '../payments/payment.ts'
import type { PresentContext } from '../payments/present.ts'
import type { PaymentKey } from '../payments/store.ts'
import type { Wallet } from '../wallets/wallet.ts'

export interface HubLinks extends Links, PresentContext {
  /** The hub's own address, without a slash at the end. */
  base: string
  /** The hosted page. `secret` is the client secret, or a return token. */
  pay(secret: string): string
  /** The payment and attempt of a return token, or undefined. */
  readReturned(token: string): (PaymentKey & { attemptId: string }) | undefined
  readReceipt(token: string): PaymentKey | undefined
  /** Path of the picture of an attempt's QR code. */
  qr(payment: Payment, attemptId: string): string
  readQr(token: string): (PaymentKey & { attemptId: string }) | undefined
  /** One code for every wallet (PRODUCT CK-7): short, because it is scanned. */
  short(payment: Payment): string
  /** Path of the picture of that code. */
  shortPicture(payment: Payment): string
  readShort(token: string): PaymentKey | undefined
}

/** Sortable characters of an id, without its prefix. */
const PART = 26
const MAC = 32

/**
 * @param publicUrl under which payers and wallets reach the hub
 * @param key 32 bytes, for these tokens only
 * @param registry names the wallets
 */
export function createLinks(
  publicUrl: string,
  key: Uint8Array,
  registry: ReadonlyMap<string, Pick<Wallet, 'displayName'>>,
): HubLinks {
  const base = publicUrl.replace(/\/+$/, '')
  const mac = (purpose: string, parts: string) =>
    createHmac('sha256', key).update(`${purpose} ${parts}`).digest('hex').slice(0, MAC)
  const write = (purpose: string, ids: string[]) => {
    const parts = ids.map((id) => id.slice(id.indexOf('_') + 1)).join('')
    return parts + mac(purpose, parts)
  }
  const read = (purpose: string, token: string, count: number): string[] | undefined => {
    if (token.length !== count * PART + MAC) return undefined
    const parts = token.slice(0, count * PART)
    const given = Buffer.from(token.slice(count * PART))
    const right = Buffer.from(mac(purpose, parts))
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
    return Array.from({ length: count }, (_, i) => parts.slice(i * PART, (i + 1) * PART))
  }
  const readAttempt = (purpose: string, token: string) => {
    const [merchant, payment, attempt] = read(purpose, token, 3) ?? []
    const attemptId = `att_${attempt}`
    const paymentKey = keyOf(merchant, payment)
    return paymentKey && isId('att', attemptId) ? { ...paymentKey, attemptId } : undefined
  }
  const short = ({ merchantId, paymentId }: Payment) => {
    const parts = merchantId.slice(-PART) + paymentId.slice(-PART)
    return writeShort(parts, mac('short', parts))
  }
  // The language is a part of the path: wallets add a query of their own, and some refuse ours.
  const back = ({ merchantId, paymentId }: Payment, { attemptId, details }: Attempt) => {
    const token = write('return', [merchantId, paymentId, attemptId])
    return details.language === undefined ? token : `${token}/${details.language}`
  }
  return {
    base,
    walletName: (wallet) => registry.get(wallet)?.displayName ?? { en: wallet, 'zh-CN': wallet },
    pay: (secret) => `${base}/pay/${secret}`,
    notify: (wallet, walletAccountId) => `${base}/notify/${wallet}/${walletAccountId}`,
    returned: (payment, attempt) => `${base}/return/${back(payment, attempt)}`,
    quit: (payment, attempt) => `${base}/quit/${back(payment, attempt)}`,
    receipt: (payment) => `${base}/r/${write('receipt', [payment.merchantId, payment.paymentId])}`,
    qr: (payment, attemptId) =>
      `/checkout/v1/qr/${write('qr', [payment.merchantId, payment.paymentId, attemptId])}`,
    readReturned: (token) => readAttempt('return', token),
    readQr: (token) => readAttempt('qr', token),
    short: (payment) => `${base}/q/${short(payment)}`,
    shortPicture: (payment) => `/q/${short(payment)}/code`,
    readShort(token) {
      const parts = readShortParts(token)
      if (parts === undefined) return undefined
      const right = Buffer.from(writeShort(parts, mac('short', parts)))
      const given = Buffer.from(token)
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      return keyOf(parts.slice(0, PART), parts.slice(PART))
    },
    readReceipt(token) {
      const [merchant, payment] = read('receipt', token, 2) ?? []
      return keyOf(merchant, payment)
    },
  }
}

// Two ids of 130 bits and 96 bits of the code, in base 62: 60 characters instead of 84.
const SHORT_MAC = 24
const SHORT_LENGTH = 60
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz'
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

function writeShort(parts: string, mac: string): string {
  let bits = 0n
  for (const character of parts) bits = (bits << 5n) | BigInt(BASE32.indexOf(character))
  bits = (bits << BigInt(SHORT_MAC * 4)) | BigInt(`0x${mac.slice(0, SHORT_MAC)}`)
  let text = ''
  for (let i = 0; i < SHORT_LENGTH; i++) {
    text = BASE62.charAt(Number(bits % 62n)) + text
    bits /= 62n
  }
  return text
}

/** The two ids; whether anybody made this up is another question. */
function readShortParts(token: string): string | undefined {
  if (token.length !== SHORT_LENGTH || !/^[0-9A-Za-z]+$/.test(token)) return undefined
  let bits = 0n
  for (const character of token) bits = bits * 62n + BigInt(BASE62.indexOf(character))
  bits >>= BigInt(SHORT_MAC * 4)
  let parts = ''
  for (let i = 0; i < 2 * PART; i++) {
    parts = BASE32.charAt(Number(bits & 31n)) + parts
    bits >>= 5n
  }
  return parts
}

function keyOf(merchant: string | undefined, payment: string | undefined): PaymentKey | undefined {
  const [merchantId, paymentId] = [`mer_${merchant}`, `pay_${payment}`]
  return isId('mer', merchantId) && isId('pay', paymentId) ? { merchantId, paymentId } : undefined
}
