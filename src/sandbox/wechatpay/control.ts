// WeChat Pay's part of the control API: merchants, people, orders, books, notifications.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { parseDecimal } from '../../money.ts'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import { DEFAULT_BUYER } from './buyers.ts'
import { digits } from './crypto.ts'
import { NOTIFICATION_FAULTS } from './faults.ts'
import { type Merchant, type RotationStep, readApps, readSettings } from './merchants.ts'
import { paymentEvent } from './messages.ts'
import type { Order } from './order-rows.ts'
import { decline, find, pay, scan } from './payer.ts'
import { noBuyer, sendRefusal } from './phone-api.ts'
import { isRefusal, REFUSALS, type Refusal } from './refusals.ts'
import { viewBuyerFor, viewMerchant, viewMessage, viewOrder, viewPayable } from './views.ts'
import type { World } from './world.ts'

const PAGE = 1_000
const ROTATION_STEPS: readonly RotationStep[] = ['issue', 'use', 'retire']

type Query = { Querystring: Record<string, string | undefined> }
type ByNumber = { Params: { mchid: string } }

export function addControl(app: FastifyInstance, world: World): void {
  addMerchants(app, world)
  addBuyers(app, world)
  addOrders(app, world)
  addNotifications(app, world)
}

function addMerchants(app: FastifyInstance, world: World): void {
  const base = '/control/wechatpay/merchants'
  app.get(base, () => ({
    merchants: world.merchants.list().map((merchant) => viewMerchant(world, merchant)),
  }))
  app.post(base, (request, reply) => {
    const given = readObject(request.body)
    const merchant = world.merchants.add(
      {
        mchid: stringMember(given, 'mchid'),
        name: stringMember(given, 'name'),
        apps: readApps(given.apps),
        settings: settingsIn(given),
        publicKey: stringMember(given, 'public_key'),
        serial: stringMember(given, 'serial'),
      },
      world.platform.realClock.now(),
    )
    return merchant
      ? viewMerchant(world, merchant)
      : bad(reply, 'mchid has 8 to 10 digits nobody has yet; public_key is RSA of 2048 bits')
  })
  app.post<ByNumber>(`${base}/:mchid`, (request, reply) =>
    withMerchant(world, reply, request.params.mchid, (merchant) => {
      world.merchants.change(merchant.mchid, settingsIn(readObject(request.body)))
      return viewMerchant(world, merchant)
    }),
  )
  app.post<ByNumber>(`${base}/:mchid/rotate`, (request, reply) =>
    withMerchant(world, reply, request.params.mchid, (merchant) => {
      const asked = stringMember(readObject(request.body), 'step')
      const steps = asked === undefined ? ROTATION_STEPS.slice(0, 2) : [asked]
      for (const step of steps) {
        const known = ROTATION_STEPS.find((each) => each === step)
        if (!known) return bad(reply, `step is one of ${ROTATION_STEPS.join(', ')}`)
        world.merchants.rotate(merchant.mchid, known, world.platform.realClock.now())
      }
      return viewMerchant(world, merchant)
    }),
  )
  app.post<ByNumber>(`${base}/:mchid/certificates`, (request, reply) =>
    withMerchant(world, reply, request.params.mchid, (merchant) => {
      world.merchants.issueCertificate(merchant.mchid, world.platform.realClock.now())
      return viewMerchant(world, merchant)
    }),
  )
  app.delete<{ Params: { mchid: string; serial: string } }>(
    `${base}/:mchid/certificates/:serial`,
    (request, reply) =>
      withMerchant(world, reply, request.params.mchid, (merchant) => {
        world.merchants.revokeCertificate(merchant.mchid, request.params.serial)
        return viewMerchant(world, merchant)
      }),
  )
}

function settingsIn(given: JsonObject) {
  return readSettings({
    mode: given.mode,
    apiV3Key: given.api_v3_key,
    apiV2Key: given.api_v2_key,
    products: given.products,
    h5Domains: given.h5_domains,
    h5Address: given.h5_address,
    publicKeyShare: given.public_key_share,
  })
}

function withMerchant(
  world: World,
  reply: FastifyReply,
  mchid: string,
  answer: (merchant: Merchant) => object,
) {
  const merchant = world.merchants.byId(mchid)
  return merchant ? answer(merchant) : reply.code(404).send({ problem: { code: 'MCH_NOT_EXISTS' } })
}

function addBuyers(app: FastifyInstance, world: World): void {
  const merchantOf = (mchid: string | undefined) =>
    (mchid === undefined ? undefined : world.merchants.byId(mchid)) ?? world.merchants.list()[0]
  app.get<Query>('/control/wechatpay/buyers', (request) => {
    const merchant = merchantOf(request.query.mchid)
    return {
      buyers: merchant ? world.buyers.list().map((buyer) => viewBuyerFor(buyer, merchant)) : [],
    }
  })
  app.post<{ Params: { id: string } }>('/control/wechatpay/buyers/:id', (request, reply) => {
    const given = readObject(request.body)
    const written = stringMember(given, 'balance')
    const balance = written === undefined ? undefined : parseDecimal(written, 'CNY')
    if (written !== undefined && !balance) return bad(reply, 'balance has two decimals')
    const frozen = typeof given.frozen === 'boolean' ? given.frozen : undefined
    world.buyers.change(request.params.id, { balance: balance?.amount, frozen })
    const buyer = world.buyers.byId(request.params.id)
    const merchant = merchantOf(undefined)
    return buyer && merchant ? viewBuyerFor(buyer, merchant) : sendRefusal(reply, noBuyer())
  })
  app.post('/control/wechatpay/auth-codes', (request, reply) => {
    const id = stringMember(readObject(request.body), 'buyer') ?? DEFAULT_BUYER
    if (!world.buyers.byId(id)) return sendRefusal(reply, noBuyer())
    const { authCode, expiresAt } = world.buyers.showCode(id, world.platform.clock.now())
    return { auth_code: authCode, expires_at: new Date(expiresAt).toISOString() }
  })
}

