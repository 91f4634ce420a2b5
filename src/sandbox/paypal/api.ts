// PayPal's REST API: tokens, orders, the webhook of an app, and the certificate that signs.
import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import type { Platform } from '../platform.ts'
import { decimalsOf, unitsOf } from './amounts.ts'
import type { App, Apps } from './apps.ts'
import type { Authority } from './authority.ts'
import type { Checkout, NewOrder } from './checkout.ts'
import { type Answer, debugId, failure } from './errors.ts'
import type { Order, Orders } from './orders.ts'
import { viewOrder } from './views.ts'

export interface Parts {
  platform: Platform
  apps: Apps
  orders: Orders
  checkout: Checkout
  authority: () => Authority
}

const TOKEN_SECONDS = 32_400
/** PayPal keeps the numbers of calls for six hours. */
const REQUEST_LIFE_MS = 6 * 3_600_000
const DEFAULT_SILENCE_SECONDS = 25
const GARBAGE = '<html><head><title>502 Bad Gateway</title></head><body></body></html>'

type ById = { Params: { id: string } }

export function addApi(app: FastifyInstance, parts: Parts): void {
  const { platform, apps, orders, checkout, authority } = parts
  const { clock, faults } = platform
  // Who calls after a restart gets a new one, as after their end.
  const tokens = new Map<string, { clientId: string; until: number }>()
  let turn = 0

  app.post('/paypal/v1/oauth2/token', (request, reply) => {
    const known = appOfBasic(apps, request.headers.authorization)
    if (!known) {
      const error_description = 'Client Authentication failed'
      return reply.code(401).send({ error: 'invalid_client', error_description })
    }
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '')
    if (form.get('grant_type') !== 'client_credentials') {
      return reply.code(400).send({ error: 'unsupported_grant_type' })
    }
    const token = `A21AA${randomBytes(60).toString('base64url')}`
    tokens.set(token, {
      clientId: known.clientId,
      until: clock.now() + TOKEN_SECONDS * 1000,
    })
    return reply.send({
      scope: 'https://uri.paypal.com/services/payments/payment',
      access_token: token,
      token_type: 'Bearer',
      app_id: 'APP-80W284485P519543T',
      expires_in: TOKEN_SECONDS,
      nonce: `${new Date(clock.now()).toISOString()}${randomBytes(16).toString('base64url')}`,
    })
  })

  function caller({ headers }: FastifyRequest): App | undefined {
    const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
    const known = tokens.get(token)
    if (!known || known.until <= clock.now()) return undefined
    return apps.byClient(known.clientId)
  }

  /** Carries a call out, or lets it go wrong on the way. */
  async function pass(
    reply: FastifyReply,
    about: { order: string; operation: string },
    perform: () => Answer,
  ) {
    turn += 1
    const strikes = (kind: string) => faults.strikes({ wallet: 'paypal', kind, turn, ...about })
    if (strikes('api_401')) {
      tokens.clear()
      return send(reply, failure(401))
    }
    if (strikes('api_429')) return send(reply, failure(429))
    if (strikes('api_5xx_before')) return send(reply, failure(500))
    const answer = platform.books.atomically(perform)
    if (strikes('api_5xx_after')) return send(reply, failure(500))
    if (strikes('api_lost_after')) {
      reply.hijack()
      reply.raw.destroy()
      return reply
    }
    if (strikes('api_garbage')) return reply.code(200).type('text/html').send(GARBAGE)
    const silence = strikes('api_timeout')
    if (silence) await wait((silence.seconds ?? DEFAULT_SILENCE_SECONDS) * 1000)
    const other = strikes('api_other_order')
    return send(reply, other ? aboutAnother(answer) : answer)
  }

  function shown(order: Order, known: App, request: FastifyRequest, status: number): Answer {
    const whole = request.method === 'GET' || request.headers.prefer === 'return=representation'
    return { status, body: viewOrder(order, known, checkout.addresses(), whole) }
  }

  app.post('/paypal/v2/checkout/orders', (request, reply) => {
    const known = caller(request)
    if (!known) return send(reply, failure(401))
    const requestId = headerOf(request, 'paypal-request-id')
    const given = readNewOrder(request.body, requestId)
    if ('status' in given) return send(reply, given)
    return pass(reply, { order: given.customId, operation: 'create' }, () => {
      const before = requestId === '' ? undefined : orders.byRequest(known.clientId, requestId)
      const same = before && clock.now() < before.createdAt + REQUEST_LIFE_MS
      return same
        ? shown(before, known, request, 200)
        : shown(checkout.begin(known, given), known, request, 201)
    })
  })

  app.get<ById>('/paypal/v2/checkout/orders/:id', (request, reply) => {
    const known = caller(request)
    if (!known) return send(reply, failure(401))
    const order = checkout.find(known, request.params.id)
    if (!order) return send(reply, failure(404, 'INVALID_RESOURCE_ID'))
    return pass(reply, { order: order.customId, operation: 'get' }, () =>
      shown(order, known, request, 200),
    )
  })

  app.post<ById>('/paypal/v2/checkout/orders/:id/capture', (request, reply) => {
    const known = caller(request)
    if (!known) return send(reply, failure(401))
    const order = checkout.find(known, request.params.id)
    if (!order) return send(reply, failure(404, 'INVALID_RESOURCE_ID'))
    return pass(reply, { order: order.customId, operation: 'capture' }, () => {
      const requestId = headerOf(request, 'paypal-request-id')
      const done = checkout.capture(known, order, requestId)
      if ('body' in done) return done
      return shown(done, known, request, order.status === 'COMPLETED' ? 200 : 201)
    })
  })

  app.get<ById>('/paypal/v1/notifications/webhooks/:id', (request, reply) => {
    const known = caller(request)
    if (!known) return send(reply, failure(401))
    if (known.webhookId !== request.params.id) {
      return send(reply, failure(404, 'INVALID_RESOURCE_ID'))
    }
    const events = known.events.map((name) => ({ name, status: 'ENABLED' }))
    const body = { id: known.webhookId, url: known.webhookUrl, event_types: events, links: [] }
    return send(reply, { status: 200, body })
  })

  app.get<ById>('/paypal/v1/notifications/certs/:id', (request, reply) => {
    const { signer, forger } = authority()
    const signers = [signer, forger]
    const found = signers.find(({ certificateId }) => certificateId === request.params.id)
    if (!found) return send(reply, failure(404, 'INVALID_RESOURCE_ID'))
    return reply.type('text/plain').send(found.chain)
  })
}

