// One operation of the payer's side: called by the payment page, with one payment's client secret
// only. The routes and the OpenAPI document are made from the same list of these.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Payment } from '../payments/payment.ts'
import type { Documented } from './operation.ts'
import { authenticatePayer } from './payer.ts'
import { readQuery } from './query.ts'
import { refuseOtherMethods, toRoute } from './register.ts'
import type { Services } from './services.ts'
import { createReader } from './validate.ts'

export const CHECKOUT_TAG = 'Checkout'

/** A call whose payer is known and whose body fits the schema. */
export interface PayerCall<Body> {
  payment: Payment
  body: Body
  request: FastifyRequest
  reply: FastifyReply
}

export interface PayerOperation extends Documented {
  method: 'GET' | 'POST'
  /** Answers what is sent, or the reply after it was taken over. */
  run(request: FastifyRequest, reply: FastifyReply, services: Services): Promise<unknown>
}

type Definition<Body extends TSchema> = Omit<PayerOperation, 'run' | 'tag' | 'opens' | 'body'> & {
  body: Body
  handle(call: PayerCall<Static<Body>>): Promise<unknown>
}

export function payerOperation<Body extends TSchema>(definition: Definition<Body>): PayerOperation {
  const { handle, ...description } = definition
  const readBody = createReader(description.body)
  const checkQuery = createReader(description.query)
  return {
    ...description,
    tag: CHECKOUT_TAG,
    opens: 'client_secret',
    async run(request, reply, services) {
      const payment = await authenticatePayer(services, request)
      checkQuery(readQuery(request.query, description.query))
      return handle({ payment, body: readBody(request.body ?? {}), request, reply })
    },
  }
}

export function registerPayerOperations(
  scope: FastifyInstance,
  operations: readonly PayerOperation[],
  services: Services,
): void {
  for (const { method, path, media, run } of operations) {
    // An answer without a body would never end, so a stream has no HEAD.
    const exposeHeadRoute = media !== 'text/event-stream'
    scope.route({
      method,
      url: toRoute(path),
      exposeHeadRoute,
      handler: (request, reply) => run(request, reply, services),
    })
    const head = method === 'GET' && exposeHeadRoute ? ['HEAD'] : []
    refuseOtherMethods(scope, path, [method, ...head])
  }
}
