// Checkout.com on the sandbox's server: its API, its webhooks and its control.
import type { FastifyInstance } from 'fastify'
import { shownAmount } from '../cards/amounts.ts'
import { addAcquirerControl } from '../cards/control.ts'
import { openDoor } from '../cards/door.ts'
import { CHECKOUTCOM_FAULTS } from '../cards/faults.ts'
import { readLooseJson } from '../cards/loose-json.ts'
import { addAcquirerPages } from '../cards/pages.ts'
import { cardById } from '../cards/test-cards.ts'
import { openWebhooks } from '../cards/webhooks.ts'
import { type CardWorld, letters } from '../cards/world.ts'
import { addApi } from './api.ts'
import { createMerchant } from './merchants.ts'
import { writeNotification } from './notification.ts'
import { openPayments } from './payments.ts'
import { openTokens } from './tokens.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Sheet section 2. */
const RETRY_MS = [
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  4 * HOUR,
  12 * HOUR,
  12 * HOUR,
]
/** Currencies that are counted other than ISO 4217 has it (sheet section 8). */
const DECIMALS = { CLP: 2 }

export function addCheckoutcom(app: FastifyInstance, world: CardWorld) {
  const { platform, merchants, ledger, issuer } = world
  platform.faults.declare('checkoutcom', CHECKOUTCOM_FAULTS)
  const webhooks = openWebhooks(platform, merchants, {
    acquirer: 'checkoutcom',
    retryMs: RETRY_MS,
    answerMs: 10_000,
    write: writeNotification,
  })
  const payments = openPayments(world, openTokens(platform.books), webhooks)
  const tooMany = {
    error_type: 'too_many_requests',
    error_codes: ['too_many_requests_submitted'],
  }
  const door = openDoor(
    platform,
    world.idempotency,
    {
      acquirer: 'checkoutcom',
      keyLifeMs: 24 * HOUR,
      // What failed is carried out anew when it is repeated (sheet section 2).
      keeps: ({ status }) => status < 300,
      keepsWhenBroken: 'nothing',
      inProgress: { status: 409, body: {} },
      tooMany: { status: 429, body: tooMany },
      failed: { status: 502, body: {} },
      headers: () => ({ 'cko-request-id': letters(20), 'cko-version': '1.0.1829' }),
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

  issuer.host('checkoutcom', {
    show({ charge: id }) {
      const charge = ledger.byId('checkoutcom', id)
      if (charge?.state !== 'challenged') return undefined
      return {
        merchant: charge.merchant,
        amount: shownAmount(charge, DECIMALS),
        card: cardById(charge.card ?? ''),
      }
    },
    answered({ charge: id, state }) {
      const charge = ledger.byId('checkoutcom', id)
      if (charge?.state !== 'challenged') return platform.address()
      const back = payments.answered(charge, state === 'confirmed')
      wake()
      return back
    },
  })
  const waking = {
    ...payments,
    intercept(charge: Parameters<typeof payments.intercept>[0]) {
      const next = payments.intercept(charge)
      wake()
      return next
    },
  }
  app.register(async (scope) => {
    readLooseJson(scope)
    addApi(scope, { world, door, payments: waking })
  })
  addAcquirerPages(app, {
    acquirer: 'checkoutcom',
    title: 'Checkout.com',
    api: () => `${platform.address()}/checkoutcom`,
    decimals: DECIMALS,
    merchants,
    ledger,
    issuer,
    webhooks,
  })
  addAcquirerControl(app, {
    acquirer: 'checkoutcom',
    merchants,
    ledger,
    issuer,
    webhooks,
    create: (id) => createMerchant(world, id),
    expire: payments.expire,
  })
  return {
    createMerchant: () => createMerchant(world, undefined),
    async close() {
      closed = true
      await webhooks.close()
    },
  }
}
