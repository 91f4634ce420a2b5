// Alipay's part of the control API: merchants, people, trades, books, notifications.
import type { FastifyInstance } from 'fastify'
import { parseDecimal } from '../../money.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import { type Application, credentials } from './applications.ts'
import { DEFAULT_BUYER } from './buyers.ts'
import type { Notice } from './notices.ts'
import { find, type Payable, pay, scan } from './payer.ts'
import { noBuyer, refuse } from './phone-api.ts'
import { business, isRefusal, type Refusal } from './refusals.ts'
import { viewBuyer, viewPayable, viewTrade } from './views.ts'
import type { World } from './world.ts'

const PAGE = 1_000

type Query = { Querystring: Record<string, string | undefined> }

export function addControl(app: FastifyInstance, world: World): void {
  const shown = (application: Application) =>
    credentials(application, world.authority, `${world.platform.address()}/gateway.do`)

  app.get('/control/alipay/applications', () => ({
    applications: world.applications.list().map(shown),
  }))
  app.post('/control/alipay/applications', (request, reply) => {
    const given = readObject(request.body)
    const mode = stringMember(given, 'mode') ?? 'key'
    if (mode !== 'key' && mode !== 'certificate') return bad(reply, 'mode is key or certificate')
    const notified = given.notified
    const application = world.applications.add(
      {
        mode,
        name: stringMember(given, 'name'),
        appId: stringMember(given, 'app_id'),
        sellerId: stringMember(given, 'seller_id'),
        appPublicKey: stringMember(given, 'app_public_key'),
        contentKey: given.content_key === true,
        notified: Array.isArray(notified)
          ? notified.filter((state) => typeof state === 'string')
          : undefined,
        refundable: given.refundable !== false,
      },
      world.platform.clock.now(),
    )
    return application ? shown(application) : bad(reply, 'app_id taken, or app_public_key unusable')
  })

  app.get('/control/alipay/buyers', () => ({ buyers: world.buyers.list().map(viewBuyer) }))
  app.post<{ Params: { id: string } }>('/control/alipay/buyers/:id', (request, reply) => {
    const given = readObject(request.body)
    const written = stringMember(given, 'balance')
    const balance = written === undefined ? undefined : parseDecimal(written, 'CNY')
    if (written !== undefined && !balance) return bad(reply, 'balance has two decimals')
    if (!world.buyers.byId(request.params.id)) return refuse(reply, noBuyer())
    const frozen = typeof given.frozen === 'boolean' ? given.frozen : undefined
    world.buyers.change(request.params.id, { balance: balance?.amount, frozen })
    return world.buyers
      .list()
      .map(viewBuyer)
      .find((buyer) => buyer.id === request.params.id)
  })

  app.get<Query>('/control/alipay/trades', (request) => {
    const number = request.query.out_trade_no
    const trade = number === undefined ? undefined : world.trades.anywhere(number)
    if (number !== undefined) return { trades: trade ? [viewTrade(trade)] : [] }
    return { trades: world.trades.recent(100).map(viewTrade) }
  })
  app.get<{ Params: { no: string } }>('/control/alipay/trades/:no', (request, reply) => {
    const trade = world.trades.byNo(request.params.no) ?? world.trades.anywhere(request.params.no)
    return trade ? viewTrade(trade) : reply.code(404).send({ problem: { code: 'TRADE_NOT_EXIST' } })
  })

  app.post('/control/alipay/trades/scan', (request, reply) => {
    const { buyer, payable } = readAct(world, request.body)
    if (!buyer) return refuse(reply, noBuyer())
    const scanned = isRefusal(payable) ? payable : scan(world, payable, buyer)
    return isRefusal(scanned) ? refuse(reply, scanned) : viewPayable(world, scanned)
  })
  app.post('/control/alipay/trades/pay', (request, reply) => {
    const { buyer, payable, code } = readAct(world, request.body)
    if (!buyer) return refuse(reply, noBuyer())
    if (isRefusal(payable)) return refuse(reply, payable)
    const trade = pay(world, payable, buyer, code ?? buyer.code)
    if (isRefusal(trade)) return refuse(reply, trade)
    return {
      ...viewTrade(trade),
      return_to: viewPayable(world, { order: payable.order, trade }).return_to,
    }
  })
  // Declining is leaving: the order stays payable, and Alipay tells the merchant nothing.
  app.post('/control/alipay/trades/decline', (request, reply) => {
    const { buyer, payable } = readAct(world, request.body)
    if (!buyer) return refuse(reply, noBuyer())
    const scanned = isRefusal(payable) ? payable : scan(world, payable, buyer)
    return isRefusal(scanned) ? refuse(reply, scanned) : viewPayable(world, scanned)
  })
  app.post('/control/alipay/barcodes', (request, reply) => {
    const id = stringMember(readObject(request.body), 'buyer') ?? DEFAULT_BUYER
    if (!world.buyers.byId(id)) return refuse(reply, noBuyer())
    const { authCode, expiresAt } = world.buyers.showBarcode(id, world.platform.clock.now())
    return { auth_code: authCode, expires_at: new Date(expiresAt).toISOString() }
  })

  app.get<Query>('/control/alipay/books', (request) => {
    const after = Number(request.query.after ?? 0)
    const trades: ReturnType<typeof viewTrade>[] = []
    let next: number | undefined = Number.isSafeInteger(after) ? after : 0
    const once = request.query.after !== undefined
    do {
      const page = world.trades.page(next, PAGE)
      for (const trade of page.trades) trades.push(viewTrade(trade))
      next = page.nextRow
    } while (next !== undefined && !once)
    return { now: new Date(world.platform.clock.now()).toISOString(), trades, next }
  })

  app.get<Query>('/control/alipay/notifications', (request) => ({
    notifications: world.notifier.recent(200, request.query.out_trade_no).map(viewNotice),
  }))
  app.post<{ Params: { id: string } }>(
    '/control/alipay/notifications/:id/resend',
    (request, reply) =>
      world.notifier.resend(request.params.id)
        ? { resent: true }
        : reply.code(404).send({ problem: { code: 'NOTIFICATION_NOT_EXIST' } }),
  )
}

