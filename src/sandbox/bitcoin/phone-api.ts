// What the phone page asks: people, what a link asks for, payments and what became of them.
import type { FastifyInstance } from 'fastify'
import { isObject, type JsonObject, stringMember } from '../json.ts'
import { FEES, refuse } from './control.ts'
import { PAYERS, payerById } from './payers.ts'
import type { PayerRefusal, Payment } from './payments.ts'
import { type Asked, btcText, readAsked, satOf } from './uri.ts'
import { viewPayer, viewPayment } from './views.ts'
import type { World } from './world.ts'

const HISTORY = 30
/** A payment of one coin with change, in virtual bytes: for the fee told before. */
const USUAL_SIZE = 141

/** How much is sent of what was asked, in percent; one number per transaction. */
const WAYS: Record<string, readonly bigint[]> = {
  exact: [100n],
  less: [50n],
  more: [150n],
  twice: [100n, 100n],
}

export function addPhoneApi(app: FastifyInstance, world: World): void {
  const { payments } = world
  const base = '/bitcoin/phone/api'
  app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))

  app.get(`${base}/payers`, () => ({
    payers: PAYERS.map((payer) => {
      const shown = viewPayer(world, payer)
      return { ...shown, fiat: fiatOf(world, BigInt(shown.balance_sat)) }
    }),
  }))
  app.get<{ Params: { payer: string } }>(`${base}/payments/:payer`, (request) => ({
    payments: payments.recent(HISTORY, request.params.payer).map((each) => view(world, each)),
  }))
  app.get<{ Params: { txid: string } }>(`${base}/payment/:txid`, (request, reply) => {
    const payment = payments.byTxid(request.params.txid)
    return payment ? { payment: view(world, payment) } : refuse(reply, UNKNOWN)
  })

  app.post(`${base}/open`, (request, reply) => {
    const asked = readAsked(stringMember(readObject(request.body), 'text') ?? '')
    if (!asked) return refuse(reply, UNREADABLE)
    return { asked: viewAsked(world, asked) }
  })

  app.post(`${base}/pay`, (request, reply) => {
    const given = readObject(request.body)
    const payer = payerById(stringMember(given, 'payer') ?? '')
    const asked = readAsked(stringMember(given, 'text') ?? '')
    const sat = asked?.sat ?? satOf(stringMember(given, 'amount') ?? '')
    const shares = WAYS[stringMember(given, 'way') ?? 'exact']
    const rate = stringMember(given, 'fee') === 'low' ? FEES.low : FEES.normal
    if (!payer || !asked || !shares) return refuse(reply, UNREADABLE)
    if (sat === undefined || sat === 0n) return refuse(reply, NO_AMOUNT)
    const sent = world.node.change(() =>
      shares.map((share) => {
        const outputs = [{ sat: (sat * share + 99n) / 100n, script: asked.script }]
        return payments.pay({ payer, outputs, rate, label: asked.label ?? asked.message })
      }),
    )
    // The second of two may fail where the first was sent: that one is told.
    const [first] = sent
    return first && !('problem' in first)
      ? { payment: view(world, first) }
      : refuse(reply, first ?? UNREADABLE)
  })

  app.post(`${base}/act`, (request, reply) => {
    const given = readObject(request.body)
    const txid = stringMember(given, 'txid') ?? ''
    const act = stringMember(given, 'act') ?? ''
    const acts: Record<string, () => Payment | PayerRefusal> = {
      bump: () => payments.bump(txid),
      take_back: () => payments.takeBack(txid, false),
      resend: () => payments.resend(txid),
    }
    const done = acts[act]?.() ?? UNKNOWN
    return 'problem' in done ? refuse(reply, done) : { payment: view(world, done) }
  })
}

const UNREADABLE = { problem: 'UNREADABLE', message: 'no address or link of this network' } as const
const NO_AMOUNT = { problem: 'NO_AMOUNT', message: 'the amount is missing' } as const
const UNKNOWN = { problem: 'UNKNOWN_PAYMENT', message: 'no payer sent this' } as const

function view(world: World, payment: Payment) {
  const { raw: _raw, ...shown } = viewPayment(world, payment)
  return { ...shown, fiat: fiatOf(world, BigInt(shown.sat)) }
}

function viewAsked(world: World, { address, sat, label, message }: Asked) {
  return {
    address,
    sat: sat === undefined ? undefined : Number(sat),
    btc: sat === undefined ? undefined : btcText(sat),
    fiat: sat === undefined ? undefined : fiatOf(world, sat),
    label,
    message,
    fees: {
      normal: { sat: FEES.normal * USUAL_SIZE, rate: FEES.normal },
      low: { sat: FEES.low * USUAL_SIZE, rate: FEES.low },
    },
  }
}

/** About what it is worth, at the sandbox's prices. */
function fiatOf({ prices }: World, sat: bigint): { CNY: string; USD: string } {
  const { USD, EUR } = prices.mid()
  const bitcoins = Number(sat) / 1e8
  const perEuro = Number(prices.perEuro().CNY ?? '0')
  return {
    USD: (bitcoins * Number(USD)).toFixed(2),
    CNY: (bitcoins * Number(EUR) * perEuro).toFixed(2),
  }
}

function readObject(body: unknown): JsonObject {
  return isObject(body) ? body : {}
}
