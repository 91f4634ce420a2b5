// Adyen's Checkout API v72 on the wire: bodies of requests, and answers as observations (sheet 3).

import { encodeBase64 } from '../../encoding/base64.ts'
import type { JsonObject } from '../../encoding/json.ts'
import type { Money } from '../../money.ts'
import type { AttemptOrder, Browser, NextAction } from '../../wallets/wallet.ts'
import type { CardObservation, CardOrder, Credential, NetworkToken } from '../acquirer.ts'
import { type AmountRules, fromUnits, toUnits } from '../amounts.ts'
import { objectOf, problem, textOf, unitsOf, wordOf } from '../call.ts'
import type { AdyenAccount } from './account.ts'
import { refusalProblem } from './problems.ts'

/** Adyen's page "Currency codes and minor units" marks these four as different from the standard. */
export const amountRules: AmountRules = {
  decimals: { CLP: 2, CVE: 0, IDR: 0, ISK: 2 },
  without: ['BTC', 'CUP', 'IRR', 'KPW', 'MGA', 'SDG', 'SVC', 'SYP', 'VED'],
  max: 999_999_999_999_999n,
}

/** Adyen's limits of these members (sheet 3.1). */
const MAX_TOKEN = 10_000
const MAX_ORIGIN = 80
const MAX_RETURN_URL = 1024

/** The body of `POST /payments`, or what Adyen could not take. */
export function paymentBody(account: AdyenAccount, order: CardOrder): JsonObject | string {
  const amount = amountBody(order.money)
  if (!amount) return 'the amount cannot be said in this currency at Adyen'
  if (order.returnUrl.length > MAX_RETURN_URL) return 'the return address is too long'
  const method = paymentMethod(order.credential)
  if (!method) return 'the token is longer than Adyen takes'
  const { origin } = new URL(order.returnUrl)
  return {
    merchantAccount: account.merchantAccount,
    amount,
    reference: order.walletReference,
    returnUrl: order.returnUrl,
    channel: 'Web',
    ...(origin.length <= MAX_ORIGIN && { origin }),
    ...(order.payerAddress !== undefined && { shopperIP: order.payerAddress }),
    ...(order.browser && { browserInfo: browserInfo(order.browser) }),
    paymentMethod: method,
    ...(order.credential.type === 'network_token' && { mpiData: mpiData(order.credential) }),
    metadata: { tongbaoPayment: order.walletReference },
    ...(order.capture === 'manual' && { additionalData: { manualCapture: 'true' } }),
  }
}

export function amountBody(money: Money): JsonObject | undefined {
  const units = toUnits(amountRules, money)
  return units === undefined ? undefined : { currency: money.currency, value: Number(units) }
}

function paymentMethod(credential: Credential): JsonObject | undefined {
  switch (credential.type) {
    case 'applepay': {
      const applePayToken = encodeBase64(Buffer.from(credential.token, 'utf8'))
      return applePayToken.length > MAX_TOKEN ? undefined : { type: 'applepay', applePayToken }
    }
    case 'googlepay': {
      const googlePayToken = credential.token
      return googlePayToken.length > MAX_TOKEN ? undefined : { type: 'googlepay', googlePayToken }
    }
    case 'network_token':
      return {
        type: 'scheme',
        brand: credential.wallet,
        number: credential.number,
        expiryMonth: String(credential.expiry.month).padStart(2, '0'),
        expiryYear: String(credential.expiry.year),
        ...(credential.holderName !== undefined && { holderName: credential.holderName }),
      }
  }
}

/** The device's cryptogram stands for a 3-D Secure check that succeeded. */
function mpiData({ cryptogram, eci }: NetworkToken): JsonObject {
  return {
    authenticationResponse: 'Y',
    directoryResponse: 'Y',
    cavv: cryptogram,
    ...(eci !== undefined && { eci: eci.padStart(2, '0') }),
  }
}

function browserInfo(browser: Browser): JsonObject {
  return {
    userAgent: browser.userAgent,
    acceptHeader: browser.acceptHeader,
    language: browser.language,
    colorDepth: browser.colorDepth,
    screenHeight: browser.screenHeight,
    screenWidth: browser.screenWidth,
    timeZoneOffset: browser.timeZoneOffset,
    javaEnabled: browser.javaEnabled,
  }
}

export function moneyOf(body: JsonObject | undefined): Money | undefined {
  const currency = textOf(body, 'currency')
  const value = unitsOf(body, 'value')
  if (currency === undefined || value === undefined) return undefined
  return fromUnits(amountRules, value, currency)
}

/** What an answer of `/payments` or `/payments/details` says about this order. */
export function readPayment(
  account: AdyenAccount,
  order: AttemptOrder,
  body: JsonObject,
): CardObservation {
  const resultCode = wordOf(body, 'resultCode')
  const reference = textOf(body, 'merchantReference')
  const seen: Omit<CardObservation, 'status'> = {
    source: 'response',
    walletReference: order.walletReference,
    ...(resultCode !== undefined && { walletStatus: resultCode }),
  }
  const open = (walletMessage: string): CardObservation => ({
    ...seen,
    status: 'unknown',
    problem: problem('unknown_outcome', resultCode, walletMessage),
  })
  // The browser's `redirectResult` could belong to another payment.
  if (reference !== undefined && reference !== order.walletReference) {
    return open('the answer is about another payment')
  }
  const named = reference !== undefined
  const id = textOf(body, 'pspReference')
  const known = { ...seen, ...(named && id !== undefined && { walletTransactionId: id }) }
  switch (resultCode) {
    case 'Authorised':
      return named ? readAuthorised(account, known, moneyOf(objectOf(body, 'amount'))) : open('')
    case 'PartiallyAuthorised':
      // Never asked for: the cancel that follows lets the held part go.
      return { ...known, status: 'unknown', problem: problem('unknown_outcome', resultCode) }
    case 'Refused':
    case 'Error':
      if (!named) return open('')
      return {
        ...known,
        status: 'failed',
        problem: refusalProblem(textOf(body, 'refusalReasonCode'), textOf(body, 'refusalReason')),
      }
    case 'Cancelled':
      if (!named) return open('')
      return { ...known, status: 'failed', problem: problem('payer_action', resultCode) }
    case 'RedirectShopper': {
      const nextAction = readAction(objectOf(body, 'action'))
      if (!nextAction) return open('an action that cannot be shown')
      return { ...seen, status: 'requires_action', nextAction }
    }
    case 'Pending':
    case 'Received':
      return { ...known, status: 'processing' }
    default:
      return open('a result that is not known')
  }
}

function readAuthorised(
  account: AdyenAccount,
  known: Omit<CardObservation, 'status'>,
  money: Money | undefined,
): CardObservation {
  // Without an amount the webhook, which always has one, decides.
  if (!money) return { ...known, status: 'processing' }
  return account.capture === 'manual'
    ? { ...known, status: 'processing', money, authorized: money }
    : { ...known, status: 'succeeded', money }
}

function readAction(action: JsonObject | undefined): NextAction | undefined {
  const url = textOf(action, 'url')
  if (action?.type !== 'redirect' || url === undefined) return undefined
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return undefined
  if (action.method !== 'POST') return { type: 'redirect', url }
  const fields = Object.entries(objectOf(action, 'data') ?? {})
  const texts = fields.filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  if (texts.length !== fields.length) return undefined
  return { type: 'form', action: url, fields: Object.fromEntries(texts) }
}
