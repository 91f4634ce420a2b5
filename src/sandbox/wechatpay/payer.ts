// What a payer does with an order: scan it, open it, enter the code, decline (sheet sections 2, 3).
import { parseObject, stringMember } from '../json.ts'
import type { Buyer } from './buyers.ts'
import { rsaMatches } from './crypto.ts'
import type { Order, Prepay } from './order-rows.ts'
import { insolvent, unpayable } from './orders.ts'
import { isRefusal, REFUSALS, type Refusal, refuse } from './refusals.ts'
import type { World } from './world.ts'

const CODE_TRIES = 3
const COUPON_SHARE = 10n

export const WRONG_CODES = `
  CREATE TABLE IF NOT EXISTS wechatpay_wrong_codes (
    payable TEXT PRIMARY KEY, tries INTEGER NOT NULL
  ) STRICT;
`

/**
 * What a payer's app finds behind a text: a native code, an H5 address, a page's or app's signed
 * parameters, or the number of a payment that waits for the password.
 */
export function find(world: World, source: string): Order | Refusal {
  const given = source.trim()
  const token = /^weixin:\/\/wxpay\/bizpayurl\?pr=([0-9A-Za-z]{12})$/.exec(given)?.[1]
  if (token !== undefined) return byPrepay(world, world.orders.byToken(token), 'NATIVE')
  if (given.startsWith('{')) return findSigned(world, parseObject(given) ?? {})
  const app = /^weixin:\/\/app\/(wx[0-9a-f]{16})\/pay\/\?(.+)$/.exec(given)
  if (app?.[1] !== undefined) {
    const parameters = Object.fromEntries(new URLSearchParams(app[2]))
    return findSigned(world, { ...parameters, appid: app[1] })
  }
  if (URL.canParse(given) && new URL(given).searchParams.has('prepay_id')) {
    return findH5(world, new URL(given).searchParams)
  }
  const waiting = /^([0-9]{8,10})\/([0-9A-Za-z_\-|*]{6,32})$/.exec(given)
  if (waiting) return findWaiting(world, waiting[1] ?? '', waiting[2] ?? '')
  return unknownText()
}

/** How the payer's own app names an order it already knows. */
export function keyOf(order: Order): string {
  return `${order.mchid}/${order.outTradeNo}`
}

function unknownText(): Refusal {
  return refuse(404, 'CODE_UNKNOWN', '无法识别的二维码或订单')
}

function byPrepay(
  world: World,
  prepay: Prepay | undefined,
  tradeType: Order['tradeType'],
): Order | Refusal {
  const order = prepay && world.orders.byNumber(prepay.mchid, prepay.outTradeNo)
  if (!prepay || order?.tradeType !== tradeType) return unknownText()
  if (order.transactionId !== undefined) return order
  const over = prepay.dead || prepay.expiresAt <= world.platform.clock.now()
  return over ? refuse(400, 'CODE_EXPIRED', '二维码已过期') : order
}

/** The order behind an H5 address, whoever opens it. */
export function findH5(world: World, query: URLSearchParams): Order | Refusal {
  const prepay = world.orders.byPrepay(query.get('prepay_id') ?? '')
  return prepay && prepay.token === query.get('package')
    ? byPrepay(world, prepay, 'MWEB')
    : unknownText()
}

// A payer gets to a known order without its code only once it is theirs.
function findWaiting(world: World, mchid: string, outTradeNo: string): Order | Refusal {
  const order = world.orders.byNumber(mchid, outTradeNo)
  return order?.buyerId === undefined ? unknownText() : order
}

