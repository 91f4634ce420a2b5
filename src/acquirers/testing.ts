// For tests only: accounts of made-up keys, orders, and ports that answer from a script.

import { readFileSync } from 'node:fs'
import { NetworkError, type OutgoingRequest, type Ports } from '../ports.ts'
import type { CardOrder, Credential } from './acquirer.ts'
import { type AdyenAccount, readAccount as readAdyen } from './adyen/account.ts'
import { type CheckoutcomAccount, readAccount as readCheckoutcom } from './checkoutcom/account.ts'
import { readAccount as readStripe, type StripeAccount } from './stripe/account.ts'

/** A file of test/vectors/processors. */
export function loadVectors<T>(file: string): T {
  const url = new URL(`../../test/vectors/processors/${file}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8'))
}

export interface SdkRequest {
  id: string
  request: {
    method: string
    host: string
    path: string
    headers: Record<string, string>
    body: string
  }
}

const sdkRequests = loadVectors<SdkRequest[]>('sdk_requests')

/** What the official client sends for this operation. */
export function sdkRequest(id: string): SdkRequest['request'] {
  const found = sdkRequests.find((entry) => entry.id === id)
  if (!found) throw new Error(`no request ${id}`)
  return found.request
}

export interface VectorResponse {
  id: string
  response: { status: number; body: unknown }
}

const responses = loadVectors<VectorResponse[]>('responses')

export function response(id: string): Step {
  const found = responses.find((entry) => entry.id === id)
  if (!found) throw new Error(`no response ${id}`)
  return found.response
}

function member(text: string, ...names: string[]): string {
  let value: unknown = JSON.parse(text)
  for (const name of names) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  }
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The tokens that the vectors' requests carry, as the wallets' sheets handed them out. */
export const appleToken = member(sdkRequest('checkout-token-apple').body, 'token_data')
export const googleToken = member(
  sdkRequest('adyen-payments-google').body,
  'paymentMethod',
  'googlePayToken',
)

export const CARD_NUMBER = '4242424242424242'
export const networkToken: Credential = {
  type: 'network_token',
  wallet: 'applepay',
  number: CARD_NUMBER,
  expiry: { month: 12, year: 2029 },
  cryptogram: 'AgAAAAAAAIR8CQrXcIhbQAAAAAA=',
  eci: '7',
  holderName: 'Test Payer',
}

export const HMAC_KEY = 'CD3B2080B5B123E9409381B6D772EAE318B7ED1639EBFE1205EB694DC2482D19'
export const WEBHOOK_SECRET = 'whsec_746f6e6762616f2d746573742d7365637265742d31'
export const SIGNATURE_KEY = 'tongbao-test-webhook-signature-key-0001'

export const adyenFields = {
  merchant_account: 'TongbaoTestECOM',
  environment: 'test',
  api_key: 'AQEtest',
  hmac_keys: HMAC_KEY,
}
export const stripeFields = {
  publishable_key: 'pk_test_example000000000000',
  secret_key: 'sk_test_example000000000000',
  webhook_secrets: WEBHOOK_SECRET,
}
export const checkoutcomFields = {
  prefix: 'testpref',
  processing_channel_id: 'pc_test',
  public_key: 'pk_sbox_bbbbbbbbbbbbbbbbbbbbbbbbbbb',
  secret_key: 'sk_sbox_aaaaaaaaaaaaaaaaaaaaaaaaaaa',
  signature_keys: SIGNATURE_KEY,
}

type Fields = Record<string, string>

export const adyenAccount = (more: Fields = {}): AdyenAccount =>
  opened(readAdyen({ ...adyenFields, ...more }))
export const stripeAccount = (more: Fields = {}): StripeAccount =>
  opened(readStripe({ ...stripeFields, ...more }))
export const checkoutcomAccount = (more: Fields = {}): CheckoutcomAccount =>
  opened(readCheckoutcom({ ...checkoutcomFields, ...more }))

function opened<T>(read: { account: T } | { findings: { code: string }[] }): T {
  if ('account' in read) return read.account
  throw new Error(read.findings.map(({ code }) => code).join(', '))
}

export const NOW = Date.parse('2026-11-22T12:00:00Z')
export const REFERENCE = 'tb_1001'

export function orderOf(credential: Credential, more: Partial<CardOrder> = {}): CardOrder {
  return {
    walletReference: REFERENCE,
    surface: 'desktop',
    money: { amount: 1_099n, currency: 'USD' },
    title: 'Coffee beans 1kg',
    expiresAt: NOW + 30 * 60_000,
    notifyUrl: 'https://pay.example.test/notify/applepay/wac_1',
    returnUrl: 'https://pay.example.test/return/tb_1001',
    quitUrl: 'https://pay.example.test/return/tb_1001',
    payerAddress: '192.0.2.7',
    credential,
    capture: 'automatic',
    ...more,
  }
}

export type Step = { status: number; body: unknown } | NetworkError

export interface Script {
  ports: Ports
  sent: OutgoingRequest[]
  logged: unknown[]
  clock: { time: number }
}

/** Ports whose network answers with these steps in turn and fails when asked once too often. */
export function script(...steps: Step[]): Script {
  const sent: OutgoingRequest[] = []
  const logged: unknown[] = []
  const clock = { time: NOW }
  const log = (...entry: unknown[]) => {
    logged.push(entry)
  }
  const ports: Ports = {
    clock: { now: () => clock.time },
    random: { bytes: (size) => Uint8Array.from({ length: size }, (_, index) => index) },
    log: { debug: log, info: log, warn: log, error: log },
    network: {
      send: async (request) => {
        const step = steps[sent.length]
        sent.push(request)
        if (step === undefined) throw new Error(`no answer prepared for ${request.url}`)
        if (step instanceof NetworkError) throw step
        return { status: step.status, headers: {}, body: Buffer.from(JSON.stringify(step.body)) }
      },
    },
  }
  return { ports, sent, logged, clock }
}

export const lost = new NetworkError('timeout', true, 'no answer')
export const refusedConnection = new NetworkError('refused', false, 'connection refused')
