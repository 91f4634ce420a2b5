// Adyen's standard webhook: verified item by item, then translated (sheet 3.3).

import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeBase64 } from '../../encoding/base64.ts'
import { isObject, type JsonObject, parseJsonObject } from '../../encoding/json.ts'
import { decodeUtf8 } from '../../encoding/utf8.ts'
import type { Money } from '../../money.ts'
import type { RawNotification, RefusalReason } from '../../wallets/wallet.ts'
import type { AcquirerVerdict, ChangeObservation } from '../acquirer.ts'
import { takesCurrency } from '../amounts.ts'
import { objectOf, problem, textOf, unitsOf } from '../call.ts'
import type { AdyenAccount } from './account.ts'
import { amountRules, moneyOf } from './messages.ts'

export const MAX_NOTIFICATION_BYTES = 64 * 1024

interface Item {
  pspReference: string
  originalReference: string
  merchantAccountCode: string
  merchantReference: string
  currency: string
  eventCode: string
  success: string
  source: JsonObject
}

type Refused = Extract<AcquirerVerdict, { verdict: 'refused' }>
type Quarantined = Extract<AcquirerVerdict, { verdict: 'quarantined' }>

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
    const fields = source && signedFields(source)
    if (!source || !fields) return refuse('malformed', 'a field is missing or has another shape')
    if (!isGenuine(account, source, fields)) {
      return refuse('signature', 'no active key made this signature')
    }
    verdicts.push(readGenuine(account, message, source))
  }
  const told = verdicts.filter(({ verdict }) => verdict !== 'ignored')
  // Adyen sends one item; with several, all but one would be lost here.
  if (told.length > 1) return quarantine('malformed', 'several items about payments in one message')
  return told[0] ?? verdicts[0] ?? refuse('not_a_notification', 'no item')
}

/** From here on nothing is refused: Adyen would repeat it for days and hold back all behind it. */
function readGenuine(
  account: AdyenAccount,
  message: JsonObject,
  source: JsonObject,
): AcquirerVerdict {
  const item = readItem(source)
  if (!item) return quarantine('malformed', 'a signed field has another shape')
  return checkPlace(account, message, item) ?? translate(account, item)
}

function isAuthorized(account: AdyenAccount, headers: Record<string, string>): boolean {
  const expected = account.notificationAuthorization
  if (expected === undefined) return true
  return sameBytes(Buffer.from(headers.authorization ?? ''), Buffer.from(expected))
}

/** The members that are signed, as texts; undefined where one is an object or a list. */
function signedFields(source: JsonObject): string[] | undefined {
  const amount = source.amount === undefined || source.amount === null ? {} : source.amount
  if (!isObject(amount)) return undefined
  const members = [
    source.pspReference,
    source.originalReference,
    source.merchantAccountCode,
    source.merchantReference,
    amount.value,
    amount.currency,
    source.eventCode,
    source.success,
  ]
  if (members.some((member) => typeof member === 'object' && member !== null)) return undefined
  return members.map((member) => String(member ?? ''))
}

function isGenuine(account: AdyenAccount, source: JsonObject, fields: string[]): boolean {
  const signature = textOf(objectOf(source, 'additionalData'), 'hmacSignature')
  const given = signature === undefined ? undefined : decodeBase64(signature)
  if (given === undefined) return false
  return account.hmacKeys.some((key) =>
    sameBytes(given, createHmac('sha256', key).update(fields.join(':'), 'utf8').digest()),
  )
}

/**
 * The signed text joins its fields with `:` and escapes nothing, so one signature would cover fields
 * that are cut differently. An item is only understood where no signed field has one.
 */
function readItem(source: JsonObject): Item | undefined {
  const amount = objectOf(source, 'amount')
  const value = amount?.value
  if (value !== undefined && value !== null && unitsOf(amount, 'value') === undefined) {
    return undefined
  }
  const [pspReference, originalReference] = [
    optional(source, 'pspReference'),
    optional(source, 'originalReference'),
  ]
  const [merchantAccountCode, merchantReference] = [
    optional(source, 'merchantAccountCode'),
    optional(source, 'merchantReference'),
  ]
  const [eventCode, success] = [optional(source, 'eventCode'), optional(source, 'success')]
  const currency = amount ? optional(amount, 'currency') : ''
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
  const shaped =
    pspReference !== '' &&
    /^[A-Z_0-9]{1,80}$/.test(eventCode) &&
    /^(?:true|false)$/.test(success) &&
    /^(?:[A-Z]{3})?$/.test(currency) &&
    merchantAccountCode !== '' &&
    ![pspReference, originalReference, merchantAccountCode, merchantReference].some((field) =>
      field.includes(':'),
    )
  if (!shaped) return undefined
  return {
    pspReference,
    originalReference,
    merchantAccountCode,
    merchantReference,
    currency,
    eventCode,
    success,
    source,
  }
}

