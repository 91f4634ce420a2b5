// What Stripe does: intents, captures, cancels and refunds, each answered with its final object.
import { type CardData, isUnopened } from '../cards/card-data.ts'
import type { Answer } from '../cards/idempotency.ts'
import { judge } from '../cards/issuer.ts'
import type { Change, Charge } from '../cards/ledger.ts'
import type { Merchant } from '../cards/merchants.ts'
import { NETWORK_NAMES } from '../cards/test-cards.ts'
import type { Webhooks } from '../cards/webhooks.ts'
import { type CardWorld, letters } from '../cards/world.ts'
import { isObject, type JsonObject, parseObject } from '../json.ts'
import { type Form, metadataOf } from './form.ts'
import { eventOf } from './notification.ts'
import { chargeId, chargeObject, intentObject, refundObject, statusOf } from './objects.ts'
import { DECLINES, fault, invalid, NOT_AUTHENTICATED, notFound } from './refusals.ts'
import type { Tokens } from './tokens.ts'

export interface Payments {
  token(merchant: Merchant, form: Form): Answer
  pay(merchant: Merchant, form: Form): Answer
  read(merchant: Merchant, id: string, expandCharge: boolean): Answer
  search(merchant: Merchant, query: string): Answer
  capture(merchant: Merchant, form: Form, id: string): Answer
  cancel(merchant: Merchant, form: Form, id: string): Answer
  refund(merchant: Merchant, form: Form): Answer
  readRefund(merchant: Merchant, id: string): Answer
  /** Ends a refund that is pending. False: there is none. */
  settleRefund(id: string, status: 'succeeded' | 'failed'): boolean
  answered(charge: Charge, confirmed: boolean): void
  expire(charge: Charge): boolean
  intent(charge: Charge, expandCharge?: boolean): JsonObject
}

const MAX_AMOUNT = 99_999_999n
const THREE_DECIMALS = ['bhd', 'jod', 'kwd', 'omr', 'tnd']
const REFERENCE = 'tongbao_payment'

