// The hub's HTTP server: what is common to every request. Routes are added by the files of routes/.

import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ApiError } from '../errors.ts'
import { newId } from '../ids.ts'
import type { ApiKey } from '../merchants/api-keys.ts'
import { apiHeaders } from './api-headers.ts'
import { documentOf } from './openapi.ts'
import type { Documented } from './operation.ts'
import type { PageAssets } from './pages/assets.ts'
import { isBug, languageOf, toApiError, toProblem } from './problem.ts'
import { registerOperations } from './register.ts'
import { apiKeyOperations } from './routes/api-keys.ts'
import { attemptOperations } from './routes/attempts.ts'
import { checkoutOperations, QR_PICTURE, registerCheckout } from './routes/checkout.ts'
import { registerDocs } from './routes/docs.ts'
import { eventOperations } from './routes/events.ts'
import { type Readiness, registerHealth } from './routes/health.ts'
import { merchantOperations } from './routes/merchant.ts'
import { registerNotify } from './routes/notify.ts'
import { registerPages } from './routes/pages.ts'
import { paymentOperations } from './routes/payments.ts'
import { walletOperations } from './routes/wallets.ts'
import { webhookEndpointOperations } from './routes/webhook-endpoints.ts'
import type { Services } from './services.ts'
import { parseStrictJson } from './strict-json.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The API key of the caller, once it is known. */
    apiKey: ApiKey | null
  }
}

export interface ServerOptions {
  services: Services
  /** Names of the built files that pages link to. */
  assets: PageAssets
  /** The folder `dist/web`. */
  webFolder: string
  /** Networks whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[]
  /** Origins of wallets' gateways that a form on the payment page may go to. */
  formTargets: readonly string[]
  /** Asked by `/ready`. */
  readiness(): Promise<Readiness>
}

const BODY_LIMIT = 256 * 1024

export function operationsOf(services: Services) {
  return [
    ...paymentOperations(services),
    ...attemptOperations(services),
    ...eventOperations(services),
    ...webhookEndpointOperations(services),
    ...walletOperations(services),
    ...merchantOperations(services),
    ...apiKeyOperations(services),
  ]
}

/** All that the OpenAPI document describes. */
export function documentedOf(services: Services): Documented[] {
  return [...operationsOf(services), ...checkoutOperations(services), QR_PICTURE]
}

/** A server that is not listening yet. `close()` ends open streams and waits for running requests. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { services } = options
  const { ports } = services.payments
  const https = services.links.base.startsWith('https:')
  const headers = apiHeaders(https)
  const begin = (request: FastifyRequest, reply: FastifyReply) =>
    reply.headers({ 'request-id': request.id, ...headers })
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    genReqId: () => newId('req', ports),
    requestIdHeader: false,
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    routerOptions: { maxParamLength: 500 },
    requestTimeout: 60_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: refuseMalformed,
    // Refused before any hook runs.
    frameworkErrors: (error, request, reply) =>
      answerError(services, error, request, begin(request, reply)),
  })
  app.decorateRequest('apiKey', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: unknown, body: string | Buffer) =>
      body.length === 0 ? undefined : parseStrictJson(Buffer.from(body)),
  )
  app.addHook('onRequest', async (request, reply) => {
    begin(request, reply)
  })
  app.addHook('onResponse', async (request, reply) => record(services, request, reply))
  app.setErrorHandler((error, request, reply) => answerError(services, error, request, reply))
  app.setNotFoundHandler(async () => {
    throw new ApiError('route_not_found')
  })

  registerOperations(app, operationsOf(services), services)
  registerHealth(app, options.readiness)
  registerDocs(app, documentOf(documentedOf(services), services.links.base))
  await registerNotify(app, services)
  await registerCheckout(app, services)
  await registerPages(app, { ...options, https })
  return app
}

function answerError(
  services: Services,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const apiError = toApiError(error)
  const { log } = services.payments.ports
  if (isBug(apiError)) {
    const stack = error instanceof Error ? error.stack : String(error)
    log.error({ requestId: request.id, route: routeOf(request), stack }, 'a request failed')
  } else if (apiError.code === 'not_ready') {
    log.warn({ requestId: request.id, error: String(error) }, 'the database does not answer')
  }
  const language = languageOf(request.headers['accept-language'])
  const { status, headers, body } = toProblem(apiError, services.links.base, request.id, language)
  // Fastify would keep the connection, but the rest of a refused body is still on it.
  if (status === 413) reply.header('connection', 'close')
  return reply
    .code(status)
    .headers(headers)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(body))
}

// Routes, not addresses: an address may hold a client secret (SE-34).
function record(services: Services, request: FastifyRequest, reply: FastifyReply): void {
  const { metrics, payments } = services
  const route = routeOf(request)
  const seconds = reply.elapsedTime / 1000
  const { method, id: requestId, apiKey } = request
  metrics.requests.observe({ method, route, status: String(reply.statusCode) }, seconds)
  const clientRequestId = request.headers['request-id']
  payments.ports.log.info(
    {
      requestId,
      ...(typeof clientRequestId === 'string' &&
        /^[\x21-\x7e]{1,64}$/.test(clientRequestId) && { clientRequestId }),
      method,
      route,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      ...(apiKey && { merchantId: apiKey.merchantId, apiKeyId: apiKey.apiKeyId }),
    },
    'request',
  )
}

function routeOf(request: FastifyRequest): string {
  return request.is404 ? 'none' : (request.routeOptions.url ?? 'none')
}

// What is no HTTP never becomes a request; it is answered on the bare connection.
function refuseMalformed(_error: Error, socket: import('node:net').Socket): void {
  if (socket.destroyed || !socket.writable) return
  const body = JSON.stringify({
    type: 'about:blank',
    title: 'The request is not valid HTTP',
    status: 400,
    code: 'request_malformed',
    category: 'request',
    retry: 'never',
  })
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
}
