// The bodies of orders: their shape per product, and what they say once they are right
// (sheet sections 3.1 and 3.6).
import { isIP } from 'node:net'
import { isObject, type JsonObject, numberMember, stringMember } from '../json.ts'
import type { Product } from './merchants.ts'
import { badField, REFUSALS, type Refusal } from './refusals.ts'
import { choice, flag, integer, list, misshapen, object, type Shape, text } from './shape.ts'
import { DAY_MS, parseTime } from './time.ts'

export interface OrderBody {
  appid: string
  mchid: string
  description: string
  outTradeNo: string
  total: bigint
  attach?: string | undefined
  notifyUrl?: string | undefined
  openid?: string | undefined
  authCode?: string | undefined
  deviceId?: string | undefined
  clientAddress?: string | undefined
  expiresAt: number
}

export const OUT_TRADE_NO = /^[0-9A-Za-z_\-|*]{6,32}$/

const MINUTE = 60_000
const DEFAULT_LIFE_MS = 7 * DAY_MS
const LONGEST_MS = 90 * DAY_MS
// A counter asks again within a minute; nobody enters a password for longer than this.
const CODE_PAY_LIFE_MS = 5 * MINUTE

const STORE: Shape = { id: text(32), name: text(256), area_code: text(32), address: text(512) }
const SCENE: Shape = { payer_client_ip: text(45, { required: true }), device_id: text(32) }
const H5: Shape = {
  type: choice(['Wap', 'iOS', 'Android'], true),
  app_name: text(64),
  app_url: text(128),
  bundle_id: text(128),
  package_name: text(128),
}
const IDENTITY: Shape = {
  type: choice(['IDCARD'], true),
  number: text(1024, { required: true }),
  name: text(1024, { required: true }),
}

function goods(id: string): Shape {
  return {
    cost_price: integer(1),
    invoice_id: text(32),
    goods_detail: list(
      object({
        merchant_goods_id: text(32, { required: true }),
        [id]: text(32),
        goods_name: text(256),
        quantity: integer(1, true),
        unit_price: integer(0, true),
      }),
      6_000,
    ),
  }
}

function common(goodsId: string): Shape {
  return {
    appid: text(32, { required: true }),
    mchid: text(32, { required: true }),
    description: text(127, { required: true }),
    out_trade_no: text(32, { required: true, min: 6, pattern: OUT_TRADE_NO }),
    attach: text(128),
    goods_tag: text(32),
    support_fapiao: flag,
    amount: object({ total: integer(1, true), currency: choice(['CNY']) }, true),
    detail: object(goods(goodsId)),
    settle_info: object({ profit_sharing: flag }),
  }
}

const PREPAY: Shape = {
  ...common('wechatpay_goods_id'),
  time_expire: text(64),
  notify_url: text(255, { required: true }),
  scene_info: object({ ...SCENE, store_info: object(STORE) }),
  limit_pay: list(choice(['no_balance', 'no_credit', 'no_debit', 'balance_only']), 4),
}

const BODIES: Record<Product, Shape> = {
  jsapi: {
    ...PREPAY,
    payer: object({ openid: text(128, { required: true }), identity: object(IDENTITY) }, true),
  },
  native: PREPAY,
  app: PREPAY,
  h5: {
    ...PREPAY,
    scene_info: object({ ...SCENE, store_info: object(STORE), h5_info: object(H5, true) }, true),
  },
  codepay: {
    ...common('wxpay_goods_id'),
    payer: object({ auth_code: text(32, { required: true }) }, true),
    scene_info: object(
      {
        device_id: text(32),
        device_ip: text(45),
        store_info: object({ id: text(32), out_id: text(32) }, true),
      },
      true,
    ),
  },
}

/** Reads and judges the body of an order. `now` is the sandbox clock's time. */
export function readOrderBody(
  product: Product,
  body: JsonObject,
  now: number,
): OrderBody | Refusal {
  const wrong = misshapen(body, BODIES[product])
  if (wrong) return wrong
  const scene = member(body, 'scene_info')
  const store = member(scene, 'store_info')
  if (product === 'codepay' && store.id === undefined && store.out_id === undefined) {
    return badField('scene_info.store_info', '门店编号id与out_id至少填写一个')
  }
  const clientAddress =
    stringMember(scene, 'payer_client_ip') ?? stringMember(scene, 'device_ip') ?? undefined
  if (clientAddress !== undefined && isIP(clientAddress) === 0) {
    return badField('scene_info.payer_client_ip', '不是有效的IP地址', clientAddress)
  }
  const notifyUrl = stringMember(body, 'notify_url')
  const badUrl = notifyUrl === undefined ? undefined : judgeNotifyUrl(notifyUrl)
  if (badUrl) return badUrl
  const expiresAt = product === 'codepay' ? now + CODE_PAY_LIFE_MS : readExpiry(body, now)
  if (typeof expiresAt !== 'number') return expiresAt
  const payer = member(body, 'payer')
  return {
    appid: stringMember(body, 'appid') ?? '',
    mchid: stringMember(body, 'mchid') ?? '',
    description: stringMember(body, 'description') ?? '',
    outTradeNo: stringMember(body, 'out_trade_no') ?? '',
    total: BigInt(numberMember(member(body, 'amount'), 'total') ?? 0),
    attach: stringMember(body, 'attach'),
    notifyUrl,
    openid: stringMember(payer, 'openid'),
    authCode: stringMember(payer, 'auth_code'),
    deviceId: stringMember(scene, 'device_id'),
    clientAddress,
    expiresAt,
  }
}

function member(object: JsonObject, name: string): JsonObject {
  const value = object[name]
  return isObject(value) ? value : {}
}

/** A full address without a query; the sandbox also takes those of this machine. */
export function judgeNotifyUrl(url: string): Refusal | undefined {
  const bad = () => badField('notify_url', '不符合规则：必须为不带参数的完整http或https地址', url)
  if (url !== url.trim() || !/^https?:\/\//.test(url) || !URL.canParse(url)) return bad()
  const { search, hash, username } = new URL(url)
  return search || hash || username || url.includes('?') ? bad() : undefined
}

function readExpiry(body: JsonObject, now: number): number | Refusal {
  const written = stringMember(body, 'time_expire')
  if (written === undefined) return now + DEFAULT_LIFE_MS
  const at = parseTime(written)
  if (at === undefined) return badField('time_expire', '不符合RFC3339格式', written)
  if (at <= now) return REFUSALS.expired()
  return Math.min(Math.max(at, now + MINUTE), now + LONGEST_MS)
}

/** The same body has the same text, whatever the order of its fields. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
  return `{${members.join(',')}}`
}
