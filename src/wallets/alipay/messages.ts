// Wire messages and their pure translation, both ways: an order into biz_content, a trade into an
// observation.

import type { JsonObject } from '../../encoding/json.ts'
import { formatDecimal, type Money, parseDecimal } from '../../money.ts'
import type { Milliseconds } from '../../ports.ts'
import type { AttemptOrder, Observation, ObservedStatus, Problem, Surface } from '../wallet.ts'
import { beijingTime, readBeijingTime } from './time.ts'

export const CURRENCY = 'CNY'
export const MIN_AMOUNT = 1n
/** 100 000 000.00 yuan. */
export const MAX_AMOUNT = 10_000_000_000n

const MIN_EXPIRY_MS = 60_000
const MAX_EXPIRY_MS = 15 * 86_400_000
/** A QR text lives two hours whatever the order's own limit (sheet section 8). */
export const QR_LIFETIME_MS = 2 * 3_600_000
const MAX_URL = 256
const MAX_QUIT_URL = 400
const MAX_SUBJECT = 256

interface Product {
  method: string
  productCode: string
}

export const PRODUCTS: Readonly<Record<Surface, Product>> = {
  desktop: { method: 'alipay.trade.page.pay', productCode: 'FAST_INSTANT_TRADE_PAY' },
  mobile: { method: 'alipay.trade.wap.pay', productCode: 'QUICK_WAP_WAY' },
  app: { method: 'alipay.trade.app.pay', productCode: 'QUICK_MSECURITY_PAY' },
  qr: { method: 'alipay.trade.precreate', productCode: 'FACE_TO_FACE_PAYMENT' },
  barcode: { method: 'alipay.trade.pay', productCode: 'FACE_TO_FACE_PAYMENT' },
  in_app: { method: 'alipay.trade.create', productCode: 'JSAPI_PAY' },
}

/** Alipay closes no order sooner than a minute from now; a later limit could take money too late. */
export function expiresTooSoon(order: AttemptOrder, now: Milliseconds): boolean {
  return order.expiresAt - now < MIN_EXPIRY_MS
}

/** Why Alipay would never take this order, found before anything is sent. */
export function orderProblem(order: AttemptOrder): Problem | undefined {
  const { money, surface } = order
  if (money.currency !== CURRENCY) return invalid('the mainland gateway takes CNY only')
  if (money.amount < MIN_AMOUNT || money.amount > MAX_AMOUNT) return invalid('amount out of range')
  if (!/^[A-Za-z0-9_]{1,64}$/.test(order.walletReference)) return invalid('reference not allowed')
  if (!isWebUrl(order.notifyUrl, MAX_URL)) return invalid('notify_url not allowed')
  if (surface === 'desktop' || surface === 'mobile') {
    if (!isWebUrl(order.returnUrl, MAX_URL)) return invalid('return_url not allowed')
    // The gateway takes such a return_url for an attack (sheet 3.0).
    if (new URL(order.returnUrl).searchParams.has('method')) {
      return invalid('return_url has a parameter named method')
    }
  }
  if (surface === 'mobile' && !isWebUrl(order.quitUrl, MAX_QUIT_URL)) {
    return invalid('quit_url not allowed')
  }
  if (surface === 'in_app' && !order.payer?.openId && !order.payer?.userId) {
    return invalid('the payer is not known')
  }
  if (surface === 'barcode' && sceneOf(order.authCode) === undefined) {
    return { category: 'retry_new', walletMessage: 'not a payment code of Alipay' }
  }
  return undefined
}

function invalid(walletMessage: string): Problem {
  return { category: 'invalid_request', walletMessage }
}

/** `biz_content` of an order that {@link orderProblem} has passed (sheet 3.1). */
export function orderContent(order: AttemptOrder, appId: string, now: Milliseconds): JsonObject {
  const expiresAt = Math.min(order.expiresAt, now + MAX_EXPIRY_MS)
  return {
    out_trade_no: order.walletReference,
    total_amount: formatDecimal(order.money),
    subject: subjectOf(order),
    product_code: PRODUCTS[order.surface].productCode,
    time_expire: beijingTime(expiresAt),
    ...surfaceContent(order, appId),
  }
}

function surfaceContent(order: AttemptOrder, appId: string): JsonObject {
  const { openId, userId } = order.payer ?? {}
  switch (order.surface) {
    case 'mobile':
      return { quit_url: order.quitUrl }
    case 'barcode':
      return { scene: sceneOf(order.authCode), auth_code: order.authCode }
    case 'in_app':
      return {
        op_app_id: appId,
        ...(openId ? { buyer_open_id: openId } : { buyer_id: userId }),
      }
    case 'desktop':
    case 'app':
    case 'qr':
      return {}
  }
}

const FULL_WIDTH: Readonly<Record<string, string>> = { '/': '／', '=': '＝', '&': '＆' }

/**
 * The title as a subject: Alipay refuses `/ = &`, and `&name=` inside a value could be cut into a
 * parameter of its own (sheet section 5 step 8). At most 256 characters, no half of a pair.
 */
