// What Adyen does: charges, and what becomes of them. Answers tell little; webhooks tell the truth.
import { type CardData, isUnopened } from '../cards/card-data.ts'
import type { Answer } from '../cards/idempotency.ts'
import { judge, type Verdict } from '../cards/issuer.ts'
import type { Change, ChangeKind, Charge } from '../cards/ledger.ts'
import type { Merchant } from '../cards/merchants.ts'
import { NETWORK_NAMES } from '../cards/test-cards.ts'
import type { Webhooks } from '../cards/webhooks.ts'
import { type CardWorld, letters } from '../cards/world.ts'
import { isObject, type JsonObject, numberMember, parseObject, stringMember } from '../json.ts'
import { type Event, itemOf } from './notification.ts'
import { fault } from './refusals.ts'

interface Result {
  resultCode: string
  reason?: string
  code?: string
}

const RESULTS: Record<Exclude<Verdict, 'challenge'>, Result> = {
  approve: { resultCode: 'Authorised' },
  insufficient_funds: { resultCode: 'Refused', reason: 'Not enough balance', code: '12' },
  declined: { resultCode: 'Refused', reason: 'Refused', code: '2' },
  fraud: { resultCode: 'Refused', reason: 'Issuer Suspected Fraud', code: '31' },
  expired: { resultCode: 'Refused', reason: 'Expired Card', code: '6' },
  unavailable: { resultCode: 'Error', reason: 'Issuer Unavailable', code: '9' },
  unknown_number: { resultCode: 'Refused', reason: 'Invalid Card Number', code: '8' },
}
const NOT_AUTHENTICATED: Result = {
  resultCode: 'Refused',
  reason: '3D Not Authenticated',
  code: '11',
}
const CANCELED: Result = { resultCode: 'Cancelled', reason: 'Cancelled', code: '15' }

export interface Payments {
  pay(merchant: Merchant, body: JsonObject): Answer
  continueWith(merchant: Merchant, body: JsonObject): Answer
  change(merchant: Merchant, kind: ChangeKind, id: string, body: JsonObject): Answer
  reverse(merchant: Merchant, id: string, body: JsonObject): Answer
  cancelByReference(merchant: Merchant, body: JsonObject): Answer
  expire(charge: Charge): boolean
}

