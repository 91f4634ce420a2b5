// gateway.do: checks, methods, signed answers, and the faults a gateway can have.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { stringMember } from '../json.ts'
import { type Accepted, check, isRefused } from './checks.ts'
import { HTML_ERROR_PAGE, openEnvelope, writeEnvelope } from './envelope.ts'
import { errorPage } from './error-page.ts'
import { queryOf, readParameters } from './form.ts'
import { METHODS } from './methods.ts'
import { PAGE_METHODS, takeOrder } from './payer.ts'
import { isRefusal, type Refusal, refusalMembers, unavailable } from './refusals.ts'
import type { World } from './world.ts'

const KNOWN_METHODS = new Set([...Object.keys(METHODS), ...Object.keys(PAGE_METHODS)])
const DEFAULT_SILENCE_SECONDS = 20
const DEFAULT_SKEW_SECONDS = 3_600

export function addGateway(app: FastifyInstance, world: World): void {
  const turns = countTurns()
  app.route({
    method: ['GET', 'POST'],
    url: '/gateway.do',
    handler: (request, reply) => answer(world, turns, request, reply),
  })
}

async function answer(
  world: World,
  turns: (key: string) => number,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const body = typeof request.body === 'string' ? request.body : ''
  const { parameters, charset } = readParameters(queryOf(request.raw.url ?? ''), body)
  const verdict = check(parameters, charset, {
    applications: world.applications,
    methods: KNOWN_METHODS,
    rootSn: world.authority.root.sn,
    judgeTimestampAt: judgeAt(world, parameters.method),
  })
  if (isRefused(verdict)) {
    if (verdict.method !== undefined && PAGE_METHODS[verdict.method]) {
      return sendErrorPage(request, reply, verdict.refusal)
    }
    const { refusal, application, method } = verdict
    // Nothing is known yet to sign with: the old error node, unsigned.
    if (!method)
      return send(
        reply,
        writeEnvelope({ node: 'error_response', members: refusalMembers(refusal) }),
      )
    return send(reply, writeEnvelope(openEnvelope(method, refusalMembers(refusal), application)))
  }
  if (PAGE_METHODS[verdict.method]) return openCashier(world, verdict, request, reply)
  const order =
    stringMember(verdict.content, 'out_trade_no') ?? stringMember(verdict.content, 'trade_no') ?? ''
  const turn = turns(`${verdict.method}|${order}`)
  return answerMethod(world, verdict, reply, (kind) =>
    world.platform.faults.strikes({
      wallet: 'alipay',
      kind,
      order,
      operation: verdict.method,
      turn,
    }),
  )
}

/** The order is kept; the payer goes on to the cashier page or to the phone. */
function openCashier(world: World, request: Accepted, http: FastifyRequest, reply: FastifyReply) {
  const order = takeOrder(world, request)
  if (isRefusal(order)) return sendErrorPage(http, reply, order)
  const next = order.surface === 'page' ? `/cashier/${order.id}` : `/phone?order=${order.id}`
  return reply.header('cache-control', 'no-store').redirect(next, 302)
}

type Strikes = (kind: string) => { seconds?: number | undefined } | undefined

async function answerMethod(
  world: World,
  request: Accepted,
  reply: FastifyReply,
  strikes: Strikes,
) {
  if (strikes('gateway_5xx_before')) return reply.code(500).type('text/html').send(HTML_ERROR_PAGE)
  const perform = METHODS[request.method]
  if (!perform) throw new RangeError(`${request.method} is not performed here`)
  const busy = strikes('gateway_20000_before')
  const result = busy
    ? unavailable()
    : world.platform.books.atomically(() => perform(world, request))

  if (strikes('gateway_5xx_after')) return reply.code(500).type('text/html').send(HTML_ERROR_PAGE)
  if (strikes('gateway_lost_after')) {
    reply.hijack()
    reply.raw.destroy()
    return reply
  }
  if (strikes('gateway_html_502'))
    return reply.type('text/html;charset=utf-8').send(HTML_ERROR_PAGE)
  const silence = strikes('gateway_timeout')
  if (silence) await wait((silence.seconds ?? DEFAULT_SILENCE_SECONDS) * 1000)

  const told = strikes('gateway_20000_after') ? unavailable() : result
  const members = isRefusal(told) ? refusalMembers(told) : told
  const envelope = openEnvelope(request.method, members, request.application, request.encrypted)
  if (strikes('gateway_missing_sign')) delete envelope.key
  if (strikes('gateway_wrong_key')) envelope.key = world.foreignKey().privateKey
  if (strikes('gateway_signed_unescaped')) envelope.signedUnescaped = true
  const written = writeEnvelope(envelope)
  return send(
    reply,
    strikes('gateway_truncated') ? written.slice(0, Math.floor(written.length / 2)) : written,
  )
}

function send(reply: FastifyReply, written: string) {
  return reply.type('text/html;charset=utf-8').send(written)
}

function sendErrorPage(request: FastifyRequest, reply: FastifyReply, refusal: Refusal) {
  const page = errorPage(refusal, request.headers['accept-language'])
  return reply.type('text/html;charset=GBK').send(page)
}

// Without the fault any timestamp is taken: the limit of the real gateway is not published.
function judgeAt(world: World, method: string | undefined): number | undefined {
  const where = { wallet: 'alipay', kind: 'gateway_clock_skew', order: '', operation: method ?? '' }
  const skew = world.platform.faults.strikes(where)
  return skew && world.platform.clock.now() + (skew.seconds ?? DEFAULT_SKEW_SECONDS) * 1000
}

// How often each question was asked, so that a seed decides about every single one.
function countTurns(): (key: string) => number {
  const counts = new Map<string, number>()
  return (key) => {
    const turn = counts.get(key) ?? 0
    counts.delete(key)
    counts.set(key, turn + 1)
    const [oldest] = counts.size > 20_000 ? counts.keys() : []
    if (oldest !== undefined) counts.delete(oldest)
    return turn
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}
