// APIv3 over HTTP: checks, operations, signed answers, and the faults an API can have.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type JsonObject, parseObject } from '../json.ts'
import { authorize, isUnauthorized } from './authorization.ts'
import { cut, sendPage, wait } from './breakdown.ts'
import { digits } from './crypto.ts'
import type { Merchant } from './merchants.ts'
import { type Answer, OPERATIONS, type Operation, orderNamed, type Question } from './operations.ts'
import { badField, isRefusal, REFUSALS, type Refusal, refusalBody, refuse } from './refusals.ts'
import type { Lie } from './signer.ts'
import { addV2 } from './v2.ts'
import type { World } from './world.ts'

const DEFAULT_SILENCE_SECONDS = 20
const DEFAULT_SKEW_SECONDS = 3_600

export async function addApi(scope: FastifyInstance, world: World): Promise<void> {
  // Signatures cover bytes, so nothing may read a body before they are checked.
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  for (const operation of OPERATIONS) {
    scope.route({
      method: operation.method,
      url: operation.url,
      handler: (request, reply) => answer(world, operation, request, reply),
    })
  }
  addV2(scope, world)
}

async function answer(
  world: World,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const wanted = header(request, 'wechatpay-serial')
  const incomplete = judgeHeaders(request)
  if (incomplete) return send(world, reply, incomplete, undefined)
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const target = request.raw.url ?? ''
  const caller = authorize(
    {
      method: request.method,
      target,
      authorization: header(request, 'authorization') ?? '',
      body,
    },
    world.merchants,
    judgeAt(world, operation),
  )
  if (isUnauthorized(caller)) {
    return send(
      world,
      reply,
      caller.refusal,
      caller.merchant && { merchant: caller.merchant, wanted },
    )
  }
  const { merchant, certificate } = caller
  const signing = { merchant, wanted }
  const read = readBody(operation, body)
  if (isRefusal(read)) return send(world, reply, read, signing)
  // The public key's own name is no mistake, even before it signs.
  const named = wanted === merchant.publicKeyId || world.signer.named(merchant, wanted ?? '')
  if (wanted !== undefined && !named) {
    const wrong = badField('Wechatpay-Serial', '平台证书序列号或公钥ID错误', wanted, 'header')
    return send(world, reply, wrong, signing)
  }
  const question: Question = {
    merchant,
    certificate,
    path: readPath(request.params),
    query: new URL(target, 'http://sandbox').searchParams,
    body: read,
    serial: wanted,
  }
  return perform(world, operation, question, reply)
}

async function perform(
  world: World,
  operation: Operation,
  question: Question,
  reply: FastifyReply,
) {
  const { merchant, serial } = question
  const order = orderNamed(question)
  const strikes = (kind: string) => world.strikes(kind, order, operation.name)
  if (strikes('gateway_5xx_before')) return sendPage(reply, 502)
  if (strikes('gateway_lost_before')) return cut(reply)
  if (strikes('gateway_rotated')) rotate(world, merchant)
  const signing: Signing = { merchant, wanted: serial, lie: lieOf(strikes) }
  if (strikes('gateway_rate_limited')) return send(world, reply, REFUSALS.tooMany(), signing)
  if (strikes('gateway_busy_before')) return send(world, reply, REFUSALS.busy(), signing)

  const result = world.act(() => operation.perform(world, question))

  if (strikes('gateway_5xx_after')) return sendPage(reply, 502)
  if (strikes('gateway_lost_after')) return cut(reply)
  if (strikes('gateway_html_200')) return sendPage(reply, 200)
  const silence = strikes('gateway_timeout')
  if (silence) await wait((silence.seconds ?? DEFAULT_SILENCE_SECONDS) * 1000)
  if (strikes('gateway_busy_after')) return send(world, reply, REFUSALS.busy(), signing)
  if (strikes('gateway_truncated')) signing.cut = true
  if (strikes('gateway_tampered')) signing.changed = true
  return send(world, reply, result, signing)
}

const LIES: Record<string, Lie> = {
  gateway_missing_sign: 'missing',
  gateway_wrong_key: 'wrong_key',
  gateway_unknown_serial: 'unknown_serial',
  gateway_signtest: 'signtest',
  gateway_stale: 'stale',
}

function lieOf(strikes: (kind: string) => unknown): Lie | undefined {
  const kind = Object.keys(LIES).find((each) => strikes(each) !== undefined)
  return kind === undefined ? undefined : LIES[kind]
}

/** A new platform certificate is listed and signs from this moment on. */
function rotate(world: World, { mchid }: Merchant): void {
  const now = world.platform.realClock.now()
  world.merchants.rotate(mchid, 'issue', now)
  world.merchants.rotate(mchid, 'use', now)
}

interface Signing {
  merchant: Merchant
  wanted: string | undefined
  lie?: Lie | undefined
  /** Faults: the body is cut off, or changed after it was signed. */
  cut?: boolean
  changed?: boolean
}

function send(
  world: World,
  reply: FastifyReply,
  result: Answer | Refusal,
  signing: Signing | undefined,
) {
  const number = isRefusal(result) ? result.number : 0
  reply.code(result.status).header('Request-ID', `08${digits(18)}-${number}`)
  reply.header('cache-control', 'no-store').header('content-language', 'zh-CN')
  if (!isRefusal(result) && result.file) {
    return reply.type('application/octet-stream').send(result.file)
  }
  const body = bodyText(result)
  if (signing) {
    const key = world.signer.forAnswer(signing.merchant, signing.wanted)
    reply.headers(world.signer.headers(key, body, signing.lie))
  }
  if (result.status === 204) return reply.send()
  const changed = signing?.changed ? body.replace('{', '{ ') : body
  const sent = signing?.cut ? changed.slice(0, Math.floor(changed.length / 2)) : changed
  return reply.type('application/json; charset=utf-8').send(sent)
}

function bodyText(result: Answer | Refusal): string {
  if (isRefusal(result)) return JSON.stringify(refusalBody(result))
  return result.body ? JSON.stringify(result.body) : ''
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

function judgeHeaders(request: FastifyRequest): Refusal | undefined {
  const accept = header(request, 'accept') ?? ''
  if (!/application\/json|\*\/\*/.test(accept)) {
    return badField('Accept', '必须包含application/json', accept, 'header')
  }
  if (!header(request, 'user-agent')) {
    return badField('User-Agent', '必填，不能为空', undefined, 'header')
  }
  const type = header(request, 'content-type') ?? ''
  return request.method === 'POST' && !/^application\/json\b/.test(type)
    ? badField('Content-Type', '必须为application/json', type, 'header')
    : undefined
}

function readBody({ method }: Operation, bytes: Buffer): JsonObject | Refusal {
  if (method === 'GET') return {}
  const read = parseObject(bytes.toString('utf8'))
  return read ?? refuse(400, 'PARAM_ERROR', 'JSON格式错误', 268435464)
}

function readPath(parameters: unknown): Record<string, string> {
  const path: Record<string, string> = {}
  for (const [name, value] of Object.entries(parameters ?? {})) path[name] = String(value)
  return path
}

// The clock that timestamps are held against, in Unix seconds; a fault moves it.
function judgeAt(world: World, { name }: Operation): number {
  const skew = world.strikes('gateway_clock_skew', '', name)
  const now = Math.floor(world.platform.realClock.now() / 1000)
  return skew ? now + (skew.seconds ?? DEFAULT_SKEW_SECONDS) : now
}
