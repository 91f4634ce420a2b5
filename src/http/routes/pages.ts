// Pages for people: the payment page, the way back from a wallet, receipts, problems, static files.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError, ERRORS, isErrorCode } from '../../errors.ts'
import type { Payment } from '../../payments/payment.ts'
import { findPayment } from '../../payments/store.ts'
import { verifyReturn } from '../../payments/verify-return.ts'
import { PAYER_SURFACES } from '../checkout-state.ts'
import type { PageAssets } from '../pages/assets.ts'
import { type HeaderSettings, pageHeaders } from '../pages/headers.ts'
import { homePage } from '../pages/home-page.ts'
import { hostedPage } from '../pages/hosted-page.ts'
import { ICON } from '../pages/icon.ts'
import { notFoundPage } from '../pages/not-found-page.ts'
import { problemPage } from '../pages/problem-page.ts'
import { receiptPage } from '../pages/receipt.ts'
import { keptLanguage, languageOf, visitorDevice } from '../pages/visitor.ts'
import { findPayer, stateOf } from '../payer.ts'
import { isBug, toApiError } from '../problem.ts'
import { receiptOf } from '../receipt-of.ts'
import type { Services } from '../services.ts'
import { startForPayer } from './checkout.ts'

export interface PageOptions {
  services: Services
  assets: PageAssets
  webFolder: string
  formTargets: readonly string[]
  https: boolean
}

const FORM_LIMIT = 4 * 1024

export async function registerPages(app: FastifyInstance, options: PageOptions): Promise<void> {
  const { services, assets, webFolder } = options
  const settings: HeaderSettings = {
    formTargets: options.formTargets,
    frameAncestors: [],
    https: options.https,
  }

  await app.register(fastifyStatic, {
    root: join(webFolder, 'assets'),
    prefix: '/assets/',
    decorateReply: false,
    index: false,
    list: false,
    // The names hold a hash of the content (CK-11).
    cacheControl: true,
    immutable: true,
    maxAge: '365d',
  })
  await app.register(fastifyStatic, {
    root: webFolder,
    serve: false,
  })
  // The loader, and its hash for the `integrity` attribute of the page that loads it (CK-2).
  for (const file of ['tongbao.js', 'tongbao.js.sri']) {
    app.get(`/${file}`, async (_request, reply) =>
      reply
        .header('cross-origin-resource-policy', 'cross-origin')
        .header('access-control-allow-origin', '*')
        .type(file.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/plain; charset=utf-8')
        .sendFile(file, { maxAge: '1h' }),
    )
  }

  // Browsers ask for it beside answers that are no page.
  app.get('/favicon.ico', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml').send(ICON),
  )

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: FORM_LIMIT },
      async (_request: unknown, body: string | Buffer) => new URLSearchParams(body.toString()),
    )
    scope.addHook('onRequest', async (request) => services.rateLimit.take('page', request.ip))
    scope.setErrorHandler((error, request, reply) => {
      const known = toApiError(error)
      if (isBug(known)) {
        const stack = error instanceof Error ? error.stack : String(error)
        services.payments.ports.log.error({ requestId: request.id, stack }, 'a page failed')
      }
      if (known.code === 'not_found') return sendNotFound(request, reply)
      const page = problemPage(known.code, known.kind, languageOf(request), assets)
      return reply
        .code(known.kind.status)
        .headers({ ...text, ...known.details.headers })
        .send(page)
    })
    const text = pageHeaders('text', settings)
    const sendNotFound = (request: FastifyRequest, reply: FastifyReply) =>
      reply
        .code(404)
        .headers(text)
        .send(notFoundPage(languageOf(request), assets))

    scope.get('/', async (request, reply) =>
      reply.headers(text).send(homePage(languageOf(request), assets)),
    )

    scope.get<{ Params: { secret: string } }>('/pay/:secret', async (request, reply) => {
      const { secret } = request.params
      const payment = await opened(services, secret)
      const page = hostedPage({
        payment: await stateOf(services, payment),
        clientSecret: secret,
        language: languageOf(request, payment.details.locale),
        device: visitorDevice(request),
        assets,
        idempotencyKey: randomBytes(16).toString('hex'),
        embedOrigins: settings.frameAncestors,
      })
      return reply.headers(pageHeaders('checkout', settings)).send(page)
    })

    // The form that works without scripts. Whatever came of it, the page tells.
    scope.post<{ Params: { secret: string } }>('/pay/:secret/attempts', async (request, reply) => {
      const { secret } = request.params
      const payment = await opened(services, secret)
      await startFromForm(services, payment, request)
      return reply
        .code(303)
        .headers(text)
        .redirect(`/pay/${secret}${keptLanguage(request)}`, 303)
    })

    // What the wallet adds to the address only causes a question to the wallet (SE-11).
    scope.get<{ Params: { token: string } }>('/return/:token', async (request, reply) => {
      const { token } = request.params
      const key = services.links.readReturned(token)
      const payment = key && (await findPayment(services.pool, key))
      if (!payment) throw new ApiError('not_found')
      const [, query = ''] = request.url.split('?')
      await askAfterReturn(services, payment, key.attemptId, query)
      return reply.headers(text).redirect(`/pay/${token}${keptLanguage(request)}`, 303)
    })

    scope.get<{ Params: { token: string } }>('/r/:token', async (request, reply) => {
      const key = services.links.readReceipt(request.params.token)
      const payment = key && (await findPayment(services.pool, key))
      if (!payment) throw new ApiError('not_found')
      const merchant = await services.merchants.find(payment.merchantId)
      const receipt = receiptOf(payment, merchant, services.payments.registry)
      if (!receipt) throw new ApiError('not_found')
      return reply
        .headers(text)
        .send(receiptPage(receipt, languageOf(request, payment.details.locale), assets))
    })

    scope.get<{ Params: { code: string } }>('/problems/:code', async (request, reply) => {
      const { code } = request.params
      if (!isErrorCode(code)) throw new ApiError('not_found')
      return reply.headers(text).send(problemPage(code, ERRORS[code], languageOf(request), assets))
    })
  })
}

async function opened(services: Services, secret: string): Promise<Payment> {
  const payment = await findPayer(services, secret)
  if (!payment) throw new ApiError('not_found')
  return payment
}

// The wallet's answer is waited for only briefly: the page shows "checking" and hears the rest.
const RETURN_WAIT_MS = 1_500

async function askAfterReturn(
  services: Services,
  payment: Payment,
  attemptId: string,
  query: string,
): Promise<void> {
  const { log } = services.payments.ports
  const asked = verifyReturn(services.payments, payment, attemptId, query).catch(
    (error: unknown) => {
      log.warn(
        { paymentId: payment.paymentId, error: String(error) },
        'asking after a return failed',
      )
    },
  )
  const { promise: waited, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, RETURN_WAIT_MS)
  await Promise.race([asked, waited])
  clearTimeout(timer)
}

async function startFromForm(
  services: Services,
  payment: Payment,
  request: FastifyRequest,
): Promise<void> {
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams()
  const wallet = form.get('wallet') ?? ''
  const surface = PAYER_SURFACES.find((known) => known === form.get('surface'))
  const key = form.get('idempotency_key') ?? ''
  if (!surface || !/^[a-z][a-z0-9_]{0,30}$/.test(wallet) || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ApiError('field_invalid')
  }
  try {
    await startForPayer(services, payment, { body: { wallet, surface }, key, address: request.ip })
  } catch (error) {
    // A refusal because of the payment's state is what the page shows anyway.
    if (!(error instanceof ApiError) || error.kind.category !== 'state') throw error
  }
}
