// The part of the control API that every acquirer has: merchants, payments, books, webhooks, and the
// payer's answer to a bank's question.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import type { Message } from '../outbox.ts'
import type { Issuer } from './issuer.ts'
import type { Change, Charge, Ledger } from './ledger.ts'
import type { AcquirerName, Merchant, Merchants } from './merchants.ts'
import type { Webhooks } from './webhooks.ts'

export interface ControlParts {
  acquirer: AcquirerName
  merchants: Merchants
  ledger: Ledger
  issuer: Issuer
  webhooks: Webhooks
  /** Makes a merchant with fresh keys; undefined for an id that is taken. */
  create(id: string | undefined): Merchant | undefined
  /** The authorization lapses, as after days without a capture. False: it cannot any more. */
  expire(charge: Charge): boolean
}

type Query = { Querystring: Record<string, string | undefined> }
type ById = { Params: { id: string } }

export function addAcquirerControl(app: FastifyInstance, parts: ControlParts): void {
  const { acquirer, merchants, ledger, issuer, webhooks } = parts
  const base = `/control/${acquirer}`
  const view = (charge: Charge) => viewCharge(charge, ledger.changes(charge.id), issuer)

  app.get(`${base}/merchants`, () => ({ merchants: merchants.list(acquirer).map(viewMerchant) }))
  app.post(`${base}/merchants`, (request, reply) => {
    const given = readObject(request.body)
    const made = parts.create(stringMember(given, 'id'))
    if (!made) return bad(reply, 'id is taken or has another shape')
    return viewMerchant(merchants.change(made, { webhooks: urlsOf(given) }))
  })
  app.post<ById>(`${base}/merchants/:id`, (request, reply) => {
    const merchant = merchants.byId(acquirer, request.params.id)
    if (!merchant) return missing(reply, 'MERCHANT_NOT_EXIST')
    const given = readObject(request.body)
    const settings = Object.entries(isObject(given.settings) ? given.settings : {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    )
    const change = { webhooks: urlsOf(given), settings: Object.fromEntries(settings) }
    return viewMerchant(merchants.change(merchant, change))
  })

  app.get<Query>(`${base}/payments`, (request) => {
    const { reference } = request.query
    const found =
      reference === undefined
        ? ledger.recent(acquirer, 100)
        : ledger.byReference(acquirer, undefined, reference).reverse()
    return { payments: found.map(view) }
  })
  app.get(`${base}/books`, () => ({ payments: ledger.all(acquirer).map(view) }))
  app.post<ById>(`${base}/payments/:id/expire`, (request, reply) => {
    const charge = ledger.byId(acquirer, request.params.id)
    if (!charge) return missing(reply, 'PAYMENT_NOT_EXIST')
    if (!parts.expire(charge)) return bad(reply, 'only an authorization that holds can lapse')
    webhooks.wake()
    return view(ledger.byId(acquirer, charge.id) ?? charge)
  })
  app.post<ById>(`${base}/challenges/:id`, (request, reply) => {
    const answer = stringMember(readObject(request.body), 'answer')
    if (answer !== 'confirm' && answer !== 'refuse')
      return bad(reply, 'answer is confirm or refuse')
    const done = issuer.answer(request.params.id, answer === 'confirm' ? 'confirmed' : 'refused')
    if (!done) return missing(reply, 'CHALLENGE_NOT_OPEN')
    webhooks.wake()
    return { return_to: done.returnTo }
  })

  app.get<Query>(`${base}/notifications`, (request) => ({
    notifications: webhooks.recent(200, request.query.reference).map(viewMessage),
  }))
  app.post<ById>(`${base}/notifications/:id/resend`, (request, reply) =>
    webhooks.resend(request.params.id)
      ? { resent: true }
      : missing(reply, 'NOTIFICATION_NOT_EXIST'),
  )
}

function viewMerchant({ id, settings, webhooks }: Merchant) {
  return { id, settings, webhooks }
}

function viewCharge(charge: Charge, changes: readonly Change[], issuer: Issuer) {
  const challenge = issuer.byCharge(charge.id)
  return {
    id: charge.id,
    merchant: charge.merchant,
    reference: charge.reference,
    currency: charge.currency,
    amount: Number(charge.amount),
    captured: Number(charge.captured),
    refunded: Number(charge.refunded),
    state: charge.state,
    capture: charge.capture,
    wallet: charge.wallet,
    card: charge.card,
    code: charge.code,
    created_at: new Date(charge.createdAt).toISOString(),
    challenge: challenge && {
      id: challenge.id,
      state: challenge.state,
      url: issuer.address(challenge),
    },
    changes: changes.map((change) => ({
      id: change.id,
      kind: change.kind,
      amount: Number(change.amount),
      reference: change.reference,
      state: change.state,
      created_at: new Date(change.createdAt).toISOString(),
    })),
  }
}

function viewMessage(message: Message) {
  const open = message.state === 'waiting' || message.state === 'held'
  return {
    id: message.id,
    merchant: message.merchant,
    reference: message.order,
    url: message.url,
    state: message.state,
    fault: message.fault,
    content: message.content,
    next_at: open ? new Date(message.nextAt).toISOString() : undefined,
    deliveries: message.log.map((delivery) => ({
      ...delivery,
      at: new Date(delivery.at).toISOString(),
    })),
  }
}

/** The endpoints given as `webhooks`, a list of addresses; undefined leaves them as they are. */
function urlsOf({ webhooks }: JsonObject): string[] | undefined {
  if (!Array.isArray(webhooks)) return undefined
  return webhooks.filter((url) => typeof url === 'string' && /^https?:\/\/\S+$/.test(url))
}

function readObject(body: unknown): JsonObject {
  return isObject(body) ? body : {}
}

function bad(reply: FastifyReply, message: string) {
  return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
}

function missing(reply: FastifyReply, code: string) {
  return reply.code(404).send({ problem: { code } })
}
