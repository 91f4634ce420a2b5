// What Checkout.com does: payments and the actions on them. Actions are accepted first and told later.
import { type CardData, isUnopened } from '../cards/card-data.ts'
import type { Answer } from '../cards/idempotency.ts'
import { judge, type Verdict } from '../cards/issuer.ts'
import type { Change, ChangeKind, Charge } from '../cards/ledger.ts'
import type { Merchant } from '../cards/merchants.ts'
import { cardById, NETWORK_NAMES } from '../cards/test-cards.ts'
import type { Webhooks } from '../cards/webhooks.ts'
import { type CardWorld, letters } from '../cards/world.ts'
import { isObject, type JsonObject, numberMember, stringMember } from '../json.ts'
import { eventOf, type Told } from './notification.ts'
import type { Tokens } from './tokens.ts'

type Code = readonly [code: string, summary: string]

const CODES: Record<Exclude<Verdict, 'challenge'>, Code> = {
  approve: ['10000', 'Approved'],
  insufficient_funds: ['20051', 'Insufficient Funds'],
  declined: ['20005', 'Declined - Do Not Honour'],
  fraud: ['30034', 'Suspected Fraud'],
  expired: ['20054', 'Expired Card'],
  unavailable: ['20091', 'Issuer Unavailable or Switch Inoperative'],
  unknown_number: ['20014', 'Invalid Account Number'],
}
/** The issuer wants 3-D Secure and was not given a chance for it. */
const AUTHENTICATE: Code = ['20154', '3DS Authentication Required']
const NOT_AUTHENTICATED: Code = ['20152', 'Authentication Failed']

const REASON_OF: Record<ChangeKind, string> = {
  capture: 'capture',
  refund: 'refund',
  cancel: 'void',
}

export interface Payments {
  token(merchant: Merchant, body: JsonObject): Answer
  pay(merchant: Merchant, body: JsonObject): Answer
  change(merchant: Merchant, kind: ChangeKind, id: string, body: JsonObject): Answer
  read(merchant: Merchant, id: string): Answer
  actions(merchant: Merchant, id: string): Answer
  list(merchant: Merchant, reference: string, page: { limit: number; skip: number }): Answer
  /** The payer's browser is at the interceptor: where it goes on. */
  intercept(charge: Charge): string
  answered(charge: Charge, confirmed: boolean): string
  expire(charge: Charge): boolean
}

const SMALL = 'abcdefghijklmnopqrstuvwxyz234567'
const EMPTY = (status: number): Answer => ({ status, body: {} })

export function refuse(...codes: string[]): Answer {
  const request_id = letters(13).toUpperCase()
  return { status: 422, body: { request_id, error_type: 'request_invalid', error_codes: codes } }
}

