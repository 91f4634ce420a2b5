// What the phone page asks: people, balances, payment codes, orders, payments.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { isObject, stringMember } from '../json.ts'
import { barcodeSvg } from '../phone/barcode.ts'
import { qrSvg } from '../phone/qr.ts'
import type { Buyer } from './buyers.ts'
import type { Order } from './order-rows.ts'
import { decline, find, obstacle, pay, scan } from './payer.ts'
import { isRefusal, type Refusal, refuse } from './refusals.ts'
import { viewBuyer, viewHistory, viewPayable } from './views.ts'
import type { World } from './world.ts'

const HISTORY = 30

export function addPhoneApi(app: FastifyInstance, world: World): void {
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))
  const base = '/wechatpay/phone/api'

  app.get(`${base}/buyers`, () => ({ buyers: world.buyers.list().map(viewBuyer) }))

  app.get<{ Params: { id: string } }>(`${base}/buyers/:id`, (request, reply) => {
    const buyer = world.buyers.byId(request.params.id)
    if (!buyer) return sendRefusal(reply, noBuyer())
    const orders = world.orders.ofBuyer(buyer.id, HISTORY)
    return { buyer: viewBuyer(buyer), history: orders.map((order) => viewHistory(world, order)) }
  })

  app.post(`${base}/barcode`, (request, reply) => {
    const { buyer } = readPayer(world, request.body)
    if (!buyer) return sendRefusal(reply, noBuyer())
    const { authCode, expiresAt } = world.buyers.showCode(buyer.id, world.platform.clock.now())
    const lifeMs = world.platform.clock.realDelay(expiresAt)
    return { code: authCode, life_ms: lifeMs, barcode: barcodeSvg(authCode), qr: qrSvg(authCode) }
  })

  app.post(`${base}/open`, (request, reply) => {
    const { buyer, order } = readPayer(world, request.body)
    if (!buyer) return sendRefusal(reply, noBuyer())
    const scanned = isRefusal(order) ? order : world.act(() => scan(world, order, buyer))
    if (isRefusal(scanned)) return sendRefusal(reply, scanned)
    return {
      payable: viewPayable(world, scanned),
      obstacle: obstacle(world, scanned, buyer)?.code,
    }
  })

  app.post(`${base}/pay`, (request, reply) => {
    const { buyer, order, code } = readPayer(world, request.body)
    if (!buyer) return sendRefusal(reply, noBuyer())
    const paid = isRefusal(order) ? order : world.act(() => pay(world, order, buyer, code))
    if (isRefusal(paid)) return sendRefusal(reply, paid)
    return { payable: viewPayable(world, paid) }
  })

  app.post(`${base}/decline`, (request, reply) => {
    const { order } = readPayer(world, request.body)
    if (isRefusal(order)) return sendRefusal(reply, order)
    return {
      payable: viewPayable(
        world,
        world.act(() => decline(world, order)),
      ),
    }
  })
}

interface PayerRequest {
  buyer: Buyer | undefined
  order: Order | Refusal
  code: string
}

/** Reads `{buyer, text, code}`; `text` is whatever names an order. */
function readPayer(world: World, body: unknown): PayerRequest {
  const object = isObject(body) ? body : {}
  return {
    buyer: world.buyers.byId(stringMember(object, 'buyer') ?? ''),
    order: find(world, stringMember(object, 'text') ?? ''),
    code: stringMember(object, 'code') ?? '',
  }
}

export function noBuyer(): Refusal {
  return refuse(404, 'BUYER_NOT_EXIST', '付款人不存在')
}

/** 409 with the code the page has words for. */
export function sendRefusal(reply: FastifyReply, { code, message }: Refusal) {
  return reply.code(409).send({ problem: { code, message } })
}
