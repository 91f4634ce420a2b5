// Adyen on the sandbox's server: the Checkout API, its webhooks and its control.
import type { FastifyInstance } from 'fastify'
import { shownAmount } from '../cards/amounts.ts'
import { addAcquirerControl } from '../cards/control.ts'
import { openDoor } from '../cards/door.ts'
import { ADYEN_FAULTS } from '../cards/faults.ts'
import { readLooseJson } from '../cards/loose-json.ts'
import { addAcquirerPages } from '../cards/pages.ts'
import { cardById } from '../cards/test-cards.ts'
import { openWebhooks } from '../cards/webhooks.ts'
import type { CardWorld } from '../cards/world.ts'
import { type ApiParts, addApi } from './api.ts'
import { createMerchant } from './merchants.ts'
import { writeNotification } from './notification.ts'
import { openPayments, redirectResultOf } from './payments.ts'
import { fault } from './refusals.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Three quick tries, then further and further apart for 30 days (sheet section 2). */
const RETRY_MS = [
  9_000,
  18_000,
  27_000,
  ...[2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 4].map((hours) => hours * HOUR),
  ...Array.from({ length: 88 }, () => 8 * HOUR),
]
/** Currencies that are counted other than ISO 4217 has it (sheet section 8). */
const DECIMALS = { CLP: 2, CVE: 0, IDR: 0, ISK: 2 }

export function addAdyen(
  app: FastifyInstance,
  world: CardWorld,
  appleSession: ApiParts['appleSession'],
) {
  const { platform, merchants, ledger, issuer } = world
  platform.faults.declare('adyen', ADYEN_FAULTS)
  const webhooks = openWebhooks(platform, merchants, {
    acquirer: 'adyen',
    retryMs: RETRY_MS,
    answerMs: 10_000,
    write: writeNotification,
  })
  const payments = openPayments(world, webhooks)
  const door = openDoor(
    platform,
    world.idempotency,
    {
      acquirer: 'adyen',
      keyLifeMs: 7 * DAY,
      keeps: ({ status }) => status < 500 && status !== 429 && status !== 401,
      keepsWhenBroken: 'answer',
      inProgress: fault(422, '704', 'request already processed or in progress'),
      tooMany: fault(429, '029', 'Too many requests'),
      failed: fault(500, '905_1', 'Could not process the request'),
      headers: (replayed): Record<string, string> =>
        replayed ? { 'idempotency-replayed': 'true' } : {},
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

  issuer.host('adyen', {
    show({ charge: id }) {
      const charge = ledger.byId('adyen', id)
      if (charge?.state !== 'challenged') return undefined
      return {
        merchant: charge.merchant,
        amount: shownAmount(charge, DECIMALS),
        card: cardById(charge.card ?? ''),
      }
    },
    answered({ charge: id }) {
      const charge = ledger.byId('adyen', id)
      if (charge?.state !== 'challenged') return platform.address()
      const redirectResult = redirectResultOf(charge)
      ledger.save({ ...charge, state: 'answered', more: { ...charge.more, redirectResult } })
      const back = new URL(String(charge.more.returnUrl))
      back.searchParams.set('redirectResult', redirectResult)
      return back.href
    },
  })
  app.register(async (scope) => {
    readLooseJson(scope)
    addApi(scope, { world, door, payments, appleSession })
  })
  addAcquirerPages(app, {
    acquirer: 'adyen',
    title: 'Adyen',
    api: () => `${platform.address()}/adyen/v72`,
    decimals: DECIMALS,
    merchants,
    ledger,
    issuer,
    webhooks,
  })
  addAcquirerControl(app, {
    acquirer: 'adyen',
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
