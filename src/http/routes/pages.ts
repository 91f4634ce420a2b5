// Pages for people: the payment page, the way back from a wallet, receipts, problems, static files.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError, ERRORS, isErrorCode } from '../../errors.ts'
import type { Merchant } from '../../merchants/merchant.ts'
import type { Payment } from '../../payments/payment.ts'
import { findPayment } from '../../payments/store.ts'
import { PAYER_SURFACES, sheetScripts } from '../checkout-state.ts'
import { countedAddress } from '../client-address.ts'
import type { PageAssets } from '../pages/assets.ts'
import { pageHeaders } from '../pages/headers.ts'
import { homePage } from '../pages/home-page.ts'
import { hostedPage } from '../pages/hosted-page.ts'
import { ICON } from '../pages/icon.ts'
import { notFoundPage } from '../pages/not-found-page.ts'
import { problemPage } from '../pages/problem-page.ts'
import { receiptPage } from '../pages/receipt.ts'
import { keptLanguage, languageOf, type Visit, visitorDevice } from '../pages/visitor.ts'
import { findPayer, stateOf, viewOf } from '../payer.ts'
import { isBug, toApiError } from '../problem.ts'
import { receiptOf } from '../receipt-of.ts'
import type { Services } from '../services.ts'
import { startForPayer } from './checkout.ts'
import { registerShort } from './short.ts'
import { askAfterQuit, askAfterReturn } from './wallet-return.ts'

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
  const { formTargets, https } = options
  const settings = { formTargets, frameAncestors: [], https }

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
    scope.addHook('onRequest', async ({ ip }) =>
      services.rateLimit.take('page', countedAddress(ip)),
    )
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

    const sendPage = async (reply: FastifyReply, payment: Payment, opening: Opening) => {
      const { secret, visit, choosing } = opening
      const merchant = await services.merchants.find(payment)
      const { embedOrigins, timeZone } = merchant
      const sheets = sheetScripts(await viewOf(services, payment))
      const nonce = sheets.length > 0 ? randomBytes(18).toString('base64') : undefined
      const page = hostedPage({
        payment: await stateOf(services, payment),
        clientSecret: secret,
        language: languageOf(visit, homeOf(payment, merchant)),
        device: visitorDevice(visit),
        assets,
        idempotencyKey: randomBytes(16).toString('hex'),
        embedOrigins,
        timeZone,
        choosing,
        ...(nonce !== undefined && { nonce }),
      })
      const headers = pageHeaders('checkout', {
        ...settings,
        frameAncestors: embedOrigins,
        sheets,
        ...(nonce !== undefined && { nonce }),
      })
      return reply.headers(headers).send(page)
    }

    scope.get<{ Params: { secret: string } }>('/pay/:secret', async (request, reply) => {
      const { secret } = request.params
      const payment = await opened(services, secret)
      return sendPage(reply, payment, { secret, visit: request, choosing: false })
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
    scope.get<WayBack>('/return/:token/:language?', async (request, reply) => {
      const { token } = request.params
      const { payment, attemptId } = await cameBack(services, token)
      const [, query = ''] = request.url.split('?')
      await askAfterReturn(services.payments, payment, attemptId, query)
      const kept = keptLanguage(withLanguage(request))
      return reply.headers(text).redirect(`/pay/${token}${kept}`, 303)
    })

    // Who gave up in the wallet sees the wallets at once (CK-39). It proves nothing either: the hub
    // asks in the background, and the page shows whatever comes of it.
    scope.get<WayBack>('/quit/:token/:language?', async (request, reply) => {
      const { token: secret } = request.params
      const { payment } = await cameBack(services, secret)
      askAfterQuit(services.payments, payment)
      return sendPage(reply, payment, { secret, visit: withLanguage(request), choosing: true })
    })

    // By this file a wallet sees that the domain is the merchant's (Apple Pay). One file fits into
    // one place: where several merchants share the hub's domain, the eldest live account's is shown.
    scope.get('/.well-known/*', async (request, reply) => {
      const file = await domainFileFor(services, request.url.split('?')[0] ?? '')
      if (file === undefined) throw new ApiError('not_found')
      return reply.headers({ ...text, 'content-type': 'text/plain; charset=utf-8' }).send(file)
    })

    registerShort(scope, services, text)

    scope.get<{ Params: { token: string } }>('/r/:token', async (request, reply) => {
      const key = services.links.readReceipt(request.params.token)
      const payment = key && (await findPayment(services.pool, key))
      if (!payment) throw new ApiError('not_found')
      const merchant = await services.merchants.find(payment)
      const receipt = receiptOf(payment, merchant, services.payments.registry)
      if (!receipt) throw new ApiError('not_found')
      const language = languageOf(request, homeOf(payment, merchant))
      return reply.headers(text).send(receiptPage(receipt, language, assets))
    })

    scope.get<{ Params: { code: string } }>('/problems/:code', async (request, reply) => {
      const { code } = request.params
      if (!isErrorCode(code)) throw new ApiError('not_found')
      return reply.headers(text).send(problemPage(code, ERRORS[code], languageOf(request), assets))
    })
  })
}

/** What a wallet wants to read at this path on the hub's own domain. */
async function domainFileFor(
  { payments, links }: Services,
  path: string,
): Promise<string | undefined> {
  const names = [...payments.registry.values()].filter((w) => w.domainFile).map(({ name }) => name)
  const domain = new URL(links.base).hostname
  for (const { wallet, account } of await payments.wallets.ofWallets(names)) {
    const file = wallet.domainFile?.(account, domain)
    if (file?.path === path) return file.body
  }
  return undefined
}

interface Opening {
  /** The client secret, or a return token. */
  secret: string
  visit: Visit
  /** The payer gave up in the wallet: the list of wallets comes first. */
  choosing: boolean
}

interface WayBack {
  Params: { token: string; language?: string }
}

/** The payment and attempt of a payer whom a wallet sent back. */
async function cameBack(services: Services, token: string) {
  const key = services.links.readReturned(token)
  const payment = key && (await findPayment(services.pool, key))
  if (!payment) throw new ApiError('not_found')
  return { payment, attemptId: key.attemptId }
}

/** The language of the way back, unless the payer chooses another now. */
function withLanguage({ headers, query, params }: FastifyRequest<WayBack>): Visit {
  const { language } = params
  return { headers, query: { ...(language && { lang: language }), ...Object(query) } }
}

function homeOf({ details: { locale } }: Payment, { language }: Merchant) {
  return { locale, merchant: language }
}

async function opened(services: Services, secret: string): Promise<Payment> {
  const payment = await findPayer(services, secret)
  if (!payment) throw new ApiError('not_found')
  return payment
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
    const merchant = await services.merchants.find(payment)
    await startForPayer(services, payment, {
      body: { wallet, surface },
      key,
      address: request.ip,
      language: languageOf(request, homeOf(payment, merchant)),
      headers: request.headers,
    })
  } catch (error) {
    // A refusal because of the payment's state is what the page shows anyway.
    if (!(error instanceof ApiError) || error.kind.category !== 'state') throw error
  }
}