export function openPayments(world: CardWorld, tokens: Tokens, webhooks: Webhooks): Payments {
  const { ledger, platform, issuer } = world
  const now = () => platform.clock.now()
  const strikes = (kind: string, order: string) =>
    platform.faults.strikes({ wallet: 'stripe', kind, order })

  function announce(charge: Charge, type: string, object: JsonObject): void {
    const merchant = world.merchants.byId('stripe', charge.merchant)
    if (merchant) webhooks.announce(merchant, charge.reference, eventOf(type, object, now()))
  }

  function intent(charge: Charge, expandCharge = false): JsonObject {
    const challenge = charge.state === 'challenged' ? issuer.byCharge(charge.id) : undefined
    const challengeUrl = challenge && issuer.address(challenge)
    return intentObject({ charge, challengeUrl, expandCharge })
  }

  /** The charge in its new state is booked and told. */
  function settle(charge: Charge, type: string): Charge {
    ledger.save(charge)
    announce(charge, type, intent(charge))
    return charge
  }

  function token(merchant: Merchant, form: Form): Answer {
    const data = parseObject(form.get('pk_token') ?? '')
    const opened = data && world.vault.openApple(merchant, data)
    if (!opened || isUnopened(opened)) {
      return invalid('The Apple Pay token could not be decrypted.', { param: 'pk_token' })
    }
    const header = isObject(data.header) ? data.header : {}
    if (form.get('pk_token_transaction_id')?.toLowerCase() !== header.transactionId) {
      return invalid('The transaction id is another one.', { param: 'pk_token_transaction_id' })
    }
    return { status: 200, body: tokens.make(merchant.id, opened, now()) }
  }

  function pay(merchant: Merchant, form: Form): Answer {
    const currency = form.get('currency') ?? ''
    const amount = amountOf(form.get('amount'), currency)
    if (typeof amount !== 'bigint') return amount
    if (!/^[a-z]{3}$/.test(currency)) return invalid('Invalid currency.', { param: 'currency' })
    const metadata = metadataOf(form)
    const charge: Charge = {
      acquirer: 'stripe',
      id: `pi_${letters(24)}`,
      merchant: merchant.id,
      reference: metadata[REFERENCE] ?? '',
      currency,
      amount,
      captured: 0n,
      refunded: 0n,
      state: 'idle',
      capture: form.get('capture_method') === 'manual' ? 'manual' : 'automatic',
      wallet: '',
      createdAt: now(),
      more: { metadata, secret: letters(25), returnUrl: form.get('return_url') ?? null },
    }
    if (form.get('confirm') !== 'true') {
      ledger.add(charge)
      return { status: 200, body: intent(charge) }
    }
    const card = cardOf(merchant, form)
    return 'status' in card ? card : confirm(charge, card)
  }

  function cardOf(merchant: Merchant, form: Form): CardData | Answer {
    const id = form.get('payment_method_data[card][token]')
    if (id !== undefined) return tokens.use(merchant.id, id) ?? notFound('token', id)
    return readNetworkToken(form)
  }

  function confirm(idle: Charge, card: CardData): Answer {
    const judged = judge(card.number, card.expiry, now())
    const fresh = ledger.spend(card.tokenId)
    const charge: Charge = {
      ...idle,
      card: judged.card?.id,
      wallet: card.wallet,
      more: {
        ...idle.more,
        brand: judged.card ? NETWORK_NAMES[judged.card.network].toLowerCase() : null,
        last4: (judged.card?.number ?? card.number).slice(-4),
        dynamicLast4: card.number.slice(-4),
      },
    }
    ledger.add(charge)
    if (fresh && judged.verdict === 'challenge') {
      issuer.ask('stripe', charge.id)
      const asked = settle({ ...charge, state: 'challenged' }, 'payment_intent.requires_action')
      return { status: 200, body: intent(asked) }
    }
    if (fresh && judged.verdict === 'approve') return { status: 200, body: intent(approve(charge)) }
    const verdict = judged.verdict === 'approve' ? 'declined' : judged.verdict
    const decline = DECLINES[verdict === 'challenge' ? 'declined' : verdict]
    return decline402(refuse(charge, { type: 'card_error', ...decline }))
  }

  function approve(charge: Charge): Charge {
    const state = charge.capture === 'automatic' ? 'captured' : 'authorized'
    const captured = state === 'captured' ? charge.amount : 0n
    const type =
      state === 'captured' ? 'payment_intent.succeeded' : 'payment_intent.amount_capturable_updated'
    return settle({ ...charge, state, captured, code: 'approved' }, type)
  }

  function refuse(charge: Charge, error: JsonObject): Charge {
    const lastError = { ...error, charge: chargeId(charge) }
    const refused: Charge = {
      ...charge,
      state: 'declined',
      code: String(error.decline_code ?? error.code),
      more: { ...charge.more, lastError },
    }
    return settle(refused, 'payment_intent.payment_failed')
  }

  function decline402(charge: Charge): Answer {
    const error = isObject(charge.more.lastError) ? charge.more.lastError : {}
    return fault(402, { ...error, payment_intent: intent(charge) })
  }

  function find(merchant: Merchant, id: string): Charge | undefined {
    const charge = ledger.byId('stripe', id)
    return charge?.merchant === merchant.id ? charge : undefined
  }

  function read(merchant: Merchant, id: string, expandCharge: boolean): Answer {
    const charge = find(merchant, id)
    return charge
      ? { status: 200, body: intent(charge, expandCharge) }
      : notFound('payment_intent', id)
  }

  function search(merchant: Merchant, query: string): Answer {
    const [, name, value] = /^metadata\[['"]([^'"]+)['"]\]:['"]([^'"]*)['"]$/.exec(query) ?? []
    if (name === undefined || value === undefined) {
      return invalid('We were unable to parse your search query.', { param: 'query' })
    }
    const late = strikes('search_late', value) !== undefined
    const charges =
      name === REFERENCE ? ledger.byReference('stripe', merchant.id, value) : ledger.all('stripe')
    const found = charges.filter((charge) => {
      const { metadata } = charge.more
      return charge.merchant === merchant.id && isObject(metadata) && metadata[name] === value
    })
    const data = late ? [] : found.map((charge) => intent(charge))
    const url = '/v1/payment_intents/search'
    return { status: 200, body: { object: 'search_result', data, has_more: false, url } }
  }

  function capture(merchant: Merchant, form: Form, id: string): Answer {
    const charge = find(merchant, id)
    if (!charge) return notFound('payment_intent', id)
    if (charge.state !== 'authorized') return unexpected(charge, 'captured')
    const amount = form.has('amount_to_capture')
      ? amountOf(form.get('amount_to_capture'), charge.currency)
      : charge.amount
    if (typeof amount !== 'bigint') return amount
    if (amount > charge.amount) {
      return invalid('The amount is greater than the amount that can be captured.', {
        code: 'amount_too_large',
        param: 'amount_to_capture',
      })
    }
    bookChange(charge, 'capture', amount, {})
    const captured = settle(
      { ...charge, state: 'captured', captured: amount },
      'payment_intent.succeeded',
    )
    announce(captured, 'charge.captured', chargeObject(captured))
    return { status: 200, body: intent(captured) }
  }

  function cancel(merchant: Merchant, form: Form, id: string): Answer {
    const charge = find(merchant, id)
    if (!charge) return notFound('payment_intent', id)
    const open = ['idle', 'challenged', 'authorized', 'declined'].includes(charge.state)
    if (!open) return unexpected(charge, 'canceled')
    const more = {
      ...charge.more,
      canceledAt: Math.floor(now() / 1000),
      cancellationReason: form.get('cancellation_reason') ?? null,
    }
    bookChange(charge, 'cancel', charge.amount, {})
    const canceled = settle({ ...charge, state: 'canceled', more }, 'payment_intent.canceled')
    return { status: 200, body: intent(canceled) }
  }

  function unexpected(charge: Charge, what: string): Answer {
    return invalid(
      `This PaymentIntent could not be ${what} because it has a status of ${statusOf(charge)}.`,
      { code: 'payment_intent_unexpected_state' },
    )
  }

  function bookChange(
    charge: Charge,
    kind: Change['kind'],
    amount: bigint,
    more: JsonObject,
  ): Change {
    const change: Change = {
      id: `${kind === 'refund' ? 're' : 'ch'}_${letters(24)}`,
      charge: charge.id,
      kind,
      amount,
      reference: isObject(more.metadata) ? String(more.metadata.tongbao_refund ?? '') : '',
      state: 'approved',
      createdAt: now(),
      more,
    }
    ledger.addChange(change)
    return change
  }

  function refund(merchant: Merchant, form: Form): Answer {
    const id = form.get('payment_intent') ?? ''
    const charge = find(merchant, id)
    if (!charge) return notFound('payment_intent', id)
    const left = charge.captured - charge.refunded
    if (charge.state !== 'captured') {
      return invalid('This PaymentIntent does not have a successful charge to refund.', {
        param: 'payment_intent',
      })
    }
    if (left === 0n) {
      return invalid(`Charge ${chargeId(charge)} has already been refunded.`, {
        code: 'charge_already_refunded',
      })
    }
    const amount = form.has('amount') ? amountOf(form.get('amount'), charge.currency) : left
    if (typeof amount !== 'bigint') return amount
    if (amount > left) {
      return invalid('Refund amount is greater than unrefunded amount on charge.', {
        param: 'amount',
      })
    }
    const status = strikes('refund_pending', charge.reference) ? 'pending' : 'succeeded'
    const more = { status, reason: form.get('reason') ?? null, metadata: metadataOf(form) }
    const change = bookChange(charge, 'refund', amount, more)
    const refunded = { ...charge, refunded: charge.refunded + amount }
    ledger.save(refunded)
    announce(refunded, 'refund.created', refundObject(refunded, change))
    announce(refunded, 'charge.refunded', chargeObject(refunded))
    if (strikes('refund_failed', charge.reference)) settleRefund(change.id, 'failed')
    return { status: 200, body: refundObject(refunded, change) }
  }

  function settleRefund(id: string, status: 'succeeded' | 'failed'): boolean {
    const change = ledger.changeById(id)
    const charge = change && ledger.byId('stripe', change.charge)
    if (!charge || change.kind !== 'refund' || change.state !== 'approved') return false
    const failed = status === 'failed'
    const settled: Change = {
      ...change,
      state: failed ? 'reversed' : 'approved',
      more: { ...change.more, status },
    }
    ledger.saveChange(settled)
    const after = failed ? { ...charge, refunded: charge.refunded - change.amount } : charge
    ledger.save(after)
    announce(after, failed ? 'refund.failed' : 'refund.updated', refundObject(after, settled))
    return true
  }

  function readRefund(merchant: Merchant, id: string): Answer {
    const change = ledger.changeById(id)
    const charge = change && find(merchant, change.charge)
    if (!charge || change.kind !== 'refund') return notFound('refund', id)
    return { status: 200, body: refundObject(charge, change) }
  }

  function answered(charge: Charge, confirmed: boolean): void {
    if (confirmed) approve(charge)
    else refuse(charge, { type: 'card_error', ...NOT_AUTHENTICATED })
  }

  function expire(charge: Charge): boolean {
    if (charge.state !== 'authorized') return false
    const more = {
      ...charge.more,
      canceledAt: Math.floor(now() / 1000),
      cancellationReason: 'automatic',
    }
    const over = settle({ ...charge, state: 'expired', more }, 'payment_intent.canceled')
    announce(over, 'charge.expired', chargeObject(over))
    return true
  }

  return {
    token,
    pay,
    read,
    search,
    capture,
    cancel,
    refund,
    readRefund,
    settleRefund,
    answered,
    expire,
    intent,
  }
}

