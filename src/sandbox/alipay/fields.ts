// The order in biz_content: which fields a surface asks for, and their rules (sheet section 3.1).
import { type Money, parseDecimal } from '../../money.ts'
import { type JsonObject, numberMember, stringMember } from '../json.ts'
import type { Accepted } from './checks.ts'
import { business, type Refusal } from './refusals.ts'
import { endOfDay, parseTime } from './time.ts'

export interface OrderFields {
  outTradeNo: string
  total: Money
  subject: string
  body?: string | undefined
  productCode: string
  passbackParams?: string | undefined
  notifyUrl?: string | undefined
  returnUrl?: string | undefined
  quitUrl?: string | undefined
  qrPayMode?: string | undefined
  /** Set for JSAPI orders: nobody else may pay. */
  buyerId?: string | undefined
  buyerOpenId?: string | undefined
  authCode?: string | undefined
  expiresAt: number
}

interface SurfaceRule {
  productCodes: readonly string[]
  /** Where the field may be left out. */
  defaultProduct?: string
  defaultLifeMs: number
  shortestMs: number
}

const MINUTE = 60_000
const DAY = 86_400_000
const LONGEST_MS = 15 * DAY
// A request is on its way for a moment; the shortest life is not judged to the second.
const SLACK_MS = 5_000
const MAX_TOTAL = 100_000_000_00n

const FACE_TO_FACE = ['FACE_TO_FACE_PAYMENT', 'QR_CODE_OFFLINE', 'OFFLINE_PAYMENT']

export const SURFACE_RULES: Record<string, SurfaceRule> = {
  'alipay.trade.page.pay': online('FAST_INSTANT_TRADE_PAY', MINUTE),
  'alipay.trade.wap.pay': online('QUICK_WAP_WAY', 5 * MINUTE),
  'alipay.trade.app.pay': online('QUICK_MSECURITY_PAY', 5 * MINUTE),
  'alipay.trade.precreate': faceToFace(),
  'alipay.trade.pay': faceToFace(),
  'alipay.trade.create': { ...online('JSAPI_PAY', MINUTE), defaultProduct: 'JSAPI_PAY' },
}

function online(productCode: string, shortestMs: number): SurfaceRule {
  return { productCodes: [productCode], defaultLifeMs: LONGEST_MS, shortestMs }
}

function faceToFace(): SurfaceRule {
  return {
    productCodes: FACE_TO_FACE,
    defaultProduct: 'FACE_TO_FACE_PAYMENT',
    defaultLifeMs: 3 * 3_600_000,
    shortestMs: MINUTE,
  }
}

/** Reads and judges an order. `now` is the sandbox clock's time. */
export function readOrder(request: Accepted, now: number): OrderFields | Refusal {
  const { content, parameters, method } = request
  const rule = SURFACE_RULES[method]
  if (!rule) throw new RangeError(`${method} takes no order`)
  const outTradeNo = stringMember(content, 'out_trade_no') ?? ''
  if (!/^[A-Za-z0-9_]{1,64}$/.test(outTradeNo)) return wrong('out_trade_no')
  const total = parseDecimal(stringMember(content, 'total_amount') ?? '', 'CNY')
  if (!total || total.amount < 1n || total.amount > MAX_TOTAL) return wrong('total_amount')
  const subject = stringMember(content, 'subject') ?? ''
  if (!subject.trim() || subject.length > 256 || /[/=&]/.test(subject)) return wrong('subject')
  const productCode = stringMember(content, 'product_code') ?? rule.defaultProduct ?? ''
  if (!rule.productCodes.includes(productCode)) return wrong('product_code')
  const expiresAt = readExpiry(content, rule, now)
  if (typeof expiresAt !== 'number') return expiresAt
  const fault = tooLong(content, {
    body: 128,
    passback_params: 512,
    store_id: 32,
    operator_id: 28,
    terminal_id: 32,
  })
  if (fault) return wrong(fault)
  const passbackParams = stringMember(content, 'passback_params')
  // It must arrive percent-encoded, or it could be taken for parameters of the notification.
  if (passbackParams && /[^A-Za-z0-9%._~*+!'()-]/.test(passbackParams))
    return wrong('passback_params')
  if (content.enable_pay_channels && content.disable_pay_channels)
    return wrong('disable_pay_channels')
  for (const name of ['notify_url', 'return_url'] as const) {
    const url = parameters[name]
    if (url && (url.length > 256 || !/^https?:\/\//.test(url) || !URL.canParse(url)))
      return wrong(name)
  }
  return {
    outTradeNo,
    total,
    subject,
    productCode,
    expiresAt,
    body: stringMember(content, 'body'),
    passbackParams,
    notifyUrl: parameters.notify_url || undefined,
    returnUrl: parameters.return_url || undefined,
    quitUrl: stringMember(content, 'quit_url'),
    qrPayMode:
      stringMember(content, 'qr_pay_mode') ?? numberMember(content, 'qr_pay_mode')?.toString(),
    buyerId: stringMember(content, 'buyer_id'),
    buyerOpenId: stringMember(content, 'buyer_open_id'),
    authCode: stringMember(content, 'auth_code'),
  }
}

function wrong(field: string): Refusal {
  return business('INVALID_PARAMETER', `参数有误：${field}`)
}

function tooLong(content: JsonObject, limits: Record<string, number>): string | undefined {
  return Object.keys(limits).find((name) => {
    const value = content[name]
    if (value === undefined) return false
    return typeof value !== 'string' || value.length > (limits[name] ?? 0)
  })
}

function readExpiry(content: JsonObject, rule: SurfaceRule, now: number): number | Refusal {
  const written = stringMember(content, 'time_expire')
  if (written !== undefined) {
    const at = parseTime(written)
    if (at === undefined) return wrong('time_expire')
    if (at <= now) {
      return business('NOW_TIME_AFTER_EXPIRE_TIME_ERROR', '当前时间已经超过交易允许支付的时间')
    }
    if (at < now + MINUTE - SLACK_MS || at > now + LONGEST_MS + SLACK_MS)
      return wrong('time_expire')
    return at
  }
  const life = stringMember(content, 'timeout_express')
  if (life === undefined) return now + rule.defaultLifeMs
  if (life === '1c') return endOfDay(now)
  const match = /^([1-9]\d{0,4})([mhd])$/.exec(life)
  if (!match) return wrong('timeout_express')
  const unit = { m: MINUTE, h: 60 * MINUTE, d: DAY }[match[2] ?? ''] ?? 0
  const ms = Number(match[1]) * unit
  return ms < rule.shortestMs || ms > LONGEST_MS ? wrong('timeout_express') : now + ms
}