function addOrders(app: FastifyInstance, world: World): void {
  app.get<Query>('/control/wechatpay/orders', (request) => {
    const number = request.query.out_trade_no
    const order = number === undefined ? undefined : world.orders.anywhere(number)
    if (number !== undefined) return { orders: order ? [viewOrder(order)] : [] }
    return { orders: world.orders.recent(100).map(viewOrder) }
  })
  app.get<{ Params: { no: string } }>('/control/wechatpay/orders/:no', (request, reply) => {
    const { no } = request.params
    const order = world.orders.byTransaction(no) ?? world.orders.anywhere(no)
    return order ? viewOrder(order) : reply.code(404).send({ problem: { code: 'ORDER_NOT_EXIST' } })
  })
  app.post('/control/wechatpay/orders/scan', (request, reply) => {
    const { buyer, order } = readAct(world, request.body)
    if (!buyer) return sendRefusal(reply, noBuyer())
    const scanned = isRefusal(order) ? order : world.act(() => scan(world, order, buyer))
    return isRefusal(scanned) ? sendRefusal(reply, scanned) : viewPayable(world, scanned)
  })
  app.post('/control/wechatpay/orders/pay', (request, reply) => {
    const { buyer, order, code } = readAct(world, request.body)
    if (!buyer) return sendRefusal(reply, noBuyer())
    const entered = code ?? buyer.code
    const paid = isRefusal(order) ? order : world.act(() => pay(world, order, buyer, entered))
    return isRefusal(paid) ? sendRefusal(reply, paid) : viewOrder(paid)
  })
  app.post('/control/wechatpay/orders/decline', (request, reply) => {
    const { buyer, order } = readAct(world, request.body)
    if (!buyer) return sendRefusal(reply, noBuyer())
    if (isRefusal(order)) return sendRefusal(reply, order)
    const left = world.act(() => {
      const scanned = scan(world, order, buyer)
      return isRefusal(scanned) ? scanned : decline(world, scanned)
    })
    return isRefusal(left) ? sendRefusal(reply, left) : viewPayable(world, left)
  })
  app.get<Query>('/control/wechatpay/books', (request) => {
    const after = Number(request.query.after ?? 0)
    const orders: ReturnType<typeof viewOrder>[] = []
    let next: number | undefined = Number.isSafeInteger(after) ? after : 0
    const once = request.query.after !== undefined
    do {
      const page = world.orders.page(next, PAGE)
      for (const order of page.orders) orders.push(viewOrder(order))
      next = page.nextRow
    } while (next !== undefined && !once)
    return { now: new Date(world.platform.clock.now()).toISOString(), orders, next }
  })
}

function addNotifications(app: FastifyInstance, world: World): void {
  const base = '/control/wechatpay/notifications'
  app.get<Query>(base, (request) => ({
    notifications: world.notifier.recent(200, request.query.out_trade_no).map(viewMessage),
  }))
  app.post<{ Params: { id: string } }>(`${base}/:id/resend`, (request, reply) =>
    world.notifier.resend(request.params.id)
      ? { resent: true }
      : reply.code(404).send({ problem: { code: 'NOTIFICATION_NOT_EXIST' } }),
  )
  // A notification that somebody made up: of an order as if it were paid, sent once.
  app.post(`${base}/lie`, (request, reply) => {
    const given = readObject(request.body)
    const kind = stringMember(given, 'kind') ?? 'notification_signtest'
    if (!NOTIFICATION_FAULTS.some(({ name }) => name === kind)) {
      return bad(reply, 'kind is a fault of notifications')
    }
    const order = world.orders.anywhere(stringMember(given, 'out_trade_no') ?? '')
    const url = stringMember(given, 'url') ?? order?.notifyUrl
    if (!order || url === undefined) return sendRefusal(reply, REFUSALS.noOrder())
    const event = paymentEvent(asIfPaid(world, order))
    const { mchid, outTradeNo } = order
    return { id: world.act(() => world.notifier.lie({ mchid, outTradeNo, url, event }, kind)) }
  })
}

function asIfPaid(world: World, order: Order): Order {
  if (order.transactionId !== undefined) return order
  const buyerId = order.buyerId ?? DEFAULT_BUYER
  const paidAt = world.platform.clock.now()
  return { ...order, state: 'SUCCESS', transactionId: `4200${digits(24)}`, buyerId, paidAt }
}

function readObject(body: unknown): JsonObject {
  return isObject(body) ? body : {}
}

function bad(reply: FastifyReply, message: string) {
  return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
}

/**
 * Whom and what a control call is about. `text` is what the payer's device would open: a native
 * code, an H5 address, or signed parameters as JSON. The payer that an order names stands in for
 * nobody named.
 */
function readAct(world: World, body: unknown) {
  const given = readObject(body)
  const order = named(world, given)
  const bound = isRefusal(order) ? undefined : order.buyerId
  const buyer = world.buyers.byId(stringMember(given, 'buyer') ?? bound ?? DEFAULT_BUYER)
  return { buyer, order, code: stringMember(given, 'code') }
}

function named(world: World, given: JsonObject): Order | Refusal {
  const number = stringMember(given, 'out_trade_no')
  if (number !== undefined) return world.orders.anywhere(number) ?? REFUSALS.noOrder()
  const { parameters } = given
  if (isObject(parameters)) return find(world, JSON.stringify(parameters))
  return find(world, stringMember(given, 'text') ?? '')
}