function amountOf(text: string | undefined, currency: string): bigint | Answer {
  if (text === undefined || !/^[1-9]\d{0,17}$/.test(text)) {
    const code = 'parameter_invalid_integer'
    return invalid(`Invalid integer: ${text ?? ''}`, { code, param: 'amount' })
  }
  const amount = BigInt(text)
  if (amount > MAX_AMOUNT) {
    return invalid('Amount must be no more than 99999999.', {
      code: 'amount_too_large',
      param: 'amount',
    })
  }
  if (THREE_DECIMALS.includes(currency) && amount % 10n !== 0n) {
    return invalid('The last digit of a three-decimal amount has to be 0.', { param: 'amount' })
  }
  return amount
}

/** What a hub decrypted itself (sheet 4.1, direct): a device's number with its cryptogram. */
function readNetworkToken(form: Form): CardData | Answer {
  const part = (name: string) => form.get(`payment_method_data[card][network_token][${name}]`)
  const option = (name: string) => form.get(`payment_method_options[card][network_token][${name}]`)
  const [number, method, cryptogram] = [
    part('number'),
    part('tokenization_method'),
    option('cryptogram'),
  ]
  const [month, year] = [Number(part('exp_month')), Number(part('exp_year'))]
  if (number === undefined) {
    return invalid('A payment method is needed to confirm.', {
      code: 'payment_intent_unexpected_state',
    })
  }
  const known = method === 'apple_pay' || method === 'google_pay_dpan'
  if (!known || cryptogram === undefined || !(month >= 1 && month <= 12 && year >= 2000)) {
    return invalid('The network token is incomplete.', {
      param: 'payment_method_data[card][network_token]',
    })
  }
  return {
    wallet: method === 'apple_pay' ? 'applepay' : 'googlepay',
    number,
    expiry: { month, year },
    cryptogram,
    eci: option('electronic_commerce_indicator'),
    tokenId: `cryptogram:${cryptogram}`,
  }
}