export function openPayments(world: CardWorld, webhooks: Webhooks): Payments {
  const { ledger, platform, issuer } = world
  const now = () => platform.clock.now()
  const psp = () => letters(16, 'ABCDEFGHJKLMNPQRSTVWXZ23456789')

  function announce(charge: Charge, event: Event): void {
    const merchant = world.merchants.byId('adyen', charge.merchant)
    if (merchant) webhooks.announce(merchant, charge.reference, itemOf(charge, event, now()))
  }

  function pay(merchant: Merchant, body: JsonObject): Answer {
    const card = readCard(world, merchant, body)
    if ('status' in card) return card
    const amount = isObject(body.amount) ? body.amount : {}
    const extra = isObject(body.additionalData) ? body.additionalData : {}
    const manual = extra.manualCapture === 'true' || merchant.settings.capture === 'manual'
    const judged = judge(card.number, card.expiry, now())
    const fresh = ledger.spend(card.tokenId)
    const brand = judged.card ? NETWORK_NAMES[judged.card.network].toLowerCase() : 'card'
    const charge: Charge = {
      acquirer: 'adyen',
      id: psp(),
      merchant: merchant.id,
      reference: stringMember(body, 'reference') ?? '',
      currency: stringMember(amount, 'currency') ?? '',
      amount: BigInt(numberMember(amount, 'value') ?? 0),
      captured: 0n,
      refunded: 0n,
      state: 'challenged',
      capture: manual ? 'manual' : 'automatic',
      card: judged.card?.id,
      wallet: card.wallet,
      createdAt: now(),
      more: {
        paymentMethod: `${brand}_${card.wallet}`,
        returnUrl: stringMember(body, 'returnUrl'),
        last4: card.number.slice(-4),
      },
    }
    ledger.add(charge)
    if (fresh && judged.verdict === 'challenge') return redirect(charge)
    const verdict = fresh && judged.verdict !== 'challenge' ? judged.verdict : 'declined'
    return conclude(charge, RESULTS[verdict])
  }

  function redirect(charge: Charge): Answer {
    const challenge = issuer.ask('adyen', charge.id)
    const action = {
      paymentMethodType: charge.wallet,
      url: issuer.address(challenge),
      method: 'GET',
      type: 'redirect',
    }
    return { status: 200, body: { resultCode: 'RedirectShopper', action } }
  }

  /** The outcome is booked, told by webhook, and answered. */
  function conclude(charge: Charge, result: Result): Answer {
    const approved = result.resultCode === 'Authorised'
    const automatic = charge.capture === 'automatic'
    const concluded: Charge = {
      ...charge,
      state: approved ? (automatic ? 'captured' : 'authorized') : 'declined',
      captured: approved && automatic ? charge.amount : 0n,
      code: result.code ?? '00',
      more: { ...charge.more, result },
    }
    ledger.save(concluded)
    announce(concluded, {
      eventCode: 'AUTHORISATION',
      success: approved,
      pspReference: charge.id,
      reference: charge.reference,
      amount: charge.amount,
      reason: result.reason ?? `052970:${charge.more.last4}:12/2031`,
      ...(approved && { operations: ['CANCEL', 'CAPTURE', 'REFUND'] }),
    })
    return { status: 200, body: resultBody(concluded, result) }
  }

  function continueWith(merchant: Merchant, body: JsonObject): Answer {
    const details = isObject(body.details) ? body.details : {}
    const given = stringMember(details, 'redirectResult')
    const id = given === undefined ? undefined : idOf(given)
    const charge = id === undefined ? undefined : ledger.byId('adyen', id)
    if (!charge || charge.merchant !== merchant.id || charge.more.redirectResult !== given) {
      return fault(422, '14_0413', 'Invalid payment details provided')
    }
    // Given once more: the outcome stands.
    if (charge.state !== 'answered') {
      return { status: 200, body: resultBody(charge, readResult(charge)) }
    }
    const confirmed = issuer.byCharge(charge.id)?.state === 'confirmed'
    return conclude(charge, confirmed ? RESULTS.approve : NOT_AUTHENTICATED)
  }

  function find(merchant: Merchant, id: string): Charge | undefined {
    const charge = ledger.byId('adyen', id)
    return charge?.merchant === merchant.id ? charge : undefined
  }

  function change(merchant: Merchant, kind: ChangeKind, id: string, body: JsonObject): Answer {
    const charge = find(merchant, id)
    if (!charge) return fault(422, '167', 'Original pspReference required for this operation')
    const money = isObject(body.amount) ? body.amount : {}
    const asked = kind === 'cancel' ? charge.amount : BigInt(numberMember(money, 'value') ?? 0)
    if (kind !== 'cancel' && money.currency !== charge.currency) {
      return fault(422, '138', 'Unsupported currency specified')
    }
    const reference = stringMember(body, 'reference') ?? ''
    const done = carryOut(charge, kind, asked, reference)
    return {
      status: 201,
      body: {
        merchantAccount: merchant.id,
        paymentPspReference: charge.id,
        pspReference: done.id,
        ...(reference !== '' && { reference }),
        status: 'received',
        ...(kind !== 'cancel' && { amount: money }),
        ...(kind === 'refund' && body.merchantRefundReason !== undefined
          ? { merchantRefundReason: body.merchantRefundReason }
          : {}),
      },
    }
  }

  function carryOut(charge: Charge, kind: ChangeKind, amount: bigint, reference: string): Change {
    const strikes = (name: string) =>
      platform.faults.strikes({ wallet: 'adyen', kind: name, order: charge.reference })
    const refused = kind === 'refund' && strikes('refund_refused') !== undefined
    const allowed = !refused && isAllowed(charge, kind, amount)
    const entry: Change = {
      id: psp(),
      charge: charge.id,
      kind,
      amount,
      reference,
      state: allowed ? 'approved' : 'declined',
      createdAt: now(),
      more: {},
    }
    ledger.addChange(entry)
    const changed = allowed ? apply(charge, kind, amount) : charge
    ledger.save(changed)
    const told: Event = {
      eventCode: EVENT_CODES[kind],
      success: allowed,
      pspReference: entry.id,
      originalReference: charge.id,
      reference,
      amount,
      ...(!allowed && { reason: REASONS[kind] }),
    }
    announce(changed, told)
    const later = allowed && kind !== 'cancel' ? strikes(`${kind}_failed`) : undefined
    if (!later) return entry
    ledger.save(apply(changed, kind, -amount))
    ledger.saveChange({ ...entry, state: 'reversed' })
    announce(changed, { ...told, eventCode: `${EVENT_CODES[kind]}_FAILED`, reason: 'Failed' })
    return entry
  }

  /** Cancels what was not taken, and gives back what was. */
  function reverse(merchant: Merchant, id: string, body: JsonObject): Answer {
    const charge = find(merchant, id)
    if (!charge) return fault(422, '167', 'Original pspReference required for this operation')
    const reference = stringMember(body, 'reference') ?? ''
    const kind = charge.state === 'captured' ? 'refund' : 'cancel'
    const amount = kind === 'refund' ? charge.captured - charge.refunded : charge.amount
    const allowed = isAllowed(charge, kind, amount)
    const entry: Change = {
      id: psp(),
      charge: charge.id,
      kind,
      amount,
      reference,
      state: allowed ? 'approved' : 'declined',
      createdAt: now(),
      more: {},
    }
    ledger.addChange(entry)
    if (allowed) ledger.save(apply(charge, kind, amount))
    announce(charge, {
      eventCode: 'CANCEL_OR_REFUND',
      success: allowed,
      pspReference: entry.id,
      originalReference: charge.id,
      reference,
      amount,
    })
    return {
      status: 201,
      body: {
        merchantAccount: merchant.id,
        paymentPspReference: charge.id,
        pspReference: entry.id,
        reference,
        status: 'received',
      },
    }
  }

  function cancelByReference(merchant: Merchant, body: JsonObject): Answer {
    const paymentReference = stringMember(body, 'paymentReference') ?? ''
    const reference = stringMember(body, 'reference') ?? ''
    const charge = ledger.byReference('adyen', merchant.id, paymentReference).at(-1)
    const id = psp()
    const open = charge && ['challenged', 'answered', 'authorized'].includes(charge.state)
    if (charge && open) {
      const more =
        charge.state === 'authorized' ? charge.more : { ...charge.more, result: CANCELED }
      ledger.save({ ...charge, state: 'canceled', more })
      ledger.addChange({
        id,
        charge: charge.id,
        kind: 'cancel',
        amount: charge.amount,
        reference,
        state: 'approved',
        createdAt: now(),
        more: {},
      })
    }
    const item = {
      amount: { currency: charge?.currency ?? 'EUR', value: Number(charge?.amount ?? 0n) },
      eventCode: 'TECHNICAL_CANCEL',
      eventDate: new Date(now()).toISOString().replace(/\.\d+Z$/, '+00:00'),
      merchantAccountCode: merchant.id,
      merchantReference: reference,
      ...(charge && { originalReference: charge.id }),
      paymentMethod: stringMember(charge?.more ?? {}, 'paymentMethod') ?? '',
      pspReference: id,
      reason: open ? '' : charge ? REASONS.cancel : 'Transaction not found',
      success: String(open === true),
    }
    webhooks.announce(merchant, paymentReference, item)
    const told = { merchantAccount: merchant.id, paymentReference, pspReference: id, reference }
    return { status: 201, body: { ...told, status: 'received' } }
  }

  function expire(charge: Charge): boolean {
    if (charge.state !== 'authorized') return false
    ledger.save({ ...charge, state: 'expired' })
    announce(charge, {
      eventCode: 'EXPIRE',
      success: true,
      pspReference: psp(),
      originalReference: charge.id,
      reference: charge.reference,
      amount: charge.amount,
    })
    return true
  }

  return { pay, continueWith, change, reverse, cancelByReference, expire }
}