/** Missing and null are signed as nothing; undefined for a member that is no text. */
function optional(source: JsonObject, name: string): string | undefined {
  const value = source[name]
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : undefined
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** `live` is a text and not signed; it still shows a webhook that was set up for the other side. */
function checkPlace(
  account: AdyenAccount,
  message: JsonObject,
  item: Item,
): Quarantined | undefined {
  if (message.live !== (account.live ? 'true' : 'false')) {
    return quarantine('wrong_account', 'environment: live is not that of this account')
  }
  if (item.merchantAccountCode !== account.merchantAccount) {
    return quarantine('wrong_account', 'account: another merchant account')
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
      return success ? ended(item, payment) : changed(item, 'cancel', 'failed')
    case 'TECHNICAL_CANCEL':
      if (success) return ended(item, payment)
      return isUnknownThere(item) ? seen(item, 'absent') : changed(item, 'cancel', 'failed')
    case 'EXPIRE':
      return success ? ended(item, payment) : about(item)
    case 'CAPTURE':
      return changed(item, 'capture', success ? 'succeeded' : 'failed')
    case 'CAPTURE_FAILED':
      return success ? changed(item, 'capture', 'failed') : about(item)
    case 'CANCEL_OR_REFUND':
    case 'CHARGEBACK':
    case 'SECOND_CHARGEBACK':
      // The money that an authorization promised is gone, and a success has been told.
      return success ? seen(item, 'reversed') : about(item)
    case 'REFUND':
      return changed(item, 'refund', success ? 'succeeded' : 'failed')
    case 'REFUND_FAILED':
    case 'REFUNDED_REVERSED':
      return success ? changed(item, 'refund', 'failed') : about(item)
    default:
      return DISPUTES.test(eventCode) ? { ...about(item), afterPayment: true } : about(item)
  }
}

/** What is going on about money that was taken (sheet 3.3). */
const DISPUTES =
  /^(?:NOTIFICATION_OF_|CHARGEBACK_|REQUEST_FOR_INFORMATION|PREARBITRATION_|DISPUTE_|VOID_PENDING_)/

/**
 * No payment has the number that our cancel named. That none is named is signed. The reason is not,
 * so that it can only hold back: of anything but "not found" the authorization's webhook tells.
 */
function isUnknownThere(item: Item): boolean {
  return item.originalReference === '' && /not found/i.test(textOf(item.source, 'reason') ?? '')
}

function translateAuthorisation(
  account: AdyenAccount,
  item: Item,
  success: boolean,
): AcquirerVerdict {
  const money = authorisedMoney(item)
  const told = {
    source: 'notification' as const,
    walletReference: item.merchantReference,
    walletTransactionId: item.pspReference,
    messageId: messageId(item),
    walletStatus: `${item.eventCode} ${item.success}`,
    ...(money && { money }),
  }
  const outcome = success
    ? account.capture === 'manual'
      ? { status: 'processing' as const, ...(money && { authorized: money }) }
      : { status: 'succeeded' as const }
    : // The reason stands in the message and is not signed.
      { status: 'failed' as const, problem: problem('retry_new', 'AUTHORISATION false') }
  return { verdict: 'verified', observation: { ...told, ...outcome }, askFirst: false }
}

/**
 * A currency in which no order is made is told as it stands, so that it contradicts the order. An
 * amount that cannot be said exactly is not told: a success without one contradicts every order.
 */
function authorisedMoney(item: Item): Money | undefined {
  const amount = objectOf(item.source, 'amount')
  if (takesCurrency(amountRules, item.currency)) return moneyOf(amount)
  const units = unitsOf(amount, 'value')
  return units === undefined || item.currency === ''
    ? undefined
    : { amount: units, currency: item.currency }
}

/** About a payment by its own number. */
function seen(item: Item, status: 'absent' | 'reversed'): AcquirerVerdict {
  return {
    verdict: 'verified',
    observation: {
      source: 'notification',
      status,
      walletReference: item.merchantReference,
      ...(item.originalReference !== '' && { walletTransactionId: item.originalReference }),
      messageId: messageId(item),
      walletStatus: `${item.eventCode} ${item.success}`,
    },
    askFirst: false,
  }
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

function about(item: Item): Extract<AcquirerVerdict, { verdict: 'ignored' }> {
  const walletTransactionId = item.originalReference || item.pspReference
  const order = { walletReference: item.merchantReference, walletTransactionId }
  return { verdict: 'ignored', reason: `${item.eventCode} ${item.success}`, order }
}

/** Adyen's own rule for duplicates. */
function messageId(item: Item): string {
  return `${item.pspReference}:${item.eventCode}:${item.success}`
}

function refuse(reason: RefusalReason, detail: string): Refused {
  return { verdict: 'refused', reason, detail }
}

function quarantine(reason: RefusalReason, detail: string): Quarantined {
  return { verdict: 'quarantined', reason, detail }
}
