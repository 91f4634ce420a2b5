// The control API: apps, what a payer does, what became of a capture, notifications.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { readSetting, writeSetting } from '../books.ts'
import { isObject, type JsonObject, numberMember, stringMember } from '../json.ts'
import type { Message } from '../outbox.ts'
import type { Platform } from '../platform.ts'
import type { App, Apps } from './apps.ts'
import type { Authority } from './authority.ts'
import type { Checkout } from './checkout.ts'
import type { Notices } from './notices.ts'
import type { Order, Orders } from './orders.ts'
import { returnOf } from './payer-page.ts'
import { PAYERS, payerById } from './payers.ts'
import { viewOrder } from './views.ts'

export interface ControlParts {
  platform: Platform
  apps: Apps
  orders: Orders
  checkout: Checkout
  notices: Notices
  authority: () => Authority
}

type Query = { Querystring: Record<string, string | undefined> }
type ById = { Params: { id: string } }

export function addControl(server: FastifyInstance, parts: ControlParts): void {
  const { platform, apps, orders, checkout, notices, authority } = parts

  /** The app that the hub is given when it does not say which. */
  function keptApp(): App {
    const known = apps.byClient(readSetting(platform.books, 'paypal.hub_app') ?? '')
    if (known) return known
    const app = apps.make()
    writeSetting(platform.books, 'paypal.hub_app', app.clientId)
    return app
  }

  server.get<Query>('/control/paypal/hub-account', (request, reply) => {
    const { webhook_id: webhookId, notify_url: url, new: fresh } = request.query
    const app =
      webhookId !== undefined ? apps.byWebhook(webhookId) : fresh === '1' ? apps.make() : keptApp()
    if (!app) return missing(reply, 'WEBHOOK_NOT_EXIST')
    if (url !== undefined && !/^https?:\/\/\S+$/.test(url))
      return bad(reply, 'notify_url is no address')
    if (url !== undefined) apps.setWebhook(app, { url })
    const fields = {
      environment: 'test',
      client_id: app.clientId,
      client_secret: app.secret,
      webhook_id: app.webhookId,
      webhook_roots: authority().root,
      gateway: checkout.addresses().api,
    }
    return { wallet: 'paypal', name: 'Sandbox PayPal 沙箱 PayPal', fields }
  })

  server.post<ById>('/control/paypal/webhooks/:id', (request, reply) => {
    const app = apps.byWebhook(request.params.id)
    if (!app) return missing(reply, 'WEBHOOK_NOT_EXIST')
    const { events } = readObject(request.body)
    const names = Array.isArray(events) ? events.filter((name) => typeof name === 'string') : []
    if (names.length === 0) return bad(reply, 'events is a list of names')
    const { webhookUrl: url } = apps.setWebhook(app, { events: names })
    return { id: app.webhookId, url, events: names }
  })

  /** The order that `order` numbers, or whose page `url` is. */
  function named(given: JsonObject): Order | undefined {
    const url = stringMember(given, 'url') ?? ''
    const token = URL.canParse(url) ? new URL(url).searchParams.get('token') : null
    return checkout.find(undefined, stringMember(given, 'order') ?? token ?? '')
  }

  server.post('/control/paypal/orders/approve', (request, reply) => {
    const given = readObject(request.body)
    const order = named(given)
    const payer = payerById(stringMember(given, 'payer') ?? PAYERS[0].id)
    if (!payer) return bad(reply, 'payer is one of those GET /control/paypal/payers lists')
    const approved = order && checkout.approve(order, payer)
    if (!approved) return missing(reply, 'ORDER_NOT_OPEN')
    return { ...view(approved), return_to: returnOf(approved, payer.payerId) }
  })
  server.post('/control/paypal/orders/look', (request, reply) => {
    const order = named(readObject(request.body))
    return order ? view(order) : missing(reply, 'ORDER_NOT_OPEN')
  })
  server.get('/control/paypal/payers', () => ({ payers: PAYERS }))
  server.get<Query>('/control/paypal/orders', ({ query: { reference } }) => ({
    orders: orders
      .recent(1000)
      .filter(({ customId }) => reference === undefined || customId === reference)
      .map(view),
  }))

  server.post<ById>('/control/paypal/captures/:id', (request, reply) => {
    const status = stringMember(readObject(request.body), 'status')
    if (status !== 'COMPLETED' && status !== 'DECLINED') {
      return bad(reply, 'status is COMPLETED or DECLINED')
    }
    const order = checkout.settle(request.params.id, status)
    return order ? view(order) : missing(reply, 'CAPTURE_NOT_PENDING')
  })
  server.post<ById>('/control/paypal/captures/:id/refund', (request, reply) => {
    const units = numberMember(readObject(request.body), 'units') ?? 0
    const order = checkout.refund(request.params.id, units)
    return order ? view(order) : bad(reply, 'units is a whole number that is still left')
  })

  server.get<Query>('/control/paypal/notifications', ({ query: { reference } }) => ({
    notifications: notices.recent(200, reference).map(viewMessage),
  }))
  server.post<ById>('/control/paypal/notifications/:id/resend', (request, reply) =>
    notices.resend(request.params.id) ? { resent: true } : missing(reply, 'NOTIFICATION_NOT_EXIST'),
  )

  function view(order: Order): JsonObject {
    const app = apps.byClient(order.clientId)
    return app ? viewOrder(order, app, checkout.addresses()) : {}
  }
}

function viewMessage(message: Message) {
  return {
    id: message.id,
    reference: message.order,
    url: message.url,
    state: message.state,
    fault: message.fault,
    content: message.content,
    deliveries: message.log.map((delivery) => ({
      ...delivery,
      at: new Date(delivery.at).toISOString(),
    })),
  }
}

function readObject(body: unknown): JsonObject {
  return isObject(body) ? body : {}
}

function bad(reply: FastifyReply, message: string) {
  return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
}

function missing(reply: FastifyReply, code: string) {
  return reply.code(404).send({ problem: { code } })
}
