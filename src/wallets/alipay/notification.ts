// What Alipay posts to notify_url, and the query string a payer's browser comes back with.

import { parseForm } from '../../encoding/form.ts'
import type { Milliseconds } from '../../ports.ts'
import type { NotificationVerdict, RawNotification, RefusalReason } from '../wallet.ts'
import { type AlipayAccount, activeKeys } from './account.ts'
import { moneyOf, readTrade, textOf } from './messages.ts'
import { SIGN_TYPE, verifyNotification } from './signature.ts'

export const MAX_NOTIFICATION_BYTES = 64 * 1024

type Fields = ReadonlyMap<string, string>

const TRADE_STATUSES = ['WAIT_BUYER_PAY', 'TRADE_SUCCESS', 'TRADE_FINISHED', 'TRADE_CLOSED']
const REQUIRED = ['notify_id', 'notify_time', 'trade_no', 'out_trade_no', 'app_id', 'seller_id']
const TRADE_TYPE = 'trade_status_sync'

/**
 * Verifies and reads a notification (sheet section 5). Even a verified one is only a reason to ask:
 * the signed text has no escaping, so one genuine signature covers differently cut parameters.
 */
export function readNotification(
  account: AlipayAccount,
  raw: RawNotification,
  now: Milliseconds,
): NotificationVerdict {
  if (!isForm(raw.contentType)) return refuse('content_type', 'not a form in UTF-8')
  if (raw.body.length > MAX_NOTIFICATION_BYTES) return refuse('too_large', 'more than 64 KiB')
  const form = parseForm(raw.body)
  if ('refused' in form) return refuse(form.refused, form.detail)
  const { fields } = form
  if ((fields.get('sign_type') ?? SIGN_TYPE) !== SIGN_TYPE) {
    return refuse('algorithm', 'sign_type is not RSA2')
  }
  if (!isGenuine(account, fields, now)) {
    return refuse('signature', 'no active key of Alipay made this signature')
  }
  if (isAmbiguous(fields)) return refuse('malformed', 'ambiguous parameters')
  return isTrade(fields) ? readTradeNotification(account, fields) : readOther(fields)
}

function readTradeNotification(account: AlipayAccount, fields: Fields): NotificationVerdict {
  if (fields.has('msg_method')) return refuse('malformed', 'two kinds of message in one')
  const trade = Object.fromEntries(fields)
  const missing = REQUIRED.find((name) => textOf(trade, name) === undefined)
  if (missing !== undefined) return refuse('not_a_notification', `${missing} is missing`)
  if (!TRADE_STATUSES.includes(textOf(trade, 'trade_status') ?? '')) {
    return refuse('not_a_notification', 'trade_status is missing or not known')
  }
  if (moneyOf(trade, 'total_amount') === undefined) {
    return refuse('malformed', 'total_amount is no amount in yuan')
  }
  if (fields.get('app_id') !== account.appId) return refuse('wrong_account', 'app_id')
  if (fields.get('seller_id') !== account.sellerId) return refuse('wrong_account', 'seller_id')
  return { verdict: 'verified', observation: readTrade(trade, 'notification'), askFirst: true }
}

/** Messages of the application gateway have their own address; here they are never trades. */
function readOther(fields: Fields): NotificationVerdict {
  const kind = fields.get('msg_method') ?? fields.get('notify_type')
  // The parameters of a browser's return have a genuine signature too, and are seen by the payer.
  if (kind === undefined) return refuse('not_a_notification', 'neither notify_type nor msg_method')
  return { verdict: 'ignored', reason: kind.slice(0, 100) }
}

/** Only messages that are no trade may be signed by the old rule V2 (sheet 4.4). */
function isGenuine(account: AlipayAccount, fields: Fields, now: Milliseconds): boolean {
  const hint = fields.get('alipay_cert_sn')
  const keys = activeKeys(account, now)
    .sort((a, b) => Number(b.sn === hint) - Number(a.sn === hint))
    .map(({ key }) => key)
  if (verifyNotification(fields, keys) !== undefined) return true
  const old = !isTrade(fields) && fields.has('notify_type')
  return old && verifyNotification(fields, keys, 'V2') !== undefined
}

function isTrade(fields: Fields): boolean {
  return fields.get('notify_type') === TRADE_TYPE
}

/** A value with `&name=` in it could have been several parameters when it was signed (step 8). */
function isAmbiguous(fields: Fields): boolean {
  return [...fields.values()].some((value) => /&[^&=]*=/.test(value))
}

function isForm(contentType: string): boolean {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  const utf8 = parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=')
    return name.trim() !== 'charset' || value.trim().replaceAll('"', '') === 'utf-8'
  })
  return type.trim() === 'application/x-www-form-urlencoded' && utf8
}

function refuse(reason: RefusalReason, detail: string): NotificationVerdict {
  return { verdict: 'refused', reason, detail }
}

const RETURN_FIELDS =
  'app_id auth_app_id charset method out_trade_no seller_id sign sign_type timestamp total_amount trade_no version'.split(
    ' ',
  )

/**
 * True when Alipay signed the query string of a return for this application. The merchant's own
 * parameters of return_url may stand among Alipay's; they are not part of what was signed.
 */
export function verifyReturn(account: AlipayAccount, query: string): boolean {
  const form = parseForm(Buffer.from(query.replace(/^\?/, ''), 'utf8'))
  if ('refused' in form) return false
  const { fields } = form
  const shaped =
    (fields.get('sign_type') ?? SIGN_TYPE) === SIGN_TYPE &&
    fields.get('app_id') === account.appId &&
    /^alipay\.trade\.(?:page|wap)\.pay\.return$/.test(fields.get('method') ?? '') &&
    (fields.get('out_trade_no') ?? '') !== ''
  if (!shaped) return false
  const keys = activeKeys(account).map(({ key }) => key)
  const documented = new Map([...fields].filter(([name]) => RETURN_FIELDS.includes(name)))
  return [fields, documented].some((read) => verifyNotification(read, keys) !== undefined)
}