export function openPayments(world: CardWorld, tokens: Tokens, webhooks: Webhooks): Payments {
  const { ledger, platform, issuer } = world
  const now = () => platform.clock.now()
  const actionId = () => `act_${letters(26, SMALL)}`

  function announce(charge: Charge, told: Told): void {
    const merchant = world.merchants.byId('checkoutcom', charge.merchant)
    if (merchant) webhooks.announce(merchant, charge.reference, eventOf(charge, told, now()))
  }

  function token(merchant: Merchant, body: JsonObject): Answer {
    const data = isObject(body.token_data) ? body.token_data : {}
    const opened =
      body.type === 'applepay'
        ? world.vault.openApple(merchant, data)
        : world.vault.openGoogle('checkoutcom', data)
    const foreign =
      !isUnopened(opened) &&
      opened.wallet === 'googlepay' &&
      opened.gatewayMerchant !== merchant.settings.public_key
    if (isUnopened(opened) || foreign) return refuse('token_data_invalid')
    return { status: 201, body: tokens.make(merchant.id, opened, now()) }
  }

  function pay(merchant: Merchant, body: JsonObject): Answer {
    if (body.processing_channel_id !== merchant.id) return refuse('processing_channel_id_invalid')
    const card = readSource(merchant, isObject(body.source) ? body.source : {})
    if ('status' in card) return card
    const secure = isObject(body['3ds']) && body['3ds'].enabled === true
    if (secure && body.success_url === undefined) return refuse('success_url_required')
    const judged = judge(card.number, card.expiry, now())
    const fresh = ledger.spend(card.tokenId)
    const verdict = fresh ? judged.verdict : 'declined'
    const charge: Charge = {
      acquirer: 'checkoutcom',
      id: `pay_${letters(26, SMALL)}`,
      merchant: merchant.id,
      reference: stringMember(body, 'reference') ?? '',
      currency: stringMember(body, 'currency') ?? '',
      amount: BigInt(numberMember(body, 'amount') ?? 0),
      captured: 0n,
      refunded: 0n,
      state: 'challenged',
      capture: body.capture === false ? 'manual' : 'automatic',
      card: judged.card?.id,
      wallet: card.wallet,
      createdAt: now(),
      more: {
        verdict,
        actionId: actionId(),
        metadata: isObject(body.metadata) ? body.metadata : {},
        successUrl: body.success_url ?? null,
        failureUrl: body.failure_url ?? body.success_url ?? null,
        last4: card.number.slice(-4),
        eci: card.eci ?? null,
      },
    }
    ledger.add(charge)
    if (secure && card.cryptogram === undefined) return askFirst(charge)
    return { status: 201, body: conclude(charge, codeOf(verdict)) }
  }

  function askFirst(charge: Charge): Answer {
    tell(charge, 'payment_pending', ['10300', 'Deferred'])
    return {
      status: 202,
      body: {
        id: charge.id,
        status: 'Pending',
        reference: charge.reference,
        '3ds': { downgraded: false, enrolled: 'Y' },
        _links: { redirect: { href: interceptorOf(charge) } },
      },
    }
  }

  function interceptorOf(charge: Charge): string {
    return `${platform.address()}/checkoutcom/sessions-interceptor/${sessionOf(charge)}`
  }

  /** Books and tells the outcome; returns the answer as it stands before a capture. */
  function conclude(charge: Charge, [code, summary]: Code): JsonObject {
    const approved = code === '10000'
    const concluded: Charge = {
      ...charge,
      state: approved ? 'authorized' : 'declined',
      code,
      more: { ...charge.more, summary },
    }
    ledger.save(concluded)
    tell(concluded, approved ? 'payment_approved' : 'payment_declined', [code, summary])
    const body = paymentBody(concluded, undefined)
    if (approved && charge.capture === 'automatic') {
      act(concluded, 'capture', concluded.amount, { reference: charge.reference, final: true })
    }
    return body
  }

  function tell(charge: Charge, type: string, [code, summary]: Code): void {
    announce(charge, {
      type,
      actionId: String(charge.more.actionId),
      amount: charge.amount,
      reference: charge.reference,
      code,
      summary,
    })
  }

  function readSource(merchant: Merchant, source: JsonObject): CardData | Answer {
    if (source.type === 'token') {
      const card = tokens.use(merchant.id, String(source.token), now())
      return typeof card === 'string' ? refuse(`token_${card}`) : card
    }
    const { token, token_type: type, cryptogram } = source
    const [month, year] = [
      numberMember(source, 'expiry_month'),
      numberMember(source, 'expiry_year'),
    ]
    if (source.type !== 'network_token') return refuse('payment_source_invalid')
    if (type !== 'applepay' && type !== 'googlepay') return refuse('token_type_invalid')
    if (typeof token !== 'string' || !/^\d{12,19}$/.test(token)) return refuse('number_invalid')
    if (month === undefined || year === undefined) return refuse('expiry_month_required')
    if (typeof cryptogram !== 'string') return refuse('cryptogram_required')
    const tokenId = `cryptogram:${cryptogram}`
    const eci = stringMember(source, 'eci')
    return { wallet: type, number: token, expiry: { month, year }, cryptogram, eci, tokenId }
  }

  function find(merchant: Merchant, id: string): Charge | undefined {
    const charge = ledger.byId('checkoutcom', id)
    return charge?.merchant === merchant.id ? charge : undefined
  }

  function change(merchant: Merchant, kind: ChangeKind, id: string, body: JsonObject): Answer {
    const charge = find(merchant, id)
    if (!charge) return EMPTY(404)
    const left =
      kind === 'refund' ? charge.captured - charge.refunded : charge.amount - charge.captured
    const amount = body.amount === undefined ? left : BigInt(numberMember(body, 'amount') ?? 0)
    if (!mayChange(charge, kind)) return EMPTY(403)
    if (amount > left) return refuse('amount_exceeds_balance')
    const reference = stringMember(body, 'reference') ?? charge.reference
    const final = body.capture_type !== 'NonFinal'
    const done = act(charge, kind, amount, { reference, final })
    return { status: 202, body: { action_id: done.id, reference } }
  }

  function act(
    charge: Charge,
    kind: ChangeKind,
    amount: bigint,
    { reference, final }: { reference: string; final: boolean },
  ): Change {
    const wanted = { capture: 'capture_declined', refund: 'refund_refused', cancel: '' }[kind]
    const struck =
      wanted !== '' &&
      platform.faults.strikes({ wallet: 'checkoutcom', kind: wanted, order: charge.reference })
    const [code, summary] = struck ? CODES.declined : CODES.approve
    const entry: Change = {
      id: actionId(),
      charge: charge.id,
      kind,
      amount,
      reference,
      state: struck ? 'declined' : 'approved',
      createdAt: now(),
      more: { code, summary },
    }
    ledger.addChange(entry)
    const changed = struck ? charge : apply(charge, kind, amount, final)
    ledger.save(changed)
    const told = { actionId: entry.id, amount, reference, code, summary }
    const verb = REASON_OF[kind]
    if (kind === 'refund') announce(changed, { ...told, type: 'payment_refund_pending' })
    const done = {
      capture: 'payment_captured',
      refund: 'payment_refunded',
      cancel: 'payment_voided',
    }
    announce(changed, { ...told, type: struck ? `payment_${verb}_declined` : done[kind] })
    return entry
  }

  function read(merchant: Merchant, id: string): Answer {
    const charge = find(merchant, id)
    if (!charge) return EMPTY(404)
    const redirect = charge.state === 'challenged' ? interceptorOf(charge) : undefined
    return { status: 200, body: paymentBody(charge, redirect) }
  }

  function actions(merchant: Merchant, id: string): Answer {
    const charge = find(merchant, id)
    if (!charge) return EMPTY(404)
    const first = {
      id: charge.more.actionId,
      type: 'Authorization',
      processed_on: new Date(charge.createdAt).toISOString(),
      amount: Number(charge.amount),
      ...(charge.code !== undefined && {
        approved: charge.code === '10000',
        response_code: charge.code,
        response_summary: charge.more.summary,
      }),
      reference: charge.reference,
      metadata: charge.more.metadata,
    }
    const types = { capture: 'Capture', refund: 'Refund', cancel: 'Void' }
    const later = ledger.changes(charge.id).map((entry) => ({
      id: entry.id,
      type: types[entry.kind],
      processed_on: new Date(entry.createdAt).toISOString(),
      amount: Number(entry.amount),
      approved: entry.state === 'approved',
      response_code: entry.more.code,
      response_summary: entry.more.summary,
      reference: entry.reference,
    }))
    return { status: 200, body: [...later.reverse(), first] }
  }

  function list(
    merchant: Merchant,
    reference: string,
    { limit, skip }: { limit: number; skip: number },
  ): Answer {
    const all = ledger.byReference('checkoutcom', merchant.id, reference).reverse()
    const data = all.slice(skip, skip + limit).map((charge) => paymentBody(charge, undefined))
    return { status: 200, body: { limit, skip, total_count: all.length, data } }
  }

  function intercept(charge: Charge): string {
    if (charge.state !== 'challenged') return wayBack(charge)
    const verdict = charge.more.verdict
    if (verdict === 'challenge') {
      const challenge = issuer.byCharge(charge.id) ?? issuer.ask('checkoutcom', charge.id)
      return issuer.address(challenge)
    }
    // The issuer is content with what it learnt of the browser.
    platform.books.atomically(() => conclude(charge, codeOf(verdict)))
    return wayBack(ledger.byId('checkoutcom', charge.id) ?? charge)
  }

  function answered(charge: Charge, confirmed: boolean): string {
    conclude(charge, confirmed ? CODES.approve : NOT_AUTHENTICATED)
    return wayBack(ledger.byId('checkoutcom', charge.id) ?? charge)
  }

  function wayBack(charge: Charge): string {
    const { successUrl, failureUrl } = charge.more
    const address = charge.state === 'declined' ? failureUrl : successUrl
    const back = new URL(typeof address === 'string' ? address : platform.address())
    back.searchParams.set('cko-session-id', sessionOf(charge))
    back.searchParams.set('cko-payment-id', charge.id)
    return back.href
  }

  function expire(charge: Charge): boolean {
    if (charge.state !== 'authorized') return false
    const expired: Charge = { ...charge, state: 'expired' }
    ledger.save(expired)
    tell(expired, 'payment_expired', ['40101', 'Expired'])
    return true
  }

  return { token, pay, change, read, actions, list, intercept, answered, expire }
}

