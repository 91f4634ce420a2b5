// What the payment page asks, with the payment's client secret only: state, attempts, news.

import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { ApiError } from '../../errors.ts'
import type { Payment } from '../../payments/payment.ts'
import { findPayment } from '../../payments/store.ts'
import { syncPayment } from '../../payments/sync-payment.ts'
import type { Browser, NextAction } from '../../wallets/wallet.ts'
import { orderPart, statePart } from '../checkout-parts.ts'
import { checkoutAttempt } from '../checkout-state.ts'
import { createStreams } from '../checkout-streams.ts'
import { countedAddress } from '../client-address.ts'
import { etagOf } from '../etag.ts'
import { fingerprintOf, type Kept, readKey } from '../idempotency.ts'
import type { Documented } from '../operation.ts'
import { qrSvg } from '../pages/qr.ts'
import { type Language, spokenLanguage } from '../pages/visitor.ts'
import { attemptOf, stateOf, viewOf } from '../payer.ts'
import {
  CHECKOUT_TAG,
  type PayerOperation,
  payerOperation,
  registerPayerOperations,
} from '../payer-operation.ts'
import { readParams, refuseOtherMethods, toRoute } from '../register.ts'
import * as schemas from '../schemas/checkout.ts'
import { Empty } from '../schemas/common.ts'
import type { Services } from '../services.ts'
import { screenOf, startKept } from './attempts.ts'
import { openWalletSession } from './wallet-session.ts'

/** What a payer's page can do with its client secret. */
export function checkoutOperations(
  services: Services,
  streams = createStreams(services),
): PayerOperation[] {
  const { rateLimit } = services
  const looked = ({ paymentId }: Payment) => rateLimit.take('state', paymentId)
  const plain = { method: 'GET', query: Empty, body: Empty } as const
  return [
    payerOperation({
      ...plain,
      id: 'getCheckoutPayment',
      path: '/checkout/v1/payment',
      summary: 'Read the state of the payment',
      description:
        'The truth about the payment, at most 2 KB: ask for it every few seconds. What is long stands elsewhere and is named here by `order` and `attempt.action`.',
      answers: { 200: schemas.CheckoutState },
      etag: true,
      async handle({ payment, request, reply }) {
        looked(payment)
        return sendState(services, payment, request, reply)
      },
    }),
    payerOperation({
      ...plain,
      id: 'getCheckoutOrder',
      path: '/checkout/v1/order',
      summary: 'Read what is paid for',
      description: 'Title, items, merchant and the wallets that can be used.',
      answers: { 200: schemas.CheckoutOrder },
      async handle({ payment, reply }) {
        looked(payment)
        return sendJson(reply, orderPart(await stateOf(services, payment)))
      },
    }),
    payerOperation({
      ...plain,
      id: 'syncCheckoutPayment',
      method: 'POST',
      path: '/checkout/v1/sync',
      summary: 'Ask the wallets about the payment now',
      description: 'At most once per 5 seconds and payment; else answers what is stored.',
      answers: { 200: schemas.CheckoutState },
      async handle({ payment, request, reply }) {
        looked(payment)
        const synced = await syncPayment(services.payments, payment)
        return sendState(services, synced?.payment ?? payment, request, reply)
      },
    }),
    payerOperation({
      ...plain,
      id: 'startCheckoutAttempt',
      method: 'POST',
      path: '/checkout/v1/attempts',
      summary: 'Start an attempt with a wallet',
      description: 'Answers 201 also when the wallet refuses: the attempt then has its `problem`.',
      keyed: true,
      body: schemas.StartCheckoutAttempt,
      answers: { 201: schemas.CheckoutAttempt },
      errors: START_ERRORS,
      async handle({ payment, body, request, reply }) {
        const kept = await startForPayer(services, payment, {
          body,
          key: readKey(request.headers['idempotency-key']),
          address: request.ip,
          language: spokenLanguage(request),
          headers: request.headers,
        })
        if (kept.replayed) reply.header('idempotent-replayed', 'true')
        return reply.code(kept.status).type(JSON_TYPE).send(kept.text)
      },
    }),
    payerOperation({
      ...plain,
      id: 'openCheckoutWalletSession',
      method: 'POST',
      path: '/checkout/v1/wallet_sessions',
      summary: "Open the session that a wallet's sheet asks for",
      description: 'Apple Pay: what `onvalidatemerchant` waits for. It moves no money.',
      body: schemas.OpenWalletSession,
      answers: { 200: schemas.WalletSession },
      errors: ['wallet_unavailable', 'wallet_session_refused'],
      async handle({ payment, body, request, reply }) {
        services.rateLimit.take('attempt', `${countedAddress(request.ip)} ${payment.merchantId}`)
        return sendJson(reply, await openWalletSession(services, payment, body))
      },
    }),
    payerOperation({
      ...plain,
      id: 'getCheckoutAttempt',
      path: '/checkout/v1/attempts/{attempt}',
      summary: 'Read an attempt with what has to be done next',
      params: { attempt: 'att' },
      answers: { 200: schemas.CheckoutAttempt },
      async handle({ payment, request, reply }) {
        looked(payment)
        const attempt = attemptOf(payment, readParams(request.params).attempt ?? '')
        if (!attempt) throw new ApiError('not_found')
        return sendJson(reply, checkoutAttempt(await viewOf(services, payment), attempt))
      },
    }),
    payerOperation({
      ...plain,
      id: 'streamCheckoutPayment',
      path: '/checkout/v1/stream',
      summary: 'Hear when the state changes',
      description:
        'Server-sent events: `changed`, without content, when the state is worth reading again; a comment line every 15 seconds. Read it with `fetch`, so that the secret travels in a header.',
      media: 'text/event-stream',
      answers: { 200: Type.String() },
      async handle({ payment, request, reply }) {
        streams.open(payment, request, reply)
        return reply
      },
    }),
  ]
}

