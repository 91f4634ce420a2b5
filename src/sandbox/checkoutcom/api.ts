// The routes of Checkout.com's API: tokens behind the public key, everything else behind the secret.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Door } from '../cards/door.ts'
import { type Answer, fingerprintOf } from '../cards/idempotency.ts'
import type { Merchant } from '../cards/merchants.ts'
import { checkShape, type Shape } from '../cards/shape.ts'
import type { CardWorld } from '../cards/world.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import { type Payments, refuse } from './payments.ts'
import { APPLE_TOKEN, CAPTURE, GOOGLE_TOKEN, PAYMENT, REFUND, VOID } from './shapes.ts'

type Check = (body: JsonObject) => Answer | undefined
type Perform = (merchant: Merchant, body: JsonObject, id: string) => Answer

const PREFIX = '/checkoutcom'
const UNAUTHORIZED: Answer = { status: 401, body: {} }

export function addApi(
  app: FastifyInstance,
  { world, door, payments }: { world: CardWorld; door: Door; payments: Payments },
): void {
  const post = (path: string, check: Check, perform: Perform) =>
    app.post(`${PREFIX}${path}`, (request, reply) =>
      handle(path, { check, perform }, request, reply),
    )
  const get = (path: string, perform: Perform) =>
    app.get(`${PREFIX}${path}`, (request, reply) =>
      handle(path, { check: () => undefined, perform }, request, reply),
    )

  async function handle(
    path: string,
    { check, perform }: { check: Check; perform: Perform },
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const header = request.headers.authorization ?? ''
    const key = header.replace(/^Bearer /, '')
    const setting = path === '/tokens' ? 'public_key' : 'secret_key'
    const merchant = key === '' ? undefined : world.merchants.bySetting('checkoutcom', setting, key)
    if (!merchant) return send(reply, UNAUTHORIZED)
    const body = isObject(request.body) ? request.body : queryOf(request)
    const wrong = check(body)
    if (wrong) return send(reply, wrong)
    const id = isObject(request.params) ? String(request.params.id ?? '') : ''
    const repeated = request.headers['cko-idempotency-key']
    const call = {
      merchant: merchant.id,
      operation: `${request.method} ${path}`,
      order: orderOf(world, id, body),
      key: typeof repeated === 'string' && request.method === 'POST' ? repeated : undefined,
      fingerprint: fingerprintOf(path, id, JSON.stringify(body)),
    }
    return door.pass(reply, call, () => perform(merchant, body, id))
  }

  post('/tokens', checkToken, payments.token)
  post('/payments', byShape(PAYMENT), payments.pay)
  post('/payments/:id/captures', byShape(CAPTURE), (merchant, body, id) =>
    payments.change(merchant, 'capture', id, body),
  )
  post('/payments/:id/refunds', byShape(REFUND), (merchant, body, id) =>
    payments.change(merchant, 'refund', id, body),
  )
  post('/payments/:id/voids', byShape(VOID), (merchant, body, id) =>
    payments.change(merchant, 'cancel', id, body),
  )
  get('/payments', (merchant, query) => {
    const reference = stringMember(query, 'reference')
    if (reference === undefined) return refuse('reference_required')
    const limit = Math.min(Math.max(Number(query.limit ?? 10), 1), 100)
    const skip = Math.max(Number(query.skip ?? 0), 0)
    return payments.list(merchant, reference, { limit, skip })
  })
  get('/payments/:id', (merchant, _query, id) => payments.read(merchant, id))
  get('/payments/:id/actions', (merchant, _query, id) => payments.actions(merchant, id))

  app.get<{ Params: { sid: string } }>(`${PREFIX}/sessions-interceptor/:sid`, (request, reply) => {
    const id = request.params.sid.replace(/^sid_/, 'pay_')
    const charge = world.ledger.byId('checkoutcom', id)
    if (!charge) return reply.code(404).send({})
    return reply.header('cache-control', 'no-store').redirect(payments.intercept(charge), 302)
  })
}

function byShape(shape: Shape): Check {
  return (body) => {
    const wrong = checkShape(body, shape)
    return wrong && refuse(codeOf(wrong.path, wrong.fault))
  }
}

/** `source.token` and `missing` is `source_token_required`. */
function codeOf(path: string, fault: 'missing' | 'unknown' | 'invalid'): string {
  const name = path.replaceAll('.', '_')
  return fault === 'missing'
    ? `${name}_required`
    : fault === 'unknown'
      ? `${name}_unknown`
      : `${name}_invalid`
}

function checkToken(body: JsonObject): Answer | undefined {
  if (body.type === 'applepay') return byShape(APPLE_TOKEN)(body)
  if (body.type !== 'googlepay') return refuse('type_invalid')
  if (!isObject(body.token_data)) return refuse('token_data_required')
  const { intermediateSigningKey, ...data } = body.token_data
  if (intermediateSigningKey !== undefined && !isObject(intermediateSigningKey)) {
    return refuse('token_data_intermediateSigningKey_invalid')
  }
  return byShape(GOOGLE_TOKEN)({ ...body, token_data: data })
}

function queryOf(request: FastifyRequest): JsonObject {
  const query = new URLSearchParams((request.raw.url ?? '').split('?')[1] ?? '')
  return Object.fromEntries(query)
}

/** The payment's own number at the merchant, for faults that strike one order. */
function orderOf(world: CardWorld, id: string, body: JsonObject): string {
  const known = id === '' ? undefined : world.ledger.byId('checkoutcom', id)
  return known?.reference ?? stringMember(body, 'reference') ?? ''
}

function send(reply: FastifyReply, answer: Answer) {
  return reply.code(answer.status).send(answer.body)
}
