// What the phone page asks: people, balances, barcodes, orders, payments.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { isObject, stringMember } from '../json.ts'
import { barcodeSvg } from '../phone/barcode.ts'
import { qrSvg } from '../phone/qr.ts'
import type { Buyer } from './buyers.ts'
import { find, obstacle, type Payable, pay, scan } from './payer.ts'
import { business, isRefusal, type Refusal } from './refusals.ts'
import type { Trade } from './trade-rows.ts'
import { viewBuyer, viewPayable, viewTrade } from './views.ts'
import type { World } from './world.ts'

const HISTORY = 30

export function addPhoneApi(app: FastifyInstance, world: World): void {
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))

  app.get('/phone/api/buyers', () => ({ buyers: world.buyers.list().map(viewBuyer) }))

  app.get<{ Params: { id: string } }>('/phone/api/buyers/:id', (request, reply) => {
    const buyer = world.buyers.byId(request.params.id)
    if (!buyer) return refuse(reply, noBuyer())
    const trades = world.trades.ofBuyer(buyer.userId, HISTORY)
    return {
      buyer: viewBuyer(buyer),
      history: trades.map((trade) => ({
        key: trade.tradeNo,
        subject: trade.subject,
        amount: viewTrade(trade).total_amount,
        created_at: viewTrade(trade).created_at,
        state: historyState(trade),
        merchant: world.applications.byId(trade.appId)?.name,
      })),
    }
  })

  app.post('/phone/api/barcode', (request, reply) => {
    const { buyer } = readPayer(world, request.body)
    if (!buyer) return refuse(reply, noBuyer())
    const now = world.platform.clock.now()
    const { authCode, expiresAt } = world.buyers.showBarcode(buyer.userId, now)
    const lifeMs = world.platform.clock.realDelay(expiresAt)
    return { code: authCode, life_ms: lifeMs, barcode: barcodeSvg(authCode), qr: qrSvg(authCode) }
  })

  app.post('/phone/api/open', (request, reply) => {
    const { buyer, payable } = readPayer(world, request.body)
    if (!buyer) return refuse(reply, noBuyer())
    if (isRefusal(payable)) return refuse(reply, payable)
    const scanned = scan(world, payable, buyer)
    if (isRefusal(scanned)) return refuse(reply, scanned)
    return { payable: viewPayable(world, scanned), obstacle: obstacle(scanned, buyer)?.subCode }
  })

  app.post('/phone/api/pay', (request, reply) => {
    const { buyer, payable, code } = readPayer(world, request.body)
    if (!buyer) return refuse(reply, noBuyer())
    if (isRefusal(payable)) return refuse(reply, payable)
    const trade = pay(world, payable, buyer, code)
    if (isRefusal(trade)) return refuse(reply, trade)
    return { payable: viewPayable(world, { order: payable.order, trade }) }
  })
}

function historyState({ status, refunded }: Trade): 'waiting' | 'paid' | 'closed' | 'refunded' {
  if (status === 'WAIT_BUYER_PAY') return 'waiting'
  if (status !== 'TRADE_CLOSED') return 'paid'
  return refunded > 0n ? 'refunded' : 'closed'
}

interface PayerRequest {
  buyer: Buyer | undefined
  payable: Payable | Refusal
  code: string
}

/** Reads `{buyer, text, code}`; `text` is whatever names an order. */
export function readPayer(world: World, body: unknown): PayerRequest {
  const object = isObject(body) ? body : {}
  return {
    buyer: world.buyers.byId(stringMember(object, 'buyer') ?? ''),
    payable: find(world, stringMember(object, 'text') ?? ''),
    code: stringMember(object, 'code') ?? '',
  }
}

export function noBuyer(): Refusal {
  return business('BUYER_NOT_EXIST', '买家不存在')
}

/** 409 with the code the page has words for. */
export function refuse(reply: FastifyReply, refusal: Refusal) {
  return reply.code(409).send({ problem: { code: refusal.subCode, message: refusal.subMsg } })
}
