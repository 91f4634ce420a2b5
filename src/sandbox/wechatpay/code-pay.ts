// A payment by the code that a payer shows: the same at the counter of APIv3 and of APIv2
// (sheet section 3.6).
import type { OrderBody } from './bodies.ts'
import type { Order } from './order-rows.ts'
import { take } from './payer.ts'
import { isRefusal, REFUSALS, type Refusal } from './refusals.ts'
import type { World } from './world.ts'

/** Above this a payer enters the password, in fen. */
export const WITHOUT_PASSWORD = 1_000_00n

/**
 * Takes the money or asks for the password. A refusal for want of money or a frozen account leaves
 * an order that failed; refusals of the code leave none.
 */
export function payByCode(world: World, body: OrderBody, request: string): Order | Refusal {
  const known = world.orders.byNumber(body.mchid, body.outTradeNo)
  const code = readCode(world, body.authCode ?? '', known)
  if (isRefusal(code)) return code
  const order = world.orders.take(body, 'MICROPAY', request)
  if (isRefusal(order)) return order
  const buyer = world.buyers.byId(code.buyerId)
  if (!buyer) return REFUSALS.codeMalformed()
  if (order.buyerId !== undefined && order.buyerId !== buyer.id) return REFUSALS.payerDiffers()
  if (order.state === 'USERPAYING') return order
  world.buyers.useCode(body.authCode ?? '')
  const asked = world.strikes('trade_userpaying', order.outTradeNo) !== undefined
  if (asked || order.total > WITHOUT_PASSWORD) return world.orders.ask(order, buyer)
  const paid = take(world, order, buyer)
  if (isRefusal(paid)) world.orders.fail(order, buyer)
  return paid
}

function readCode(
  world: World,
  authCode: string,
  known: Order | undefined,
): { buyerId: string } | Refusal {
  if (!/^1[0-5]\d{16}$/.test(authCode)) return REFUSALS.codeMalformed()
  const code = world.buyers.findCode(authCode)
  if (!code) return REFUSALS.codeMalformed()
  // The same request again finds its own code used.
  if (known?.buyerId === code.buyerId) return code
  if (code.used) return REFUSALS.codeUsed()
  return code.expiresAt <= world.platform.clock.now() ? REFUSALS.codeExpired() : code
}
