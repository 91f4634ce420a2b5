// The routes of Stripe's API, behind its secret key.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Door } from '../cards/door.ts'
import { type Answer, fingerprintOf } from '../cards/idempotency.ts'
import type { Merchant } from '../cards/merchants.ts'
import { type CardWorld, letters } from '../cards/world.ts'
import { isObject } from '../json.ts'
import {
  checkForm,
  type Form,
  type FormFault,
  type FormRules,
  metadataOf,
  readForm,
} from './form.ts'
import { balanceLines } from './objects.ts'
import type { Payments } from './payments.ts'
import { fault, invalid } from './refusals.ts'

type Perform = (merchant: Merchant, form: Form, id: string) => Answer

const NETWORK_TOKEN = [
  'payment_method_data[card][exp_month]',
  'payment_method_data[card][exp_year]',
  'payment_method_data[card][last4]',
  'payment_method_data[card][network_token][*]',
  'payment_method_options[card][network_token][*]',
]
const RULES = {
  token: {
    required: ['pk_token', 'pk_token_transaction_id'],
    allowed: ['pk_token_instrument_name', 'pk_token_payment_network'],
  },
  intent: {
    required: ['amount', 'currency'],
    allowed: [
      'capture_method',
      'confirm',
      'allowed_payment_method_types[*]',
      'payment_method_data[type]',
      'payment_method_data[card][token]',
      'metadata[*]',
      'return_url',
      'description',
      ...NETWORK_TOKEN,
    ],
  },
  capture: { required: [], allowed: ['amount_to_capture', 'metadata[*]'] },
  cancel: { required: [], allowed: ['cancellation_reason'] },
  refund: { required: ['payment_intent'], allowed: ['amount', 'reason', 'metadata[*]'] },
  domain: { required: ['domain_name'], allowed: ['enabled'] },
} satisfies Record<string, FormRules>

const MAX_KEY = 255
const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer']

export function addApi(
  app: FastifyInstance,
  { world, door, payments }: { world: CardWorld; door: Door; payments: Payments },
): void {
  const get = (path: string, perform: (merchant: Merchant, query: Form, id: string) => Answer) =>
    app.get(`/stripe/v1${path}`, (request, reply) => {
      const query = new URLSearchParams((request.raw.url ?? '').split('?')[1] ?? '')
      return handle(request, reply, { path, form: new Map(query), perform })
    })
  const post = (path: string, rules: FormRules, perform: Perform) =>
    app.post(`/stripe/v1${path}`, (request, reply) => {
      const form = readForm(typeof request.body === 'string' ? request.body : '')
      return handle(request, reply, { path, form, rules, perform })
    })

  async function handle(
    request: FastifyRequest,
    reply: FastifyReply,
    call: { path: string; form: Form | FormFault; rules?: FormRules; perform: Perform },
  ) {
    reply.headers({ 'request-id': `req_${letters(14)}`, 'stripe-version': '2026-10-28.endive' })
    const secret = keyOf(request)
    const merchant = secret && world.merchants.bySetting('stripe', 'secret_key', secret)
    if (!merchant) {
      const message = `Invalid API Key provided: ${(secret ?? '').slice(0, 8)}****`
      return send(reply, fault(401, { type: 'invalid_request_error', message }))
    }
    const { path, form, rules, perform } = call
    if ('kind' in form) return send(reply, formFault(form))
    const wrong = rules && checkForm(form, rules)
    if (wrong) return send(reply, formFault(wrong))
    const header = request.headers['idempotency-key']
    const key = rules && typeof header === 'string' && header !== '' ? header : undefined
    if (key !== undefined && key.length > MAX_KEY) {
      return send(reply, invalid('Idempotency keys have at most 255 characters.'))
    }
    const id = isObject(request.params) ? String(request.params.id ?? '') : ''
    const place = {
      merchant: merchant.id,
      operation: `${request.method} ${path}`,
      order: orderOf(world, form, id),
      key,
      fingerprint: fingerprintOf(path, id, [...form].map((pair) => pair.join('=')).join('&')),
    }
    return door.pass(reply, place, () => perform(merchant, form, id))
  }

  post('/tokens', RULES.token, payments.token)
  post('/payment_intents', RULES.intent, payments.pay)
  get('/payment_intents/search', (merchant, query) =>
    payments.search(merchant, query.get('query') ?? ''),
  )
  get('/payment_intents/:id', (merchant, query, id) =>
    payments.read(merchant, id, [...query.values()].includes('latest_charge')),
  )
  post('/payment_intents/:id/capture', RULES.capture, payments.capture)
  post('/payment_intents/:id/cancel', RULES.cancel, payments.cancel)
  post('/refunds', RULES.refund, (merchant, form) => {
    const reason = form.get('reason')
    return reason === undefined || REASONS.includes(reason)
      ? payments.refund(merchant, form)
      : invalid('Invalid reason.', { param: 'reason' })
  })
  get('/refunds/:id', (merchant, _query, id) => payments.readRefund(merchant, id))
  get('/balance_transactions', (merchant, query) => {
    const charges = world.ledger.all('stripe').filter((charge) => charge.merchant === merchant.id)
    const lines = balanceLines(charges, (id) =>
      world.ledger.changes(id).filter(({ kind }) => kind === 'refund'),
    )
    const limit = Math.min(Math.max(Number(query.get('limit') ?? 10), 1), 100)
    const has_more = lines.length > limit
    const url = '/v1/balance_transactions'
    return { status: 200, body: { object: 'list', data: lines.slice(0, limit), has_more, url } }
  })
  post('/payment_method_domains', RULES.domain, (_merchant, form) => ({
    status: 200,
    body: {
      id: `pmd_${letters(24)}`,
      object: 'payment_method_domain',
      domain_name: form.get('domain_name'),
      enabled: true,
      apple_pay: { status: 'active' },
      google_pay: { status: 'active' },
      created: Math.floor(world.platform.clock.now() / 1000),
      livemode: false,
    },
  }))
}

function keyOf(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization ?? ''
  const basic = /^Basic (\S+)$/.exec(header)?.[1]
  if (basic !== undefined) return Buffer.from(basic, 'base64').toString().split(':')[0]
  return /^Bearer (\S+)$/.exec(header)?.[1]
}

function formFault({ param, kind }: FormFault): Answer {
  switch (kind) {
    case 'unknown':
      return invalid(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param })
    case 'missing':
      return invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
    case 'twice':
      return invalid(`Received ${param} more than once.`, { param })
  }
}

/** The payment's own number at the merchant, for faults that strike one order. */
function orderOf(world: CardWorld, form: Form, id: string): string {
  const intent = form.get('payment_intent') ?? id
  return metadataOf(form).tongbao_payment ?? world.ledger.byId('stripe', intent)?.reference ?? ''
}

function send(reply: FastifyReply, answer: Answer) {
  return reply.code(answer.status).send(answer.body)
}
