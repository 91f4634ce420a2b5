// For tests only: a sandbox with a merchant that listens to webhooks, and tokens on demand.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { isObject, type JsonObject } from '../json.ts'
import { type Setup, setup } from '../test-support.ts'
import type { AcquirerName } from './merchants.ts'

export interface Webhook {
  headers: IncomingHttpHeaders
  body: string
  json: JsonObject
}

export interface Hooks extends AsyncDisposable {
  url: string
  all: Webhook[]
  /** What every delivery is answered with. */
  status: number
  /** The first one so far or later for which `wanted` holds. */
  next(wanted: (hook: Webhook) => boolean): Promise<Webhook>
}

/** A merchant's endpoint on this machine. */
export async function hooks(): Promise<Hooks> {
  const waiting: { wanted: (hook: Webhook) => boolean; done: (hook: Webhook) => void }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const read: unknown = JSON.parse(body)
      const hook = { headers: request.headers, body, json: isObject(read) ? read : {} }
      kept.all.push(hook)
      response.writeHead(kept.status).end('[accepted]')
      for (const each of waiting) if (each.wanted(hook)) each.done(hook)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address && typeof address === 'object' ? address.port : 0
  const kept: Hooks = {
    url: `http://127.0.0.1:${port}/notify`,
    all: [],
    status: 200,
    next: (wanted) =>
      new Promise((done) => {
        const known = kept.all.find(wanted)
        if (known) done(known)
        else waiting.push({ wanted, done })
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return kept
}

export interface CardSetup extends Setup {
  hooks: Hooks
  /** A hub account's fields. */
  account(wallet: 'applepay' | 'googlepay'): Promise<Record<string, string>>
  /** What Apple's sheet hands out for the account: `paymentData`. */
  apple(order?: { card?: string; amount?: string; version?: string }): Promise<JsonObject>
  /** What Google's sheet hands out for the account: the token's text. */
  google(parameters: object, card?: string): Promise<string>
  /** Answers the bank in the payer's place. */
  answerBank(reference: string, answer: 'confirm' | 'refuse'): Promise<URL>
}

/** A sandbox with one account of each wallet at this acquirer. */
export async function cardSetup(acquirer: AcquirerName): Promise<CardSetup> {
  const world = await setup()
  const heard = await hooks()
  const query = `acquirer=${acquirer}&notify_url=${encodeURIComponent(heard.url)}`
  const account = async (wallet: string) =>
    textsOf((await world.control(`${wallet}/hub-account?${query}`)).fields)
  const apple = await account('applepay')
  return {
    ...world,
    hooks: heard,
    account,
    async apple({ card = 'approve', amount = '10.99', version = 'EC_v1' } = {}) {
      const order = { merchant_id: apple.merchant_id, card, amount, currency: 'USD', version }
      const { token } = await world.control('applepay/tokens', order)
      if (!isObject(token) || !isObject(token.paymentData)) throw new TypeError('no token')
      return token.paymentData
    },
    async google(parameters, card = 'approve') {
      const request = googleRequest({ type: 'PAYMENT_GATEWAY', parameters })
      const data = await world.control('googlepay/tokens', { request, card })
      const method = isObject(data.paymentMethodData) ? data.paymentMethodData : {}
      const { tokenizationData } = method
      if (!isObject(tokenizationData)) throw new TypeError(JSON.stringify(data))
      return String(tokenizationData.token)
    },
    async answerBank(reference, answer) {
      const { payments } = await world.control(`${acquirer}/payments?reference=${reference}`)
      const [payment] = Array.isArray(payments) ? payments : []
      const { id } = payment.challenge
      const done = await world.control(`${acquirer}/challenges/${id}`, { answer })
      return new URL(String(done.return_to))
    },
    async [Symbol.asyncDispose]() {
      await world.sandbox.close()
      await heard[Symbol.asyncDispose]()
    },
  }
}

export function googleRequest(tokenizationSpecification: object): JsonObject {
  return {
    apiVersion: 2,
    apiVersionMinor: 0,
    merchantInfo: { merchantName: 'Coffee' },
    allowedPaymentMethods: [
      {
        type: 'CARD',
        parameters: {
          allowedAuthMethods: ['PAN_ONLY', 'CRYPTOGRAM_3DS'],
          allowedCardNetworks: ['VISA', 'MASTERCARD', 'AMEX'],
        },
        tokenizationSpecification,
      },
    ],
    transactionInfo: {
      countryCode: 'US',
      currencyCode: 'USD',
      totalPriceStatus: 'FINAL',
      totalPrice: '10.99',
    },
  }
}

export function textsOf(value: unknown): Record<string, string> {
  const entries = Object.entries(isObject(value) ? value : {})
  return Object.fromEntries(entries.map(([name, text]) => [name, String(text)]))
}