function send(reply: FastifyReply, { status, body }: Answer): FastifyReply {
  return reply
    .code(status)
    .header('paypal-debug-id', debugId())
    .type('application/json')
    .send(JSON.stringify(body))
}

function aboutAnother({ status, body }: Answer): Answer {
  return { status, body: { ...body, id: '0AN0THER0RDER0000' } }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

function appOfBasic(apps: Apps, authorization: string | undefined): App | undefined {
  const encoded = /^Basic (\S+)$/.exec(authorization ?? '')?.[1] ?? ''
  const [clientId = '', secret] = Buffer.from(encoded, 'base64').toString().split(':')
  const known = apps.byClient(clientId)
  return known?.secret === secret ? known : undefined
}

function headerOf(request: FastifyRequest, name: string): string {
  const value = request.headers[name]
  return typeof value === 'string' ? value : ''
}

/** What the body asks for, or the answer that refuses it. */
function readNewOrder(body: unknown, requestId: string): NewOrder | Answer {
  if (!isObject(body)) return failure(400, 'MALFORMED_REQUEST_JSON')
  if (body.intent !== 'CAPTURE') return failure(422, 'UNSUPPORTED_INTENT', { field: '/intent' })
  const units = Array.isArray(body.purchase_units) ? body.purchase_units.filter(isObject) : []
  const [unit, ...more] = units
  if (!unit || more.length > 0) {
    return failure(400, 'MISSING_REQUIRED_PARAMETER', { field: '/purchase_units' })
  }
  const amount = objectIn(unit, 'amount')
  const currency = stringMember(amount, 'currency_code') ?? ''
  const value = stringMember(amount, 'value') ?? ''
  const decimals = decimalsOf(currency)
  const field = '/purchase_units/@reference_id/amount/value'
  if (decimals === undefined) return failure(422, 'CURRENCY_NOT_SUPPORTED')
  const smallest = unitsOf(value, decimals)
  if (smallest === undefined) return failure(422, 'DECIMAL_PRECISION', { field })
  if (smallest === 0) return failure(422, 'CANNOT_BE_ZERO_OR_NEGATIVE', { field })
  const context = objectIn(
    objectIn(objectIn(body, 'payment_source'), 'paypal'),
    'experience_context',
  )
  // The number of the call is needed where the payer is named in the same call.
  if (requestId === '' && isObject(body.payment_source)) {
    return failure(400, 'PAYPAL_REQUEST_ID_REQUIRED')
  }
  const customId = stringMember(unit, 'custom_id') ?? ''
  const invoiceId = stringMember(unit, 'invoice_id') ?? ''
  const description = stringMember(unit, 'description') ?? ''
  const long = [customId, invoiceId, description].some((text) => Buffer.byteLength(text) > 127)
  if (long) return failure(400, 'INVALID_STRING_MAX_LENGTH')
  const returnUrl = stringMember(context, 'return_url') ?? ''
  const cancelUrl = stringMember(context, 'cancel_url') ?? ''
  if (!URL.canParse(returnUrl)) return failure(422, 'RETURN_URL_REQUIRED')
  if (!URL.canParse(cancelUrl)) return failure(422, 'CANCEL_URL_REQUIRED')
  return { requestId, customId, invoiceId, description, currency, value, returnUrl, cancelUrl }
}

function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object[name]
  return isObject(value) ? value : {}
}
