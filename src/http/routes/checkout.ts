// What the payment page asks, with the payment's client secret only: state, attempts, news.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { ApiError } from '../../errors.ts'
import type { Payment } from '../../payments/payment.ts'
import { findPayment } from '../../payments/store.ts'
import { syncPayment } from '../../payments/sync-payment.ts'
import { checkoutAttempt, PAYER_SURFACES } from '../checkout-state.ts'
import { etagOf } from '../etag.ts'
import { fingerprintOf, type Kept, readKey } from '../idempotency.ts'
import { qrSvg } from '../pages/qr.ts'
import { type Language, spokenLanguage } from '../pages/visitor.ts'
import { attemptOf, authenticatePayer, stateOf, viewOf } from '../payer.ts'
import { refuseOtherMethods } from '../register.ts'
import { Empty, strict } from '../schemas/common.ts'
import type { Services } from '../services.ts'
import { createReader } from '../validate.ts'
import { startKept } from './attempts.ts'

const HEARTBEAT_MS = 15_000
const STREAMS_PER_PAYMENT = 20

const StartAttempt = strict({
  wallet: Type.String({ pattern: '^[a-z][a-z0-9_]{0,30}$' }),
  surface: Type.Enum(PAYER_SURFACES.map((surface) => surface)),
})

const readStart = createReader(StartAttempt)
const readEmpty = createReader(Empty)

export async function registerCheckout(app: FastifyInstance, services: Services): Promise<void> {
  const streams = createStreams(services)
  const payer = (request: FastifyRequest) =>
    authenticatePayer(services, request.headers.authorization)

  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request) => refuseForeignOrigin(request, services.links.base))
    scope.addHook('preClose', async () => streams.end())

    scope.get('/checkout/v1/payment', async (request, reply) => {
      const payment = await payer(request)
      services.rateLimit.take('state', payment.paymentId)
      return sendState(services, payment, request, reply)
    })

    scope.post('/checkout/v1/sync', async (request, reply) => {
      const payment = await payer(request)
      readEmpty(request.body ?? {})
      services.rateLimit.take('state', payment.paymentId)
      const synced = await syncPayment(services.payments, payment)
      return sendState(services, synced?.payment ?? payment, request, reply)
    })

    scope.post('/checkout/v1/attempts', async (request, reply) => {
      const payment = await payer(request)
      const key = readKey(request.headers['idempotency-key'])
      const kept = await startForPayer(services, payment, {
        body: readStart(request.body),
        key,
        address: request.ip,
        language: spokenLanguage(request),
      })
      if (kept.replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(kept.status).type('application/json; charset=utf-8').send(kept.text)
    })

    // An answer without a body would never end, so there is no HEAD.
    scope.get('/checkout/v1/stream', { exposeHeadRoute: false }, async (request, reply) => {
      const payment = await payer(request)
      streams.open(payment, request, reply)
      return reply
    })

    scope.get<{ Params: { token: string } }>('/checkout/v1/qr/:token', async (request, reply) => {
      const key = services.links.readQr(request.params.token)
      const payment = key && (await findPayment(services.pool, key))
      const attempt = key && payment && attemptOf(payment, key.attemptId)
      if (attempt?.nextAction?.type !== 'qr') throw new ApiError('not_found')
      return reply
        .header('cache-control', 'private, max-age=86400, immutable')
        .type('image/svg+xml')
        .send(qrSvg(attempt.nextAction.content))
    })
  })
  for (const path of ['payment', 'qr/{token}']) {
    refuseOtherMethods(app, `/checkout/v1/${path}`, ['GET', 'HEAD'])
  }
  refuseOtherMethods(app, '/checkout/v1/stream', ['GET'])
  for (const path of ['sync', 'attempts']) refuseOtherMethods(app, `/checkout/v1/${path}`, ['POST'])
}

/** What a payer's browser may choose; everything else comes from the database (SE-6). */
export interface PayerWish {
  body: Static<typeof StartAttempt>
  key: string
  address: string
  /** Of the page on which the payer begins. */
  language?: Language | undefined
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
  const found = await idempotency.lookUp(use)
  if (found.kind === 'answered') return found.kept
  rateLimit.take('attempt', `${wish.address} ${merchantId}`)
  const view = await viewOf(services, payment)
  return startKept(
    payments,
    payment,
    {
      ...wish.body,
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

async function sendState(
  services: Services,
  payment: Payment,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const state = await stateOf(services, payment)
  // The time is new in every answer; what the page shows is not.
  const etag = etagOf(JSON.stringify({ ...state, server_time: '' }))
  reply.header('etag', etag)
  if (request.method === 'GET' && request.headers['if-none-match'] === etag)
    return reply.code(304).send()
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(state))
}

/** Only the hub's own pages may call this from a browser (SE-32). */
function refuseForeignOrigin(request: FastifyRequest, base: string): void {
  const { origin } = request.headers
  if (origin === undefined) return
  const own = new URL(base).origin
  const here = `${request.protocol}://${request.host}`
  if (origin !== own && origin !== here) throw new ApiError('origin_not_allowed')
}

function createStreams(services: Services) {
  const open = new Map<string, Set<FastifyReply['raw']>>()

  function start(payment: Payment, request: FastifyRequest, reply: FastifyReply): void {
    const { paymentId } = payment
    const set = open.get(paymentId) ?? new Set()
    if (set.size >= STREAMS_PER_PAYMENT) {
      throw new ApiError('rate_limited', { headers: { 'retry-after': '15' } })
    }
    reply.hijack()
    const { raw } = reply
    const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    )
    raw.writeHead(200, {
      ...Object.fromEntries(headers),
      'content-type': 'text/event-stream; charset=utf-8',
      // Proxies that gather answers would hold the news back.
      'x-accel-buffering': 'no',
    })
    // What changed since the page was made is not lost: the page asks once when the stream stands.
    raw.write('event: changed\ndata: {}\n\n')
    open.set(paymentId, set.add(raw))
    const stopWatching = services.live.watch(paymentId, () =>
      raw.write('event: changed\ndata: {}\n\n'),
    )
    const heartbeat = setInterval(() => raw.write(': \n\n'), HEARTBEAT_MS)
    heartbeat.unref()
    request.raw.once('close', () => {
      clearInterval(heartbeat)
      stopWatching()
      set.delete(raw)
      if (set.size === 0) open.delete(paymentId)
    })
  }

  function end(): void {
    for (const set of open.values()) for (const raw of set) raw.end()
  }

  return { open: start, end }
}
