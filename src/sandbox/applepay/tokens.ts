// The payer's device and Apple's servers together: turns a card and what the sheet showed into a token.
import { randomBytes, X509Certificate } from 'node:crypto'
import { parseDecimal } from '../../money.ts'
import { NETWORK_NAMES, type TestCard } from '../cards/test-cards.ts'
import type { JsonObject } from '../json.ts'
import type { Platform } from '../platform.ts'
import type { Authority } from './authority.ts'
import { CURRENCY_NUMBERS } from './currency-numbers.ts'
import type { AppleMerchants, TokenVersion } from './merchants.ts'
import { sealToken } from './seal.ts'

export interface TokenOrder {
  merchantId: string
  card: TestCard
  /** In major units with the currency's decimals, as the sheet shows it. */
  amount: string
  currency: string
  /** The request's, in base64. */
  applicationData?: string | undefined
  version?: TokenVersion | undefined
}

export interface Tokens {
  /** `event.payment.token`, or what is wrong with the order. */
  make(order: TokenOrder): { token: JsonObject } | { problem: string }
}

const OLD_MS = 6 * 60_000
/** Indicators of the networks (Apple: "present for Visa, as the network wants it"). */
const INDICATORS: Record<TestCard['network'], string | undefined> = {
  visa: '7',
  masterCard: undefined,
  amex: '5',
}

export function openTokens(parts: {
  platform: Platform
  authority: Authority
  merchants: AppleMerchants
}): Tokens {
  const { platform, authority, merchants } = parts
  let last: JsonObject | undefined

  return {
    make({ merchantId, card, amount, currency, applicationData, version }) {
      const strikes = (kind: string) =>
        platform.faults.strikes({ wallet: 'applepay', kind, order: merchantId })
      if (strikes('token_repeated') && last) return { token: last }
      const number = CURRENCY_NUMBERS.get(currency)
      const money = number === undefined ? undefined : parseDecimal(amount, currency)
      if (!money || number === undefined) return { problem: 'amount or currency' }
      const other = strikes('token_other_merchant')
        ? merchants.list().find(({ id }) => id !== merchantId)
        : undefined
      const target = other?.id ?? merchantId
      const processing = merchants
        .processing(target)
        .find((each) => version === undefined || each.version === version)
      if (!processing) return { problem: 'no processing certificate' }
      const bound = strikes('token_other_order')
        ? randomBytes(8)
        : applicationData && Buffer.from(applicationData, 'base64')
      // Signatures tell the machine's time: hubs hold them against their own clocks.
      const now = platform.realClock.now()
      const sealed = sealToken(authority, {
        merchantId: target,
        publicKey: new X509Certificate(processing.certificate).publicKey,
        plaintext: plaintextOf(card, number, Number(money.amount)),
        applicationData: bound || undefined,
        transactionId: randomBytes(32),
        signedAt: new Date(strikes('token_old') ? now - OLD_MS : now),
      })
      const paymentData = strikes('token_forged') ? forged(sealed) : sealed
      const header = paymentData.header
      const id =
        typeof header === 'object' && header !== null && 'transactionId' in header
          ? String(header.transactionId)
          : ''
      last = {
        paymentData,
        paymentMethod: {
          displayName: `${NETWORK_NAMES[card.network]} ${card.deviceNumber.slice(-4)}`,
          network: NETWORK_NAMES[card.network],
          type: 'credit',
        },
        // Genuine sheets write it in upper case (sheet section 4.1).
        transactionIdentifier: id.toUpperCase(),
      }
      return { token: last }
    },
  }
}

function plaintextOf(card: TestCard, currencyCode: string, transactionAmount: number): JsonObject {
  const { year, month } = card.expiry
  const lastDay = new Date(Date.UTC(year, month, 0)).toISOString().slice(2, 10).replaceAll('-', '')
  const eciIndicator = INDICATORS[card.network]
  return {
    applicationPrimaryAccountNumber: card.deviceNumber,
    applicationExpirationDate: lastDay,
    currencyCode,
    transactionAmount,
    deviceManufacturerIdentifier: card.network === 'masterCard' ? '050110030273' : '040010030273',
    paymentDataType: '3DSecure',
    paymentData: {
      onlinePaymentCryptogram: randomBytes(20).toString('base64'),
      ...(eciIndicator !== undefined && { eciIndicator }),
    },
  }
}

/** One bit of the ciphertext is another; the signature no longer covers it. */
function forged(paymentData: JsonObject): JsonObject {
  const data = Buffer.from(String(paymentData.data), 'base64')
  data[0] = (data[0] ?? 0) ^ 1
  return { ...paymentData, data: data.toString('base64') }
}