const EVENT_CODES = { capture: 'CAPTURE', refund: 'REFUND', cancel: 'CANCELLATION' } as const
const REASONS = {
  capture: 'Insufficient balance on payment',
  refund: 'Insufficient balance on payment',
  cancel: 'Transaction is not in a state in which it can be cancelled',
} as const

function isAllowed(charge: Charge, kind: ChangeKind, amount: bigint): boolean {
  switch (kind) {
    case 'capture':
      return charge.state === 'authorized' && amount > 0n && amount <= charge.amount
    case 'refund':
      return (
        charge.state === 'captured' && amount > 0n && amount <= charge.captured - charge.refunded
      )
    case 'cancel':
      return charge.state === 'authorized'
  }
}

/** A negative amount takes a change back. */
function apply(charge: Charge, kind: ChangeKind, amount: bigint): Charge {
  switch (kind) {
    case 'capture':
      return {
        ...charge,
        state: amount > 0n ? 'captured' : 'authorized',
        captured: charge.captured + amount,
      }
    case 'refund':
      return { ...charge, refunded: charge.refunded + amount }
    case 'cancel':
      return { ...charge, state: 'canceled' }
  }
}

function resultBody(charge: Charge, result: Result): JsonObject {
  return {
    pspReference: charge.id,
    resultCode: result.resultCode,
    merchantReference: charge.reference,
    amount: { currency: charge.currency, value: Number(charge.amount) },
    ...(result.code !== undefined && {
      refusalReason: result.reason,
      refusalReasonCode: result.code,
    }),
    paymentMethod: { brand: charge.more.paymentMethod, type: charge.wallet },
    additionalData:
      result.code === undefined
        ? { cardSummary: charge.more.last4, authCode: '052970', expiryDate: '12/2031' }
        : {},
  }
}