function codeOf(verdict: unknown): Code {
  switch (verdict) {
    case 'challenge':
      return AUTHENTICATE
    case 'approve':
    case 'insufficient_funds':
    case 'declined':
    case 'fraud':
    case 'expired':
    case 'unavailable':
    case 'unknown_number':
      return CODES[verdict]
    default:
      throw new TypeError(`the books hold the verdict ${String(verdict)}`)
  }
}

export function sessionOf(charge: Charge): string {
  return `sid_${charge.id.slice(4)}`
}

function mayChange(charge: Charge, kind: ChangeKind): boolean {
  switch (kind) {
    case 'capture':
      return (
        charge.state === 'authorized' || (charge.state === 'captured' && charge.more.open === true)
      )
    case 'refund':
      return charge.state === 'captured' && charge.refunded < charge.captured
    case 'cancel':
      return charge.state === 'authorized'
  }
}

function apply(charge: Charge, kind: ChangeKind, amount: bigint, final: boolean): Charge {
  switch (kind) {
    case 'capture':
      return {
        ...charge,
        state: 'captured',
        captured: charge.captured + amount,
        more: { ...charge.more, open: !final },
      }
    case 'refund':
      return { ...charge, refunded: charge.refunded + amount }
    case 'cancel':
      return { ...charge, state: 'canceled' }
  }
}

