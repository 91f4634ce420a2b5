// Bitcoin's part of the control API: pay, mine, reorganize, double-spend, prices, outages.
import type { FastifyInstance, FastifyReply } from 'fastify'
import { isObject, type JsonObject, numberMember, parseTexts, stringMember } from '../json.ts'
import { isHash } from './bytes.ts'
import { blockOfHash, tipOf } from './chain.ts'
import { historyOf, viewSums } from './esplora-views.ts'
import { BITCOIN_FAULTS } from './faults.ts'
import type { MineOptions } from './node.ts'
import { MINER, PAYERS, payerById } from './payers.ts'
import type { PayerRefusal, Payment } from './payments.ts'
import { PAIRS } from './prices.ts'
import { scriptOf } from './script.ts'
import type { Output } from './transaction.ts'
import { readAsked, satOf } from './uri.ts'
import { viewBlock, viewPayer, viewPayment, viewState } from './views.ts'
import type { World } from './world.ts'

/** Satoshi per virtual byte: enough for the next block, and what miners leave lying. */
export const FEES = { normal: 5, low: 1 } as const

const MOST_BLOCKS = 500
const MOST_PARTS = 100n
const PAGE = 100

export function addControl(app: FastifyInstance, world: World): void {
  const { node, payments, prices, miner } = world
  const told = (reply: FastifyReply, done: Payment | PayerRefusal) =>
    'problem' in done ? refuse(reply, done) : viewPayment(world, done)

  app.get('/control/bitcoin', () => viewState(world))
  app.get('/control/bitcoin/blocks', () => ({
    blocks: node.chain.best
      .slice(-PAGE)
      .reverse()
      .map((hash) => viewBlock(node.chain, blockOfHash(node.chain, hash))),
  }))
  app.get<{ Params: { address: string } }>(
    '/control/bitcoin/addresses/:address',
    (request, reply) => {
      const script = scriptOf(request.params.address)
      if (!script) return bad(reply, 'no address of regtest')
      const { waiting, confirmed } = historyOf(node.chain, script)
      return {
        address: request.params.address,
        confirmed: viewSums(node.chain, confirmed, script),
        waiting: viewSums(node.chain, waiting, script),
      }
    },
  )

  app.get('/control/bitcoin/payers', () => ({
    payers: PAYERS.map((payer) => viewPayer(world, payer)),
  }))
  app.post<{ Params: { id: string } }>('/control/bitcoin/payers/:id/fund', (request, reply) => {
    const payer = payerById(request.params.id)
    const sat = wholeMember(readObject(request.body), 'sat')
    if (!payer || sat === undefined) return bad(reply, 'a known payer, and sat above 0')
    const outputs = [{ sat: BigInt(sat), script: payer.key.script }]
    return told(reply, payments.pay({ payer: MINER, outputs, rate: FEES.normal }))
  })

  app.get<{ Querystring: { payer?: string } }>('/control/bitcoin/payments', ({ query }) => ({
    payments: payments.recent(PAGE, query.payer).map((each) => viewPayment(world, each)),
  }))
  app.get<{ Params: { txid: string } }>('/control/bitcoin/payments/:txid', (request, reply) => {
    const payment = payments.byTxid(request.params.txid)
    return payment ? viewPayment(world, payment) : refuse(reply, unknown())
  })
  app.post('/control/bitcoin/pay', (request, reply) => {
    const given = readObject(request.body)
    const payer = payerById(stringMember(given, 'payer') ?? 'lilei')
    const outputs = readOutputs(given)
    const rate = readRate(given)
    const blocks = numberMember(given, 'mine') ?? 0
    if (!payer) return bad(reply, 'payer is one of those GET /control/bitcoin/payers lists')
    if (!outputs) return bad(reply, 'uri or address with sat or amount, or outputs')
    if (rate === undefined) return bad(reply, 'fee is normal or low, fee_rate a number above 0')
    if (!isCount(blocks, 0)) return bad(reply, `mine is a whole number up to ${MOST_BLOCKS}`)
    const label = stringMember(given, 'label')
    return node.change(() => {
      const done = payments.pay({ payer, outputs, rate, label })
      if (!('problem' in done)) mineSome(world, blocks, { payTo: MINER.key.script })
      return told(reply, done)
    })
  })

  app.post('/control/bitcoin/bump', (request, reply) => {
    const given = readObject(request.body)
    const rate = numberMember(given, 'fee_rate')
    return told(reply, payments.bump(stringMember(given, 'txid') ?? '', rate))
  })
  app.post('/control/bitcoin/lower', (request, reply) => {
    const given = readObject(request.body)
    const sat = wholeMember(given, 'sat')
    if (sat === undefined) return bad(reply, 'sat is a whole number above 0')
    return told(reply, payments.lower(stringMember(given, 'txid') ?? '', BigInt(sat)))
  })
  app.post('/control/bitcoin/double-spend', (request, reply) => {
    const given = readObject(request.body)
    const how = stringMember(given, 'how') ?? 'replace'
    if (how !== 'replace' && how !== 'mine') return bad(reply, 'how is replace or mine')
    return told(reply, payments.takeBack(stringMember(given, 'txid') ?? '', how === 'mine'))
  })
  app.post('/control/bitcoin/drop', (request) => ({
    dropped: node.drop(stringMember(readObject(request.body), 'txid') ?? ''),
  }))
  app.post('/control/bitcoin/resend', (request, reply) =>
    told(reply, payments.resend(stringMember(readObject(request.body), 'txid') ?? '')),
  )

  app.post('/control/bitcoin/mine', (request, reply) => {
    const given = readObject(request.body)
    const count = numberMember(given, 'n') ?? 1
    const options = readMining(given)
    if (!isCount(count, 1) || !options) {
      return bad(reply, `n is a whole number up to ${MOST_BLOCKS}, to an address, without a list`)
    }
    const blocks = node.change(() => mineSome(world, count, options))
    return { blocks: blocks.map((block) => viewBlock(node.chain, block)) }
  })
  app.post('/control/bitcoin/reorg', (request, reply) => {
    const given = readObject(request.body)
    const depth = numberMember(given, 'depth') ?? 1
    const blocks = numberMember(given, 'blocks') ?? depth + 1
    const options = readMining(given)
    const most = tipOf(node.chain).height - 1
    if (!isCount(depth, 1) || depth > most || !isCount(blocks, depth + 1) || !options) {
      return bad(reply, `depth is from 1 to ${most}, blocks more than that`)
    }
    const keep = given.keep !== false
    const mined = node.reorganize(depth, () =>
      Array.from({ length: blocks }, () => ({ ...options, everything: keep, empty: !keep })),
    )
    return { blocks: mined.map((block) => viewBlock(node.chain, block)), ...viewState(world) }
  })
  app.get('/control/bitcoin/miner', () => ({ seconds: miner.seconds() }))
  app.post('/control/bitcoin/miner', (request, reply) => {
    const seconds = numberMember(readObject(request.body), 'seconds')
    if (seconds === undefined || !isCount(seconds, 0, 86_400)) {
      return bad(reply, 'seconds is a whole number; 0 switches the miner off')
    }
    miner.set(seconds)
    return { seconds }
  })

  const rates = () => ({ mid: prices.mid(), per_euro: prices.perEuro() })
  app.get('/control/bitcoin/rates', rates)
  app.post('/control/bitcoin/rates', (request, reply) => {
    const given = readObject(request.body)
    const mid = parseTexts(JSON.stringify(given.mid ?? {}))
    const perEuro = parseTexts(JSON.stringify(given.per_euro ?? {}))
    const known: readonly string[] = PAIRS
    if (!Object.entries(mid).every(([pair, price]) => known.includes(pair) && isPrice(price, 2))) {
      return bad(reply, 'mid holds USD, EUR, GBP as decimals with two digits')
    }
    if (
      !Object.entries(perEuro).every(([code, rate]) => /^[A-Z]{3}$/.test(code) && isPrice(rate))
    ) {
      return bad(reply, 'per_euro holds decimals by currency')
    }
    prices.set(mid)
    prices.setPerEuro(perEuro)
    return rates()
  })

  app.post('/control/bitcoin/outage', (request, reply) => {
    const given = readObject(request.body)
    const kind = `${stringMember(given, 'source')}_${stringMember(given, 'how') ?? 'down'}`
    if (!BITCOIN_FAULTS.some(({ name }) => name === kind)) {
      return bad(reply, 'source is core, esplora or rate; how is the rest of a fault’s name')
    }
    const operation = stringMember(given, 'operation')
    const seconds = numberMember(given, 'seconds')
    const times = numberMember(given, 'times')
    const rule = { wallet: 'bitcoin', kind, operation, rate: 1, seed: '', times, seconds }
    return world.platform.faults.add(rule)
  })
  app.delete('/control/bitcoin/outage', () => ({
    removed: world.platform.faults.remove({ wallet: 'bitcoin' }),
  }))
}

