// What happens to an order: begun, approved, captured, settled, given back. Every step is booked and
// announced in one transaction.
import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../json.ts'
import type { Platform } from '../platform.ts'
import { decimalsOf, unitsOf } from './amounts.ts'
import { type App, type Apps, letters } from './apps.ts'
import { type Answer, failure } from './errors.ts'
import type { Notices } from './notices.ts'
import type { CaptureStatus, Order, Orders } from './orders.ts'
import { type Payer, payerById } from './payers.ts'
import { type Addresses, time, viewCapture, viewOrder } from './views.ts'

export interface Checkout {
  addresses(): Addresses
  begin(app: App, given: NewOrder): Order
  /** Undefined for one that is not there, is another's, or is forgotten. */
  find(app: App | undefined, id: string): Order | undefined
  approve(order: Order, payer: Payer): Order | undefined
  capture(app: App, order: Order, requestId: string): Answer | Order
  /** What became of a capture that was held back. */
  settle(captureId: string, status: 'COMPLETED' | 'DECLINED'): Order | undefined
  /** Gives `units` back from the back office. */
  refund(captureId: string, units: number): Order | undefined
}

export type NewOrder = Pick<
  Order,
  | 'requestId'
  | 'customId'
  | 'invoiceId'
  | 'description'
  | 'currency'
  | 'value'
  | 'returnUrl'
  | 'cancelUrl'
>

/** An order that is not captured is forgotten after this time. */
const LIFE_MS = 3 * 3_600_000

export function openCheckout(
  platform: Platform,
  apps: Apps,
  orders: Orders,
  notices: Notices,
): Checkout {
  const { books, clock, faults } = platform
  const base = () => `${platform.address()}/paypal`
  const addresses = () => ({ api: base(), page: `${base()}/checkoutnow` })

  function change(order: Order, to: Partial<Order>, event?: string): Order {
    const changed = { ...order, ...to, updatedAt: clock.now() }
    books.atomically(() => {
      orders.save(changed)
      const app = event === undefined ? undefined : apps.byClient(order.clientId)
      if (app && event !== undefined)
        notices.announce(app, order.customId, eventOf(changed, app, event))
    })
    notices.wake()
    return changed
  }

  function eventOf(order: Order, app: App, type: string): JsonObject {
    const aboutOrder = type.startsWith('CHECKOUT.')
    return {
      id: `WH-${letters(17)}-${letters(17)}`,
      event_version: '1.0',
      create_time: time(clock.now()),
      resource_type: aboutOrder ? 'checkout-order' : 'capture',
      resource_version: '2.0',
      event_type: type,
      summary: `${type} for ${order.currency} ${order.value}`,
      resource: aboutOrder ? viewOrder(order, app, addresses()) : viewCapture(order, addresses()),
      links: [],
    }
  }

  function verdictOn(order: Order): CaptureStatus | 'refused' {
    const strikes = (kind: string) =>
      faults.strikes({ wallet: 'paypal', kind, order: order.customId }) !== undefined
    const outcome = payerById(order.payer)?.outcome
    if (outcome === 'declines' || strikes('capture_declined')) return 'refused'
    return outcome === 'review' || strikes('capture_pending') ? 'PENDING' : 'COMPLETED'
  }

  return {
    addresses,
    begin(app, given) {
      const at = clock.now()
      const order: Order = {
        ...given,
        id: letters(17),
        clientId: app.clientId,
        requestId: given.requestId || randomUUID(),
        status: 'PAYER_ACTION_REQUIRED',
        refunded: 0,
        createdAt: at,
        updatedAt: at,
      }
      orders.add(order)
      return order
    },
    find(app, id) {
      const order = orders.byId(id)
      if (!order || (app && order.clientId !== app.clientId)) return undefined
      const forgotten = order.status !== 'COMPLETED' && clock.now() > order.createdAt + LIFE_MS
      return forgotten ? undefined : order
    },
    approve(order, payer) {
      if (order.status !== 'PAYER_ACTION_REQUIRED') return undefined
      const to = { status: 'APPROVED', payer: payer.id } as const
      return change(order, to, 'CHECKOUT.ORDER.APPROVED')
    },
    capture(app, order, requestId) {
      if (order.status === 'COMPLETED') {
        const again = requestId !== '' && order.captureRequestId === requestId
        return again ? order : failure(422, 'ORDER_ALREADY_CAPTURED')
      }
      if (order.status !== 'APPROVED') return failure(422, 'ORDER_NOT_APPROVED')
      const others = orders.byInvoice(app.clientId, order.invoiceId)
      if (others.some(({ captureId, id }) => captureId !== undefined && id !== order.id)) {
        return failure(422, 'DUPLICATE_INVOICE_ID')
      }
      const verdict = verdictOn(order)
      if (verdict === 'refused') {
        // The payer may choose another card on PayPal's page.
        change(order, { status: 'PAYER_ACTION_REQUIRED', payer: undefined })
        return failure(422, 'INSTRUMENT_DECLINED')
      }
      const to = {
        status: 'COMPLETED',
        captureRequestId: requestId,
        captureId: letters(17),
        captureStatus: verdict,
        capturedAt: clock.now(),
      } as const
      return change(order, to, `PAYMENT.CAPTURE.${verdict}`)
    },
    settle(captureId, status) {
      const order = orders.byCapture(captureId)
      if (order?.captureStatus !== 'PENDING') return undefined
      const event = status === 'COMPLETED' ? 'COMPLETED' : 'DENIED'
      return change(order, { captureStatus: status }, `PAYMENT.CAPTURE.${event}`)
    },
    refund(captureId, units) {
      const order = orders.byCapture(captureId)
      const status = order?.captureStatus
      if (!order || (status !== 'COMPLETED' && status !== 'PARTIALLY_REFUNDED')) return undefined
      const all = unitsOf(order.value, decimalsOf(order.currency) ?? 2) ?? 0
      const refunded = order.refunded + units
      if (!Number.isInteger(units) || units <= 0 || refunded > all) return undefined
      const captureStatus = refunded === all ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
      return change(order, { refunded, captureStatus }, 'PAYMENT.CAPTURE.REFUNDED')
    },
  }
}