function readResult(charge: Charge): Result {
  const kept = isObject(charge.more.result) ? charge.more.result : {}
  const [reason, code] = [stringMember(kept, 'reason'), stringMember(kept, 'code')]
  return {
    resultCode: stringMember(kept, 'resultCode') ?? 'Pending',
    ...(reason !== undefined && { reason }),
    ...(code !== undefined && { code }),
  }
}

/** What the browser brings back: nobody can guess it, and it names the payment. */
export function redirectResultOf(charge: Charge): string {
  return `${charge.id}!${letters(43)}`
}

function idOf(redirectResult: string): string | undefined {
  return redirectResult.split('!')[0]
}

/** The card of `paymentMethod`, or why there is none. */
function readCard(world: CardWorld, merchant: Merchant, body: JsonObject): CardData | Answer {
  const method = isObject(body.paymentMethod) ? body.paymentMethod : {}
  const mismatch = fault(422, '14_0399', "Token doesn't match with the merchant id")
  switch (method.type) {
    case 'applepay': {
      const encoded = stringMember(method, 'applePayToken') ?? ''
      const token = parseObject(Buffer.from(encoded, 'base64').toString('utf8'))
      const opened = token && world.vault.openApple(merchant, token)
      return !opened || isUnopened(opened) ? mismatch : opened
    }
    case 'googlepay': {
      const token = parseObject(stringMember(method, 'googlePayToken') ?? '')
      const opened = token && world.vault.openGoogle('adyen', token)
      if (!opened || isUnopened(opened)) return mismatch
      return opened.gatewayMerchant === merchant.id ? opened : mismatch
    }
    case 'scheme':
      return readNetworkToken(method, body)
    default:
      return fault(422, '905', 'Payment details are not supported')
  }
}

/** What a hub decrypted itself (sheet 3.1, direct): a device's number with its cryptogram. */
function readNetworkToken(method: JsonObject, body: JsonObject): CardData | Answer {
  const mpi = isObject(body.mpiData) ? body.mpiData : {}
  const { brand } = method
  const [number, cavv] = [stringMember(method, 'number'), stringMember(mpi, 'cavv')]
  const [month, year] = [Number(method.expiryMonth), Number(method.expiryYear)]
  if (brand !== 'applepay' && brand !== 'googlepay') {
    return fault(422, '905', 'Payment details are not supported')
  }
  if (number === undefined || !/^\d{12,19}$/.test(number)) {
    return fault(422, '101', 'Invalid card number')
  }
  if (!(month >= 1 && month <= 12 && year >= 2000)) return fault(422, '104', 'Invalid expiry')
  const answered = mpi.authenticationResponse === 'Y' && mpi.directoryResponse === 'Y'
  if (cavv === undefined || !answered) return fault(422, '158', 'mpiData is incomplete')
  return {
    wallet: brand,
    number,
    expiry: { month, year },
    cryptogram: cavv,
    eci: stringMember(mpi, 'eci'),
    tokenId: `cryptogram:${cavv}`,
  }
}