function statusOf({ state, amount, captured, refunded }: Charge): string {
  switch (state) {
    case 'challenged':
    case 'answered':
    case 'idle':
      return 'Pending'
    case 'authorized':
      return 'Authorized'
    case 'declined':
      return 'Declined'
    case 'canceled':
      return 'Voided'
    case 'expired':
      return 'Expired'
    case 'captured':
      if (refunded > 0n) return refunded === captured ? 'Refunded' : 'Partially Refunded'
      return captured === amount ? 'Captured' : 'Partially Captured'
  }
}

function paymentBody(charge: Charge, redirect: string | undefined): JsonObject {
  const held = charge.state === 'authorized' || charge.state === 'captured'
  const voided = charge.state === 'canceled' ? charge.amount : 0n
  const authorized = held || charge.state === 'canceled' ? charge.amount : 0n
  const open = charge.state === 'authorized' ? charge.amount : 0n
  const card = cardById(charge.card ?? '')
  return {
    id: charge.id,
    action_id: charge.more.actionId,
    requested_on: new Date(charge.createdAt).toISOString(),
    amount: Number(charge.amount),
    currency: charge.currency,
    ...(charge.code !== undefined && {
      approved: charge.code === '10000',
      response_code: charge.code,
      response_summary: charge.more.summary,
      ...(charge.code === '10000' && { auth_code: '643381' }),
    }),
    status: statusOf(charge),
    processed_on: new Date(charge.createdAt).toISOString(),
    reference: charge.reference,
    ...(typeof charge.more.eci === 'string' && { eci: charge.more.eci }),
    balances: {
      total_authorized: Number(authorized),
      total_voided: Number(voided),
      available_to_void: Number(open),
      total_captured: Number(charge.captured),
      available_to_capture: Number(open),
      total_refunded: Number(charge.refunded),
      available_to_refund: Number(charge.captured - charge.refunded),
    },
    source: {
      type: 'card',
      last4: charge.more.last4,
      ...(card && { scheme: NETWORK_NAMES[card.network] }),
    },
    metadata: charge.more.metadata,
    processing_channel_id: charge.merchant,
    _links: {
      self: { href: `https://api.sandbox.checkout.com/payments/${charge.id}` },
      ...(redirect !== undefined && { redirect: { href: redirect } }),
    },
  }
}