/** Parameters of a page inside the app, a mini program or a mobile app (sheet section 4.7). */
function findSigned(world: World, given: Record<string, unknown>): Order | Refusal {
  const any = (...names: string[]) =>
    names.map((name) => stringMember(given, name)).find((value) => value !== undefined) ?? ''
  const packaged = any('package', 'packageValue', 'package_value')
  const mobile = packaged === 'Sign=WXPay'
  const prepayId = mobile
    ? any('prepayId', 'prepayid')
    : (/^prepay_id=(.+)$/.exec(packaged)?.[1] ?? '')
  const prepay = world.orders.byPrepay(prepayId)
  const order = prepay && world.orders.byNumber(prepay.mchid, prepay.outTradeNo)
  if (!prepay || !order) return refuse(400, 'PREPAY_UNKNOWN', 'prepay_id无效')
  const appid = any('appId', 'appid') || order.appid
  const timestamp = any('timeStamp', 'timestamp')
  const last = mobile ? prepayId : packaged
  const message = `${appid}\n${timestamp}\n${any('nonceStr', 'noncestr')}\n${last}\n`
  const typed = mobile || any('signType') === 'RSA'
  const merchant = mobile ? any('partnerId', 'partnerid') === order.mchid : true
  const certificate = world.merchants
    .certificates(order.mchid)
    .find(({ serial }) => serial === prepay.serial)
  const signature = any('paySign', 'sign')
  const genuine = certificate !== undefined && rsaMatches(message, signature, certificate.publicKey)
  if (appid !== order.appid || !typed || !merchant || !/^\d{1,10}$/.test(timestamp) || !genuine) {
    return refuse(400, 'PAY_SIGN_WRONG', '支付验证签名失败')
  }
  return byPrepay(world, prepay, mobile ? 'APP' : 'JSAPI')
}

/** A scan. A native code belongs to the first who scanned it. */
export function scan(world: World, order: Order, buyer: Buyer): Order | Refusal {
  if (order.buyerId !== undefined && order.buyerId !== buyer.id) return REFUSALS.payerDiffers()
  const fresh = order.buyerId === undefined && order.state === 'NOTPAY'
  return fresh ? world.orders.bind(order, buyer.id) : order
}

/** Why this buyer could not pay, before any code is asked for. */
export function obstacle(world: World, order: Order, buyer: Buyer): Refusal | undefined {
  return unpayable(order, world.platform.clock.now()) ?? insolvent(order, buyer)
}

/** Pays with the six-digit code. Refusals leave the order payable. */
export function pay(world: World, order: Order, buyer: Buyer, code: string): Order | Refusal {
  const refusal = scanned(world, order, buyer) ?? judgeCode(world, order, buyer, code)
  return refusal ?? take(world, order, buyer)
}

function scanned(world: World, order: Order, buyer: Buyer): Refusal | undefined {
  const bound = scan(world, order, buyer)
  return isRefusal(bound) ? bound : undefined
}

/** Takes the money without asking for a code, as at a counter. */
export function take(world: World, order: Order, buyer: Buyer): Order | Refusal {
  const strike = world.platform.faults.strikes({
    wallet: 'wechatpay',
    kind: 'trade_coupon',
    order: order.outTradeNo,
  })
  const coupon = strike ? order.total / COUPON_SHARE : 0n
  return world.orders.pay(order, buyer, coupon)
}

/**
 * The payer gives up. Only a code payment that waits for the password ends by that; any other order
 * stays payable and the merchant hears nothing.
 */
export function decline(world: World, order: Order): Order {
  return order.state === 'USERPAYING' ? world.orders.fail(order) : order
}

// Three wrong codes end this payer's tries on this order.
function judgeCode(world: World, order: Order, buyer: Buyer, code: string): Refusal | undefined {
  const { books } = world.platform
  const key = `${keyOf(order)}|${buyer.id}`
  const row = books.get('SELECT tries FROM wechatpay_wrong_codes WHERE payable = ?', key)
  const tries = Number(row?.tries ?? 0)
  if (tries >= CODE_TRIES) return locked()
  if (code === buyer.code) return undefined
  books.run(
    'INSERT INTO wechatpay_wrong_codes VALUES (?, 1) ON CONFLICT (payable) DO UPDATE SET tries = tries + 1',
    key,
  )
  const left = CODE_TRIES - tries - 1
  return left > 0 ? refuse(409, 'PAY_PASSWORD_WRONG', `支付密码错误，还可输入${left}次`) : locked()
}

function locked(): Refusal {
  return refuse(409, 'PAY_PASSWORD_LOCKED', '支付密码错误次数过多')
}
