// An order in WeChat Pay's words, and why it would never take one.

import type { JsonObject } from '../../encoding/json.ts'
import type { AttemptOrder, Problem, Surface } from '../wallet.ts'
import type { WechatPayAccount } from './account.ts'
import type { Cashier } from './pay-sign.ts'
import { beijingTime } from './time.ts'
import { CURRENCY } from './transaction.ts'

export const SURFACES = [
  'qr',
  'mobile',
  'app',
  'in_app',
  'barcode',
] as const satisfies readonly Surface[]
export const MIN_AMOUNT = 1n
/** 100 000 000.00 yuan; the real limits depend on payer's bank and merchant. */
export const MAX_AMOUNT = 10_000_000_000n
/** A shorter limit becomes a minute; never-paid orders close themselves after seven days. */
export const MIN_EXPIRY_SECONDS = 60
export const MAX_EXPIRY_SECONDS = 7 * 86_400
/** What a prepay answer hands out lives two hours whatever the order's own limit (sheet 3.1). */
export const PREPAY_LIFETIME_MS = 2 * 3_600_000

const MAX_DESCRIPTION = 127
const MAX_NOTIFY_URL = 255
const PREPAY = '/v3/pay/transactions'

/** Where the order is made, and as what the payer's device opens it. */
export const PATHS: Readonly<Record<(typeof SURFACES)[number], string>> = {
  qr: `${PREPAY}/native`,
  mobile: `${PREPAY}/h5`,
  app: `${PREPAY}/app`,
  in_app: `${PREPAY}/jsapi`,
  barcode: `${PREPAY}/codepay`,
}

export function orderPath(order: AttemptOrder, rest = ''): string {
  return `${PREPAY}/out-trade-no/${encodeURIComponent(order.walletReference)}${rest}`
}

/** The application that an order is made for; undefined where the account has none for it. */
export function appIdOf(account: WechatPayAccount, order: AttemptOrder): string | undefined {
  if (order.surface === 'app') return account.appAppId
  if (order.surface !== 'in_app') return account.appId
  const wanted = order.payer?.appId
  if (wanted === undefined) return account.appId
  return wanted === account.miniAppId || wanted === account.appId ? wanted : undefined
}

/** How the order is opened inside WeChat: an application that is a mini program has its own call. */
export function cashierOf(account: WechatPayAccount, order: AttemptOrder, appId: string): Cashier {
  if (order.surface === 'app') return 'app'
  return appId === account.miniAppId ? 'miniprogram' : 'jsapi'
}

/** Why WeChat Pay would never take this order, found before anything is sent. */
export function orderProblem(account: WechatPayAccount, order: AttemptOrder): Problem | undefined {
  const { money, surface } = order
  if (money.currency !== CURRENCY) return invalid('WeChat Pay takes CNY only')
  if (money.amount < MIN_AMOUNT || money.amount > MAX_AMOUNT) return invalid('amount out of range')
  if (!/^[0-9A-Za-z_|*-]{6,32}$/.test(order.walletReference)) {
    return invalid('reference not allowed')
  }
  if (surface === 'desktop') return invalid('WeChat Pay has no page for desktop browsers')
  if (appIdOf(account, order) === undefined) {
    const walletMessage = `the account has no appid for ${surface}`
    return { category: 'merchant_config', walletMessage }
  }
  if (surface === 'barcode') return codeProblem(order.authCode)
  if (!isNotifyUrl(order.notifyUrl)) return invalid('notify_url not allowed')
  if (surface === 'in_app' && !order.payer?.openId) return invalid('the payer is not known')
  return surface === 'mobile' ? mobileProblem(account, order) : undefined
}

function codeProblem(authCode = ''): Problem | undefined {
  return /^1[0-5]\d{16}$/.test(authCode)
    ? undefined
    : {
        category: 'retry_new',
        code: 'payer_code_invalid',
        walletMessage: 'not a payment code of WeChat',
      }
}

function mobileProblem({ h5Domain }: WechatPayAccount, order: AttemptOrder): Problem | undefined {
  if (!order.payerAddress) return invalid("the payer's network address is not known")
  if (!URL.canParse(order.returnUrl)) return invalid('return_url not allowed')
  const host = new URL(order.returnUrl).hostname
  if (h5Domain === undefined || host === h5Domain || host.endsWith(`.${h5Domain}`)) return undefined
  const walletMessage = `${host} is not under the registered H5 domain ${h5Domain}`
  return { category: 'merchant_config', walletMessage }
}

function invalid(walletMessage: string): Problem {
  return { category: 'invalid_request', walletMessage }
}

/** A full address without query (sheet 3.1); what WeChat cannot reach it will not call. */
function isNotifyUrl(text: string): boolean {
  if (text.length > MAX_NOTIFY_URL || !/^https?:\/\/\S+$/.test(text) || !URL.canParse(text)) {
    return false
  }
  return !/[?#]/.test(text)
}

/** The body of an order that {@link orderProblem} has passed. The same order is the same text. */
export function orderBody(
  account: WechatPayAccount,
  order: AttemptOrder,
  appId: string,
): JsonObject {
  const common = {
    appid: appId,
    mchid: account.mchid,
    description: descriptionOf(order),
    out_trade_no: order.walletReference,
  }
  const amount = { total: Number(order.money.amount), currency: CURRENCY }
  if (order.surface === 'barcode') {
    return {
      ...common,
      amount,
      payer: { auth_code: order.authCode },
      scene_info: {
        store_info: { out_id: account.storeId },
        ...(order.payerAddress && { device_ip: order.payerAddress }),
      },
    }
  }
  return {
    ...common,
    time_expire: beijingTime(order.expiresAt),
    notify_url: order.notifyUrl,
    amount,
    ...(order.surface === 'in_app' && { payer: { openid: order.payer?.openId } }),
    ...(order.surface === 'mobile' && {
      scene_info: { payer_client_ip: order.payerAddress, h5_info: { type: 'Wap' } },
    }),
  }
}

/**
 * The title as a description: WeChat Pay takes no characters of more than three UTF-8 bytes (emoji)
 * and at most 127.
 */
export function descriptionOf(order: Pick<AttemptOrder, 'title' | 'walletReference'>): string {
  const clean = order.title
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\u{10000}-\u{10ffff}]/gu, '')
    .trim()
    .slice(0, MAX_DESCRIPTION)
    .trim()
  return clean === '' ? order.walletReference : clean
}