export function viewNotice(notice: Notice) {
  return {
    notify_id: notice.notifyId,
    app_id: notice.appId,
    trade_no: notice.tradeNo,
    out_trade_no: notice.outTradeNo,
    trade_status: notice.parameters.trade_status,
    url: notice.url,
    state: notice.state,
    fault: notice.fault,
    created_at: new Date(notice.createdAt).toISOString(),
    next_at:
      notice.state === 'waiting' || notice.state === 'held'
        ? new Date(notice.nextAt).toISOString()
        : undefined,
    deliveries: notice.log.map((delivery) => ({
      ...delivery,
      at: new Date(delivery.at).toISOString(),
    })),
  }
}

function readObject(body: unknown): JsonObject {
  return isObject(body) ? body : {}
}

function bad(reply: Parameters<typeof refuse>[0], message: string) {
  return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
}

/** Reads whom and what a control call is about: `out_trade_no`, `qr`, `order_string` or `url`. */
function readAct(world: World, body: unknown) {
  const given = readObject(body)
  const buyer = world.buyers.byId(stringMember(given, 'buyer') ?? DEFAULT_BUYER)
  return { buyer, payable: named(world, given), code: stringMember(given, 'code') }
}

function named(world: World, given: JsonObject): Payable | Refusal {
  const number = stringMember(given, 'out_trade_no')
  if (number !== undefined) {
    const order = world.orders.anywhere(number)
    const trade = world.trades.anywhere(number)
    return order || trade ? { order, trade } : business('TRADE_NOT_EXIST', '交易不存在')
  }
  const written = ['qr', 'order_string', 'url', 'trade_no'].map((name) => stringMember(given, name))
  return find(world, written.find((each) => each !== undefined) ?? '')
}
