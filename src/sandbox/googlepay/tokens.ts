// Google's side of a payment: a card and a request become PaymentData with its token.
import { createPublicKey, randomBytes, randomUUID } from 'node:crypto'
import type { CardData } from '../cards/card-data.ts'
import { NETWORK_NAMES, type TestCard } from '../cards/test-cards.ts'
import type { JsonObject } from '../json.ts'
import type { Platform } from '../platform.ts'
import type { GoogleKeys } from './keys.ts'
import { type ReadRequest, readRequest } from './request.ts'
import { sealGoogleToken } from './seal.ts'

export interface GatewayPeers {
  /** Whether the gateway knows this merchant. */
  knows(gateway: string, merchant: string): boolean
  /** Stripe makes its tokens itself. */
  tokenizeAtStripe(publishableKey: string, card: CardData): JsonObject | undefined
}

export interface Tokens {
  /** PaymentData, or `{statusCode, statusMessage}` as the client's promise is rejected with. */
  make(request: JsonObject, card: TestCard): { data: JsonObject } | { error: JsonObject }
}

const DAY_MS = 86_400_000
const MESSAGE_LIFE_MS = 6 * DAY_MS
/** In its test environment Google signs for every merchant under this number (sheet section 1). */
const TEST_RECIPIENT = 'merchant:12345678901234567890'
const POINT_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex')

export function openTokens(platform: Platform, keys: GoogleKeys, peers: GatewayPeers): Tokens {
  let last: string | undefined

  function make(source: JsonObject, card: TestCard): { data: JsonObject } | { error: JsonObject } {
    const request = readRequest(source)
    if ('statusCode' in request) return { error: { ...request } }
    const authMethod = card.onDevice ? 'CRYPTOGRAM_3DS' : 'PAN_ONLY'
    if (!request.networks.includes(card.network.toUpperCase())) {
      return failure('BUYER_ACCOUNT_ERROR', 'the network is not accepted here')
    }
    // A device's card can also be used by its own number, where only that is accepted.
    const method = request.authMethods.includes(authMethod)
      ? authMethod
      : request.authMethods.includes('PAN_ONLY')
        ? 'PAN_ONLY'
        : undefined
    if (method === undefined) return failure('BUYER_ACCOUNT_ERROR', 'the card is not on a device')
    const { target } = request
    if (target.type === 'gateway' && !peers.knows(target.gateway, target.merchant)) {
      return failure('DEVELOPER_ERROR', 'OR_BIBED_06: gateway parameters do not match')
    }
    const token = tokenOf(request, card, method)
    if (token === undefined) return failure('INTERNAL_ERROR', 'the gateway made no token')
    last = token
    const description = `${NETWORK_NAMES[card.network]} •••• ${card.number.slice(-4)}`
    const info = {
      cardNetwork: card.network.toUpperCase(),
      cardDetails: card.number.slice(-4),
      cardFundingSource: 'CREDIT',
      assuranceDetails: { accountVerified: true, cardHolderAuthenticated: card.onDevice },
    }
    const type = target.type === 'direct' ? 'DIRECT' : 'PAYMENT_GATEWAY'
    const tokenizationData = { type, token }
    return {
      data: {
        apiVersion: 2,
        apiVersionMinor: 0,
        paymentMethodData: { type: 'CARD', description, info, tokenizationData },
      },
    }
  }

  function tokenOf(
    { target }: ReadRequest,
    card: TestCard,
    method: 'PAN_ONLY' | 'CRYPTOGRAM_3DS',
  ): string | undefined {
    const order = target.type === 'gateway' ? target.merchant : 'direct'
    const strikes = (kind: string) =>
      platform.faults.strikes({ wallet: 'googlepay', kind, order }) !== undefined
    if (strikes('token_repeated') && last !== undefined) return last
    const cryptogram = method === 'CRYPTOGRAM_3DS' ? randomBytes(20).toString('base64') : undefined
    const number = cryptogram === undefined ? card.number : card.deviceNumber
    if (target.type === 'gateway' && target.gateway === 'stripe') {
      const data: CardData = {
        wallet: 'googlepay',
        number,
        expiry: card.expiry,
        cryptogram,
        tokenId: `googlepay:${randomUUID()}`,
      }
      const token = peers.tokenizeAtStripe(target.merchant, data)
      return token && JSON.stringify(token)
    }
    // Expirations are in the machine's time: hubs hold them against their own clocks.
    const now = platform.realClock.now()
    const signing = keys.signing()
    const own = target.type === 'direct' ? TEST_RECIPIENT : `gateway:${target.gateway}`
    const sealed = sealGoogleToken(
      {
        ...signing,
        ...(strikes('token_intermediate_expired') && { intermediateExpiresAt: now - 1 }),
        ...(strikes('token_unknown_root') && { rootKey: keys.gatewayKey('unknown_root') }),
      },
      {
        recipientId: strikes('token_other_merchant') ? 'merchant:00000000000000000001' : own,
        publicKey: createPublicKey(
          strikes('token_other_key')
            ? keys.gatewayKey('nobody')
            : target.type === 'direct'
              ? {
                  key: Buffer.concat([POINT_PREFIX, target.publicKey]),
                  format: 'der',
                  type: 'spki',
                }
              : keys.gatewayKey(target.gateway),
        ),
        plaintext: {
          messageExpiration: String(strikes('token_expired') ? now - 1 : now + MESSAGE_LIFE_MS),
          messageId: randomBytes(21).toString('base64url'),
          paymentMethod: 'CARD',
          ...(target.type === 'gateway' && { gatewayMerchantId: target.merchant }),
          paymentMethodDetails: {
            pan: number,
            expirationMonth: card.expiry.month,
            expirationYear: card.expiry.year,
            authMethod: method,
            ...(cryptogram !== undefined && { cryptogram, eciIndicator: '05' }),
          },
        },
      },
    )
    // One letter of the ciphertext is another.
    return strikes('token_forged')
      ? sealed.replace(
          /(encryptedMessage\\+":\\+")(.)/,
          (_all, before: string, letter: string) => `${before}${letter === 'A' ? 'B' : 'A'}`,
        )
      : sealed
  }

  return { make }
}

function failure(statusCode: string, statusMessage: string) {
  return { error: { statusCode, statusMessage } }
}
