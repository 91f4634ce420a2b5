// The routes of Adyen's Checkout API v72, behind its key.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Door } from '../cards/door.ts'
import { type Answer, fingerprintOf } from '../cards/idempotency.ts'
import type { Merchant } from '../cards/merchants.ts'
import { checkShape, type Shape } from '../cards/shape.ts'
import type { CardWorld } from '../cards/world.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import type { Payments } from './payments.ts'
import { fault, shapeFault } from './refusals.ts'
import {
  CANCEL,
  CANCEL_BY_REFERENCE,
  CAPTURE,
  DETAILS,
  METHODS,
  PAYMENT,
  REFUND,
  SESSION,
} from './shapes.ts'

export interface ApiParts {
  world: CardWorld
  door: Door
  payments: Payments
  /** Opens a session at Apple under Adyen's own identity; undefined for a domain it has not. */
  appleSession(account: string, order: { domain: string; name: string }): JsonObject | undefined
}

type Perform = (merchant: Merchant, body: JsonObject, id: string) => Answer

const PREFIX = '/adyen/v72'
const MAX_KEY = 64

export function addApi(app: FastifyInstance, { world, door, payments, appleSession }: ApiParts) {
  const serve = (path: string, shape: Shape, perform: Perform) => {
    app.post(`${PREFIX}${path}`, (request, reply) => handle(path, shape, perform, request, reply))
  }

  async function handle(
    path: string,
    shape: Shape,
    perform: Perform,
    request: FastifyRequest,
    reply: FastifyReply,
  ) {
    const merchant = world.merchants.bySetting('adyen', 'api_key', textOf(request, 'x-api-key'))
    if (!merchant) {
      return send(reply, fault(401, '000', 'HTTP Status Response - Unauthorized'))
    }
    const body = isObject(request.body) ? request.body : {}
    const key = textOf(request, 'idempotency-key') || undefined
    if (key !== undefined && key.length > MAX_KEY) {
      return send(reply, fault(422, '702', 'Idempotency-Key is longer than 64 characters'))
    }
    const wrong = checkShape(body, shape)
    if (wrong) return send(reply, shapeFault(wrong))
    if ('merchantAccount' in shape && body.merchantAccount !== merchant.id) {
      return send(reply, fault(403, '901', 'Invalid Merchant Account'))
    }
    const { id = '' } = isObject(request.params) ? request.params : {}
    const number = String(id)
    const call = {
      merchant: merchant.id,
      operation: path,
      order: orderOf(world, number, body),
      key,
      fingerprint: fingerprintOf(path, number, JSON.stringify(body)),
    }
    return door.pass(reply, call, () => perform(merchant, body, number))
  }

  serve('/paymentMethods', METHODS, () => ({
    status: 200,
    body: {
      paymentMethods: [
        { name: 'Apple Pay', type: 'applepay', brands: ['amex', 'mc', 'visa'] },
        { name: 'Google Pay', type: 'googlepay', brands: ['amex', 'mc', 'visa'] },
      ],
    },
  }))
  serve('/payments', PAYMENT, payments.pay)
  serve('/payments/details', DETAILS, payments.continueWith)
  serve('/payments/:id/captures', CAPTURE, (merchant, body, id) =>
    payments.change(merchant, 'capture', id, body),
  )
  serve('/payments/:id/refunds', REFUND, (merchant, body, id) =>
    payments.change(merchant, 'refund', id, body),
  )
  serve('/payments/:id/cancels', CANCEL, (merchant, body, id) =>
    payments.change(merchant, 'cancel', id, body),
  )
  serve('/payments/:id/reversals', CANCEL, (merchant, body, id) =>
    payments.reverse(merchant, id, body),
  )
  serve('/cancels', CANCEL_BY_REFERENCE, payments.cancelByReference)
  serve('/applePay/sessions', SESSION, (merchant, body) => {
    const merchantIdentifier = stringMember(body, 'merchantIdentifier') ?? ''
    if (merchantIdentifier !== merchant.settings.apple_merchant_id) {
      return fault(422, '14_0399', 'Merchant identifier is not configured for Apple Pay')
    }
    const domain = stringMember(body, 'domainName') ?? ''
    const name = stringMember(body, 'displayName') ?? ''
    const session = appleSession(merchant.id, { domain, name })
    if (!session) return fault(422, '14_0398', 'Domain is not registered for Apple Pay')
    const data = Buffer.from(JSON.stringify(session)).toString('base64')
    return { status: 200, body: { data } }
  })
}

/** The payment's own number at the merchant, for faults that strike one order. */
function orderOf(world: CardWorld, id: string, body: JsonObject): string {
  const known = id === '' ? undefined : world.ledger.byId('adyen', id)
  return (
    known?.reference ??
    stringMember(body, 'paymentReference') ??
    stringMember(body, 'reference') ??
    ''
  )
}

function textOf(request: FastifyRequest, header: string): string {
  const value = request.headers[header]
  return typeof value === 'string' ? value : ''
}

function send(reply: FastifyReply, answer: Answer) {
  return reply.code(answer.status).send(answer.body)
}
