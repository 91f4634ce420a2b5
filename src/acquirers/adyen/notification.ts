// Adyen's standard webhook: verified item by item, then translated (sheet 3.3).

import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeBase64 } from '../../encoding/base64.ts'
import { isObject, type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { RawNotification, RefusalReason } from '../../wallets/wallet.ts'
import type { AcquirerVerdict, ChangeObservation } from '../acquirer.ts'
import { objectOf, problem, textOf, unitsOf } from '../call.ts'
import type { AdyenAccount } from './account.ts'
import { moneyOf } from './messages.ts'

export const MAX_NOTIFICATION_BYTES = 64 * 1024

interface Item {
  pspReference: string
  originalReference: string
  merchantAccountCode: string
  merchantReference: string
  value: string
  currency: string
  eventCode: string
  success: string
  source: JsonObject
}

type Refused = Extract<AcquirerVerdict, { verdict: 'refused' }>

/**
 * Verifies the raw bytes. Only signed fields are used for what follows: the time, the reason and the
 * method of payment can be changed without breaking the signature.
 */
export function readNotification(account: AdyenAccount, raw: RawNotification): AcquirerVerdict {
  if (!isAuthorized(account, raw.headers)) return refuse('signature', 'user or password')
  if (raw.body.length > MAX_NOTIFICATION_BYTES) return refuse('too_large', 'more than 64 KiB')
  const text = decodeUtf8(raw.body)
  if (text === undefined) return refuse('encoding', 'bytes that are not UTF-8')
  const message = parseJsonObject(text)
  const items = message?.notificationItems
  if (!message || !Array.isArray(items)) return refuse('malformed', 'no notificationItems')
  const verdicts: AcquirerVerdict[] = []
  for (const entry of items) {
    const source = isObject(entry) ? objectOf(entry, 'NotificationRequestItem') : undefined
    const item = source && readItem(source)
    if (!item) return refuse('malformed', 'a field is missing or has another shape')
    if (!isGenuine(account, item)) return refuse('signature', 'no active key made this signature')
    const foreign = checkPlace(account, message, item)
    if (foreign) return foreign
    verdicts.push(translate(account, item))
  }
  const told = verdicts.filter(({ verdict }) => verdict !== 'ignored')
  // Adyen sends one item; with several, all but one would be lost here.
  if (told.length > 1) return refuse('malformed', 'several items about payments in one message')
  return told[0] ?? verdicts[0] ?? refuse('not_a_notification', 'no item')
}

function isAuthorized(account: AdyenAccount, headers: Record<string, string>): boolean {
  const expected = account.notificationAuthorization
  if (expected === undefined) return true
  return sameBytes(Buffer.from(headers.authorization ?? ''), Buffer.from(expected))
}

/**
 * The signed text joins its fields with `:` and escapes nothing, so one signature would cover fields
 * that are cut differently. No signed field may have one.
 */
function readItem(source: JsonObject): Item | undefined {
  const amount = objectOf(source, 'amount')
  const value = amount?.value
  if (value !== undefined && value !== null && unitsOf(amount, 'value') === undefined) {
    return undefined
  }
  const signed = {
    pspReference: optional(source, 'pspReference'),
    originalReference: optional(source, 'originalReference'),
    merchantAccountCode: optional(source, 'merchantAccountCode'),
    merchantReference: optional(source, 'merchantReference'),
    value: typeof value === 'number' ? String(value) : '',
    currency: amount ? optional(amount, 'currency') : '',
    eventCode: optional(source, 'eventCode'),
    success: optional(source, 'success'),
  }
  const { pspReference, merchantAccountCode, merchantReference, currency, eventCode } = signed
  const { originalReference, success } = signed
  if (
    pspReference === undefined ||
    originalReference === undefined ||
    merchantAccountCode === undefined ||
    merchantReference === undefined ||
    currency === undefined ||
    eventCode === undefined ||
    success === undefined
  ) {
    return undefined
  }
  const item: Item = {
    ...signed,
    pspReference,
    originalReference,
    merchantAccountCode,
    merchantReference,
    currency,
    eventCode,
    success,
    source,
  }
  const shaped =
    pspReference !== '' &&
    /^[A-Z_0-9]{1,80}$/.test(eventCode) &&
    /^(?:true|false)$/.test(success) &&
    /^(?:[A-Z]{3})?$/.test(currency) &&
    merchantAccountCode !== '' &&
    !signedFields(item).some((field) => field.includes(':'))
  return shaped ? item : undefined
}

/** Missing and null are signed as nothing; undefined for a member that is no text. */
function optional(source: JsonObject, name: string): string | undefined {
  const value = source[name]
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : undefined
}

function signedFields(item: Item): string[] {
  return [
    item.pspReference,
    item.originalReference,
    item.merchantAccountCode,
    item.merchantReference,
    item.value,
    item.currency,
    item.eventCode,
    item.success,
  ]
}

function isGenuine(account: AdyenAccount, item: Item): boolean {
  const signature = textOf(objectOf(item.source, 'additionalData'), 'hmacSignature')
  const given = signature === undefined ? undefined : decodeBase64(signature)
  if (given === undefined) return false
  const text = signedFields(item).join(':')
  return account.hmacKeys.some((key) =>
    sameBytes(given, createHmac('sha256', key).update(text, 'utf8').digest()),
  )
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** `live` is a text and not signed; it still shows a webhook that was set up for the other side. */
function checkPlace(account: AdyenAccount, message: JsonObject, item: Item): Refused | undefined {
  if (message.live !== (account.live ? 'true' : 'false')) {
    return refuse('wrong_account', 'environment: live is not that of this account')
  }
  if (item.merchantAccountCode !== account.merchantAccount) {
    return refuse('wrong_account', 'account: another merchant account')
  }
  return undefined
}

function translate(account: AdyenAccount, item: Item): AcquirerVerdict {
  const { eventCode, pspReference, originalReference } = item
  const success = item.success === 'true'
  // What was not made by this hub is taken and left alone: a refusal would stop Adyen's whole queue.
  if (!/^[A-Za-z0-9_.-]{1,80}$/.test(item.merchantReference)) {
    return { verdict: 'ignored', reason: `${eventCode} of another reference` }
  }
  const payment = originalReference || pspReference
  switch (eventCode) {
    case 'AUTHORISATION':
      return translateAuthorisation(account, item, success)
    case 'CANCELLATION':
    case 'TECHNICAL_CANCEL':
      return success ? ended(item, payment) : changed(item, 'cancel', 'failed')
    case 'EXPIRE':
      return success ? ended(item, payment) : ignored(item)
    case 'CAPTURE':
      return changed(item, 'capture', success ? 'succeeded' : 'failed')
    case 'CAPTURE_FAILED':
      return success ? changed(item, 'capture', 'failed') : ignored(item)
    case 'REFUND':
      return changed(item, 'refund', success ? 'succeeded' : 'failed')
    case 'REFUND_FAILED':
    case 'REFUNDED_REVERSED':
      return success ? changed(item, 'refund', 'failed') : ignored(item)
    default:
      return ignored(item)
  }
}

function translateAuthorisation(
  account: AdyenAccount,
  item: Item,
  success: boolean,
): AcquirerVerdict {
  const money = moneyOf(objectOf(item.source, 'amount'))
  if (!money) return { verdict: 'ignored', reason: 'AUTHORISATION in another currency' }
  const seen = {
    source: 'notification' as const,
    walletReference: item.merchantReference,
    walletTransactionId: item.pspReference,
    messageId: messageId(item),
    walletStatus: `${item.eventCode} ${item.success}`,
    money,
  }
  const outcome = success
    ? account.capture === 'manual'
      ? { status: 'processing' as const, authorized: money }
      : { status: 'succeeded' as const }
    : // The reason stands in the message and is not signed.
      { status: 'failed' as const, problem: problem('retry_new', 'AUTHORISATION false') }
  return { verdict: 'verified', observation: { ...seen, ...outcome }, askFirst: false }
}

/** The reference of a cancel is that of its payment, see `cancelRequest`. */
function ended(item: Item, payment: string): AcquirerVerdict {
  return {
    verdict: 'verified',
    observation: {
      source: 'notification',
      status: 'closed',
      walletReference: item.merchantReference,
      ...(payment !== '' && item.originalReference !== '' && { walletTransactionId: payment }),
      messageId: messageId(item),
      walletStatus: `${item.eventCode} ${item.success}`,
    },
    askFirst: false,
  }
}

function changed(
  item: Item,
  change: ChangeObservation['change'],
  status: ChangeObservation['status'],
): AcquirerVerdict {
  const money = moneyOf(objectOf(item.source, 'amount'))
  return {
    verdict: 'change',
    change: {
      source: 'notification',
      change,
      status,
      reference: item.merchantReference,
      walletChangeId: item.pspReference,
      ...(item.originalReference !== '' && { walletTransactionId: item.originalReference }),
      ...(money && { money }),
      messageId: messageId(item),
      walletStatus: `${item.eventCode} ${item.success}`,
      ...(status === 'failed' && { problem: problem('retry_new', item.eventCode) }),
    },
    askFirst: false,
  }
}

function ignored(item: Item): AcquirerVerdict {
  return { verdict: 'ignored', reason: item.eventCode }
}

/** Adyen's own rule for duplicates. */
function messageId(item: Item): string {
  return `${item.pspReference}:${item.eventCode}:${item.success}`
}

function refuse(reason: RefusalReason, detail: string): Refused {
  return { verdict: 'refused', reason, detail }
}
