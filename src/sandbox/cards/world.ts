// What all acquirers and both card wallets of the sandbox stand on.
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { JsonObject } from '../json.ts'
import type { Platform } from '../platform.ts'
import type { CardData, Unopened } from './card-data.ts'
import { type Idempotency, openIdempotency } from './idempotency.ts'
import { addIssuer, type Issuer } from './issuer.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { type AcquirerName, type Merchant, type Merchants, openMerchants } from './merchants.ts'

/** Opens tokens with the keys that an acquirer holds. */
export interface Vault {
  openApple(merchant: Merchant, paymentData: JsonObject): CardData | Unopened
  /** The message has to be for this acquirer as a gateway. */
  openGoogle(acquirer: AcquirerName, token: JsonObject): CardData | Unopened
}

export interface CardWorld {
  platform: Platform
  merchants: Merchants
  ledger: Ledger
  idempotency: Idempotency
  issuer: Issuer
  vault: Vault
}

export function openCardWorld(app: FastifyInstance, platform: Platform, vault: Vault): CardWorld {
  return {
    platform,
    merchants: openMerchants(platform.books),
    ledger: openLedger(platform.books),
    idempotency: openIdempotency(platform.books),
    issuer: addIssuer(app, platform),
    vault,
  }
}

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'

/** Letters and digits by chance. */
export function letters(count: number, alphabet = LETTERS): string {
  return Array.from(randomBytes(count), (byte) => alphabet[byte % alphabet.length] ?? '').join('')
}