function mineSome({ node }: World, count: number, options: MineOptions) {
  return Array.from({ length: count }, () => node.mine(options))
}

function readMining(given: JsonObject): MineOptions | undefined {
  const to = stringMember(given, 'to')
  const payTo = to === undefined ? MINER.key.script : scriptOf(to)
  const without = given.without ?? []
  if (!payTo || !Array.isArray(without) || !without.every(isHash)) return undefined
  return { payTo, without, everything: given.everything === true, empty: given.empty === true }
}

function readOutputs(given: JsonObject): Output[] | undefined {
  if (Array.isArray(given.outputs)) {
    const all = given.outputs.map((each) => (isObject(each) ? readOutput(each) : undefined))
    const good = all.filter((each) => each !== undefined)
    return good.length === all.length && good.length > 0 ? good : undefined
  }
  const output = readOutput(given)
  if (!output) return undefined
  const parts = BigInt(wholeMember(given, 'parts') ?? 1)
  const share = output.sat / parts
  if (share === 0n || parts > MOST_PARTS) return undefined
  // The first part takes what does not divide.
  return Array.from({ length: Number(parts) }, (_, i) => ({
    ...output,
    sat: i === 0 ? output.sat - share * (parts - 1n) : share,
  }))
}

function readOutput(given: JsonObject): Output | undefined {
  const asked = readAsked(stringMember(given, 'uri') ?? stringMember(given, 'address') ?? '')
  const written = stringMember(given, 'amount')
  const whole = wholeMember(given, 'sat')
  const own = whole === undefined ? undefined : BigInt(whole)
  const sat = own ?? (written === undefined ? asked?.sat : satOf(written))
  return asked && sat !== undefined && sat > 0n ? { sat, script: asked.script } : undefined
}