const START_ERRORS = [
  'payment_paid',
  'payment_not_payable',
  'attempt_unresolved',
  'attempts_exhausted',
  'not_supported',
  'wallet_unavailable',
  'token_refused',
  'token_used',
] as const

/** A picture for an `<img>`, which can send no header: its token opens it and nothing else. */
export const QR_PICTURE: Documented = {
  id: 'getCheckoutQrPicture',
  tag: CHECKOUT_TAG,
  method: 'GET',
  opens: 'path',
  path: '/checkout/v1/qr/{token}',
  summary: "See an attempt's QR code as a picture",
  description:
    "The address is the `svg_url` of the attempt's `next_action`; it opens nothing else.",
  params: { token: 'token' },
  query: Empty,
  body: Empty,
  media: 'image/svg+xml',
  answers: { 200: Type.String() },
}

export async function registerCheckout(app: FastifyInstance, services: Services): Promise<void> {
  const streams = createStreams(services)
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request) => refuseForeignOrigin(request, services.links.base))
    scope.addHook('preClose', async () => streams.end())
    registerPayerOperations(scope, checkoutOperations(services, streams), services)

    scope.get<{ Params: { token: string } }>(toRoute(QR_PICTURE.path), async (request, reply) => {
      const key = services.links.readQr(request.params.token)
      const payment = key && (await findPayment(services.pool, key))
      const attempt = key && payment && attemptOf(payment, key.attemptId)
      const text = attempt?.nextAction && codeText(attempt.nextAction)
      if (text === undefined || text === null) {
        services.rateLimit.take('stranger', countedAddress(request.ip))
        throw new ApiError('not_found')
      }
      return reply
        .header('cache-control', 'private, max-age=86400, immutable')
        .type('image/svg+xml')
        .send(qrSvg(text))
    })
    refuseOtherMethods(scope, QR_PICTURE.path, ['GET', 'HEAD'])
  })
}

/** What the code of an action says; undefined for one without a code. */
function codeText(action: NextAction): string | undefined {
  if (action.type === 'qr') return action.content
  return action.type === 'address' ? (action.qrText ?? action.uri) : undefined
}

/** What a payer's browser may choose; everything else comes from the database (SE-6). */
export interface PayerWish {
  body: schemas.StartCheckoutAttemptBody
  key: string
  address: string
  /** Of the page on which the payer begins. */
  language?: Language | undefined
  headers: Pick<IncomingHttpHeaders, 'user-agent' | 'accept'>
}

/** Starts an attempt for a payer, once per key. A refusal is thrown, for the page to show. */
export async function startForPayer(
  services: Services,
  payment: Payment,
  wish: PayerWish,
): Promise<Kept> {
  const { payments, idempotency, rateLimit } = services
  const { merchantId, livemode, paymentId } = payment
  const path = `/checkout/v1/payments/${paymentId}/attempts`
  const use = {
    scope: { merchantId, livemode, method: 'POST', path, key: wish.key },
    fingerprint: fingerprintOf(wish.body),
  }
  const found = await idempotency.look(use)
  if (found.kind === 'answered') return found.kept
  if (found.kind === 'new')
    rateLimit.take('attempt', `${countedAddress(wish.address)} ${merchantId}`)
  const view = await viewOf(services, payment)
  const { wallet, surface, token, browser } = wish.body
  return startKept(
    payments,
    payment,
    {
      wallet,
      surface,
      ...(token !== undefined && { token }),
      ...(browser && { browser: browserOf(wish.headers, browser) }),
      payerAddress: wish.address,
      ...(wish.language && { language: wish.language }),
    },
    {
      use,
      idempotency,
      present: (after, attempt) => checkoutAttempt({ ...view, payment: after }, attempt),
    },
  )
}

/** The headers of the page's own request, and what only a script can know (EMV 3-D Secure). */
function browserOf(
  headers: PayerWish['headers'],
  screen: NonNullable<schemas.StartCheckoutAttemptBody['browser']>,
): Browser {
  return {
    userAgent: headers['user-agent'] ?? '',
    acceptHeader: headers.accept ?? '*/*',
    javaEnabled: false,
    ...screenOf(screen),
  }
}

async function sendState(
  services: Services,
  payment: Payment,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const state = statePart(await stateOf(services, payment))
  // The time is new in every answer; what the page shows is not.
  const etag = etagOf(JSON.stringify({ ...state, server_time: '' }))
  reply.header('etag', etag)
  if (request.method === 'GET' && request.headers['if-none-match'] === etag)
    return reply.code(304).send()
  return sendJson(reply, state)
}

const JSON_TYPE = 'application/json; charset=utf-8'

function sendJson(reply: FastifyReply, body: object) {
  return reply.type(JSON_TYPE).send(JSON.stringify(body))
}

/** Only the hub's own pages may call this from a browser (SE-32). */
function refuseForeignOrigin(request: FastifyRequest, base: string): void {
  const { origin } = request.headers
  if (origin === undefined) return
  const own = new URL(base).origin
  const here = `${request.protocol}://${request.host}`
  if (origin !== own && origin !== here) throw new ApiError('origin_not_allowed')
}