export function subjectOf(order: Pick<AttemptOrder, 'title' | 'walletReference'>): string {
  const clean = order.title
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[/=&]/g, (sign) => FULL_WIDTH[sign] ?? '')
    .trim()
  const cut = clean.slice(0, MAX_SUBJECT)
  const subject = (cut.isWellFormed() ? cut : cut.slice(0, -1)).trim()
  return subject === '' ? order.walletReference : subject
}

/** Barcode or face; undefined for a code that no Alipay payer shows (sheet 3.1). */
function sceneOf(authCode = ''): 'bar_code' | 'security_code' | undefined {
  if (/^(?:2[5-9]|30)\d{14,22}$/.test(authCode)) return 'bar_code'
  return /^fp[0-9A-Za-z]{33}$/.test(authCode) ? 'security_code' : undefined
}

function isWebUrl(text: string, maxLength: number): boolean {
  return text.length <= maxLength && /^https?:\/\//.test(text) && URL.canParse(text)
}

/** Members of an answer or fields of a notification. */
export type TradeFields = Readonly<Record<string, unknown>>

/** A member that is a string, not blank, and holds nothing that no database can store. */
export function textOf(fields: TradeFields, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (typeof value !== 'string' || value.trim() === '') return undefined
  return value.isWellFormed() && !value.includes('\0') ? value : undefined
}

export function moneyOf(fields: TradeFields, name: string): Money | undefined {
  const text = textOf(fields, name)
  return text === undefined ? undefined : parseDecimal(text, CURRENCY)
}

/** What every description of a trade has in common: who, how much, when. */
export function tradeFacts(fields: TradeFields): Partial<Observation> {
  const paidAt = textOf(fields, 'send_pay_date') ?? textOf(fields, 'gmt_payment')
  const payerId =
    textOf(fields, 'buyer_open_id') ?? textOf(fields, 'buyer_id') ?? textOf(fields, 'buyer_user_id')
  return defined({
    walletReference: textOf(fields, 'out_trade_no'),
    walletTransactionId: textOf(fields, 'trade_no'),
    money: moneyOf(fields, 'total_amount'),
    received: moneyOf(fields, 'receipt_amount'),
    receiver: textOf(fields, 'seller_id'),
    paidAt: paidAt === undefined ? undefined : readBeijingTime(paidAt),
    payerDisplay: textOf(fields, 'buyer_logon_id'),
    payerId,
    messageId: textOf(fields, 'notify_id'),
  })
}

/**
 * A trade as an observation (sheet section 6). Money that is taken but not stated as CNY with two
 * decimals is `unknown`: there is nothing to compare with the order.
 */
export function readTrade(
  fields: TradeFields,
  source: Observation['source'],
  surface?: Surface,
): Observation {
  const facts = tradeFacts(fields)
  const tradeStatus = textOf(fields, 'trade_status')
  const status = statusOf(fields, surface)
  const held = textOf(fields, 'additional_status')
  const observation: Observation = {
    source,
    ...facts,
    status,
    ...defined({ walletStatus: held === undefined ? tradeStatus : `${tradeStatus} ${held}` }),
  }
  if (status !== 'succeeded') {
    return status === 'unknown'
      ? { ...observation, problem: { category: 'unknown_outcome' } }
      : observation
  }
  const unstated = facts.money === undefined || facts.walletTransactionId === undefined
  if (unstated || isForeignCurrency(fields)) {
    return { ...observation, status: 'unknown', problem: { category: 'unknown_outcome' } }
  }
  const closed = tradeStatus === 'TRADE_CLOSED'
  const refunded = moneyOf(fields, 'refund_fee')
  return {
    ...observation,
    // A paid trade is closed by nothing but its full refund.
    ...defined({ refundedTotal: refunded ?? (closed ? facts.money : undefined) }),
    ...(tradeStatus === 'TRADE_FINISHED' ? { notRefundable: true } : {}),
  }
}

function statusOf(fields: TradeFields, surface: Surface | undefined): ObservedStatus {
  switch (textOf(fields, 'trade_status')) {
    case 'WAIT_BUYER_PAY':
      return surface === 'barcode' ? 'processing' : 'requires_action'
    case 'TRADE_SUCCESS':
    case 'TRADE_FINISHED':
      return 'succeeded'
    case 'TRADE_CLOSED':
      return showsPayment(fields) ? 'succeeded' : 'closed'
    default:
      return 'unknown'
  }
}

/** Evidence that a closed trade had been paid: it was then refunded in full, not left unpaid. */
function showsPayment(fields: TradeFields): boolean {
  const dates = ['send_pay_date', 'gmt_payment', 'gmt_refund']
  const amounts = ['refund_fee', 'send_back_fee', 'receipt_amount', 'buyer_pay_amount']
  return (
    dates.some((name) => textOf(fields, name) !== undefined) ||
    amounts.some((name) => /[1-9]/.test(textOf(fields, name) ?? ''))
  )
}

function isForeignCurrency(fields: TradeFields): boolean {
  return ['trans_currency', 'settle_currency', 'pay_currency'].some(
    (name) => (textOf(fields, name) ?? CURRENCY) !== CURRENCY,
  )
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The same object without the members that are undefined. */
export function defined<T extends object>(members: T): Defined<T> {
  const kept: Defined<T> = {}
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) Object.assign(kept, { [name]: value })
  }
  return kept
}