function readRate(given: JsonObject): number | undefined {
  const fee = stringMember(given, 'fee') ?? 'normal'
  const rate = given.fee_rate === undefined ? undefined : numberMember(given, 'fee_rate')
  if (given.fee_rate !== undefined) return rate !== undefined && rate > 0 ? rate : undefined
  return fee === 'normal' || fee === 'low' ? FEES[fee] : undefined
}

function wholeMember(given: JsonObject, name: string): number | undefined {
  const value = numberMember(given, name)
  return value !== undefined && Number.isSafeInteger(value) && value > 0 ? value : undefined
}

function isCount(value: number, least: number, most = MOST_BLOCKS): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function isPrice(text: string, digits?: number): boolean {
  const shape = digits === undefined ? /^\d{1,9}(\.\d{1,8})?$/ : /^\d{1,9}\.\d{2}$/
  return shape.test(text) && Number(text) > 0
}

function readObject(body: unknown): JsonObject {
  return isObject(body) ? body : {}
}

function unknown(): PayerRefusal {
  return { problem: 'UNKNOWN_PAYMENT', message: 'no payer sent this' }
}

/** 409 with the code the phone has words for. */
export function refuse(reply: FastifyReply, { problem, message }: PayerRefusal) {
  return reply.code(409).send({ problem: { code: problem, message } })
}

function bad(reply: FastifyReply, message: string) {
  return reply.code(400).send({ problem: { code: 'INVALID_PARAMETER', message } })
}
