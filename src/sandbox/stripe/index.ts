// Stripe on the sandbox's server: its API, its webhooks and its control.
import type { FastifyInstance } from 'fastify'
import { shownAmount } from '../cards/amounts.ts'
import type { CardData } from '../cards/card-data.ts'
import { addAcquirerControl } from '../cards/control.ts'
import { openDoor } from '../cards/door.ts'
import { STRIPE_FAULTS } from '../cards/faults.ts'
import type { Merchant } from '../cards/merchants.ts'
import { addAcquirerPages } from '../cards/pages.ts'
import { cardById } from '../cards/test-cards.ts'
import { openWebhooks } from '../cards/webhooks.ts'
import type { CardWorld } from '../cards/world.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import { addApi } from './api.ts'
import { createMerchant } from './merchants.ts'
import { writeNotification } from './notification.ts'
import { openPayments } from './payments.ts'
import { fault } from './refusals.ts'
import { openTokens } from './tokens.ts'

const HOUR = 3_600_000
/** Further and further apart for three days (sheet section 2). */
const RETRY_MS = [0.1, 0.5, 1, 2, 4, 8, 12, 12, 12, 12].map((hours) => hours * HOUR)
/** Currencies that are counted other than ISO 4217 has it (sheet section 8). */
const DECIMALS = { MGA: 0, ISK: 2, UGX: 2 }

export function addStripe(app: FastifyInstance, world: CardWorld) {
  const { platform, merchants, ledger, issuer } = world
  platform.faults.declare('stripe', STRIPE_FAULTS)
  const webhooks = openWebhooks(platform, merchants, {
    acquirer: 'stripe',
    retryMs: RETRY_MS,
    answerMs: 10_000,
    faults: ['notification_stale'],
    write: (event, merchant, fault) =>
      writeNotification(event, merchant, { fault, now: platform.realClock.now() }),
  })
  const tokens = openTokens(platform.books)
  const payments = openPayments(world, tokens, webhooks)
  const door = openDoor(
    platform,
    world.idempotency,
    {
      acquirer: 'stripe',
      keyLifeMs: 24 * HOUR,
      keeps: ({ status }) => status !== 401 && status !== 429,
      keepsWhenBroken: 'failure',
      mismatch: fault(400, {
        type: 'idempotency_error',
        message:
          'Keys for idempotent requests can only be used with the same parameters they were first used with.',
      }),
      inProgress: fault(409, {
        type: 'invalid_request_error',
        code: 'idempotency_key_in_use',
        message: 'There is currently another in-progress request using this Idempotent Key.',
      }),
      tooMany: fault(429, {
        type: 'invalid_request_error',
        code: 'rate_limit',
        message: 'Too many requests.',
      }),
      failed: fault(500, { type: 'api_error', message: 'Sorry, something went wrong.' }),
      headers: (replayed): Record<string, string> =>
        replayed ? { 'idempotent-replayed': 'true' } : {},
    },
    wake,
  )

  // The transaction that announced is over when this turn of the loop is.
  let closed = false
  function wake(): void {
    setImmediate(() => {
      if (!closed) webhooks.wake()
    })
  }

  issuer.host('stripe', {
    show({ charge: id }) {
      const charge = ledger.byId('stripe', id)
      if (charge?.state !== 'challenged') return undefined
      return {
        merchant: charge.merchant,
        amount: shownAmount(charge, DECIMALS),
        card: cardById(charge.card ?? ''),
      }
    },
    answered({ charge: id, state }) {
      const charge = ledger.byId('stripe', id)
      if (charge?.state !== 'challenged') return platform.address()
      const confirmed = state === 'confirmed'
      payments.answered(charge, confirmed)
      wake()
      const back = new URL(String(charge.more.returnUrl ?? platform.address()))
      back.searchParams.set('payment_intent', charge.id)
      const secret = `${charge.id}_secret_${stringMember(charge.more, 'secret') ?? ''}`
      back.searchParams.set('payment_intent_client_secret', secret)
      back.searchParams.set('redirect_status', confirmed ? 'succeeded' : 'failed')
      return back.href
    },
  })
  addApi(app, { world, door, payments })
  addAcquirerPages(app, {
    acquirer: 'stripe',
    title: 'Stripe',
    api: () => `${platform.address()}/stripe`,
    decimals: DECIMALS,
    merchants,
    ledger,
    issuer,
    webhooks,
  })
  addAcquirerControl(app, {
    acquirer: 'stripe',
    merchants,
    ledger,
    issuer,
    webhooks,
    create: (id) => createMerchant(world, id),
    expire: payments.expire,
  })
  app.post<{ Params: { id: string } }>('/control/stripe/refunds/:id', (request, reply) => {
    const status = isObject(request.body) ? request.body.status : undefined
    if (status !== 'succeeded' && status !== 'failed') {
      const message = 'status is succeeded or failed'
      return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
    }
    const done = platform.books.atomically(() => payments.settleRefund(request.params.id, status))
    wake()
    return done ? { status } : reply.code(404).send({ problem: { code: 'REFUND_NOT_EXIST' } })
  })

  return {
    createMerchant: () => createMerchant(world, undefined),
    /** What Google's sheet asks Stripe for, which is a gateway that makes its own tokens. */
    tokenize(merchant: Merchant, card: CardData): JsonObject {
      return tokens.make(merchant.id, card, platform.clock.now())
    },
    async close() {
      closed = true
      await webhooks.close()
    },
  }
}
